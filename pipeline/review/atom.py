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

ATOM = "http://www.w3.org/2005/Atom"
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """An entry of a feed. ``updated`` is when the article entered the feed."""

    article: int
    title: str
    url: str
    source: str
    summary: str
    updated: str
    published: str | None
    topics: Sequence[str]
    first_seen: str


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

    def read(conn: Any) -> tuple[str, list[_Entry]] | None:
        found = flagged.latest(conn, topic, limit=_MOST)
        if found is None:
            return None
        seen = search_results.first_seen(conn, [row["id"] for row in found[1]])
        entries = [
            _Entry(
                article=row["id"],
                title=row["title"],
                url=row["url"],
                source=row["source"],
                summary=row["summary"] or row["lead"],
                updated=row["flagged_at"],
                published=row["published"],
                topics=row["topics"],
                first_seen=seen[row["id"]],
            )
            for row in found[1]
        ]
        return found[0], entries

    rows = await guard.database(datasette).execute_fn(read)
    if rows is None:
        raise pages.RequestError(404, "There is no topic “{topic}”.", topic=topic)
    return _feed(datasette, request, f"topic/{topic}" if topic else "flagged", *rows)


@pages.errors_as_pages
async def of_search(datasette: Any, request: Any) -> Any:
    """Return the newest 100 articles that a saved search finds."""
    key = int(request.url_vars["search"])

    def read(conn: Any) -> tuple[str, list[_Entry]] | None:
        saved = search_results.find_saved(conn, key)
        if saved is None:
            return None
        wanted = asked.of_string(saved.query)
        ids, _ = wanted.find(conn, wanted.query(conn), limit=_MOST, newest=True)
        seen = search_results.first_seen(conn, ids)
        return saved.name, [
            _Entry(
                article=row.id,
                title=row.title,
                url=row.url,
                source=row.source,
                summary=row.text[:300],
                updated=seen[row.id],
                published=row.at,
                topics=row.topics,
                first_seen=seen[row.id],
            )
            for row in search_results.load(conn, ids)
        ]

    rows = await guard.database(datasette).execute_fn(read)
    if rows is None:
        raise pages.RequestError(404, "There is no saved search {number}.", number=key)
    return _feed(datasette, request, f"search/{key}", *rows)


def tag_of(kind: str, name: object, day: str = "2026") -> str:
    """Return a ``tag:`` URI. The authority is a reserved name: the desk has no domain of its own."""
    return f"tag:tumen.invalid,{day}:{kind}/{name}"


def _feed(datasette: Any, request: Any, name: str, title: str, entries: Sequence[_Entry]) -> Response:
    address = datasette.absolute_url(request, request.path)
    now = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
    feed = Element("feed", xmlns=ATOM)
    add_child(feed, "id", tag_of("feed", name))
    add_child(feed, "title", f"Tumen: {title}")
    add_child(feed, "updated", max((entry.updated for entry in entries), default=now))
    SubElement(feed, "link", rel="self", href=address)
    for one in entries:
        entry = SubElement(feed, "entry")
        desk_url = datasette.absolute_url(request, datasette.urls.path(f"/-/tumen/article/{one.article}"))
        # the time of first sight tells two databases apart, whose articles have the same numbers
        digits = re.sub(r"\D", "", one.first_seen)
        add_child(entry, "id", tag_of("article", f"{one.article}-{digits}", one.first_seen[:10]))
        add_child(entry, "title", one.title)
        add_child(entry, "updated", one.updated)
        if one.published:
            add_child(entry, "published", one.published)
        add_child(SubElement(entry, "author"), "name", one.source)
        SubElement(entry, "link", rel="alternate", href=pages.web_url(one.url) or desk_url)
        SubElement(entry, "link", rel="related", href=desk_url)
        for topic in one.topics:
            SubElement(entry, "category", term=topic)
        add_child(entry, "summary", one.summary)
    body = b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="utf-8")
    return Response(body.decode(), content_type="application/atom+xml; charset=utf-8")


def add_child(parent: Element, name: str, text: str) -> None:
    """Add an element with text, without characters that XML forbids."""
    SubElement(parent, name).text = pages.without_bidi(_NOT_IN_XML.sub("", text))
