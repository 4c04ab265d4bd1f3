"""The dashboard: totals, topics by week, shares, review progress, quality of flags, health of feeds.

In: a period, and perhaps a language or a source, in the URL. Out: plots, each with the same numbers as a table. Every
number leads to its articles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from datasette import Response

from pipeline.review import guard, interface, pages, plots, recall
from pipeline.store import audit, figures, search_results
from pipeline.store.values import to_text
from pipeline.text.catalogue import Catalogue

_PERIODS = (30, 90, 365)
_WEEK = timedelta(days=7)


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/dashboard$", dashboard), (r"^/-/tumen/feeds$", feeds)]


@dataclass(frozen=True, slots=True)
class _Doors:
    """Makes the links from numbers to their articles, within the language and the source of the page."""

    base: str
    language: str | None
    source: int | None

    def articles(self, **values: object) -> str:
        """Return a link to the list of articles."""
        within = {"language": self.language, "source": self.source}
        kept = {name: value for name, value in (within | values).items() if value not in (None, "")}
        return f"{self.base}/search?{urlencode({**kept, 'order': 'date'})}"

    def week(self, monday: str, **values: object) -> str:
        """Return a link to the articles of a week."""
        return self.articles(since=monday, until=(date.fromisoformat(monday) + timedelta(days=6)).isoformat(), **values)


@pages.errors_as_pages
async def dashboard(datasette: Any, request: Any) -> Response:
    """Show the plots of the last 30, 90 or 365 days."""
    days = pages.parse_int(request.args.get("days"), 1, 3650) or 90
    now = datetime.now(UTC)
    scope = figures.Scope(
        since=to_text(now - timedelta(days=days)),
        language=request.args.get("language") or None,
        source=pages.parse_int(request.args.get("source"), 0, 2**53),
    )
    doors = _Doors(datasette.urls.path("/-/tumen"), scope.language, scope.source)
    data = await guard.read(datasette, lambda conn: _read(conn, scope, now))
    t = interface.of_request(request)
    return pages.page(
        datasette,
        request,
        "dashboard.html",
        days=days,
        periods=_PERIODS,
        scope=scope,
        choices=data["choices"],
        doors=doors,
        totals=_totals(data["totals"], doors, now),
        **_topics(data, t, doors, _mondays(now - timedelta(days=days), now)),
        **_reviews(data, t, doors, _mondays(now - timedelta(days=days), now), now),
        **_shares(data, t, doors, scope.since[:10]),
        polls=data["polls"],
        poll_plot=plots.stacks(t("Feed checks by day"), data["polls"], (t("OK"), t("failed")), kinds=("ok", "bad")),
        feed_states=data["feeds"],
        recall=recall.by_language(data["audit"]),
        least_audited=recall.LEAST_AUDITED,
    )


def _read(conn: Any, scope: figures.Scope, now: datetime) -> dict[str, Any]:
    last, before = to_text(now - _WEEK), to_text(now - 2 * _WEEK)
    return {
        "choices": search_results.choices(conn),
        "totals": (
            figures.totals(conn, replace(scope, since=last), to_text(now)),
            figures.totals(conn, replace(scope, since=before), last),
        ),
        "weeks": figures.flags_by_week(conn, scope),
        "coverage": dict(figures.articles_by_week(conn, scope)),
        "titles": figures.topics(conn),
        "languages": figures.shares_by(conn, "language", scope),
        "sources": figures.shares_by(conn, "source", scope),
        "reviewed": figures.reviewed_by_week(conn, scope),
        "verdicts": figures.verdicts_by_day(conn, scope.since),
        "polls": figures.polls_by_day(conn, scope.since),
        "feeds": figures.feeds_now(conn),
        "precision": figures.precision_by_topic(conn),
        "reliability": figures.reliability(conn),
        "audit": audit.counts(conn),
    }


def _totals(pair: tuple[dict[str, int], dict[str, int]], doors: _Doors, now: datetime) -> list[dict[str, Any]]:
    """Return the figures of the last seven days, each with the difference from the seven days before."""
    current, previous = pair
    since = (now - _WEEK).date().isoformat()
    states = {"articles": "", "flagged": "flagged", "in_queue": "in_queue", "reviewed": "reviewed"}
    names = {
        "articles": "All articles",
        "flagged": "Flagged articles",
        "in_queue": "Relevant articles",
        "reviewed": "Reviewed articles",
    }
    return [
        {
            "name": names[key],
            "value": current[key],
            "before": previous[key],
            "href": doors.articles(since=since, state=state),
        }
        for key, state in states.items()
    ]


def _topics(data: dict[str, Any], t: Catalogue, doors: _Doors, weeks: Sequence[str]) -> dict[str, Any]:
    """Return a plot per topic: its share of all articles by week, on one scale."""
    flags = {(topic, week): count for topic, week, count in data["weeks"]}
    coverage = data["coverage"]

    def share(topic: str, week: str) -> float:
        return 100 * flags.get((topic, week), 0) / coverage[week] if coverage.get(week) else 0.0

    top = max((share(topic, week) for topic, week in flags), default=0.0)
    by_topic = []
    for topic, title in data["titles"]:
        bars = []
        for week in weeks:
            text = t(
                "{week}: {flags} of {articles} articles, {share} %",
                week=week,
                flags=flags.get((topic, week), 0),
                articles=coverage.get(week, 0),
                share=f"{share(topic, week):.1f}",
            )
            href = doors.week(week, topic=topic)
            bars.append(plots.Bar(name=week, value=share(topic, week), text=text, href=href, running=week == weeks[-1]))
        total = sum(flags.get((topic, week), 0) for week in weeks)
        by_topic.append(
            {
                "id": topic,
                "title": title,
                "total": total,
                "counts": [flags.get((topic, week), 0) for week in weeks],
                "plot": plots.columns(title, bars, top=top, unit=" %"),
            }
        )
    return {"weeks": weeks, "by_topic": by_topic, "coverage": [coverage.get(week, 0) for week in weeks]}


def _reviews(data: dict[str, Any], t: Catalogue, doors: _Doors, weeks: Sequence[str], now: datetime) -> dict[str, Any]:
    per_week = {week: (done, waiting) for week, done, waiting in data["reviewed"]}
    reviewed = [(week, *per_week.get(week, (0, 0))) for week in weeks] if per_week else []
    per_day = dict(data["verdicts"])
    verdicts = [(day, per_day.get(day, 0)) for day in _days(data["verdicts"], now)]
    return {
        "reviewed": reviewed,
        "reviewed_plot": plots.stacks(
            t("Relevant articles by week"),
            reviewed,
            (t("reviewed"), t("to review")),
            hrefs=[doors.week(week, state="in_queue") for week in weeks],
        ),
        "verdicts": verdicts,
        "verdict_plot": plots.columns(
            t("Verdicts by day"), [plots.Bar(name=day, value=count) for day, count in verdicts], width=480, height=120
        ),
        "precision": data["precision"],
        "precision_plot": plots.precision(t("Share of correct flags"), data["precision"]),
        "reliability": [(f"{mean:.2f}", wanted, every) for mean, wanted, every in data["reliability"]],
        "reliability_plot": plots.reliability(t("Relevance and verdicts"), data["reliability"]),
    }


def _shares(data: dict[str, Any], t: Catalogue, doors: _Doors, since: str) -> dict[str, Any]:
    """Return the share of flagged articles of each language and source."""
    shares = []
    for key, title in (("language", t("Flagged articles by language")), ("source", t("Flagged articles by source"))):
        values = [
            {
                "name": name,
                "flagged": flagged,
                "all": every,
                "share": 100 * flagged / every,
                "href": doors.articles(**{key: value, "since": since, "state": "flagged"}),
            }
            for value, name, flagged, every in data[f"{key}s"]
        ]
        bars = [
            plots.Bar(
                name=row["name"],
                value=row["flagged"],
                text=t(
                    "{flagged} of {all}, {share} %", flagged=row["flagged"], all=row["all"], share=f"{row['share']:.0f}"
                ),
                href=row["href"],
            )
            for row in values
            if row["flagged"]
        ]
        shares.append({"title": title, "values": values, "plot": plots.rows(title, bars)})
    return {"shares": shares}


def _checks(t: Catalogue, feed: dict[str, Any]) -> str:
    polls = feed["polls"]
    return t("Last checks of {name}: {n}, {failed} failed", name=feed["name"], n=len(polls), failed=polls.count(False))


@pages.errors_as_pages
async def feeds(datasette: Any, request: Any) -> Response:
    """Show the health of each feed and its articles of the last 30 days, failing feeds first."""
    t = interface.of_request(request)
    since = datetime.now(UTC) - timedelta(days=30)
    rows = await guard.read(datasette, lambda conn: figures.feed_polls(conn, last=40, since=to_text(since)))
    plotted = [row | {"plot": plots.strip(_checks(t, row), row["polls"])} for row in rows]
    return pages.page(datasette, request, "feeds.html", feeds=plotted, since=since.date().isoformat())


def _days(counted: list[tuple[str, int]], end: datetime) -> list[str]:
    """Return every day from the first counted day to the end."""
    if not counted:
        return []
    first = date.fromisoformat(counted[0][0])
    return [(first + timedelta(days=day)).isoformat() for day in range((end.date() - first).days + 1)]


def _mondays(start: datetime, end: datetime) -> list[str]:
    first = start.date() - timedelta(days=start.weekday())
    return [(first + timedelta(weeks=week)).isoformat() for week in range((end.date() - first).days // 7 + 1)]
