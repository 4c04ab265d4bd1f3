"""The search page, and the flagged articles as an Atom feed.

In: words as a person types them. Out: articles with the words around the first hit; never an error for odd syntax.
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

_PAGE = 25
_ATOM = "http://www.w3.org/2005/Atom"
_CONTROLS = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Search and feeds."""
    return [
        (r"^/-/tumen/search$", searching),
        (r"^/-/tumen/flagged\.atom$", atom),
        (r"^/-/tumen/topic/(?P<topic>[\w-]{1,80})\.atom$", atom),
    ]


@pages.polite
async def searching(datasette: Any, request: Any) -> Any:
    """Results, 25 a page, best first."""
    asked = (request.args.get("q") or "")[:500]
    turn = pages.number(request.args.get("page"), 1, 400) or 1

    def read(conn: Any) -> Any:
        ids = search.find(conn, asked, limit=_PAGE + 1, offset=(turn - 1) * _PAGE)
        texts = desk.texts(conn, ids[:_PAGE])
        found = [(one, search.excerpt(asked, texts[one.id])) for one in desk.by_id(conn, ids[:_PAGE])]
        return found, len(ids) > _PAGE, search.count(conn, asked, search.RANKED)

    found, more, count = await guard.database(datasette).execute_fn(read)
    return pages.page(
        datasette,
        request,
        "search.html",
        asked=asked,
        wordless=bool(asked.strip()) and not search.to_query(asked),
        found=found,
        turn=turn,
        page_size=_PAGE,
        more=more,
        count=count,
        ranked=search.RANKED,
    )


@pages.polite
async def atom(datasette: Any, request: Any) -> Any:
    """The last hundred flagged articles, of one topic or of all (RFC 4287)."""
    topic = request.url_vars.get("topic")
    rows = await guard.database(datasette).execute_fn(lambda conn: flagged_rows.latest(conn, topic, limit=100))
    if rows is None:
        raise pages.Refused(404, f"There is no topic “{topic}”.")
    title, articles = rows
    here = datasette.absolute_url(request, request.path)
    feed = Element("feed", xmlns=_ATOM)
    _child(feed, "id", here)
    _child(feed, "title", f"Tumen: {title}")
    _child(feed, "updated", articles[0]["flagged_at"] if articles else datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z"))
    SubElement(feed, "link", rel="self", href=here)
    for one in articles:
        entry = SubElement(feed, "entry")
        desk_address = datasette.absolute_url(request, datasette.urls.path(f"/-/tumen/article/{one['id']}"))
        _child(entry, "id", desk_address)
        _child(entry, "title", one["title"])
        _child(entry, "updated", one["flagged_at"])
        if one["published"]:
            _child(entry, "published", one["published"])
        _child(SubElement(entry, "author"), "name", one["source"])
        SubElement(entry, "link", rel="alternate", href=pages.web(one["url"]) or desk_address)
        SubElement(entry, "link", rel="related", href=desk_address)
        for name in one["topics"]:
            SubElement(entry, "category", term=name)
        _child(entry, "summary", one["summary"] or one["lead"])
    body = b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="utf-8")
    return Response(body.decode(), content_type="application/atom+xml; charset=utf-8")


def _child(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _CONTROLS.sub("", text)
