"""RSS, Atom, RDF and CDF by feedparser's own parsers, driven so that no document can make them slow.

In: clean XML (see ``xmltext``). Out: feedparser's dictionaries, as ``feedparser.parse`` would give them, without its
date readings, sanitising and decoding, which are done elsewhere in this package. What is added: limits on what takes
more than linear time, the source of each content, the skipped hours, and that a document which ends too early keeps
what came before.

feedparser's ``parse`` is not used: it opens files and addresses, and offers none of these limits.
"""

from __future__ import annotations

import xml.sax
import xml.sax.handler
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.expatreader import ExpatParser

from feedparser.api import StrictFeedParser

from pipeline.feeds.handlers import Handlers

_MOST_TAGS = 60
_MOST_ELEMENTS = 250_000
_MOST_PREFIXES = 200
_LONGEST_BASE = 2048
_NAMESPACES = {"http://news.yandex.ru": "yandex", "http://turbo.yandex.ru": "turbo"}


# What feedparser may raise on documents that its authors did not think of.
_STUMBLES = (ValueError, LookupError, TypeError, AssertionError, AttributeError, ArithmeticError, RuntimeError)
_EARLY_ENDS = ("no element found", "unclosed", "partial character")


class _Enough(Exception):
    """The document has more of something than is wanted; the text says of what."""


@dataclass(slots=True)
class Read:
    """What feedparser found.

    Attributes:
        entries: its entry dictionaries.
        feed: its feed dictionary.
        version: its name of the format, "" when it is none it knows.
        skip_hours: hours as written.
        cut: the document ends before its root element does.
        limit: what there was too much of, as a sentence; None when nothing.
        error: what was wrong with the XML, None when nothing.
    """

    entries: list[Any] = field(default_factory=list)
    feed: Any = field(default_factory=dict)
    version: str = ""
    skip_hours: list[str] = field(default_factory=list)
    cut: bool = False
    limit: str | None = None
    error: str | None = None


class _Limits:
    """What Tumen changes in feedparser's handlers; mixed in before them."""

    resolve_relative_uris = False
    sanitize_html = False
    _matchnamespaces: dict[str, str] = {}  # noqa: RUF012 - feedparser fills it at the class, once
    namespaces = StrictFeedParser.namespaces | _NAMESPACES
    most_entries = 2000

    def __init__(self, *arguments: Any) -> None:
        self.skipped_hours: list[str] = []
        self.prefixes = 0
        self.elements = 0
        super().__init__(*arguments)

    def handle_data(self: Any, text: str, escape: int = 1) -> None:
        if not self.elementstack:
            return
        if escape and self.incontent and self.contentparams.get("type") == "application/xhtml+xml":
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        self.elementstack[-1][2].append(text)

    def track_namespace(self: Any, prefix: str | None, uri: str) -> None:
        self.prefixes += 1
        if self.prefixes <= _MOST_PREFIXES:  # each element is compared with all of them
            super().track_namespace(prefix, uri)  # type: ignore[misc]

    characters = handle_data

    def count_element(self) -> None:
        self.elements += 1
        if self.elements > _MOST_ELEMENTS:  # feedparser takes 15 µs for each
            raise _Enough(
                f"The document has more than {_MOST_ELEMENTS:,} elements; what the first of them say was read."
            )

    def unknown_starttag(self: Any, tag: str, attrs: Any) -> None:
        self.count_element()
        try:  # noqa: SIM105 - suppress() would cost a tenth of the time of reading
            super().unknown_starttag(tag, attrs)  # type: ignore[misc]
        except _STUMBLES:  # over one element; the rest of the document is not its fault
            pass
        if len(self.baseuri) > _LONGEST_BASE:  # each element is joined to it
            self.baseuri = self.basestack[-1] = ""

    def unknown_endtag(self: Any, tag: str) -> None:
        try:  # noqa: SIM105
            super().unknown_endtag(tag)  # type: ignore[misc]
        except _STUMBLES:
            pass

    def _start_item(self: Any, attrs_d: Any) -> None:
        if len(self.entries) >= self.most_entries:
            raise _Enough(f"The feed has more than {self.most_entries:,} entries; the first of them were read.")
        super()._start_item(attrs_d)  # type: ignore[misc]

    _start_entry = _start_item

    def _sync_author_detail(self, key: str = "author") -> None:
        """Not here: feedparser looks for a mail address in quadratic time, and cuts names where it errs."""

    def _end_author(self: Any) -> None:
        value = self.pop("author")
        self.inauthor = 0
        people = self._get_context().get("authors")
        if people and not people[-1] and value:
            people[-1]["name"] = value

    _end_managingeditor = _end_author

    def _add_tag(self: Any, term: Any, scheme: Any, label: Any) -> None:
        if len(self._get_context().get("tags", ())) < _MOST_TAGS:  # each is compared with all before it
            super()._add_tag(term, scheme, label)  # type: ignore[misc]
        else:
            self._get_context().setdefault("tags", [])

    def _start_content(self: Any, attrs_d: Any) -> None:
        super()._start_content(attrs_d)  # type: ignore[misc]
        self.contentparams["source"] = "atom:content" if self._summaryKey is None else "description"

    def _start_content_encoded(self: Any, attrs_d: Any) -> None:
        super()._start_content_encoded(attrs_d)  # type: ignore[misc]
        self.contentparams["source"] = "content:encoded"

    def _start_fullitem(self: Any, attrs_d: Any) -> None:
        super()._start_fullitem(attrs_d)  # type: ignore[misc]
        self.contentparams["source"] = "fullitem"

    def _start_body(self: Any, attrs_d: Any) -> None:
        super()._start_body(attrs_d)  # type: ignore[misc]
        self.contentparams["source"] = "xhtml:body"

    _start_xhtml_body = _start_body

    def _start_hour(self: Any, _attrs: Any) -> None:
        self.push("hour", 0)

    def _end_hour(self: Any) -> None:
        value = self.pop("hour")
        if value and not self.inentry and len(self.skipped_hours) < 24:
            self.skipped_hours.append(value)

    # feedparser reads each date in a dozen ways, some of them wrong; only the text is wanted here.
    def _end_published(self: Any) -> None:
        self.pop("published")

    def _end_updated(self: Any) -> None:
        self.pop("updated")

    def _end_created(self: Any) -> None:
        self.pop("created")

    def _end_expirationdate(self: Any) -> None:
        self.pop("expired")

    _end_issued = _end_pubdate = _end_published
    _end_modified = _end_lastbuilddate = _end_updated


class _Strict(_Limits, Handlers, StrictFeedParser):  # type: ignore[misc]
    pass


class _Expat(ExpatParser):
    """Python's SAX reader, giving text in one piece and not line by line, and elements to ``Handlers`` first."""

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]
        self._parser.buffer_size = 1 << 16  # type: ignore[attr-defined]

    def start_element_ns(self, name: str, attrs: Mapping[str, str]) -> None:
        try:
            done = self._cont_handler.start(name, attrs)  # type: ignore[attr-defined]
        except _STUMBLES:  # over one element; the rest of the document is not its fault
            return
        if not done:
            super().start_element_ns(name, attrs)

    def end_element_ns(self, name: str) -> None:
        try:
            done = self._cont_handler.end(name)  # type: ignore[attr-defined]
        except _STUMBLES:
            return
        if not done:
            super().end_element_ns(name)


def read_xml(document: str, url: str, most: int) -> Read:
    """Read well-formed XML; of a document that is not, what comes before the first error."""
    handler = _Strict(url if "xml:base" in document else "", None, "utf-8")  # joining at every element takes time
    handler.most_entries = most
    reader = _Expat()
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    reader.setFeature(xml.sax.handler.feature_external_ges, False)
    reader.setContentHandler(handler)
    reader.setErrorHandler(handler)
    error, limit = None, None
    data = document.encode("utf-8", "replace")
    try:
        for start in range(0, len(data), 1 << 18):
            reader.feed(data[start : start + (1 << 18)])
        reader.close()
    except _Enough as reached:
        limit = str(reached)
    except xml.sax.SAXException as problem:
        error = problem
    except _STUMBLES as problem:
        error = xml.sax.SAXException(f"feedparser stumbled: {problem}")
    cut = error is not None and error.getMessage().startswith(_EARLY_ENDS)
    return _result(handler, limit=limit, cut=cut, error=None if error is None else _message(error))


def _result(handler: Any, *, limit: str | None, cut: bool, error: str | None) -> Read:
    return Read(
        entries=handler.entries,
        feed=handler.feeddata,
        version=handler.version,
        skip_hours=handler.skipped_hours,
        cut=cut,
        limit=limit,
        error=error,
    )


def _message(error: xml.sax.SAXException) -> str:
    line = getattr(error, "getLineNumber", lambda: None)()
    told = error.getMessage().rstrip(".")
    return f"The XML is not well-formed (line {line}: {told})." if line else f"The XML is not well-formed ({told})."
