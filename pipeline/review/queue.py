"""The review page: a list of articles, and one of them with the reasons for its flags.

In: filters and an article's id in the address. Out: a page that works without JavaScript. With JavaScript, the next
articles are prefetched, and the page learns of new articles and of verdicts by colleagues.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from pipeline.review import filters, guard, lines, local_time, pages, translation
from pipeline.review.article import article_values
from pipeline.review.search_marks import Marker
from pipeline.store import asked, desk, desk_settings, progress, reviews, translations
from pipeline.store import queue as lists
from pipeline.store.queue import QueueFilter
from pipeline.store.values import to_text


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [
        (r"^/-/tumen/?$", queue),
        (r"^/-/tumen/article/(?P<id>\d{1,18})$", article),
        (r"^/-/tumen/static/(?P<name>[a-z.]+)$", pages.static),
    ]


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
    analyst = guard.analyst(datasette, request)
    values = await guard.read(
        datasette, lambda conn: _article(conn, request, number, desk.choices(conn)["topic"], analyst)
    )
    wanted = filters.read(request.args)
    return pages.page(
        datasette, request, "article.html", **values, queue=wanted.queue, query=filters.query(request.args)
    )


def _article(
    conn: Any, request: Any, number: int, topics: Sequence[tuple[str, str]], analyst: str | None
) -> dict[str, Any]:
    """Return the values of an article; ``found`` in the address is the search that led to it."""
    shown = desk.article(conn, number)
    if shown is None:
        raise pages.RequestError(404, "There is no article {number}.", number=number)
    search = asked.of_string((request.args.get("found") or "")[:2000])
    return article_values(shown, topics, analyst, Marker(search.query(conn))) | {"found": search.link()}


async def _review_page(datasette: Any, request: Any, number: int | None) -> Any:
    now, zone = datetime.now(UTC), local_time.zone_of(request)
    analyst = guard.analyst(datasette, request)
    values = await guard.read(datasette, lambda conn: _read(conn, request, analyst, number, now))
    translation.request(datasette, values["waiting"], values["translated"])
    await _remember_visit(datasette, analyst, values["settings"], now)
    response = pages.page(datasette, request, "review.html", **values, **_options(request, values["wanted"]))
    if values["zone"] != zone:
        local_time.remember(response, values["zone"].key)
    return response


def _read(conn: Any, request: Any, analyst: str | None, number: int | None, now: datetime) -> dict[str, Any]:
    """Return the values of the page: the list, and the article ``number`` or the first of the list."""
    if not desk.is_desk(conn):
        raise pages.RequestError(500, "This file is not a database of this Tumen. Run “tumen status” on it first.")
    stored = desk_settings.load(conn, analyst) if analyst else desk_settings.AnalystSettings()
    since = desk_settings.last_visit(desk_settings.next_visit(stored.visit, now) or stored.visit) if analyst else None
    wanted = filters.read(request.args, analyst=analyst, since=since)
    choices = desk.choices(conn)
    filters.check(wanted, choices)
    zone = local_time.parse_zone(stored.zone) or local_time.zone_of(request)
    waiting = lists.queue(conn, wanted, now)
    chosen = number if number is not None else (waiting[0].id if waiting else None)
    shown = {} if chosen is None else _article(conn, request, chosen, choices["topic"], analyst)
    newest, review = progress.newest_ids(conn)
    others = [line for line in waiting if line.language != "en"]
    helps = lines.Helps(
        english=lists.english_titles(conn, [line.story for line in others if line.story]),
        translated=translations.of_articles(conn, [line.id for line in others]),
    )
    return {
        "wanted": wanted,
        "choices": choices,
        "archived": desk.has_archive(conn),
        "settings": stored,
        "since": since,
        "zone": zone,
        "waiting": waiting,
        "translated": helps.translated,
        "lines": lines.lines_of(waiting, wanted, dict(choices["topic"]), helps, since=since, zone=zone, now=now),
        "progress": progress.progress(conn, wanted, now, day=to_text(local_time.midnight(now, zone))),
        "newest": newest,
        "review": review,
        "last": reviews.last_given(conn, analyst) if analyst else None,
        "shown": bool(shown),
        **shown,
    }


def _options(request: Any, wanted: QueueFilter) -> dict[str, Any]:
    """Return what the list's controls need, whatever the database says."""
    return {
        "counted_to": progress.COUNTED_TO,
        "limit": lists.LIMIT,
        "chosen": {name: request.args.get(name) or "" for name in filters.NAMES},
        "filtered": any(request.args.get(name) for name in filters.NAMES if name not in ("queue", "sort")),
        "queue": wanted.queue,
        "is_queue": wanted.queue in filters.QUEUES,
        "queues": filters.QUEUES,
        "lists": filters.LISTS,
        "sorts": filters.SORTS,
        "verdicts": filters.VERDICTS,
        "periods": filters.PERIODS,
        "origins": filters.ORIGINS,
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
