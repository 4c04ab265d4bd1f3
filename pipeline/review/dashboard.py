"""The dashboard: flags by topic and week, review progress, precision and recall of flags, health of feeds.

In: a period in the URL. Out: plots, each with the same numbers as a table.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from datasette import Response

from pipeline.review import guard, pages, plots, recall
from pipeline.store import audit, figures
from pipeline.store.values import to_text

_PERIODS = (30, 90, 365)


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/dashboard$", dashboard), (r"^/-/tumen/feeds$", feeds)]


@pages.errors_as_pages
async def dashboard(datasette: Any, request: Any) -> Response:
    """Show the plots of the last 30, 90 or 365 days."""
    days = pages.parse_int(request.args.get("days"), 1, 3650) or 90
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
            "reliability": figures.reliability(conn),
            "audit": audit.counts(conn),
        }

    data = await guard.database(datasette).execute_fn(read)
    weeks = _mondays(now - timedelta(days=days), now)
    flags = {(topic, week): count for topic, week, count in data["weeks"]}
    per_day = dict(data["verdicts"])
    verdicts = [(day, per_day.get(day, 0)) for day in _days(data["verdicts"], now)]
    per_week = {week: (done, waiting) for week, done, waiting in data["reviewed"]}
    reviewed = [(week, *per_week.get(week, (0, 0))) for week in weeks] if per_week else []
    by_topic = [(title, [(week, flags.get((topic, week), 0)) for week in weeks]) for topic, title in data["titles"]]
    return pages.page(
        datasette,
        request,
        "dashboard.html",
        days=days,
        periods=_PERIODS,
        weeks=weeks,
        by_topic=[(title, values, plots.columns(title, values)) for title, values in by_topic],
        shares=[
            ("Flagged articles by language", data["languages"], plots.rows("By language", data["languages"])),
            ("Flagged articles by source", data["sources"], plots.rows("By source", data["sources"])),
        ],
        reviewed=reviewed,
        reviewed_plot=plots.stacks("Relevant articles by week", reviewed, ("reviewed", "to review")),
        verdicts=verdicts,
        verdict_plot=plots.columns("Verdicts by day", verdicts, width=480, height=120),
        polls=data["polls"],
        poll_plot=plots.stacks("Feed checks by day", data["polls"], ("OK", "failed")),
        feed_states=data["feeds"],
        precision=data["precision"],
        precision_plot=plots.precision("Share of correct flags by topic", data["precision"]),
        reliability=[(f"{mean:.2f}", wanted, every) for mean, wanted, every in data["reliability"]],
        reliability_plot=plots.reliability("Relevance and verdicts", data["reliability"]),
        recall=recall.by_language(data["audit"]),
        least_audited=recall.LEAST_AUDITED,
    )


@pages.errors_as_pages
async def feeds(datasette: Any, request: Any) -> Response:
    """Show the health of each feed, failing feeds first."""
    rows = await guard.database(datasette).execute_fn(lambda conn: figures.feed_polls(conn, last=40))
    return pages.page(
        datasette,
        request,
        "feeds.html",
        feeds=[row | {"plot": plots.strip(f"Last checks of {row['name']}", row["polls"])} for row in rows],
    )


def _days(counted: list[tuple[str, int]], end: datetime) -> list[str]:
    """Return every day from the first counted day to the end."""
    if not counted:
        return []
    first = date.fromisoformat(counted[0][0])
    return [(first + timedelta(days=day)).isoformat() for day in range((end.date() - first).days + 1)]


def _mondays(start: datetime, end: datetime) -> list[str]:
    first = start.date() - timedelta(days=start.weekday())
    return [(first + timedelta(weeks=week)).isoformat() for week in range((end.date() - first).days // 7 + 1)]
