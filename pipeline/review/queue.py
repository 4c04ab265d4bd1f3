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
from pipeline.review.highlights import paragraphs
from pipeline.store import desk
from pipeline.store.values import short_name


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


def filters(request: Any) -> desk.QueueFilter:
    """The filters in the address; what makes no sense is no filter."""
    return desk.QueueFilter(
        topic=request.args.get("topic") or None,
        language=request.args.get("language") or None,
        source=pages.number(request.args.get("source"), 0, 2**53),
        days=pages.number(request.args.get("days"), 1, 36_500),
    )


def query(request: Any) -> str:
    """The filters as the end of an address, "" when there are none."""
    kept = {key: request.args.get(key) for key in ("topic", "language", "source", "days") if request.args.get(key)}
    return f"?{urlencode(kept)}" if kept else ""


def view(shown: desk.ArticleView) -> dict[str, Any]:
    """What the article's template shows, made of its rows."""
    article = shown.article
    weights = {(term["topic"], term["clause"]): term["weight"] for term in shown.terms}
    titles = {flag["topic"]: flag["title"] for flag in shown.flags} | {"relevance": "Relevance"}
    evidence = [row | {"concept": short_name(row["concept"])} for row in shown.evidence]
    in_title = [row for row in evidence if row["field"] == "title"]
    in_text = [row for row in evidence if row["field"] == "text"]
    title = paragraphs(article["title"], in_title, weights, titles)
    waiting = [one for one in shown.siblings if one["verdict"] is None and one["relevant"]]
    return {
        "article": article | {"authors": json.loads(article["authors"])},
        "title": title[0] if title else [],
        "text": paragraphs(article["text"], in_text, weights, titles),
        "kinds": sorted({row["kind"] for row in evidence}),
        "in_title": list(dict.fromkeys(row["concept"] for row in in_title)),
        "flags": shown.flags,
        "sums": _sums(shown.terms, evidence, titles),
        "heaviest": max((abs(term["weight"]) for term in shown.terms), default=1.0) or 1.0,
        "older_text": any(flag["revision"] != article["revision"] for flag in shown.flags),
        "passages": [
            row | {"shared": [shown.names.get(one, one) for one in json.loads(row["shared"])]} for row in shown.passages
        ],
        "misses": shown.misses,
        "siblings": shown.siblings,
        "own_why": article["story_why"],
        "waiting_siblings": len(waiting),
        "all_copies": "event" not in {article["story_how"], *(one["how"] for one in waiting)},
        "reviews": [row | {"topics": json.loads(row["topics"] or "null")} for row in shown.reviews],
        "nonce": secrets.token_urlsafe(16),
    }


def _sums(terms: list[dict[str, Any]], evidence: list[dict[str, Any]], titles: dict[str, str]) -> list[dict[str, Any]]:
    """The sum of each topic that is flagged, and of the relevance, with its terms and the concepts that they found."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for row in evidence:
        found.setdefault((row["topic"], row["clause"]), {})[row["concept"]] = None
    by_topic: dict[str, list[dict[str, Any]]] = {}
    for term in terms:
        pattern = " + ".join(json.loads(term["concepts"])).replace("_", " ").replace("|", " / ")
        named = list(found.get((term["topic"], term["clause"]), ()))
        by_topic.setdefault(term["topic"], []).append(term | {"found": named, "pattern": pattern})
    return [
        {"title": titles[topic], "terms": many, "sum": sum(term["weight"] for term in many)}
        for topic, many in by_topic.items()
        if topic in titles
    ]
