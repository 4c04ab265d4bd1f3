"""RSS, Atom, RDF and CDF through feedparser's strict parser.

``feedparser.parse`` is not used. On an error in the XML it starts over with its loose parser, whose time is not
bounded and whose entries differ; it gives no source of a text; and it has no limit for any step that takes more than
linear time. The strict parser alone reads clean XML (see ``xmltext``) and keeps the entries before the first error.

This is the only module that uses undocumented names of feedparser. ``tests/feeds/test_feedparser_contract.py`` checks
each of them.
"""

from __future__ import annotations

import re
import xml.sax
import xml.sax.handler
from dataclasses import dataclass, field
from typing import Any
from xml.sax.expatreader import ExpatParser

from feedparser.api import StrictFeedParser  # not documented; ``feedparser.parse`` runs it first

_MAX_ELEMENTS = 250_000
_MAX_PREFIXES = 200
_MAX_TAGS = 60
_MAX_BASE = 2048
_CHUNK = 1 << 18

# What feedparser may raise on unusual documents.
_PARSER_ERRORS = (ValueError, LookupError, TypeError, AssertionError, AttributeError, ArithmeticError, RuntimeError)
_EARLY_ENDS = ("no element found", "unclosed", "partial character")
_CONTENT_SOURCES = {
    "content": "atom:content",
    "content:encoded": "content:encoded",
    "fullitem": "fullitem",
    "body": "xhtml:body",
    "xhtml:body": "xhtml:body",
}
_SKIP_HOURS = re.compile(r"<skipHours>(.{0,4000}?)</skipHours>", re.DOTALL)
_HOUR = re.compile(r"<hour>([^<]{1,9})</hour>")
_SKIP_DAYS = re.compile(r"<skipDays>(.{0,1000}?)</skipDays>", re.DOTALL)
_DAY = re.compile(r"<day>([^<]{1,20})</day>")


class _LimitReached(Exception):
    """The document has too much of something; the text says of what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFeed:
    """The content of a feed document, as feedparser gives it.

    Attributes:
        entries: the dictionary of each entry.
        feed: the dictionary of the feed.
        version: feedparser's name of the format, "" for an unknown format.
        skip_hours, skip_days: hours and days as written.
        cut: the document ends before its root element does.
        limit: the limit that was reached, as a sentence.
        error: what is wrong with the XML.
    """

    entries: list[Any] = field(default_factory=list)
    feed: Any = field(default_factory=dict)
    version: str = ""
    skip_hours: tuple[str, ...] = ()
    skip_days: tuple[str, ...] = ()
    cut: bool = False
    limit: str | None = None
    error: str | None = None


class _Parser(StrictFeedParser):  # type: ignore[misc]  # feedparser has no types
    """feedparser's parser with bounds on the steps that take more than linear time."""

    # Dates and text are cleaned in ``entries``; addresses are resolved there.
    resolve_relative_uris = False
    sanitize_html = False

    def __init__(self, base: str) -> None:
        super().__init__(base, None, "utf-8")
        self.prefixes = 0
        self.elements = 0

    def track_namespace(self, prefix: str | None, uri: str) -> None:
        """Bound the number of prefixes: feedparser compares each element with all of them."""
        self.prefixes += 1
        if self.prefixes <= _MAX_PREFIXES:
            super().track_namespace(prefix, uri)

    def unknown_starttag(self, tag: str, attrs: Any) -> None:
        """Count the elements, survive an error in one of them, and record which element a text comes from."""
        self.elements += 1
        if self.elements > _MAX_ELEMENTS:
            raise _LimitReached(f"The document has more than {_MAX_ELEMENTS:,} elements; only the first were read.")
        try:
            super().unknown_starttag(tag, attrs)
        except _PARSER_ERRORS:
            return
        if len(self.baseuri) > _MAX_BASE:
            raise _LimitReached("The document nests xml:base too deeply; only the entries before were read.")
        if self.contentparams:  # the type and language of the text that is open; stored with the text
            self.contentparams.setdefault("source", _CONTENT_SOURCES.get(tag, "description"))

    def unknown_endtag(self, tag: str) -> None:
        """Survive an error in one element."""
        try:
            super().unknown_endtag(tag)
        except _PARSER_ERRORS:
            return

    def _start_media_title(self, attrs: Any) -> None:
        """Keep the title of a photo or film apart; feedparser makes it the title of the entry."""
        self.push("media_title", 1)

    def _end_media_title(self) -> None:
        self.pop("media_title")

    def _start_media_description(self, attrs: Any) -> None:
        """Keep the caption of a photo or film apart; feedparser makes it the summary of the entry."""
        self.push("media_description", 1)

    def _end_media_description(self) -> None:
        self.pop("media_description")

    def _sync_author_detail(self, key: str = "author") -> None:
        """Store the author's name as written. feedparser looks for a mail address in it, in quadratic time."""
        context = self._get_context()
        people, name = context.get("authors"), context.get("author")
        if key == "author" and people and not people[-1] and name:
            people[-1]["name"] = name

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        """Bound the number of tags: feedparser compares each with all before it."""
        if len(self._get_context().setdefault("tags", [])) < _MAX_TAGS:
            super()._add_tag(term, scheme, label)


def read_xml(document: str, url: str) -> ReadFeed:
    """Read well-formed XML; of any other document, read what comes before the first error."""
    # Only xml:base needs the address: feedparser joins it at every element.
    handler = _Parser(url if "xml:base" in document else "")
    reader = ExpatParser()
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    reader.setFeature(xml.sax.handler.feature_external_ges, False)
    reader.setContentHandler(handler)
    reader.setErrorHandler(handler)
    limit, error = None, None
    data = document.encode("utf-8", "replace")
    try:
        for start in range(0, len(data), _CHUNK):
            reader.feed(data[start : start + _CHUNK])
        reader.close()
    except _LimitReached as reached:
        limit = str(reached)
    except xml.sax.SAXException as problem:
        error = problem
    except _PARSER_ERRORS as problem:
        error = xml.sax.SAXException(f"feedparser failed: {problem}")
    cut = error is not None and error.getMessage().startswith(_EARLY_ENDS)
    if (cut or limit) and handler.inentry and not dict(handler.entries[-1]).get("link"):
        del handler.entries[-1]  # half an entry, cut before its address: the next poll would store it once more
    return ReadFeed(
        entries=handler.entries,
        feed=handler.feeddata,
        version=handler.version,
        skip_hours=_listed(_SKIP_HOURS, _HOUR, document),
        skip_days=_listed(_SKIP_DAYS, _DAY, document),
        cut=cut,
        limit=limit,
        error=_message(error) if error else None,
    )


def _listed(whole: re.Pattern[str], part: re.Pattern[str], document: str) -> tuple[str, ...]:
    """Return the hours of ``skipHours`` or the days of ``skipDays``, of which feedparser keeps the last only."""
    block = whole.search(document)
    return tuple(part.findall(block[1])[:24]) if block else ()


def _message(error: xml.sax.SAXException) -> str:
    line = getattr(error, "getLineNumber", lambda: None)()
    message = error.getMessage().rstrip(".")
    return (
        f"The XML is not well-formed (line {line}: {message})." if line else f"The XML is not well-formed ({message})."
    )
