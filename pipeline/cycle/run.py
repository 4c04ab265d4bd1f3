"""One cycle: poll the feeds that are due, read the pages of what is new, flag, store. There is no second way through.

``tumen run`` calls ``run_cycle`` once, the daemon on a schedule, ``tumen demo`` and the tests against a loopback world.
Polling and reading overlap: a page is asked for as soon as its feed was read.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

from pipeline import processing
from pipeline.cycle.feed_stage import Polls
from pipeline.cycle.flagging_config import Flagging
from pipeline.cycle.page_stage import Pages
from pipeline.cycle.progress import Progress, Tally, Watcher
from pipeline.cycle.story_stage import KEPT
from pipeline.cycle.writer import Ledger
from pipeline.errors import NothingToWatch, TumenError
from pipeline.fetch import Fetcher, HostState
from pipeline.model import CycleReport, FeedState, RunId
from pipeline.processing.pool import Workers
from pipeline.settings import Settings
from pipeline.store import entries as entry_rows
from pipeline.store import feeds as feed_rows
from pipeline.store import hosts, plain_errors, runs, transaction
from pipeline.store import page_archive as copies
from pipeline.store import stories as story_rows
from pipeline.store.values import to_text

__all__ = ["Progress", "run_cycle"]

_BACKLOG = 20_000  # entries taken over from earlier cycles at the most: 4 MB of ids and addresses


async def run_cycle(
    conn: sqlite3.Connection,
    settings: Settings,
    *,
    trigger: str,
    force: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    rng: random.Random | None = None,
    watcher: Watcher | None = None,
) -> CycleReport:
    """Run one cycle to its end.

    Args:
        conn: the database; the caller holds the cycle lock.
        settings: the config.
        trigger: who called: ``run``, ``daemon`` or ``demo``; kept in the table ``runs``.
        force: poll every enabled feed, due or not.
        now: the clock.
        rng: where the intervals' jitter comes from.
        watcher: told after each feed and each page.

    Raises:
        ConfigError: the lexicon or the topics are wrong.
        NothingToWatch: no feed is enabled.
        StoreError: the database cannot be written any more.
    """
    if not any(source.enabled for source in settings.sources):
        raise NothingToWatch("There is no feed to watch: feeds.toml has no enabled [[feed]]; add one.")
    with plain_errors():
        return await _cycle(
            conn,
            settings,
            trigger=trigger,
            force=force,
            now=now,
            rng=rng or random.Random(),  # noqa: S311 - jitter, no secret
            watcher=watcher,
        )


async def _cycle(
    conn: sqlite3.Connection,
    settings: Settings,
    *,
    trigger: str,
    force: bool,
    now: Callable[[], datetime],
    rng: random.Random,
    watcher: Watcher | None,
) -> CycleReport:
    started = time.monotonic()
    flagging = Flagging(conn, settings.folder, now)
    async with Workers.of(settings.extract, preloads={processing.__name__: (settings.folder,)}) as workers:
        await flagging.check_in(workers)
        feed_rows.sync(conn, settings.sources, now())
        run = runs.start(conn, trigger, flagging.version, now())
        tally = Tally(watcher=watcher)
        ledger = Ledger(conn)
        fetcher = Fetcher(settings.fetch, remember=lambda site: _host(hosts.get(ledger.committed, site)), now=now)
        archive = copies.beside(conn) if settings.archive.pages else None
        try:
            async with fetcher, ledger, asyncio.TaskGroup() as tasks:
                polls = Polls(
                    ledger=ledger,
                    fetcher=fetcher,
                    workers=workers,
                    policy=settings.poll,
                    run=run,
                    now=now,
                    rng=rng,
                    tally=tally,
                )
                pages = Pages(
                    ledger=ledger,
                    fetcher=fetcher,
                    workers=workers,
                    folder=settings.folder,
                    settings=settings.cycle,
                    run=run,
                    now=now,
                    tally=tally,
                    tasks=tasks,
                    ends_at=asyncio.get_running_loop().time() + settings.cycle.minutes * 60,
                    copies=archive,
                )
                due = feed_rows.due(ledger.committed, now(), force=force)
                tally.feeds_total = len(due)
                for feed in due:
                    tasks.create_task(_poll(polls, pages, feed))
                for entry, url in entry_rows.waiting(ledger.committed, now(), _BACKLOG):
                    pages.offer(entry, url)
        except* TumenError as group:
            raise _first(group) from None
        finally:
            report = tally.report(waiting=entry_rows.count_waiting(conn), seconds=time.monotonic() - started)
            _finish(conn, run, report, fetcher, now())
            if archive is not None:
                if settings.archive.days:
                    archive.prune(now() - timedelta(days=settings.archive.days))
                archive.close()
    runs.prune(conn, timedelta(days=settings.store.fetches_days), now())
    if report.articles_stored:
        with transaction(conn):
            story_rows.forget(conn, to_text(now() - KEPT))
    return replace(report, run=run)


def _finish(conn: sqlite3.Connection, run: RunId, report: CycleReport, fetcher: Fetcher, now: datetime) -> None:
    """Write down what came of the cycle, and what hosts said that must outlive it."""
    with transaction(conn):
        hosts.put(conn, (_host_row(state) for state in fetcher.hosts()))
        runs.finish(conn, run, report, now)


def _host(row: hosts.HostRow | None) -> HostState | None:
    return None if row is None else HostState(**asdict(row))


def _host_row(state: HostState) -> hosts.HostRow:
    return hosts.HostRow(**asdict(state))


async def _poll(polls: Polls, pages: Pages, feed: FeedState) -> None:
    for entry, url, _ in await polls.poll(feed):
        pages.offer(entry, url)


def _first(group: BaseExceptionGroup[TumenError]) -> TumenError:
    """The error to tell of, out of those that stopped the cycle."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, TumenError):
        raise TypeError(f"{error!r} in a group of TumenErrors")
    return error
