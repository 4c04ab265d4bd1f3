"""The review page: a list of articles, and one of them with the reasons for its flags.

In: filters and an article's id in the address. Out: a page that works without JavaScript. With JavaScript, the next
articles are prefetched, and the page learns of new articles and of verdicts by colleagues.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from datasette import Response

from pipeline.review import filters, gloss, guard, local_time, pages, translation
from pipeline.review.article import article_values
from pipeline.store import desk, desk_settings, progress, reviews, translations
from pipeline.store import queue as lists
from pipeline.store.queue import QueueFilter, Waiting
from pipeline.store.values import to_text


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [
        (r"^/-/tumen/?$", queue),
        (r"^/-/tumen/article/(?P<id>\d{1,18})$", article),
        (r"^/-/tumen/live$", live),
        (r"^/-/tumen/static/(?P<name>[a-z.]+)$", pages.static),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the list.

    Attributes:
        day: heading above the line: the day, where it changes, in lists by time.
        new: first seen since the analyst's last visit.
        divider: the line is the first one that is not new.
        gloss: what the title names, in English.
        english: title of the story's earliest English article.
        translation: machine translation of the title.
        topics: short titles of its topics, with their full titles.
    """

    item: Waiting
    day: str
    new: bool
    divider: bool
    gloss: tuple[str, ...]
    english: str
    translation: translations.Translation | None
    topics: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Helps:
    """English titles by story, and machine translations by article."""

    english: dict[int, str]
    translated: dict[int, translations.Translation]


@pages.errors_as_pages
async def queue(datasette: Any, request: Any) -> Any:
    """Show the list with its first article open. Without filters in the address, the analyst's own ones apply."""
    analyst = guard.analyst(datasette, request)
    database = guard.database(datasette)
    if analyst and request.args.get("remember"):
        filters.read(request.args)  # a filter that does not exist is not remembered
        chosen = filters.query(request.args)
        await database.execute_write_fn(
            lambda conn: desk_settings.put(conn, analyst, "filters", chosen, datetime.now(UTC))
        )
        return Response.redirect(datasette.urls.path(f"/-/tumen{chosen}"), status=303)
    if analyst and not any(request.args.get(name) for name in filters.NAMES):
        stored = await database.execute_fn(lambda conn: desk_settings.load(conn, analyst))
        if stored.filters:
            return Response.redirect(datasette.urls.path(f"/-/tumen{stored.filters}"), status=302)
    return await _review_page(datasette, request, None)


@pages.errors_as_pages
async def article(datasette: Any, request: Any) -> Any:
    """Show one article. ``?part=article`` returns only the fragment that the script swaps in."""
    number = int(request.url_vars["id"])
    if request.args.get("part") != "article":
        return await _review_page(datasette, request, number)
    shown, topics = await guard.database(datasette).execute_fn(
        lambda conn: (desk.article(conn, number), desk.choices(conn)["topic"])
    )
    if shown is None:
        raise pages.RequestError(404, f"There is no article {number}.")
    values = article_values(shown, topics, guard.analyst(datasette, request))
    wanted = filters.read(request.args)
    return pages.page(
        datasette, request, "article.html", **values, queue=wanted.queue, query=filters.query(request.args)
    )


@pages.errors_as_pages
async def live(datasette: Any, request: Any) -> Any:
    """Return what changed since the page was made, for its notice of new articles and of colleagues' verdicts."""
    analyst = guard.analyst(datasette, request)
    changed = await guard.database(datasette).execute_fn(
        lambda conn: changes(conn, request, analyst, request.args, datetime.now(UTC))
    )
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


async def _review_page(datasette: Any, request: Any, number: int | None) -> Any:
    analyst = guard.analyst(datasette, request)
    now = datetime.now(UTC)
    zone = local_time.zone_of(request)
    gloss.start()

    def read(conn: Any) -> dict[str, Any]:
        if not desk.is_desk(conn):
            raise pages.RequestError(500, "This file is not a database of this Tumen. Run “tumen status” on it first.")
        stored = desk_settings.load(conn, analyst) if analyst else desk_settings.AnalystSettings()
        since = (
            desk_settings.last_visit(desk_settings.next_visit(stored.visit, now) or stored.visit) if analyst else None
        )
        wanted = filters.read(request.args, analyst=analyst, since=since)
        choices = desk.choices(conn)
        filters.check(wanted, choices)
        here = local_time.parse_zone(stored.zone) or zone
        waiting = lists.queue(conn, wanted, now)
        chosen = number if number is not None else (waiting[0].id if waiting else None)
        shown = None if chosen is None else desk.article(conn, chosen)
        if number is not None and shown is None:
            raise pages.RequestError(404, f"There is no article {number}.")
        newest, review = progress.newest_ids(conn)
        others = [line for line in waiting if line.language != "en"]
        helps = _Helps(
            english=lists.english_titles(conn, [line.story for line in others if line.story]),
            translated=translations.of_articles(conn, [line.id for line in others]),
        )
        return {
            "wanted": wanted,
            "choices": choices,
            "settings": stored,
            "since": since,
            "zone": here,
            "lines": lines_of(waiting, wanted, dict(choices["topic"]), helps, since=since, zone=here, now=now),
            "waiting": waiting,
            "translated": helps.translated,
            "progress": progress.progress(conn, wanted, now, day=to_text(local_time.midnight(now, here))),
            "newest": newest,
            "review": review,
            "last": reviews.last_given(conn, analyst) if analyst else None,
            "shown": shown is not None,
            **(article_values(shown, choices["topic"], analyst) if shown is not None else {}),
        }

    values = await guard.database(datasette).execute_fn(read)
    translation.request(datasette, values["waiting"], values["translated"])
    await _remember_visit(datasette, analyst, values["settings"], now)
    response = pages.page(datasette, request, "review.html", **values, **_options(request, values["wanted"]))
    if values["zone"] != zone:
        local_time.remember(response, values["zone"].key)
    return response


def _options(request: Any, wanted: QueueFilter) -> dict[str, Any]:
    """Return what the list's controls need, whatever the database says."""
    return {
        "counted_to": progress.COUNTED_TO,
        "chosen": {name: request.args.get(name) or "" for name in filters.NAMES},
        "filtered": any(request.args.get(name) for name in filters.NAMES if name not in ("queue", "sort")),
        "queue": wanted.queue,
        "is_queue": wanted.queue in filters.QUEUES,
        "queues": filters.QUEUES,
        "lists": filters.LISTS,
        "sorts": filters.SORTS,
        "verdicts": filters.VERDICTS,
        "periods": filters.PERIODS,
        "query": filters.query(request.args),
        "without": lambda name: filters.query(request.args, **{name: ""}),
        "half_life": lists.HALF_LIFE.days,
    }


async def _remember_visit(
    datasette: Any, analyst: str | None, stored: desk_settings.AnalystSettings, now: datetime
) -> None:
    """Store the time of the request without waiting for it."""
    visit = desk_settings.next_visit(stored.visit, now) if analyst else None
    if analyst is not None and visit is not None:
        await guard.database(datasette).execute_write_fn(
            lambda conn: desk_settings.put(conn, analyst, "visit", visit, now), block=False
        )


def lines_of(
    waiting: list[Waiting],
    wanted: QueueFilter,
    titles: dict[str, str],
    helps: _Helps,
    *,
    since: str | None,
    zone: ZoneInfo,
    now: datetime,
) -> list[Line]:
    """Return the lines of a list with day headings and the border between new articles and those seen before."""
    by_day = wanted.queue == "flagged" or (wanted.queue == "main" and wanted.sort == "newest")
    lines: list[Line] = []
    day, was_new = "", False
    for item in waiting:
        own_day = local_time.to_day(item.at, zone, now) if by_day else ""
        new = since is not None and item.seen > since
        lines.append(
            Line(
                item=item,
                day=own_day if own_day != day else "",
                new=new,
                divider=by_day and was_new and not new and not any(line.divider for line in lines),
                gloss=gloss.of_title(item.title, item.language),
                english=helps.english.get(item.story or 0, "") if item.language != "en" else "",
                translation=helps.translated.get(item.id),
                topics=tuple(
                    (short_title(titles.get(topic, topic)), titles.get(topic, topic)) for topic in item.topics
                ),
            )
        )
        day, was_new = own_day, new
    return lines


def short_title(title: str) -> str:
    """Return the first words of a topic's title, for a tag: “Pipelines, LNG and power grids” becomes “Pipelines”."""
    return re.split(r",| and (?=[a-z])", title)[0]
