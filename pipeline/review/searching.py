"""The search page, and Atom feeds of flagged articles.

In: words as a person types them. Out: articles with an excerpt around the first hit. Odd syntax is never an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from datasette import Response

from pipeline.review import guard, pages
from pipeline.store import desk, search
from pipeline.store import flagged as flagged_rows

_PAGE_SIZE = 25
ATOM = "http://www.w3.org/2005/Atom"
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [
        (r"^/-/tumen/search$", searching),
        (r"^/-/tumen/flagged\.atom$", atom),
        (r"^/-/tumen/topic/(?P<topic>[\w-]{1,80})\.atom$", atom),
    ]


@pages.errors_as_pages
async def searching(datasette: Any, request: Any) -> Any:
    """Show the results, 25 per page, best first."""
    typed = (request.args.get("q") or "")[:500]
    page_number = pages.parse_int(request.args.get("page"), 1, 400) or 1

    def read(conn: Any) -> Any:
        ids = search.find(conn, typed, limit=_PAGE_SIZE + 1, offset=(page_number - 1) * _PAGE_SIZE)
        texts = desk.texts(conn, ids[:_PAGE_SIZE])
        articles = desk.by_id(conn, ids[:_PAGE_SIZE])
        results = [(article, search.excerpt(typed, texts[article.id])) for article in articles]
        return results, len(ids) > _PAGE_SIZE, search.count(conn, typed, search.RANKED)

    results, more, count = await guard.database(datasette).execute_fn(read)
    return pages.page(
        datasette,
        request,
        "search.html",
        typed=typed,
        no_words=bool(typed.strip()) and not search.to_query(typed),
        results=results,
        page_number=page_number,
        page_size=_PAGE_SIZE,
        more=more,
        count=count,
        ranked=search.RANKED,
    )


@pages.errors_as_pages
async def atom(datasette: Any, request: Any) -> Any:
    """Return the last 100 flagged articles of one topic or of all, as an Atom feed (RFC 4287)."""
    topic = request.url_vars.get("topic")
    rows = await guard.database(datasette).execute_fn(lambda conn: flagged_rows.latest(conn, topic, limit=100))
    if rows is None:
        raise pages.RequestError(404, f"There is no topic “{topic}”.")
    title, articles = rows
    feed_url = datasette.absolute_url(request, request.path)
    feed = Element("feed", xmlns=ATOM)
    add_child(feed, "id", feed_url)
    add_child(feed, "title", f"Tumen: {title}")
    add_child(
        feed, "updated", articles[0]["flagged_at"] if articles else datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
    )
    SubElement(feed, "link", rel="self", href=feed_url)
    for article in articles:
        entry = SubElement(feed, "entry")
        desk_url = datasette.absolute_url(request, datasette.urls.path(f"/-/tumen/article/{article['id']}"))
        add_child(entry, "id", desk_url)
        add_child(entry, "title", article["title"])
        add_child(entry, "updated", article["flagged_at"])
        if article["published"]:
            add_child(entry, "published", article["published"])
        add_child(SubElement(entry, "author"), "name", article["source"])
        SubElement(entry, "link", rel="alternate", href=pages.web_url(article["url"]) or desk_url)
        SubElement(entry, "link", rel="related", href=desk_url)
        for name in article["topics"]:
            SubElement(entry, "category", term=name)
        add_child(entry, "summary", article["summary"] or article["lead"])
    body = b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="utf-8")
    return Response(body.decode(), content_type="application/atom+xml; charset=utf-8")


def add_child(parent: Element, name: str, text: str) -> None:
    """Add an element with text, without characters that XML forbids."""
    SubElement(parent, name).text = _NOT_IN_XML.sub("", text)
