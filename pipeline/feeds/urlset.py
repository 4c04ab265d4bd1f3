"""Sitemaps as sources: an index of sitemaps, and sitemaps of pages without news entries. Pure.

News sitemaps are read as feeds, by ``sitemap``. Other sitemaps list all pages of a site, with no title and often with
the date of the last change, so only addresses that were not listed before count as news.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from pipeline.feeds.entries import Context, link_of, make_entry, newest
from pipeline.feeds.listing import document_of, listed_feed, packed, page_key, unpacked
from pipeline.feeds.problems import CUT_SHORT
from pipeline.feeds.sitemap import ROOTS, Sitemap, feed_of, find, open_sitemap
from pipeline.feeds.xmltext import open_document
from pipeline.model import KeyedFeed, ListDocument, ParsedEntry, Seen
from pipeline.text.charset import decode
from pipeline.text.dates import ParsedDate
from pipeline.text.urls import resolve
from pipeline.text.zones import zone_for

MAX_CHILDREN = 5000
_MOST_UNDATED = 1000  # more new addresses without dates at once: the site has rebuilt its list


def parse_urlset(
    body: bytes, url: str, content_type: str | None, *, timezone: str | None, now: datetime, seen: Seen, most: int
) -> ListDocument | None:
    """Read an index or a sitemap; None for a document that is neither."""
    decoded = decode(body, content_type)
    opened = open_document(decoded.text)
    if opened.refused or opened.root.rpartition(":")[2].lower() not in ROOTS:
        return None
    sitemap = open_sitemap(opened.xml)
    if sitemap is None:
        return None

    def context(language: str | None) -> Context:
        return Context(bases=(url,), zone=zone_for(timezone, language), now=now)

    if sitemap.is_index:
        children = dict(_children(sitemap, url))
        problem = None if children else "The index names no sitemap."
        document = document_of([], kind="sitemap index", encoding=decoded.encoding, problem=problem)
        return ListDocument(document=document, children=tuple(children.items()))
    if sitemap.news:
        return listed_feed(feed_of(sitemap, decoded.encoding, context, most), seen)
    return _pages(sitemap, decoded.encoding, context(None), seen, most)


def _children(sitemap: Sitemap, url: str) -> Iterator[tuple[str, str]]:
    for element in sitemap.items[:MAX_CHILDREN]:
        if address := resolve(find(element, "loc"), [url]):
            yield address, find(element, "lastmod")[:40]


def _pages(sitemap: Sitemap, encoding: str, context: Context, seen: Seen, most: int) -> ListDocument:
    """Return the addresses that are new, and learn all."""
    known = unpacked(seen.known)
    fresh: dict[int, tuple[etree._Element, str]] = {}
    for element in sitemap.items:
        address = resolve(find(element, "loc"), context.bases)
        if address and (key := page_key(address)) not in known:
            fresh.setdefault(key, (element, address))
    keys = packed(fresh)
    problem = CUT_SHORT if sitemap.cut else None
    if seen.learn:
        return ListDocument(document=_document([], encoding, problem), keys=keys)
    dated = [(element, context.date(find(element, "lastmod"))) for element, _ in fresh.values()]
    if sum(date is None for _, date in dated) > _MOST_UNDATED:
        dated = [(element, date) for element, date in dated if date is not None]
        problem = f"The sitemap lists {len(fresh):,} new addresses at once; those without a date were only noted."
    wanted = [(element, date) for element, date in dated if _is_recent(date, seen)]
    wanted = list(newest(wanted, most, lambda item: item[1].at if item[1] else None))
    return ListDocument(
        document=_document([_entry(element, date, context) for element, date in wanted], encoding, problem), keys=keys
    )


def _document(entries: list[ParsedEntry], encoding: str, problem: str | None) -> KeyedFeed:
    return document_of(entries, kind="sitemap", encoding=encoding, problem=problem)


def _is_recent(date: ParsedDate | None, seen: Seen) -> bool:
    return date is None or seen.since is None or date.at >= seen.since


def _entry(element: etree._Element, date: ParsedDate | None, context: Context) -> ParsedEntry:
    """Return an entry without title and date: ``lastmod`` is that of the last change, the page knows both."""
    place = find(element, "loc")
    return make_entry(identifier=place, link=link_of(place, context.bases), title="", updated=date.at if date else None)
