"""Rules for feed discovery: feeds that a page links, and the usual addresses of content systems. Pure."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit, urlunsplit

from pipeline.text.urls import resolve

_MAX_LINKS = 20
_MAX_PAGE = 1_000_000
_LINK = re.compile(r"<(?P<tag>link|a|base)\s(?P<attributes>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]{1,20})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_FEED_TYPES = re.compile(
    r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|(?:application|text)/(?:xml|rss|atom)|application/json"
)
_FEED_NAME = re.compile(
    r"(?:^|[/._-])(?:rss|rss2|atom|feed|feeds|rdf|index\.xml)(?:[/._?-]|$)|\.(?:rss|atom|rdf)$|sitemap-?news",
    re.IGNORECASE,
)
_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_USUAL = (
    "feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss/", "feed", "feeds/rss", "rss/news.xml",
    "rss/all.xml", "export/rss2/index.xml", "rss/v2.xml", "rss/allArticle.xml", "rss/rss_news.php", "api/rss",
    "sitemap-news.xml", "news-sitemap.xml", "sitemap/news.xml", "?feed=rss2",
)  # fmt: skip


def feed_links(page: str, url: str) -> tuple[str, ...]:
    """Return the feeds that a page links: ``rel=alternate`` links first, then plain links that look like feeds.

    Args:
        page: HTML.
        url: the address of the page.
    """
    base = url
    named: list[str] = []
    linked: list[str] = []
    for match in _LINK.finditer(page[:_MAX_PAGE]):
        attributes = {
            name.lower(): html.unescape(a or b or c)[:4096]
            for name, a, b, c in _ATTRIBUTE.findall(match["attributes"][:8192])
        }
        href = attributes.get("href", "").strip()
        tag = match["tag"].lower()
        if tag == "base" and href:
            base = resolve(href, [url]) or base
        elif tag == "link" and "alternate" in attributes.get("rel", "").lower().split():
            if (
                _FEED_TYPES.search(attributes.get("type", "").lower())
                and "oembed" not in href
                and "wp-json" not in href
            ):
                named.append(resolve(href, [base]))
        elif tag == "a" and len(linked) < _MAX_LINKS and _FEED_NAME.search(urlsplit_path(href)):
            linked.append(resolve(href, [base]))
        if len(named) >= _MAX_LINKS:
            break
    return tuple(dict.fromkeys(address for address in (*named, *linked) if address))[:_MAX_LINKS]


def urlsplit_path(href: str) -> str:
    """Return path and query of a link, "" for an invalid link."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def usual_places(url: str) -> tuple[str, ...]:
    """Return the usual addresses of a site's feed, likeliest first: below the given path, then at the root."""
    address = resolve(url)
    if not address:
        return ()
    parts = urlsplit(address)
    folder = parts.path if parts.path.endswith("/") else parts.path.rsplit("/", 1)[0] + "/"
    places = [
        urlunsplit((parts.scheme, parts.netloc, folder, "", "")) + name
        for name in (_USUAL if folder == "/" else _USUAL[:4])
    ]
    if folder != "/":
        places += [urlunsplit((parts.scheme, parts.netloc, "/", "", "")) + name for name in _USUAL]
    return tuple(dict.fromkeys(places))


def sitemaps_of(robots: str, url: str) -> tuple[str, ...]:
    """Return the sitemaps that a robots.txt names: those of news first."""
    named = (resolve(line, [url]) for line in _SITEMAP.findall(robots[:_MAX_PAGE]))
    return tuple(sorted(dict.fromkeys(filter(None, named)), key=lambda address: "news" not in address.lower()))
