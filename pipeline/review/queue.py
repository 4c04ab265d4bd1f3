"""The review page: the queue of unreviewed articles, and one article with the reasons for its flags.

In: filters and an article's id in the URL. Out: a page that works without JavaScript. With JavaScript, the next
articles are prefetched.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pipeline.model import Queue
from pipeline.review import edits, pages
from pipeline.review.guard import database
from pipeline.review.highlights import paragraphs
from pipeline.store import desk
from pipeline.store.values import short_name


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [
        (r"^/-/tumen/?$", queue),
        (r"^/-/tumen/article/(?P<id>\d{1,18})$", article),
        (r"^/-/tumen/static/(?P<name>[a-z.]+)$", pages.static),
    ]


@pages.errors_as_pages
async def queue(datasette: Any, request: Any) -> Any:
    """Show the queue with its first article open."""
    return await _review_page(datasette, request, None)


@pages.errors_as_pages
async def article(datasette: Any, request: Any) -> Any:
    """Show one article. ``?part=article`` returns only the fragment that the script swaps in."""
    number = int(request.url_vars["id"])
    if request.args.get("part") != "article":
        return await _review_page(datasette, request, number)
    shown = await database(datasette).execute_fn(lambda conn: desk.article(conn, number))
    if shown is None:
        raise pages.RequestError(404, f"There is no article {number}.")
    topics = (await database(datasette).execute_fn(desk.choices))["topic"]
    values = article_values(shown) | {"topics": topics, "queue": filters(request).queue}
    return pages.page(datasette, request, "article.html", **values, query=query(request))


async def _review_page(datasette: Any, request: Any, number: int | None) -> Any:
    wanted = filters(request)
    now = datetime.now(UTC)

    def read(conn: Any) -> Any:
        if not desk.is_desk(conn):
            raise pages.RequestError(500, "This file is not a database of this Tumen. Run “tumen status” on it first.")
        waiting = desk.queue(conn, wanted, now)
        chosen = number if number is not None else (waiting[0].id if waiting else None)
        shown = None if chosen is None else desk.article(conn, chosen)
        if number is not None and shown is None:
            raise pages.RequestError(404, f"There is no article {number}.")
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
        filtered=wanted != desk.QueueFilter(queue=wanted.queue),
        queue=wanted.queue,
        queues=_QUEUES,
        query=query(request),
        shown=shown is not None,
        topics=choices["topic"],
        **(article_values(shown) if shown is not None else {}),
    )


_QUEUES: dict[Queue, str] = {"main": "Main", "audit": "Audit", "near": "Near misses"}


def filters(request: Any) -> desk.QueueFilter:
    """Read the filters from the URL. Values that make no sense are ignored."""
    return desk.QueueFilter(
        topic=request.args.get("topic") or None,
        language=request.args.get("language") or None,
        source=pages.parse_int(request.args.get("source"), 0, 2**53),
        days=pages.parse_int(request.args.get("days"), 1, 36_500),
        queue=next((queue for queue in _QUEUES if queue == request.args.get("queue")), "main"),
    )


def query(request: Any) -> str:
    """Return the filters as a query string, or "" if there are none."""
    names = ("queue", "topic", "language", "source", "days")
    kept = {key: request.args.get(key) for key in names if request.args.get(key)}
    return f"?{urlencode(kept)}" if kept else ""


def article_values(shown: desk.ArticleView) -> dict[str, Any]:
    """Return the values of the template ``article.html`` from the rows of an article."""
    article = shown.article
    weights = {(term["topic"], term["clause"]): term["weight"] for term in shown.terms}
    titles = {flag["topic"]: flag["title"] for flag in shown.flags} | {"relevance": "Relevance"}
    evidence = [row | {"concept": short_name(row["concept"])} for row in shown.evidence]
    in_title = [row for row in evidence if row["field"] == "title"]
    in_text = [row for row in evidence if row["field"] == "text"]
    title = paragraphs(article["title"], in_title, weights, titles)
    unreviewed = [other for other in shown.siblings if other["verdict"] is None and other["relevant"]]
    return {
        "article": article | {"authors": json.loads(article["authors"])},
        "title": title[0] if title else [],
        "text": paragraphs(article["text"], in_text, weights, titles),
        "kinds": sorted({row["kind"] for row in evidence}),
        "in_title": list(dict.fromkeys(row["concept"] for row in in_title)),
        "flags": shown.flags,
        "scores": _scores(shown.terms, evidence, titles),
        "heaviest": max((abs(term["weight"]) for term in shown.terms), default=1.0) or 1.0,
        "older_text": any(flag["revision"] != article["revision"] for flag in shown.flags),
        "passages": [
            row | {"shared": [shown.names.get(concept, concept) for concept in json.loads(row["shared"])]}
            for row in shown.passages
        ],
        "misses": shown.misses,
        "siblings": shown.siblings,
        "own_why": article["story_why"],
        "unreviewed_siblings": len(unreviewed),
        "all_duplicates": "event" not in {article["story_how"], *(other["how"] for other in unreviewed)},
        "reviews": [row | {"topics": json.loads(row["topics"] or "null")} for row in shown.reviews],
        "direction": shown.direction,
        "edits": [edits.shown(edit) for edit in shown.edits],
        "nonce": secrets.token_urlsafe(16),
    }


def _scores(
    terms: list[dict[str, Any]], evidence: list[dict[str, Any]], titles: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the score of each flagged topic and of the relevance, with its terms and the concepts they matched."""
    matched: dict[tuple[str, str], dict[str, None]] = {}
    for row in evidence:
        matched.setdefault((row["topic"], row["clause"]), {})[row["concept"]] = None
    by_topic: dict[str, list[dict[str, Any]]] = {}
    for term in terms:
        pattern = " + ".join(json.loads(term["concepts"])).replace("_", " ").replace("|", " / ")
        concepts = list(matched.get((term["topic"], term["clause"]), ()))
        by_topic.setdefault(term["topic"], []).append(term | {"matched": concepts, "pattern": pattern})
    return [
        {"title": titles[topic], "terms": topic_terms, "sum": sum(term["weight"] for term in topic_terms)}
        for topic, topic_terms in by_topic.items()
        if topic in titles
    ]
