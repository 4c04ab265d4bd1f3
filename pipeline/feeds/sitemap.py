"""News sitemaps (Google News schema), for sites without a feed. feedparser does not read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from pipeline.feeds.entries import Context, link_of, make_entry, newest
from pipeline.feeds.problems import CUT_SHORT
from pipeline.model import ParsedEntry, ParsedFeed
from pipeline.text.html import clean
from pipeline.text.urls import resolve

_END = re.compile(r"</(?:[\w.-]+:)?urlset\s*>\s*$", re.IGNORECASE)
ROOTS = frozenset({"urlset", "sitemapindex"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """An opened sitemap.

    Attributes:
        is_index: it lists sitemaps, not pages.
        items: its ``url`` or ``sitemap`` elements.
        cut: the document ends early; the last element, which may lack a part, is left out.
        flawed: the XML is not well-formed.
    """

    is_index: bool
    items: tuple[etree._Element, ...]
    cut: bool
    flawed: bool

    @property
    def news(self) -> list[etree._Element]:
        """Return the elements with a news entry."""
        return [url for url in self.items if any(_name(child) == "news" for child in url)]


def open_sitemap(xml: str) -> Sitemap | None:
    """Parse a sitemap's XML, from its root element on; None for XML that cannot be read."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    root = etree.fromstring(xml.encode("utf-8", "replace"), parser)
    if root is None:
        return None
    is_index = _name(root) == "sitemapindex"
    items = tuple(child for child in root if _name(child) == ("sitemap" if is_index else "url"))
    flawed = bool(parser.error_log)
    cut = flawed and not is_index and not _END.search(xml)
    return Sitemap(is_index=is_index, items=items[:-1] if cut else items, cut=cut, flawed=flawed)


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
    sitemap = open_sitemap(xml)
    if sitemap is None:
        return _none(encoding, "The sitemap's XML cannot be read.")
    if sitemap.is_index:
        places = [find(child, "loc") for child in sitemap.items]
        addresses = tuple(dict.fromkeys(address for place in places[:1000] if (address := resolve(place))))
        news = tuple(address for address in addresses if "news" in address.lower()) or addresses
        problem = 'This is an index of sitemaps, not a feed; set via = "sitemap", or use one of the sitemaps in it.'
        return _none(encoding, problem, news[:20])
    if not sitemap.news:
        problem = 'This sitemap lists pages but no news; set via = "sitemap" to watch it for new pages.'
        return _none(encoding, problem if sitemap.items else None)
    return feed_of(sitemap, encoding, context, most)


def feed_of(sitemap: Sitemap, encoding: str, context: Callable[[str | None], Context], most: int) -> ParsedFeed:
    """Return the feed of a sitemap with news entries; arguments as for ``parse_sitemap``."""
    entries = sitemap.news
    title, language = _publication(entries)
    shared = context(language)
    problem = None
    if len(entries) > most:
        problem = f"The sitemap has {len(entries):,} entries; the newest {most:,} were read."
    elif sitemap.cut:
        problem = CUT_SHORT
    elif sitemap.flawed:
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
    place = find(url, "loc")
    raw = _raw_date(url)
    updated = context.date(find(url, "lastmod"))
    return make_entry(
        identifier=place,
        link=link_of(place, context.bases),
        title=find(url, "news", "title") or find(url, "title"),
        raw_date=raw,
        date=context.date(raw),
        updated=updated.at if updated else None,
        tags=(tag.strip() for tag in find(url, "keywords").split(",")),
    )


def _raw_date(url: etree._Element) -> str:
    return find(url, "publication_date") or find(url, "lastmod")


def _date(url: etree._Element, context: Context) -> datetime | None:
    date = context.date(_raw_date(url))
    return date.at if date else None


def _publication(entries: Iterable[etree._Element]) -> tuple[str, str | None]:
    first = next(iter(entries))
    language = clean(find(first, "language"))[:35].lower() or None
    return clean(find(first, "publication", "name"))[:1000], language


def find(element: etree._Element, *path: str) -> str:
    """Return the text of the first descendant with that name; with two names, of the second below the first."""
    for descendant in element.iter():
        if isinstance(descendant.tag, str) and _name(descendant) == path[0]:
            return find(descendant, *path[1:]) if len(path) > 1 else (descendant.text or "").strip()
    return ""


def _name(element: etree._Element) -> str:
    """Return the name in lower case without namespace or prefix. ``etree.QName`` rejects some names of broken XML."""
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""
