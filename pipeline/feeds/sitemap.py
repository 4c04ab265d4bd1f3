"""News sitemaps (Google News schema), for sites without a feed. feedparser does not read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from lxml import etree

from pipeline.feeds.entries import Context, link_of, make_entry, newest
from pipeline.feeds.problems import CUT_SHORT
from pipeline.model import ParsedEntry, ParsedFeed
from pipeline.text.html import clean
from pipeline.text.urls import resolve

_END = re.compile(r"</(?:[\w.-]+:)?urlset\s*>\s*$", re.IGNORECASE)
ROOTS = frozenset({"urlset", "sitemapindex"})


def parse_sitemap(xml: str, encoding: str, context: Callable[[str | None], Context], most: int) -> ParsedFeed:
    """Read the news entries of a sitemap.

    Args:
        xml: the document from its root element on.
        encoding: its charset, for the result.
        context: makes the context of the entries from the publication's language.
        most: the number of entries that are kept.

    Returns:
        A feed; with a ``problem`` and no entries for an index of sitemaps or a sitemap without news.
    """
    parser = etree.XMLParser(recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    root = etree.fromstring(xml.encode("utf-8", "replace"), parser)
    if root is None:
        return _none(encoding, "The sitemap's XML cannot be read.")
    if _name(root) == "sitemapindex":
        places = [_find(child, "loc") for child in root if _name(child) == "sitemap"]
        addresses = tuple(dict.fromkeys(address for place in places[:1000] if (address := resolve(place))))
        news = tuple(address for address in addresses if "news" in address.lower()) or addresses
        return _none(encoding, "This is an index of sitemaps, not a feed; use one of the sitemaps in it.", news[:20])
    urls = [child for child in root if _name(child) == "url"]
    cut = bool(parser.error_log) and not _END.search(xml)
    if cut:
        urls = urls[:-1]  # the last one may lack a part of its address or title
    entries = [url for url in urls if any(_name(child) == "news" for child in url)]
    if not entries:
        problem = "This sitemap lists pages but no news; it cannot be used as a feed." if urls else None
        return _none(encoding, problem)
    title, language = _publication(entries)
    shared = context(language)
    problem = None
    if len(entries) > most:
        problem = f"The sitemap has {len(entries):,} entries; the newest {most:,} were read."
    elif cut:
        problem = CUT_SHORT
    elif parser.error_log:
        problem = "The XML is not well-formed."
    return ParsedFeed(
        title=title,
        entries=tuple(_entry(url, shared) for url in newest(entries, most, lambda url: _date(url, shared))),
        problem=problem,
        format="sitemap",
        encoding=encoding,
        language=language,
    )


def _none(encoding: str, problem: str | None, alternates: tuple[str, ...] = ()) -> ParsedFeed:
    return ParsedFeed(title="", entries=(), problem=problem, format="sitemap", encoding=encoding, alternates=alternates)


def _entry(url: etree._Element, context: Context) -> ParsedEntry:
    place = _find(url, "loc")
    raw = _raw_date(url)
    updated = context.date(_find(url, "lastmod"))
    return make_entry(
        identifier=place,
        link=link_of(place, context.bases),
        title=_find(url, "news", "title") or _find(url, "title"),
        raw_date=raw,
        date=context.date(raw),
        updated=updated.at if updated else None,
        tags=(tag.strip() for tag in _find(url, "keywords").split(",")),
    )


def _raw_date(url: etree._Element) -> str:
    return _find(url, "publication_date") or _find(url, "lastmod")


def _date(url: etree._Element, context: Context) -> datetime | None:
    date = context.date(_raw_date(url))
    return date.at if date else None


def _publication(entries: Iterable[etree._Element]) -> tuple[str, str | None]:
    first = next(iter(entries))
    language = clean(_find(first, "language"))[:35].lower() or None
    return clean(_find(first, "publication", "name"))[:1000], language


def _find(element: etree._Element, *path: str) -> str:
    """Return the text of the first descendant with that name; with two names, of the second below the first."""
    for descendant in element.iter():
        if isinstance(descendant.tag, str) and _name(descendant) == path[0]:
            return _find(descendant, *path[1:]) if len(path) > 1 else (descendant.text or "").strip()
    return ""


def _name(element: etree._Element) -> str:
    """Return the name in lower case without namespace or prefix. ``etree.QName`` rejects some names of broken XML."""
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""
