"""The story page: a timeline of the articles on one event, and forms to split and join by hand.

In: a story's number. Out: who reported it when, in which language, and what each article adds.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from datasette import Response

from pipeline.review import guard, interface, pages
from pipeline.review.fields import read_post
from pipeline.store import directions, story_decisions, story_page
from pipeline.store.values import to_time
from pipeline.text.catalogue import Catalogue

_TOKEN = re.compile(r"[\w-]{8,80}")
_NUMBER = re.compile(r"(?:.*/article/)?(\d{1,15})(?:[?#].*)?")


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/story/(?P<id>\d{1,15})$", story)]


@pages.errors_as_pages
async def story(datasette: Any, request: Any) -> Any:
    """Show a story; POST changes it."""
    number = int(request.url_vars["id"])
    if request.method == "POST":
        await _change(datasette, request, number)
        return Response.redirect(datasette.urls.path(f"/-/tumen/story/{number}"), status=303)
    shown = await guard.read(datasette, lambda conn: story_page.load(conn, number))
    direction = await guard.read(datasette, lambda conn: directions.of_story(conn, number))
    if shown is None:
        raise pages.RequestError(404, "There is no story {number}.", number=number)
    t = interface.of_request(request)
    first = to_time(shown.members[0].at) if shown.members else datetime.now(UTC)
    return pages.page(
        datasette,
        request,
        "story.html",
        story=shown,
        direction=direction,
        languages_seen=Counter(member.language or "?" for member in shown.members).most_common(),
        sources=list(dict.fromkeys(member.source for member in shown.members)),
        later={member.id: _later(to_time(member.at) - first, t) for member in shown.members},
        nonce=secrets.token_urlsafe(16),
    )


def _later(apart: timedelta, t: Catalogue) -> str:
    """Return a distance in time in short: ``+35 min``, ``+7 h``, ``+3 d``."""
    minutes = round(apart.total_seconds() / 60)
    if minutes < 120:
        return t("+{n} min", n=minutes)
    return t("+{n} h", n=round(minutes / 60)) if minutes < 2880 else t("+{n} d", n=round(minutes / 1440))


async def _change(datasette: Any, request: Any, number: int) -> None:
    """Split, join or undo."""
    analyst, fields = await read_post(datasette, request)
    token = str(fields.get("token", ""))
    if not _TOKEN.fullmatch(token):
        raise pages.RequestError(400, "The page is out of date. Reload the page.")
    by = story_decisions.By(analyst=analyst, at=datetime.now(UTC), batch=f"{token}-{number}")
    named = _NUMBER.fullmatch(str(fields.get("article", "")).strip())
    article = int(named[1]) if named else 0

    def write(conn: Any) -> None:
        if fields.get("action") == "split":
            story_decisions.split(conn, article, by)
        elif fields.get("action") == "join":
            story_decisions.join(conn, article, number, by)
        else:
            story_decisions.undo(conn, str(fields.get("batch", "")), by)

    try:
        await guard.write(datasette, write)
    except story_decisions.NotPossible as refusal:
        raise pages.RequestError(409, str(refusal)) from None
