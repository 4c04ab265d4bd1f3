"""Takes verdicts. One is one row, for ever; the same token twice is one verdict.

In: a POST of a form or of JSON by a signed-in analyst. Out: the row, read back from the file before anybody is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import parse_qs

from datasette import Response

from pipeline.model import Verdict
from pipeline.review import guard, pages
from pipeline.review.queue import filters, query
from pipeline.store import desk, reviews

MOST_BYTES = 64 * 1024
MOST_NOTE = 10_000
_TOKEN = re.compile(r"[\w-]{8,80}")


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Where verdicts are posted."""
    return [(r"^/-/tumen/verdict$", verdict)]


@pages.polite
async def verdict(datasette: Any, request: Any) -> Any:
    """Store one verdict; answer a script with JSON, and a form with the next article."""
    if request.method != "POST":
        raise pages.Refused(405, "A verdict is given with POST.")
    analyst = guard.analyst(datasette, request)
    if analyst is None:
        raise pages.Refused(403, "You are not signed in, or no longer: sign in and give the verdict again.")
    new = _read(await body(request), analyst)
    now = datetime.now(UTC)
    stored = await guard.database(datasette).execute_write_fn(lambda conn: reviews.put(conn, new, now))
    if stored is None:
        raise pages.Refused(404, f"There is no article {new.article} (any more); the verdict was not stored.")
    if _is_json(request):
        progress = await guard.database(datasette).execute_fn(lambda conn: desk.progress(conn, filters(request), now))
        today, team = progress.today.get(analyst, 0), sum(progress.today.values())
        return Response.json({"review": stored, "waiting": progress.waiting, "today": today, "team": team})
    return Response.redirect(datasette.urls.path(f"/-/tumen{query(request)}"), status=303)


async def body(request: Any) -> dict[str, Any]:
    """The fields that a page of the desk posted, lists as lists.

    Raises:
        Refused: it is more than 64 kB, not what it says, or from elsewhere.
    """
    raw = bytearray()
    more = True
    while more:
        event = await request.receive()
        raw += event.get("body", b"")
        more = event.get("more_body", False)
        if len(raw) > MOST_BYTES:
            raise pages.Refused(413, f"That is too long: a note has up to {MOST_NOTE:,} characters.")
    try:
        text = raw.decode("utf-8")
        found = json.loads(text) if _is_json(request) else parse_qs(text, keep_blank_values=True)
    except (ValueError, RecursionError):
        raise pages.Refused(400, "That cannot be read; it should be a form or JSON, in UTF-8.") from None
    if not isinstance(found, dict):
        raise pages.Refused(400, "That cannot be read; it should be one JSON object.")
    if not _is_json(request):
        found = {name: values if name == "topics" else values[-1] for name, values in found.items()}
    return found


def _is_json(request: Any) -> bool:
    return bool(request.headers.get("content-type", "").startswith("application/json"))


def _read(found: dict[str, Any], analyst: str) -> reviews.NewVerdict:
    article = pages.number(str(found.get("article", "")), 1, 2**62)
    if article is None:
        raise pages.Refused(400, "It is not said which article the verdict is for.")
    if found.get("verdict") not in get_args(Verdict):
        raise pages.Refused(400, "A verdict is one of: relevant, not_relevant, escalate, withdrawn.")
    note = str(found.get("note") or "").strip()
    if len(note) > MOST_NOTE:
        raise pages.Refused(413, f"The note is too long: it may have {MOST_NOTE:,} characters.")
    token = str(found.get("token", ""))
    if not _TOKEN.fullmatch(token):
        raise pages.Refused(400, "The page is too old; load it again.")
    return reviews.NewVerdict(
        article=article,
        analyst=analyst,
        verdict=found["verdict"],
        revision=pages.number(str(found.get("revision", "")), 1, 2**31) or 1,
        token=token,
        topics=_topics(found),
        note=note.replace("\x00", ""),
        story=bool(found.get("story")),
    )


def _topics(found: dict[str, Any]) -> tuple[str, ...] | None:
    """The topics where the analyst set others than were flagged."""
    if "flagged" not in found:
        return None
    chosen = found.get("topics") or []
    if not isinstance(chosen, list) or len(chosen) > 100:
        raise pages.Refused(400, "The topics cannot be read.")
    topics = sorted({str(one)[:80] for one in chosen})
    return None if topics == sorted(str(found["flagged"]).split()) else tuple(topics)
