"""A loopback server of sites without feeds: sitemaps, section pages, channels. Answers conditional requests by 304."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime

from tests.world.server import Answer, Hostile

ARTICLE = """<!doctype html><html lang="en"><head><title>{title}</title>
<meta property="article:published_time" content="{at}"></head><body><main><article><h1>{title}</h1>
<p>Delegates from Seoul and Moscow met on {title} and spoke about the railway across the border for two hours.</p>
<p>They agreed to meet again in autumn, and to leave the question of tariffs to the working group on customs.</p>
<p>Port officials said that the talks about {title} had been long, friendly and without any result so far.</p>
</article></main></body></html>"""


class ListingSite(Hostile):
    """The server. ``put`` sets a document; its ETag changes with the body."""

    def put(self, path: str, body: bytes | str, kind: str = "application/xml") -> str:
        """Serve a document at this path; return its address."""
        body = body if isinstance(body, bytes) else body.encode()
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        self.answers[path] = Answer(body=body, headers={"Content-Type": kind, "ETag": etag})
        return self.url(path)

    def page(self, path: str, title: str, at: datetime) -> str:
        """Serve an article; return its address."""
        return self.put(path, ARTICLE.format(title=title, at=at.isoformat()), "text/html; charset=utf-8")

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        asked = self.log[-1].headers.get("if-none-match")
        stored = self.answers.get(path)
        if stored is not None and asked and asked == stored.headers.get("ETag"):
            writer.write(f"HTTP/1.1 304 X\r\nETag: {asked}\r\n\r\n".encode())
            await writer.drain()
            return
        await super()._answer(path, writer)


def urlset(pages: Iterable[tuple[str, str]]) -> str:
    """Return a sitemap of addresses with the dates of their last change, "" for none."""
    items = "".join(
        f"<url><loc>{url}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</url>" for url, lastmod in pages
    )
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{items}</urlset>'


def index(children: Iterable[tuple[str, str]]) -> str:
    """Return an index of sitemaps with their dates."""
    items = "".join(
        f"<sitemap><loc>{url}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>" for url, at in children
    )
    return (
        f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{items}</sitemapindex>'
    )


def news_sitemap(pages: Iterable[tuple[str, str, str]]) -> str:
    """Return a news sitemap of addresses, dates and titles."""
    items = "".join(
        f"<url><loc>{url}</loc><n:news><n:publication><n:name>N</n:name><n:language>en</n:language></n:publication>"
        f"<n:publication_date>{at}</n:publication_date><n:title>{title}</n:title></n:news></url>"
        for url, at, title in pages
    )
    space = "http://www.google.com/schemas/sitemap-news/0.9"
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="{space}">{items}</urlset>'


def section(links: Iterable[tuple[str, str]], menu: Iterable[tuple[str, str]] = ()) -> str:
    """Return a section page: a menu, teasers with picture, headline and comments, a list of tags, a footer."""
    teasers = "".join(
        f'<div class="card"><a href="{url}"><img src="/i.jpg"></a><h3><a href="{url}">{title}</a></h3>'
        f'<a href="{url}#comments">12</a></div>'
        for url, title in links
    )
    menus = "".join(f'<a href="{url}">{text}</a>' for url, text in menu)
    return (
        f"<!doctype html><html><body><div class=menu>{menus}</div><main>{teasers}</main>"
        '<aside><a href="/tag/rail-2026">rail</a><a href="/tag/gas-2026">gas</a></aside>'
        '<footer><a href="/about/terms-of-use-2026">Terms of use and privacy of this site</a></footer></body></html>'
    )


def channel(name: str, posts: Iterable[str]) -> str:
    """Return the preview page of a channel."""
    return (
        '<!doctype html><html><body><div class="tgme_channel_info"><div class="tgme_channel_info_header_title">'
        f'<span dir="auto">{name}</span></div></div><section class="tgme_channel_history">{"".join(posts)}</section>'
        "</body></html>"
    )


def post(
    channel_name: str,
    number: int,
    text: str,
    at: datetime,
    *,
    forwarded: str = "",
    preview: str = "",
    edited: bool = False,
) -> str:
    """Return a post of a channel; ``text`` is HTML."""
    source = (
        '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from '
        f'<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/x/1"><span>{forwarded}</span></a></div>'
        if forwarded
        else ""
    )
    link = (
        f'<a class="tgme_widget_message_link_preview" href="{preview}"><div class="link_preview_title">P</div></a>'
        if preview
        else ""
    )
    body = f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>' if text else ""
    return (
        '<div class="tgme_widget_message_wrap js-widget_message_wrap">'
        f'<div class="tgme_widget_message js-widget_message" data-post="{channel_name}/{number}">'
        f'<div class="tgme_widget_message_bubble">{source}{body}{link}<div class="tgme_widget_message_footer">'
        f'<span class="tgme_widget_message_views">{number * 7}K</span>'
        f'<span class="tgme_widget_message_meta">{"edited " if edited else ""}'
        f'<a class="tgme_widget_message_date" href="https://t.me/{channel_name}/{number}">'
        f'<time datetime="{at.isoformat()}" class="time">10:00</time></a></span></div></div></div></div>'
    )
