"""Repair of markup that no XML parser accepts: every element ends, every attribute is quoted.

The result has the same elements in the same order. An end tag closes the elements left open inside it, an end tag
without a start is dropped, and an item closes the item before it. Linear in the length.
"""

from __future__ import annotations

import re

from pipeline.feeds.xmltext import Document, References

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?"
_START = re.compile(
    rf"<(?P<name>{_NAME})(?![A-Za-z0-9_.:-])"
    r"(?:(?P<a>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>|(?P<b>[^<>]*+)(?:>|(?=<)|$))"
)
_END = re.compile(rf"</\s{{0,9}}(?P<name>{_NAME})[^<>]*+(?:>|(?=<)|$)")
_ATTRIBUTE = re.compile(rf"(?P<name>{_NAME})(?:\s*=\s*(?:\"(?P<a>[^\"]*)\"|'(?P<b>[^']*)'|(?P<c>[^\s\"'<>]+)))?")
_OTHER = (("<!--", "-->"), ("<?", "?>"), ("<!", ">"))
_VOID = frozenset({"br", "hr", "img", "input", "wbr", "area", "col", "embed", "param", "track"})
_PIECES = frozenset({"item", "entry"})
_LASTING = frozenset({"rss", "feed", "rdf:rdf", "channel"})  # closed at the end only: more may follow
_SIMPLE = frozenset({"title", "link", "guid", "id", "pubdate", "published", "updated", "author", "category", "dc:date"})
_FIELDS = _SIMPLE | {"description", "summary", "content", "content:encoded", "dc:creator", "enclosure"}


def balance(document: Document) -> str:
    """Return the document as well-formed XML, except for prefixes that are not bound."""
    text, position = document.xml, 0
    writer = _Writer(References(document.entities))
    endless: set[str] = set()  # openers without an end in the rest of the text
    while (start := text.find("<", position)) >= 0:
        writer.text(text[position:start])
        position = _markup(text, start, writer, endless)
    writer.text(text[position:])
    return writer.finish()


def _markup(text: str, start: int, writer: _Writer, endless: set[str]) -> int:
    """Write the markup that begins at ``start``; return the position after it."""
    if text.startswith("<![CDATA[", start):
        end = text.find("]]>", start)
        end = len(text) if end < 0 else end
        writer.raw(text[start:end] + "]]>")
        return end + 3
    for opener, closer in _OTHER:
        if text.startswith(opener, start):
            end = -1 if opener in endless else text.find(closer, start)
            if end >= 0:
                return end + len(closer)
            endless.add(opener)
            return start + len(opener)
    if found := _START.match(text, start):
        writer.start(found["name"], found["a"] if found["a"] is not None else found["b"])
        return found.end()
    if found := _END.match(text, start):
        writer.end(found["name"].lower())
        return found.end()
    writer.raw("&lt;")
    return start + 1


class _Writer:
    """Writes text and tags, and closes elements where XML demands it."""

    def __init__(self, references: References) -> None:
        self.references = references
        self.pieces: list[str] = []
        self.open: list[tuple[str, str]] = []  # in lower case, and as written
        self.counts: dict[str, int] = {}

    def text(self, text: str) -> None:
        if text and self.open:
            self.pieces.append(self.references.repair(text).replace("]]>", "]]&gt;"))

    def raw(self, text: str) -> None:
        if self.open:
            self.pieces.append(text)

    def start(self, name: str, attributes: str) -> None:
        name = name.replace(":", "-") if name[:6].lower() == "xmlns:" else name
        key = name.lower()
        if key in _PIECES:
            for piece in _PIECES:
                self.end(piece)
        elif self.open and self.open[-1][0] in _SIMPLE and key in _FIELDS:
            self._pop()
        alone = attributes.rstrip().endswith("/")
        written = _attributes(self.references.repair(attributes))
        if alone or key in _VOID:
            if self.open:
                self.pieces.append(f"<{name}{written}/>")
            return
        self.pieces.append(f"<{name}{written}>")
        self.open.append((key, name))
        self.counts[key] = self.counts.get(key, 0) + 1

    def end(self, key: str) -> None:
        if not self.counts.get(key):
            return
        while self.open[-1][0] != key:
            self._pop()
        if key not in _LASTING:
            self._pop()

    def finish(self) -> str:
        while self.open:
            self._pop()
        return "".join(self.pieces)

    def _pop(self) -> None:
        key, name = self.open.pop()
        self.counts[key] -= 1
        self.pieces.append(f"</{name}>")


def _attributes(text: str) -> str:
    """Return the attributes, each once, quoted and escaped."""
    written: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(text):
        name = found["name"]
        value = next((value for value in (found["a"], found["b"], found["c"]) if value is not None), name)
        if name.lower().startswith("xmlns"):
            value = "".join(value.split())  # expat separates parts of a name by a blank
            if ":" in name and (not value or name[6:].lower() in {"xml", "xmlns"}):
                continue
        value = value.replace("<", "&lt;").replace('"', "&quot;")
        written.setdefault(name, f' {name}="{value}"')
    return "".join(written.values())
