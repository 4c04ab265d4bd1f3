"""Feedparser's handlers for what most elements are, with the outcome of its own in a third of the time.

An element in a known namespace, outside markup that is content and without ``xml:base`` or ``xml:lang``, needs little
of what feedparser does for each. What is left out besides is read by nobody here: the ``…_detail`` dictionaries, and
the guess whether a text is HTML. All other elements go feedparser's way. In: expat's events. Out: its dictionaries.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from feedparser.html import _cp1252
from feedparser.util import FeedParserDict

_RENAMED = frozenset(FeedParserDict.keymap) | {"category", "enclosures", "license", "updated", "updated_parsed"}
_FEEDPARSERS_OWN = frozenset({"xml:base", "base", "xml:lang", "lang"})  # attributes that hold for all that is inside
_ROOTS = frozenset({"feed", "rss"})
_KEEP_INPUT = frozenset({"title", "link", "description", "name"})
_KEEP_IMAGE = frozenset({"title", "link", "description", "url", "href", "width", "height"})
_NOT_STORED = frozenset({"category", "tags", "itunes_keywords"})
_MAYBE_WINDOWS = re.compile("[\x80-\x9f]")
_REFERENCE = re.compile("&([A-Za-z0-9_]+);")


class Fields(FeedParserDict):  # type: ignore[misc]
    """Feedparser's dictionary, quick for the keys to which it gives no second meaning."""

    def __getitem__(self, key: Any) -> Any:
        if key in _RENAMED:
            return super().__getitem__(key)
        return dict.__getitem__(self, key)

    def __contains__(self, key: Any) -> bool:
        if key in _RENAMED:
            return bool(super().__contains__(key))
        return dict.__contains__(self, key)

    def get(self, key: Any, default: Any = None) -> Any:
        """As of a dictionary."""
        if key in _RENAMED:
            return super().get(key, default)
        return dict.get(self, key, default)

    def __setitem__(self, key: Any, value: Any) -> None:
        if key in _RENAMED:
            super().__setitem__(key, value)
        else:
            dict.__setitem__(self, key, value)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """As of a dictionary."""
        if key in _RENAMED:
            return super().setdefault(key, default)
        return dict.setdefault(self, key, default)


class _Names(NamedTuple):
    """What feedparser makes of a tag: its handlers, None where it has none, and the key of an element without one."""

    start: Callable[[Any], None] | None
    end: Callable[[], None] | None
    key: str
    prefixed: bool


class Handlers:
    """To be mixed in before feedparser's strict parser. Its ``start`` and ``end`` take what expat tells."""

    def __init__(self, *arguments: Any) -> None:
        self._tags: dict[str, str | None] = {}
        self._names: dict[str, _Names] = {}
        super().__init__(*arguments)
        self.feeddata: Any = Fields(self.feeddata)

    def count_element(self) -> None:
        """Called for each element."""

    def start(self: Any, name: str, attributes: Mapping[str, str]) -> bool:
        """Handle the start of an element; False: it is not one for here, and nothing was done."""
        tag = self._tag(name)
        if tag is None or self.incontent or self.baseuri or self.decls or tag in _ROOTS:
            return False
        values = self._attributes(attributes) if attributes else {}
        if values is None or not _FEEDPARSERS_OWN.isdisjoint(values):
            return False
        self.count_element()
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        start, _, key, prefixed = self._names.get(tag) or self._named(tag)
        if not prefixed:
            if tag not in _KEEP_INPUT:
                self.intextinput = 0
            if tag not in _KEEP_IMAGE:
                self.inimage = 0
        try:
            if start is None:
                raise AttributeError
            start(values)
        except AttributeError:  # as in feedparser: whatever the reason
            if values:
                self._get_context()[key] = values
            else:
                self.push(key, 1)
        return True

    def _attributes(self: Any, attributes: Mapping[str, str]) -> dict[str, str] | None:
        """The attributes as feedparser names them: those of a namespace by its prefix for it, and by the document's.

        None for an address of a namespace that has spaces in it.
        """
        values: dict[str, str] = {}
        as_written: dict[str, str] = {}
        for name, value in attributes.items():
            if " " in name:
                namespace, local, *given = name.split()
                if len(given) > 1:
                    return None
                prefix = self._matchnamespaces.get(namespace.lower())
                values[f"{prefix}:{local}".lower() if prefix else local.lower()] = value
                as_written[f"{given[0]}:{local}".lower() if given else local.lower()] = value
            else:
                values[name.lower()] = as_written[name.lower()] = value
        values |= as_written
        for key in ("rel", "type"):
            if key in values:
                values[key] = values[key].lower()
        return values

    def end(self: Any, name: str) -> bool:
        """Handle the end of an element; False: it is not one for here, and nothing was done."""
        tag = self._tag(name)
        if tag is None or self.svgOK:
            return False
        _, end, key, _ = self._names.get(tag) or self._named(tag)
        try:
            if end is None:
                raise AttributeError
            end()
        except AttributeError:
            self.pop(key)
        if self.incontent and not self._inside(tag):
            return True
        if self.basestack:
            self.basestack.pop()
            if self.basestack and self.basestack[-1]:
                self.baseuri = self.basestack[-1]
        if self.langstack:
            self.langstack.pop()
            if self.langstack:
                self.lang = self.langstack[-1]
        self.depth -= 1
        return True

    def _inside(self: Any, tag: str) -> bool:
        """Keep the end tag of what stands inside a content; False for a div, which feedparser passes over there."""
        kind = self.contentparams.get("type", "xml")
        if not kind.endswith("xml"):
            if tag in {"xhtml:div", "div"}:
                return False
            kind = self.contentparams["type"] = "application/xhtml+xml"
        if kind == "application/xhtml+xml":
            self.handle_data(f"</{tag.rpartition(':')[2]}>", escape=0)
        return True

    def _tag(self: Any, name: str) -> str | None:
        """Feedparser's name for what expat calls ``namespace local prefix``; None where that takes a second look."""
        try:
            return self._tags[name]  # type: ignore[no-any-return]
        except KeyError:
            parts = name.split()
            namespace, local = ("", name) if len(parts) == 1 else parts[:2]
            prefix = self._matchnamespaces.get(namespace.lower())
            tag: str | None = f"{prefix}:{local}".lower() if prefix else local.lower()
            if prefix is None or len(parts) > 3:
                tag = None
            self._tags[name] = tag
            return tag

    def _named(self: Any, tag: str) -> _Names:
        prefix, _, suffix = tag.rpartition(":")
        prefix = self.namespacemap.get(prefix, prefix)
        key = f"{prefix}_{suffix}" if prefix else suffix
        found = _Names(getattr(self, f"_start_{key}", None), getattr(self, f"_end_{key}", None), key, bool(prefix))
        self._names[tag] = found
        return found

    def track_namespace(self: Any, prefix: str | None, uri: str) -> None:
        """Feedparser's, after which tags may mean something else."""
        self._names.clear()
        super().track_namespace(prefix, uri)  # type: ignore[misc]

    def resolve_uri(self: Any, uri: str) -> str:
        """Feedparser's, which changes nothing where there is no base."""
        if not self.baseuri and ":///" not in uri:
            return uri
        return str(super().resolve_uri(uri))  # type: ignore[misc]

    def _start_item(self: Any, attrs_d: Any) -> None:
        self.entries.append(Fields())
        self.push("item", 0)
        self.inentry = 1
        self.guidislink = 0
        self.title_depth = -1
        if identifier := self._get_attribute(attrs_d, "rdf:about"):
            self._get_context()["id"] = identifier
        self._cdf_common(attrs_d)

    def push_content(self: Any, tag: str, attrs_d: Any, default_content_type: str, expecting_text: int) -> None:
        """Begin an element that may hold markup."""
        self.incontent += 1
        if self.lang:
            self.lang = self.lang.replace("_", "-")
        kind = self.map_content_type(attrs_d.get("type", default_content_type))
        coded = attrs_d.get("mode", "") == "base64" or not (kind.startswith("text/") or kind.endswith(("+xml", "/xml")))
        self.contentparams = {"type": kind, "language": self.lang, "base": self.baseuri, "base64": int(coded)}
        self.push(tag, expecting_text)

    def pop(self: Any, element: str, strip_whitespace: int = 1) -> str | None:
        """End an element and store its text; None when it is not the one that is open."""
        if not self.elementstack or self.elementstack[-1][0] != element:
            return None
        params = self.contentparams
        if params and (params.get("base64") or params.get("type") == "application/xhtml+xml" or not strip_whitespace):
            return super().pop(element, strip_whitespace)  # type: ignore[misc, no-any-return]
        _, expecting_text, pieces = self.elementstack.pop()
        text = "".join(pieces)
        if strip_whitespace:
            text = text.strip()
        if not expecting_text:
            return text
        if text and element in self.can_be_relative_uri and (element != "id" or self.guidislink):
            text = self.resolve_uri(text)
        if not text.isascii():
            text = _mended(text)
        if element not in _NOT_STORED and not (element == "title" and -1 < self.title_depth <= self.depth):
            self._store(element, text)
        return text

    def _store(self: Any, element: str, text: str) -> None:
        if self.inentry and not self.insource:
            self._store_in_entry(self.entries[-1], element, text)
        elif self.infeed or self.insource:
            context = self._get_context()
            if element == "link":
                context["link"] = text = _REFERENCE.sub(r"&\1", text)
                context["links"][-1]["href"] = text
            else:
                context["subtitle" if element == "description" else element] = text

    def _store_in_entry(self: Any, entry: Any, element: str, text: str) -> None:
        if element == "content":
            entry.setdefault("content", []).append({**self.contentparams, "value": text})
        elif element == "link":
            if not self.inimage:
                entry["link"] = text = _REFERENCE.sub(r"&\1", text.replace("&amp;", "&"))
                if text:
                    entry["links"][-1]["href"] = text
        else:
            key = "summary" if element == "description" else element
            depths = self.property_depth_map.setdefault(entry, {})
            if self.depth <= depths.get(key, self.depth):
                depths[key] = self.depth
                entry[key] = text


def _mended(text: str) -> str:
    """UTF-8 that was taken for Latin-1 as UTF-8, and the signs of windows-1252 as themselves."""
    with contextlib.suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_cp1252) if _MAYBE_WINDOWS.search(text) else text
