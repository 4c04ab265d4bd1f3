"""Parsing of a feed document: charset, kind of document, and the reader for that kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from pipeline.feeds.balance import balance
from pipeline.feeds.discovery_rules import feed_links
from pipeline.feeds.entries import MAX_TITLE, Context, date_of, entry_of, newest
from pipeline.feeds.feedparser_adapter import ReadFeed, read_xml
from pipeline.feeds.hints import days_of, hours_of, interval_of
from pipeline.feeds.jsonfeed import looks_like_json, parse_json
from pipeline.feeds.problems import CUT_SHORT
from pipeline.feeds.xmltext import HTML_NAMES, Document, bind_prefixes, needs_repair, open_document, repair_references
from pipeline.model import ParsedFeed
from pipeline.text.charset import Decoded, decode
from pipeline.text.html import clean, one_line
from pipeline.text.urls import canonical, resolve, same_host
from pipeline.text.zones import zone_for

_FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel"})
_ContextMaker = Callable[..., Context]
_SITEMAP_ROOTS = frozenset({"urlset", "sitemapindex"})


def parse_document(
    body: bytes, url: str, content_type: str | None, *, timezone: str | None, now: datetime, max_entries: int
) -> ParsedFeed:
    """Parse a document; see ``pipeline.feeds.parse``."""
    decoded = decode(body, content_type)
    if not decoded.text.strip("\x00 \t\r\n\ufeff"):
        return _nothing("The answer is empty.", decoded)

    def context(language: str | None, site: str = "") -> Context:
        return Context(bases=_bases(url, site), zone=zone_for(timezone, language), now=now)

    if looks_like_json(decoded.text):
        return parse_json(decoded.text, decoded.encoding, context, max_entries)
    return _parse_xml(decoded, url, context, max_entries)


def _bases(url: str, site: str) -> tuple[str, ...]:
    """Return the bases of relative links: the site before a feed service's host."""
    return (site, url) if site and not same_host(canonical(site), canonical(url)) else (url,)


def _parse_xml(decoded: Decoded, url: str, context: _ContextMaker, most: int) -> ParsedFeed:
    document = open_document(decoded.text)
    root = document.root.rpartition(":")[2].lower()
    if document.refused:
        return _nothing(document.problem or "", decoded)
    if root in _SITEMAP_ROOTS:
        from pipeline.feeds.sitemap import parse_sitemap

        return parse_sitemap(document.xml, decoded.encoding, context, most)
    if root in HTML_NAMES or ("doctype html" in document.doctype and root not in _FEED_ROOTS):
        return _nothing("This is a web page (HTML), not a feed.", decoded, feed_links(decoded.text, url))
    if not root:
        return _nothing("This is neither XML nor JSON.", decoded)
    read = _read(document, url)
    if not read.entries and not read.version and root not in _FEED_ROOTS:
        return _nothing(f"This is XML but not a feed: its root element is <{document.root}>.", decoded)
    problem = _problem(read, document, decoded)
    language = clean(str(read.feed.get("language") or ""))[:35] or None
    site = resolve(str(read.feed.get("link") or ""), [url])
    shared = context(language, site)
    entries = newest(read.entries, most, lambda item: date_of(item, shared))
    if len(entries) < len(read.entries):
        problem = f"The feed has {len(read.entries):,} entries; the newest {most:,} were read."
    return ParsedFeed(
        title=one_line(str(read.feed.get("title") or ""), MAX_TITLE),
        entries=tuple(entry_of(item, shared) for item in entries),
        problem=problem,
        format=read.version or root,
        encoding=decoded.encoding,
        language=language,
        site_url=site,
        ttl=interval_of(read.feed),
        skip_hours=hours_of(read.skip_hours),
        skip_days=days_of(read.skip_days),
    )


def _read(document: Document, url: str) -> ReadFeed:
    """Read the document as it is, else with unbound prefixes bound, else with every tag repaired."""
    xml = repair_references(document) if needs_repair(document) else document.xml
    read = read_xml(xml, url)
    if read.error and "unbound prefix" in read.error:
        xml = bind_prefixes(xml)
        read = read_xml(xml, url)
    if read.error is None or read.cut:
        return read
    again = read_xml(bind_prefixes(balance(document)), url)
    if len(again.entries) < len(read.entries):
        return read
    return replace(again, error=read.error)


def _problem(read: ReadFeed, document: Document, decoded: Decoded) -> str | None:
    """Return the most serious problem."""
    if read.cut:
        return CUT_SHORT
    return read.limit or read.error or decoded.problem or document.problem


def _nothing(problem: str, decoded: Decoded, alternates: tuple[str, ...] = ()) -> ParsedFeed:
    return ParsedFeed(title="", entries=(), problem=problem, encoding=decoded.encoding, alternates=alternates)
