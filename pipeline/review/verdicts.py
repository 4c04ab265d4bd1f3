"""Storing verdicts. A verdict is one row that never changes; the same token sent twice is one verdict.

In: a POST, as form or JSON, by a signed-in analyst. Out: the row, read back from the database before the response.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import parse_qs

from datasette import Response

from pipeline.model import Verdict
from pipeline.review import guard, pages
from pipeline.review.queue import filters, query
from pipeline.store import desk, reviews

MAX_BYTES = 64 * 1024
MAX_NOTE_CHARACTERS = 10_000
_TOKEN = re.compile(r"[\w-]{8,80}")


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/verdict$", verdict)]


_REFUSALS: dict[reviews.Refusal, tuple[int, str]] = {
    "no_article": (404, "There is no article {} any more. The verdict was not stored."),
    "nothing_to_undo": (409, "Nothing to undo: you have no verdict on article {}."),
    "token_of_other": (409, "The page is out of date. Reload the page."),
}


@pages.errors_as_pages
async def verdict(datasette: Any, request: Any) -> Any:
    """Store one verdict. Return JSON to a script; redirect a form to the queue."""
    if request.method != "POST":
        raise pages.RequestError(405, "Send a verdict with POST.")
    analyst = guard.analyst(datasette, request)
    if analyst is None:
        raise pages.RequestError(403, "You are not signed in. Please sign in and give the verdict again.")
    new = replace(_new_verdict(await read_fields(request), analyst), queue=filters(request).queue)
    now = datetime.now(UTC)
    stored = await guard.database(datasette).execute_write_fn(lambda conn: reviews.put(conn, new, now))
    if stored.refusal is not None:
        status, reason = _REFUSALS[stored.refusal]
        raise pages.RequestError(status, reason.format(new.article))
    if _is_json(request):
        progress = await guard.database(datasette).execute_fn(lambda conn: desk.progress(conn, filters(request), now))
        today, team = progress.today.get(analyst, 0), sum(progress.today.values())
        return Response.json({"review": stored.id, "waiting": progress.waiting, "today": today, "team": team})
    return Response.redirect(datasette.urls.path(f"/-/tumen{query(request)}"), status=303)


async def read_fields(request: Any) -> dict[str, Any]:
    """Read the fields of a POST, as form or JSON.

    Raises:
        RequestError: the body is larger than 64 KiB, cannot be parsed, or comes from another site.
    """
    raw = bytearray()
    more = True
    while more:
        event = await request.receive()
        raw += event.get("body", b"")
        more = event.get("more_body", False)
        if len(raw) > MAX_BYTES:
            raise pages.RequestError(
                413, f"The request is too long. A note has at most {MAX_NOTE_CHARACTERS:,} characters."
            )
    try:
        text = raw.decode("utf-8")
        fields = json.loads(text) if _is_json(request) else parse_qs(text, keep_blank_values=True)
    except (ValueError, RecursionError):
        raise pages.RequestError(400, "The request cannot be read: expected a form or JSON, in UTF-8.") from None
    if not isinstance(fields, dict):
        raise pages.RequestError(400, "The request cannot be read: expected one JSON object.")
    if not _is_json(request):
        fields = {name: values if name == "topics" else values[-1] for name, values in fields.items()}
    return fields


def _is_json(request: Any) -> bool:
    return bool(request.headers.get("content-type", "").startswith("application/json"))


def _new_verdict(fields: dict[str, Any], analyst: str) -> reviews.NewVerdict:
    article = pages.parse_int(str(fields.get("article", "")), 1, 2**62)
    if article is None:
        raise pages.RequestError(400, "The request does not say which article the verdict is for.")
    if fields.get("verdict") not in get_args(Verdict):
        raise pages.RequestError(400, "A verdict is one of: relevant, not_relevant, escalate, withdrawn.")
    note = str(fields.get("note") or "").strip()
    if len(note) > MAX_NOTE_CHARACTERS:
        raise pages.RequestError(413, f"The note is too long. It may have {MAX_NOTE_CHARACTERS:,} characters.")
    token = str(fields.get("token", ""))
    if not _TOKEN.fullmatch(token):
        raise pages.RequestError(400, "The page is out of date. Reload the page.")
    return reviews.NewVerdict(
        article=article,
        analyst=analyst,
        verdict=fields["verdict"],
        revision=pages.parse_int(str(fields.get("revision", "")), 1, 2**31) or 1,
        token=token,
        topics=_corrected_topics(fields),
        note=note.replace("\x00", ""),
        story=bool(fields.get("story")),
    )


def _corrected_topics(fields: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the analyst's topics, or None if they are the flagged ones."""
    if "flagged" not in fields:
        return None
    chosen = fields.get("topics") or []
    if not isinstance(chosen, list) or len(chosen) > 100:
        raise pages.RequestError(400, "The topics cannot be read.")
    topics = sorted({str(topic)[:80] for topic in chosen})
    return None if topics == sorted(str(fields["flagged"]).split()) else tuple(topics)
