"""Stages of one cycle on an open database: poll due feeds, process waiting pages, flag, store.

Polling and page processing overlap: a page is requested as soon as its feed was parsed. ``run.run_cycle`` is the way
in; it adds settings, lock, health events and alerts.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline import processing
from pipeline.cycle.decide_page import longest_delay
from pipeline.cycle.direction_stage import DirectionStage
from pipeline.cycle.feed_stage import FeedStage
from pipeline.cycle.flagging_config import ensure_config
from pipeline.cycle.kept_pages import keep_pages
from pipeline.cycle.look_stage import LookPlan, LookStage
from pipeline.cycle.page_stage import PageStage
from pipeline.cycle.progress import Tally, Watcher
from pipeline.cycle.story_stage import SENTENCES_KEPT, SIGNATURES_KEPT
from pipeline.cycle.writer import Writer
from pipeline.errors import TumenError
from pipeline.fetch import Fetcher
from pipeline.model import CycleReport, FeedState, HostState
from pipeline.processing.pool import Workers
from pipeline.settings import Settings
from pipeline.store import entries as entry_rows
from pipeline.store import feeds as feed_rows
from pipeline.store import hosts, runs, transaction
from pipeline.store import stories as story_rows
from pipeline.store.values import to_text

_BACKLOG = 20_000  # entries of earlier cycles that one cycle takes over: 4 MB of ids and addresses


async def run_stages(
    conn: sqlite3.Connection,
    settings: Settings,
    *,
    trigger: str,
    force: bool,
    now: Callable[[], datetime],
    rng: random.Random,
    watcher: Watcher | None,
) -> CycleReport:
    """Poll, process, flag and store; arguments as for ``run.run_cycle``.

    Raises:
        ConfigError: the lexicon or the topics are wrong.
        StoreError: the database cannot be written.
    """
    started = time.monotonic()
    async with Workers.of(settings.extract, preloads={processing.__name__: (settings.folder,)}) as workers:
        version = await ensure_config(conn, settings.folder, workers, now)
        feed_rows.sync(conn, settings.sources, now())
        run = runs.start(conn, trigger, version, now())
        tally = Tally(watcher=watcher)
        writer = Writer(conn)

        def keep(state: HostState) -> None:
            """Store a host's state with the next transaction: a killed run must not forget a Retry-After."""
            writer.post(lambda conn: hosts.put(conn, [state]))

        fetcher = Fetcher(
            settings.fetch,
            sources=settings.sources,
            remember=lambda site: hosts.get(writer.committed, site),
            store=keep,
            now=now,
        )
        looks = LookPlan(settings.edits, frozenset(one.name for one in settings.sources if not one.edits))
        with keep_pages(conn, settings, now) as archive:
            try:
                async with fetcher, writer:
                    async with asyncio.TaskGroup() as tasks:
                        feeds = FeedStage(
                            writer=writer,
                            fetcher=fetcher,
                            workers=workers,
                            policy=settings.poll,
                            run=run,
                            now=now,
                            rng=rng,
                            tally=tally,
                            whole_text=settings.cycle.feed_text_characters,
                        )
                        pages = PageStage(
                            writer=writer,
                            fetcher=fetcher,
                            workers=workers,
                            folder=settings.folder,
                            settings=settings.cycle,
                            run=run,
                            now=now,
                            tally=tally,
                            tasks=tasks,
                            ends_at=asyncio.get_running_loop().time() + settings.cycle.minutes * 60,
                            archive=archive,
                            looks=looks,
                        )
                        due = feed_rows.due(writer.committed, now(), force=force)
                        tally.feeds_total = len(due)
                        tasks.create_task(_poll_all(feeds, pages, due))
                        for entry, url in entry_rows.waiting(
                            writer.committed, now(), _BACKLOG, longest_delay(settings)
                        ):
                            pages.offer(entry, url)
                    reviews = DirectionStage(
                        writer=writer, workers=workers, folder=settings.folder, now=now, tally=tally
                    )
                    await reviews.run()
                    await LookStage.beside(pages, looks, archive).run_looks()
            except* TumenError as group:
                raise _first(group) from None
            finally:
                report = tally.report(waiting=entry_rows.count_waiting(conn), seconds=time.monotonic() - started)
                with transaction(conn):
                    runs.finish(conn, run, report, now())
    runs.prune(conn, timedelta(days=settings.store.fetches_days), now())
    if report.articles_stored:
        with transaction(conn):
            story_rows.forget(
                conn,
                sentences_before=to_text(now() - SENTENCES_KEPT),
                signatures_before=to_text(now() - SIGNATURES_KEPT),
            )
    return replace(report, run=run)


async def _poll_all(feeds: FeedStage, pages: PageStage, due: list[FeedState]) -> None:
    async with asyncio.TaskGroup() as polls:
        for feed in due:
            polls.create_task(_poll(feeds, pages, feed))
    await feeds.settle()


async def _poll(feeds: FeedStage, pages: PageStage, feed: FeedState) -> None:
    for entry, url, _ in await feeds.poll(feed):
        pages.offer(entry, url, new=True)


def _first(group: BaseExceptionGroup[TumenError]) -> TumenError:
    """Return one of the errors that stopped the cycle: a person needs only one to act on."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, TumenError):
        raise TypeError(f"{error!r} in a group of TumenErrors")
    return error
