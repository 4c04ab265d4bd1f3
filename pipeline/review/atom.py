"""Atom feeds (RFC 4287) of flagged articles, of one topic, and of a saved search.

An entry's id is a ``tag:`` URI (RFC 4151) of the article alone. It does not change with the host, port or scheme of the
desk, so a feed reader does not show everything again after a move.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from datasette import Response

from pipeline.review import guard, pages
from pipeline.store import asked, flagged, search_results

_ATOM = "http://www.w3.org/2005/Atom"
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a feed.

    Attributes:
        id: a ``tag:`` URI.
        url: address of the article at its publisher; "" for none.
        updated: when the entry entered the feed.
    """

    id: str
    article: int
    title: str
    url: str
    source: str
    summary: str
    updated: str
    published: str | None = None
    categories: Sequence[str] = ()


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [
        (r"^/-/tumen/flagged\.atom$", of_topic),
        (r"^/-/tumen/topic/(?P<topic>[\w-]{1,80})\.atom$", of_topic),
        (r"^/-/tumen/saved/(?P<search>\d{1,15})\.atom$", of_search),
    ]


@pages.errors_as_pages
async def of_topic(datasette: Any, request: Any) -> Any:
    """Return the last 100 flagged articles of one topic or of all."""
    topic = request.url_vars.get("topic")

    def read(conn: Any) -> tuple[str, list[Entry]] | None:
        found = flagged.latest(conn, topic, limit=_MOST)
        if found is None:
            return None
        seen = search_results.first_seen(conn, [row["id"] for row in found[1]])
        entries = [
            Entry(
                id=_id_of(row["id"], seen[row["id"]]),
                article=row["id"],
                title=row["title"],
                url=row["url"],
                source=row["source"],
                summary=row["summary"] or row["lead"],
                updated=row["flagged_at"],
                published=row["published"],
                categories=row["topics"],
            )
            for row in found[1]
        ]
        return found[0], entries

    rows = await guard.read(datasette, read)
    if rows is None:
        raise pages.RequestError(404, "There is no topic “{topic}”.", topic=topic)
    return feed(datasette, request, f"topic/{topic}" if topic else "flagged", *rows)


@pages.errors_as_pages
async def of_search(datasette: Any, request: Any) -> Any:
    """Return the newest 100 articles that a saved search finds."""
    key = int(request.url_vars["search"])

    def read(conn: Any) -> tuple[str, list[Entry]] | None:
        saved = search_results.find_saved(conn, key)
        if saved is None:
            return None
        wanted = asked.of_string(saved.query)
        ids, _ = wanted.find(conn, wanted.query(conn), limit=_MOST, newest=True)
        seen = search_results.first_seen(conn, ids)
        return saved.name, [
            Entry(
                id=_id_of(row.id, seen[row.id]),
                article=row.id,
                title=row.title,
                url=row.url,
                source=row.source,
                summary=row.text[:300],
                updated=seen[row.id],
                published=row.at,
                categories=row.topics,
            )
            for row in search_results.load(conn, ids)
        ]

    rows = await guard.read(datasette, read)
    if rows is None:
        raise pages.RequestError(404, "There is no saved search {number}.", number=key)
    return feed(datasette, request, f"search/{key}", *rows)


def tag_of(kind: str, name: object, day: str = "2026") -> str:
    """Return a ``tag:`` URI. The authority is a reserved name: the desk has no domain of its own."""
    return f"tag:tumen.invalid,{day}:{kind}/{name}"


def _id_of(article: int, first_seen: str) -> str:
    """Return the id of an article. The time of first sight tells two databases apart, whose numbers are the same."""
    digits = re.sub(r"\D", "", first_seen)
    return tag_of("article", f"{article}-{digits}", first_seen[:10])


def feed(datasette: Any, request: Any, name: str, title: str, entries: Sequence[Entry]) -> Response:
    """Return a feed."""
    address = datasette.absolute_url(request, request.path)
    now = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
    root = Element("feed", xmlns=_ATOM)
    _add(root, "id", tag_of("feed", name))
    _add(root, "title", f"Tumen: {title}")
    _add(root, "updated", max((entry.updated for entry in entries), default=now))
    SubElement(root, "link", rel="self", href=address)
    for entry in entries:
        node = SubElement(root, "entry")
        desk_url = datasette.absolute_url(request, datasette.urls.path(f"/-/tumen/article/{entry.article}"))
        _add(node, "id", entry.id)
        _add(node, "title", entry.title)
        _add(node, "updated", entry.updated)
        if entry.published:
            _add(node, "published", entry.published)
        _add(SubElement(node, "author"), "name", entry.source)
        SubElement(node, "link", rel="alternate", href=pages.web_url(entry.url) or desk_url)
        SubElement(node, "link", rel="related", href=desk_url)
        for category in entry.categories:
            SubElement(node, "category", term=category)
        _add(node, "summary", entry.summary)
    body = b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="utf-8")
    return Response(body.decode(), content_type="application/atom+xml; charset=utf-8")


def _add(parent: Element, name: str, text: str) -> None:
    """Add an element with text, without characters that XML forbids."""
    SubElement(parent, name).text = pages.without_bidi(_NOT_IN_XML.sub("", text))
