"""Feeds of the demo: Atom, RSS 2.0, RSS 1.0 and JSON Feed, each in the encoding of its site."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

from pipeline.demo.pages import DemoPage
from pipeline.demo.sites import DemoSite, FeedFormat

FEED_TYPES: dict[FeedFormat, str] = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """A page as one feed lists it. ``link`` may have tracking parameters; ``id`` is specific to the feed."""

    page: DemoPage
    link: str
    id: str


def render_feed(site: DemoSite, origin: str, items: Sequence[FeedItem], updated: datetime) -> bytes:
    """Render the feed of a site.

    Args:
        site: the site.
        origin: ``http://host:port`` of the site.
        items: the entries, newest first.
        updated: time of the last change.
    """
    return _FORMATS[site.feed_format](site, origin, items, updated).encode(site.encoding, "xmlcharrefreplace")


def _date(item: FeedItem, site: DemoSite) -> str:
    """Format a date as RFC 822. The Korean hosted newspaper writes local time without a zone, as real ones do."""
    when = item.page.published.astimezone(site.zone)
    return f"{when:%Y-%m-%d %H:%M:%S}" if site.layout == "board" else format_datetime(when)


def _atom(site: DemoSite, origin: str, items: Sequence[FeedItem], updated: datetime) -> str:
    entries = "".join(
        f"<entry><id>{escape(item.id)}</id><title>{escape(item.page.article.title)}</title>"
        f'<link rel="alternate" type="text/html" href="{escape(item.link)}"/>'
        f"<published>{item.page.published.astimezone(site.zone).isoformat()}</published>"
        f"<updated>{item.page.published.astimezone(site.zone).isoformat()}</updated>"
        f"<author><name>{escape(item.page.article.author)}</name></author>"
        f'<category term="{escape(item.page.article.section)}"/>'
        f"<summary>{escape(item.page.article.summary)}</summary></entry>\n"
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="{site.encoding}"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{site.language}"><id>tag:{site.id}.example,2024:/</id>'
        f"<title>{escape(site.name)}</title><updated>{updated.isoformat()}</updated>"
        f'<link rel="alternate" href="{origin}/"/><link rel="self" href="{origin}{site.feed_path}"/>\n'
        f"{entries}</feed>\n"
    )


def _rss(site: DemoSite, origin: str, items: Sequence[FeedItem], updated: datetime) -> str:
    entries = "".join(
        f"<item><title>{escape(item.page.article.title)}</title><link>{escape(item.link)}</link>"
        f'<guid isPermaLink="false">{escape(item.id)}</guid><pubDate>{_date(item, site)}</pubDate>'
        f"<dc:creator>{escape(item.page.article.author)}</dc:creator>"
        f"<category>{escape(item.page.article.section)}</category>"
        f"<description>{escape(f'<p>{escape(item.page.article.summary)}</p>')}</description></item>\n"
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="{site.encoding}"?>\n'
        f'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{escape(site.name)}</title>'
        f"<link>{origin}/</link><description>{escape(site.name)}</description><language>{site.language}</language>"
        f"<lastBuildDate>{format_datetime(updated)}</lastBuildDate>\n{entries}</channel></rss>\n"
    )


def _rdf(site: DemoSite, origin: str, items: Sequence[FeedItem], updated: datetime) -> str:
    order = "".join(f'<rdf:li rdf:resource="{escape(item.link)}"/>' for item in items)
    entries = "".join(
        f'<item rdf:about="{escape(item.link)}"><title>{escape(item.page.article.title)}</title>'
        f"<link>{escape(item.link)}</link><description>{escape(item.page.article.summary)}</description>"
        f"<dc:creator>{escape(item.page.article.author)}</dc:creator>"
        f"<dc:subject>{escape(item.page.article.section)}</dc:subject>"
        f"<dc:date>{item.page.published.astimezone(site.zone).isoformat()}</dc:date></item>\n"
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="{site.encoding}"?>\n'
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="{origin}{site.feed_path}">'
        f"<title>{escape(site.name)}</title><link>{origin}/</link><description>{escape(site.name)}</description>"
        f"<dc:language>{site.language}</dc:language><dc:date>{updated.isoformat()}</dc:date>"
        f"<items><rdf:Seq>{order}</rdf:Seq></items></channel>\n{entries}</rdf:RDF>\n"
    )


def _json(site: DemoSite, origin: str, items: Sequence[FeedItem], _updated: datetime) -> str:
    entries = [
        {
            "id": item.id,
            "url": item.link,
            "title": item.page.article.title,
            "summary": item.page.article.summary,
            "content_html": f"<p>{escape(item.page.article.summary)}</p>",
            "date_published": item.page.published.astimezone(site.zone).isoformat(),
            "authors": [{"name": item.page.article.author}],
            "tags": [item.page.article.section],
        }
        for item in items
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.name,
        "home_page_url": f"{origin}/",
        "feed_url": f"{origin}{site.feed_path}",
        "language": site.language,
        "items": entries,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


_FORMATS: dict[FeedFormat, Callable[[DemoSite, str, Sequence[FeedItem], datetime], str]] = {
    "atom": _atom,
    "rss": _rss,
    "rdf": _rdf,
    "json": _json,
}
