"""Preparation of publishers' XML for a strict parser, in linear time.

``open_document`` removes the prolog with its DOCTYPE, so that no later parser sees an external entity or opens a file
or address. References to entities are resolved here, from HTML's list and the document's own simple declarations.
Declarations that refer to each other are refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.entities import html5

from pipeline.text.html import join_surrogates

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_BLANK = re.compile(r"[\s\ufeff\x00]*")
_ROOT = re.compile(r"<(?P<name>[A-Za-z_][\w.-]*(?::[\w.-]+)?)(?=[\s/>])")
_FEED_ROOT = re.compile(
    r"<(?:rss\b[^<>]*version|(?:\w{1,20}:)?feed\b[^<>]*xmlns|rdf:RDF\b|(?:\w{1,20}:)?(?:urlset|sitemapindex)\b[^<>]*xmlns"
    r"|channel>|\?xml\b)",
    re.IGNORECASE,
)
_DECLARATION = re.compile(
    r"<!ENTITY\s+(?:(?P<parameter>%)\s+)?(?P<name>[\w.:-]{1,64})\s+"
    r"(?:\"(?P<a>[^\"]{0,2000})\"|'(?P<b>[^']{0,2000})'|(?P<external>SYSTEM|PUBLIC))"
)
_SUSPICIOUS = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
_REFERENCE = re.compile(
    r"&(?:#(?P<decimal>\d{1,10})(?!\d);?|#[xX](?P<hexadecimal>[0-9a-fA-F]{1,8})(?![0-9a-fA-F]);?"
    r"|(?P<name>[A-Za-z_][\w.:-]{0,63});)?"
)
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_PREFIX = re.compile(r"(?:</?|\s)([A-Za-z_][\w.-]{0,40}):[A-Za-z_][\w.-]*(?=[\s=/>])")
_ROOT_TAG = re.compile(r"<(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>")
_BOUND = re.compile(r"\sxmlns:([A-Za-z_][\w.-]*)\s*=")
_MAX_EXPANSION = 1_000_000

# The usual meaning of prefixes that documents use without binding them.
_USUAL = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "atom": "http://www.w3.org/2005/Atom",
    "atom10": "http://www.w3.org/2005/Atom",
    "media": "http://search.yahoo.com/mrss/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "itunes": "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "georss": "http://www.georss.org/georss",
    "yandex": "http://news.yandex.ru",
    "turbo": "http://turbo.yandex.ru",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document without its prolog.

    Attributes:
        xml: the document from the root element on, without characters that XML forbids.
        root: the name of the root element as written, "" without a root element.
        doctype: the text of the document type in lower case.
        entities: simple entities that the document declares; external entities are empty.
        problem: why the document is refused, or what was skipped; None for a good document.
        refused: the document must not be parsed.
    """

    xml: str
    root: str
    doctype: str = ""
    entities: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    refused: bool = False


def open_document(text: str) -> Document:
    """Remove the prolog and read the entities that it declares."""
    if _FORBIDDEN.search(text):
        text = _FORBIDDEN.sub("", text)
    start, doctype, has_text_before = _skip_prolog(text)
    root = _ROOT.match(text, start)
    if root is None or root["name"].lower() in HTML_NAMES:
        found = _FEED_ROOT.search(text, start)
        if found and found[0][:2] == "<?":
            start, doctype, _ = _skip_prolog(text, found.start())
            found = _FEED_ROOT.match(text, start)
        if found:
            start, has_text_before, root = found.start(), True, _ROOT.match(text, found.start())
    if root is None:
        return Document(xml="", root="", doctype=doctype.lower())
    entities, nested = _entities(doctype)
    if nested:
        problem = "The document declares entities inside entities (an “entity bomb”); it was not read."
        return Document(xml="", root=root["name"], doctype=doctype.lower(), problem=problem, refused=True)
    before = "There is text before the XML begins." if has_text_before else None
    return Document(xml=text[start:], root=root["name"], doctype=doctype.lower(), entities=entities, problem=before)


HTML_NAMES = frozenset(
    str.split("html head body title meta link script style div p br b a h1 h2 table center span img form noscript")
)


def _skip_prolog(text: str, position: int = 0) -> tuple[int, str, bool]:
    """Return the position of the root, the text of the DOCTYPE, and whether other text comes before the root."""
    doctype = ""
    while True:
        blank = _BLANK.match(text, position)
        position = blank.end() if blank else position
        if text.startswith("<?", position):
            end = text.find("?>", position)
        elif text.startswith("<!--", position):
            end = text.find("-->", position)
        elif text[position : position + 9].upper() == "<!DOCTYPE":
            stop = _doctype_end(text, position)
            doctype = doctype or text[position:stop][:200_000]
            position = stop
            continue
        else:
            return position, doctype, not text.startswith("<", position)
        if end < 0:
            return position, doctype, True
        position = text.index(">", end) + 1


_SUBSET_END = re.compile(r"\]\s*>")


def _doctype_end(text: str, start: int) -> int:
    """Return the position after the last ``>`` of the DOCTYPE; the end of the text without one."""
    end, subset = text.find(">", start), text.find("[", start)
    if 0 <= subset < end:
        closed = _SUBSET_END.search(text, subset)
        return closed.end() if closed else len(text)
    return end + 1 if end >= 0 else len(text)


def _entities(doctype: str) -> tuple[dict[str, str], bool]:
    """Return the declared entities, and whether one refers to another."""
    found: dict[str, str] = {}
    if "<!ENTITY" not in doctype:
        return found, False
    for declared in _DECLARATION.finditer(doctype):
        value = declared["a"] or declared["b"] or ""
        if declared["parameter"]:
            continue
        found.setdefault(declared["name"], "" if declared["external"] else value)
    nested = any(
        name["name"] in found for value in found.values() for name in _REFERENCE.finditer(value) if name["name"]
    )
    return {name: html.unescape(value) for name, value in found.items()}, nested


def needs_repair(document: Document) -> bool:
    """Return whether the document may have references that an XML parser rejects. CDATA is not told apart."""
    return bool(_SUSPICIOUS.search(document.xml))


def repair_references(document: Document) -> str:
    """Return the XML with every reference outside CDATA resolved or made literal, and an open CDATA section closed."""
    text, kept, position = document.xml, [], 0
    references = References(document.entities)
    while True:
        start = text.find("<![CDATA[", position)
        kept.append(references.repair(text[position:] if start < 0 else text[position:start]))
        if start < 0:
            break
        end = text.find("]]>", start)
        if end < 0:
            kept.append(text[start:] + "]]>")
            break
        kept.append(text[start : end + 3])
        position = end + 3
    return "".join(kept)


class References:
    """Replaces references by what XML allows. Expands at most a million characters of a document's own entities."""

    def __init__(self, entities: Mapping[str, str]) -> None:
        self._entities = entities
        self._budget = _MAX_EXPANSION

    def repair(self, text: str) -> str:
        """Return the text with its references resolved, or escaped where they stand for nothing."""
        return _REFERENCE.sub(self._replacement, join_surrogates(text)) if "&" in text else text

    def _replacement(self, match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            if match["decimal"] or match["hexadecimal"]:
                return _character(int(match["decimal"]) if match["decimal"] else int(match["hexadecimal"], 16))
            return "&amp;"
        if name in _XML_NAMES:
            return match[0]
        if name in self._entities:
            value = self._entities[name]
            self._budget -= len(value)
            return html.escape(value, quote=False) if self._budget > 0 else ""
        if f"{name};" in html5:
            return html.escape(html5[f"{name};"])
        return f"&amp;{name};"


def _character(code: int) -> str:
    """Return a numeric reference that XML allows. Codes of windows-1252 count as in browsers; others give nothing."""
    if 0x80 <= code < 0xA0:
        return bytes([code]).decode("cp1252", "ignore")
    if code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
        return f"&#{code};"
    return ""


def bind_prefixes(xml: str) -> str:
    """Bind at the root element every prefix that is used but not bound there. Inner bindings keep precedence."""
    root, tag = _ROOT.match(xml), _ROOT_TAG.match(xml)
    free = set(_PREFIX.findall(xml)) - set(_BOUND.findall(tag[0] if tag else "")) - {"xml", "xmlns"}
    if not free or root is None or len(free) > 200:
        return xml
    bound = "".join(f' xmlns:{name}="{_USUAL.get(name.lower(), f"urn:unbound:{name}")}"' for name in sorted(free))
    return xml[: root.end()] + bound + xml[root.end() :]
