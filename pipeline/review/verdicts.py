"""Storing verdicts and notes. A row never changes; the same token sent twice is one verdict.

In: a POST, as form or JSON, by a signed-in analyst. Out: the row, read back from the database before the response.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from datasette import Response

from pipeline.model import Verdict
from pipeline.review import filters, guard, pages
from pipeline.review.fields import MAX_NOTE_CHARACTERS, clean_text, is_json, read_post
from pipeline.review.live import changes
from pipeline.store import reviews
from pipeline.store.values import to_time

_TOKEN = re.compile(r"[\w-]{8,80}")


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/verdict$", verdict), (r"^/-/tumen/note$", note)]


_REFUSALS: dict[reviews.Refusal, tuple[int, str]] = {
    "no_article": (404, "There is no article {number} any more."),
    "nothing_to_undo": (409, "Nothing to undo: you have no verdict on article {number}."),
    "token_of_other": (409, "The page is out of date. Reload the page."),
    "unknown_topic": (400, "One of the topics does not exist any more. Reload the page."),
}


@pages.errors_as_pages
async def verdict(datasette: Any, request: Any) -> Any:
    """Store one verdict. Return JSON to a script; redirect a form to the queue."""
    analyst, fields = await read_post(datasette, request)
    shown = filters.read(request.args)
    queue = shown.queue if shown.queue in ("audit", "near") else "main"
    new = replace(_new_verdict(fields, analyst), queue=queue)
    now = datetime.now(UTC)
    stored = await guard.write(datasette, lambda conn: reviews.put(conn, new, now))
    if stored.refusal is not None:
        status, reason = _REFUSALS[stored.refusal]
        raise pages.RequestError(status, reason, number=new.article)
    if not is_json(request):
        return Response.redirect(datasette.urls.path(f"/-/tumen{filters.query(request.args)}"), status=303)

    def read(conn: Any) -> dict[str, Any]:
        stands = reviews.standing(conn, new.article)
        return changes(conn, request, analyst, fields, now) | {"standing": None if stands is None else stands.verdict}

    answer = await guard.read(datasette, read)
    return Response.json(
        {"review": stored.id, "articles": stored.articles, "overruled": _overruled(stored, now)} | answer
    )


def _overruled(stored: reviews.Stored, now: datetime) -> dict[str, Any] | None:
    """Return the colleague's verdict that the analyst did not see, with its age in seconds."""
    theirs = stored.overruled
    if theirs is None or theirs.at is None:
        return None
    age = int((now - to_time(theirs.at)).total_seconds())
    return {"analyst": theirs.analyst, "verdict": theirs.verdict, "note": theirs.note, "seconds": max(age, 0)}


@pages.errors_as_pages
async def note(datasette: Any, request: Any) -> Any:
    """Store a note without a verdict. Return JSON to a script; show the article again to a form."""
    analyst, fields = await read_post(datasette, request)
    article, token = _article(fields), _token(fields)
    new = reviews.NewNote(article=article, analyst=analyst, note=_note(fields), token=f"note {token}")
    now = datetime.now(UTC)
    if not await guard.write(datasette, lambda conn: reviews.put_note(conn, new, now)):
        raise pages.RequestError(404, "There is no article {number} any more.", number=article)
    if is_json(request):
        return Response.json({"saved": True})
    back = datasette.urls.path(f"/-/tumen/article/{article}{filters.query(request.args)}")
    return Response.redirect(back, status=303)


def _new_verdict(fields: dict[str, Any], analyst: str) -> reviews.NewVerdict:
    article = _article(fields)
    if fields.get("verdict") not in get_args(Verdict):
        raise pages.RequestError(400, "A verdict is one of: relevant, not_relevant, escalate, withdrawn.")
    return reviews.NewVerdict(
        article=article,
        analyst=analyst,
        verdict=fields["verdict"],
        revision=pages.parse_int(str(fields.get("revision", "")), 1, 2**31) or 1,
        token=_token(fields),
        topics=_corrected_topics(fields),
        note=_note(fields),
        story=bool(fields.get("story")),
        seen=pages.parse_int(str(fields.get("seen") or ""), 1, 2**62),
    )


def _article(fields: dict[str, Any]) -> int:
    article = pages.parse_int(str(fields.get("article", "")), 1, 2**62)
    if article is None:
        raise pages.RequestError(400, "The request does not say which article the verdict is for.")
    return article


def _note(fields: dict[str, Any]) -> str:
    text = clean_text(fields.get("note"))
    if len(text) > MAX_NOTE_CHARACTERS:
        raise pages.RequestError(413, "The note is too long. It may have {n} characters.", n=f"{MAX_NOTE_CHARACTERS:,}")
    return text


def _token(fields: dict[str, Any]) -> str:
    token = str(fields.get("token", ""))
    if not _TOKEN.fullmatch(token):
        raise pages.RequestError(400, "The page is out of date. Reload the page.")
    return token


def _corrected_topics(fields: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the analyst's topics, or None if they are those that stood on the screen."""
    if "flagged" not in fields:
        return None
    chosen = fields.get("topics") or []
    if not isinstance(chosen, list) or len(chosen) > 100:
        raise pages.RequestError(400, "The topics cannot be read.")
    topics = sorted({clean_text(topic)[:80] for topic in chosen})
    return None if topics == sorted(str(fields["flagged"]).split()) else tuple(topics)
