"""The dashboard: what was flagged, how far the desk is, how right the flags were, how the feeds do.

In: a period in the address. Out: plots with the same numbers as tables.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from datasette import Response

from pipeline.review import guard, pages, plots
from pipeline.store import figures
from pipeline.store.values import to_text

_PERIODS = (30, 90, 365)


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Dashboard, feeds."""
    return [(r"^/-/tumen/dashboard$", dashboard), (r"^/-/tumen/feeds$", feeds)]


@pages.polite
async def dashboard(datasette: Any, request: Any) -> Response:
    """The plots of the last 30, 90 or 365 days."""
    days = pages.number(request.args.get("days"), 1, 3650) or 90
    now = datetime.now(UTC)
    since = to_text(now - timedelta(days=days))

    def read(conn: Any) -> dict[str, Any]:
        return {
            "weeks": figures.flags_by_week(conn, since),
            "titles": figures.topics(conn),
            "languages": figures.flagged_by(conn, "language", since),
            "sources": figures.flagged_by(conn, "source", since),
            "reviewed": figures.reviewed_by_week(conn, since),
            "verdicts": figures.verdicts_by_day(conn, since),
            "polls": figures.polls_by_day(conn, since),
            "feeds": figures.feeds_now(conn),
            "precision": figures.precision_by_topic(conn),
        }

    found = await guard.database(datasette).execute_fn(read)
    weeks = _mondays(now - timedelta(days=days), now)
    counted = {(topic, week): number for topic, week, number in found["weeks"]}
    given = dict(found["verdicts"])
    verdicts = [(day, given.get(day, 0)) for day in _days(found["verdicts"], now)]
    done = {week: (first, second) for week, first, second in found["reviewed"]}
    reviewed = [(week, *done.get(week, (0, 0))) for week in weeks] if done else []
    by_topic = [(title, [(week, counted.get((topic, week), 0)) for week in weeks]) for topic, title in found["titles"]]
    return pages.page(
        datasette,
        request,
        "dashboard.html",
        days=days,
        periods=_PERIODS,
        weeks=weeks,
        by_topic=[(title, values, plots.columns(title, values)) for title, values in by_topic],
        shares=[
            ("Flagged articles by language", found["languages"], plots.rows("By language", found["languages"])),
            ("Flagged articles by source", found["sources"], plots.rows("By source", found["sources"])),
        ],
        reviewed=reviewed,
        reviewed_plot=plots.stacks("Relevant articles by week", reviewed, ("reviewed", "waiting")),
        verdicts=verdicts,
        verdict_plot=plots.columns("Verdicts by day", verdicts, width=480, height=120),
        polls=found["polls"],
        poll_plot=plots.stacks("Polls of feeds by day", found["polls"], ("went well", "failed")),
        feed_states=found["feeds"],
        precision=found["precision"],
        precision_plot=plots.precision("Right flags by topic", found["precision"]),
    )


@pages.polite
async def feeds(datasette: Any, request: Any) -> Response:
    """Each feed's health, those that fail first."""
    rows = await guard.database(datasette).execute_fn(lambda conn: figures.feed_polls(conn, last=40))
    return pages.page(
        datasette,
        request,
        "feeds.html",
        feeds=[row | {"plot": plots.strip(f"Last polls of {row['name']}", row["polls"])} for row in rows],
    )


def _days(counted: list[tuple[str, int]], end: datetime) -> list[str]:
    """Every day from the first counted one to the last."""
    if not counted:
        return []
    first = date.fromisoformat(counted[0][0])
    return [(first + timedelta(days=day)).isoformat() for day in range((end.date() - first).days + 1)]


def _mondays(start: datetime, end: datetime) -> list[str]:
    first = start.date() - timedelta(days=start.weekday())
    return [(first + timedelta(weeks=week)).isoformat() for week in range((end.date() - first).days // 7 + 1)]
