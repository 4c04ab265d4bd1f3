"""What changed on the desk since a page was made: new articles, verdicts of colleagues, counters.

In: the ids that the page knew. Out: JSON, for the page's notice and for the answer to a verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from pipeline.review import filters, guard, local_time, pages
from pipeline.store import progress, reviews
from pipeline.store.values import to_text


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/live$", live)]


@pages.errors_as_pages
async def live(datasette: Any, request: Any) -> Any:
    """Return what changed since the page was made, for its notice of new articles and of colleagues' verdicts."""
    analyst = guard.analyst(datasette, request)
    changed = await guard.read(datasette, lambda conn: changes(conn, request, analyst, request.args, datetime.now(UTC)))
    return Response.json(changed, headers={"cache-control": "no-store"})


def changes(conn: Any, request: Any, analyst: str | None, since: Any, now: datetime) -> dict[str, Any]:
    """Return progress, new articles and verdicts since the ids ``newest`` and ``after`` of a page."""
    wanted = filters.read(request.args, analyst=analyst)
    newest = pages.parse_int(str(since.get("newest", "")), 0, 2**62)
    after = pages.parse_int(str(since.get("after", "")), 0, 2**62)
    here, last = progress.newest_ids(conn)
    news = progress.news(
        conn, wanted, now, newest=here if newest is None else newest, review=last if after is None else after
    )
    done = progress.progress(conn, wanted, now, day=to_text(local_time.midnight(now, local_time.zone_of(request))))
    return {
        "new": news.new,
        "judged": [
            {"article": number, "verdict": verdict, "analyst": by}
            for number, verdict, by in news.judged
            if by != analyst
        ],
        "after": news.review,
        "waiting": done.waiting,
        "today": done.today.get(analyst or "", 0),
        "team": done.team,
        "last": reviews.last_given(conn, analyst) if analyst else None,
    }
