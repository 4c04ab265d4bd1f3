"""The review page: what waits, best first, and one article with every reason beside it.

In: filters and an article's id in the address. Out: a page that works without a script; with it, the next article is
already there when a verdict is given.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pipeline.review import pages
from pipeline.review.guard import database
from pipeline.review.marks import paragraphs
from pipeline.store import desk


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """The queue, an article, the desk's files, health."""
    return [
        (r"^/-/tumen/?$", queue),
        (r"^/-/tumen/article/(?P<id>\d{1,18})$", article),
        (r"^/-/tumen/static/(?P<name>[a-z.]+)$", pages.static),
    ]


@pages.polite
async def queue(datasette: Any, request: Any) -> Any:
    """The queue with its best article open."""
    return await _desk(datasette, request, None)


@pages.polite
async def article(datasette: Any, request: Any) -> Any:
    """One article; with ``?part=article`` only the part of the page that changes."""
    number = int(request.url_vars["id"])
    if request.args.get("part") != "article":
        return await _desk(datasette, request, number)
    shown = await database(datasette).execute_fn(lambda conn: desk.article(conn, number))
    if shown is None:
        raise pages.Refused(404, f"There is no article {number}.")
    return pages.page(datasette, request, "article.html", **view(shown), **await _form(datasette))


async def _desk(datasette: Any, request: Any, number: int | None) -> Any:
    wanted = filters(request)
    now = datetime.now(UTC)

    def read(conn: Any) -> Any:
        if not desk.is_desk(conn):
            raise pages.Refused(500, "This is not a database of this Tumen: run “tumen status” on it first.")
        waiting = desk.queue(conn, wanted, now)
        chosen = number if number is not None else (waiting[0].id if waiting else None)
        shown = None if chosen is None else desk.article(conn, chosen)
        if number is not None and shown is None:
            raise pages.Refused(404, f"There is no article {number}.")
        return waiting, shown, desk.progress(conn, wanted, now), desk.choices(conn)

    waiting, shown, progress, choices = await database(datasette).execute_fn(read)
    return pages.page(
        datasette,
        request,
        "review.html",
        waiting=waiting,
        progress=progress,
        counted_to=desk.COUNTED_TO,
        choices=choices,
        chosen={key: request.args.get(key) or "" for key in ("topic", "language", "source", "days")},
        query=query(request),
        shown=shown is not None,
        topics=choices["topic"],
        **(view(shown) if shown is not None else {}),
    )


async def _form(datasette: Any) -> dict[str, Any]:
    choices = await database(datasette).execute_fn(desk.choices)
    return {"topics": choices["topic"], "query": ""}


def filters(request: Any) -> desk.Wanted:
    """The filters in the address; what makes no sense is no filter."""
    return desk.Wanted(
        topic=request.args.get("topic") or None,
        language=request.args.get("language") or None,
        source=pages.number(request.args.get("source"), 0, 2**53),
        days=pages.number(request.args.get("days"), 1, 36_500),
    )


def query(request: Any) -> str:
    """The filters as the end of an address, "" when there are none."""
    kept = {key: request.args.get(key) for key in ("topic", "language", "source", "days") if request.args.get(key)}
    return f"?{urlencode(kept)}" if kept else ""


def view(shown: desk.Shown) -> dict[str, Any]:
    """What the article's template shows, made of its rows."""
    article = shown.article
    weights = {(term["topic"], term["clause"]): term["weight"] for term in shown.terms}
    titles = {flag["topic"]: flag["title"] for flag in shown.flags}
    heaviest = max((abs(term["weight"]) for term in shown.terms), default=1.0) or 1.0
    by_topic: dict[str, list[dict[str, Any]]] = {}
    for term in shown.terms:
        by_topic.setdefault(term["topic"], []).append(term | {"concepts": json.loads(term["concepts"])})
    reviews = [row | {"topics": json.loads(row["topics"] or "null")} for row in shown.reviews]
    title = paragraphs(article["title"], (e for e in shown.evidence if e["field"] == "title"), weights)
    return {
        "article": article | {"authors": json.loads(article["authors"])},
        "title": title[0] if title else [],
        "text": paragraphs(article["text"], (e for e in shown.evidence if e["field"] == "text"), weights),
        "kinds": sorted({e["kind"] for e in shown.evidence}),
        "flags": shown.flags,
        "sums": [
            {"topic": topic, "title": titles.get(topic, topic), "terms": terms, "sum": sum(t["weight"] for t in terms)}
            for topic, terms in by_topic.items()
            if topic in titles or topic == "relevance"
        ],
        "heaviest": heaviest,
        "older_text": any(flag["revision"] != article["revision"] for flag in shown.flags),
        "passages": [row | {"shared": json.loads(row["shared"])} for row in shown.passages],
        "misses": shown.misses,
        "siblings": shown.siblings,
        "reviews": reviews,
        "nonce": secrets.token_urlsafe(16),
    }
