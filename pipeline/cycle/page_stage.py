"""The pages' half of a cycle: ask for each waiting entry's page, have a worker read and flag it, store it once.

In: entries that wait. Out: rows of ``articles``, ``flags`` and their reasons; an entry whose page cannot be had is put
back with a growing delay, and made an article of the feed's own text when there is no more hope for the page.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pipeline import processing
from pipeline.cycle.progress import Tally
from pipeline.cycle.story_stage import Grouping
from pipeline.cycle.writer import Ledger
from pipeline.errors import StoreError, TumenError
from pipeline.fetch import Fetcher
from pipeline.model import (
    EntryId,
    Fetched,
    FetchFailed,
    NotModified,
    QueuedEntry,
    Request,
    RunId,
    Stored,
    Trouble,
)
from pipeline.processing import Flagged
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.settings import CycleSettings
from pipeline.store import articles as article_rows
from pipeline.store import entries as entry_rows
from pipeline.store import flags as flag_rows
from pipeline.store import page_archive as copies
from pipeline.store import runs
from pipeline.store.values import to_text

_NEVER = {"bad_url", "forbidden_address"}  # not asked, and no article: the feed led us where we do not go
_FEED_TEXT_AT_ONCE = {"robots"}
_QUICK = {"gone": 2, "blocked": 3}
_WAITS_ONLY = {"deferred"}
_IN_HAND = 24


@dataclass(slots=True, kw_only=True)
class Pages:
    """Pages being fetched, one site at a time each, and read as they come."""

    ledger: Ledger
    fetcher: Fetcher
    workers: Workers
    folder: Path
    settings: CycleSettings
    run: RunId
    now: Callable[[], datetime]
    tally: Tally
    tasks: asyncio.TaskGroup
    ends_at: float
    copies: copies.Copies | None = None
    grouping: Grouping = field(default_factory=Grouping)
    _sites: dict[str, deque[tuple[EntryId, str]]] = field(default_factory=dict)
    _seen: set[EntryId] = field(default_factory=set)
    _in_hand: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_IN_HAND))

    def offer(self, entry: EntryId, url: str) -> None:
        """Take an entry into the queue of its site."""
        if entry in self._seen:
            return
        self._seen.add(entry)
        self.tally.pages_total += 1
        site = urlsplit(url).netloc
        if site in self._sites:
            self._sites[site].append((entry, url))
        else:
            self._sites[site] = deque([(entry, url)])
            self.tasks.create_task(self._work_off(site))

    async def _work_off(self, site: str) -> None:
        queue = self._sites[site]
        while queue:
            entry, _ = queue.popleft()
            if asyncio.get_running_loop().time() > self.ends_at:
                continue
            try:
                await self._one(entry_rows.get(self.ledger.committed, entry))
            except TumenError:
                raise
            except Exception as error:  # noqa: BLE001 - the edge of one page: recorded, stops nothing else
                again = entry_rows.get(self.ledger.committed, entry)
                await self._failed(again, f"Tumen itself failed on it: {error!r}.")
        del self._sites[site]

    async def _one(self, entry: QueuedEntry) -> None:
        if not entry.entry.url or carries_text(entry, self.settings.feed_text_characters):
            await self._without_page(entry)
            return
        outcome = await self.fetcher.get(Request(url=entry.entry.url, kind="page"))
        if isinstance(outcome, Fetched) and outcome.body.strip():
            with self.fetcher.room.holding(outcome.body):
                await self._in_hand.acquire()
            self.tasks.create_task(self._read(entry, outcome))
        elif isinstance(outcome, FetchFailed):
            await self._not_had(entry, outcome)
        else:
            await self._record(entry, outcome)
            await self._failed(entry, "The page came empty.")

    async def _read(self, entry: QueuedEntry, page: Fetched) -> None:
        try:
            try:
                flagged = await self.workers.run(
                    processing.read_page,
                    entry,
                    page.body,
                    page.url,
                    content_type=page.headers.get("content-type"),
                    now=self.now(),
                    folder=self.folder,
                )
                await self._keep(flagged, page)
            finally:
                self._in_hand.release()  # the page may go; what was read of it waits for its transaction
            await self._store(entry, flagged, page)
        except WorkFailed as failed:
            await self._failed(entry, f"The page could not be read: {failed.reason}")
        except TumenError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of one page: recorded, stops nothing else
            await self._failed(entry, f"Tumen itself failed on it: {error!r}.")

    async def _keep(self, flagged: Flagged | None, page: Fetched) -> None:
        """Keep the page, if pages are kept, before the article that names it."""
        if self.copies is None or flagged is None or flagged.article.page_hash is None:
            return
        copy = copies.Copy(
            hash=flagged.article.page_hash,
            url=page.url,
            fetched_at=to_text(self.now()),
            content_type=page.headers.get("content-type"),
            body=page.body,
        )
        try:
            await asyncio.to_thread(self.copies.put, copy)
        except StoreError as error:  # the article matters more than its page
            self.tally.troubles.append(Trouble(what="article", name=page.url, reason=str(error)))

    async def _without_page(self, entry: QueuedEntry) -> None:
        """An entry with no address, or with its whole text in the feed."""
        if carries_text(entry, 200):
            await self._store_feed_text(entry)
        else:
            await self._give_up(entry, "The feed gives no address that can be asked, and no text.")

    async def _not_had(self, entry: QueuedEntry, failure: FetchFailed) -> None:
        if failure.kind in _WAITS_ONLY:
            await self._wait(entry, failure)
            return
        await self._record(entry, failure)
        if failure.kind in _NEVER:
            await self._give_up(entry, failure.reason)
        elif failure.kind in _FEED_TEXT_AT_ONCE:
            await self._store_feed_text(entry, failure.reason)
        else:
            await self._failed(
                entry, failure.reason, tries=_QUICK.get(failure.kind, self.settings.tries), at_least=failure.retry_after
            )

    async def _wait(self, entry: QueuedEntry, failure: FetchFailed) -> None:
        """The host asked us to stay away: no try was made, so none is counted."""
        until = self.now() + (failure.retry_after or timedelta(minutes=self.settings.retry_minutes))
        await self.ledger.write(
            lambda conn: entry_rows.retry(
                conn, entry.id, attempts=entry.attempts, next_try_at=until, reason=failure.reason
            )
        )
        self._done()

    async def _failed(
        self, entry: QueuedEntry, reason: str, *, tries: int | None = None, at_least: timedelta | None = None
    ) -> None:
        """Put the entry back with a delay that grows four-fold; at the last try make do with the feed's text."""
        attempts = entry.attempts + 1
        self.tally.troubles.append(Trouble(what="article", name=entry.entry.url or entry.identity, reason=reason))
        self.tally.articles_failed += 1
        if attempts >= (tries or self.settings.tries):
            await self._store_feed_text(entry, reason, counted=True)
            return
        delay = timedelta(minutes=self.settings.retry_minutes * 4 ** (attempts - 1))
        until = self.now() + max(delay, at_least or delay)
        await self.ledger.write(
            lambda conn: entry_rows.retry(conn, entry.id, attempts=attempts, next_try_at=until, reason=reason)
        )
        self._done()

    async def _give_up(self, entry: QueuedEntry, reason: str, *, counted: bool = False) -> None:
        if not counted:
            self.tally.troubles.append(Trouble(what="article", name=entry.entry.url or entry.identity, reason=reason))
            self.tally.articles_failed += 1
        await self.ledger.write(
            lambda conn: entry_rows.give_up(conn, entry.id, attempts=entry.attempts + 1, reason=reason)
        )
        self._done()

    async def _store_feed_text(self, entry: QueuedEntry, note: str | None = None, *, counted: bool = False) -> None:
        """Make do with what the feed said.

        Args:
            entry: what it said.
            note: why there is no page.
            counted: the failure was told already.
        """
        try:
            flagged = await self.workers.run(processing.read_feed, entry, self.now(), self.folder)
        except WorkFailed as failed:
            await self._give_up(entry, f"The feed's text could not be read: {failed.reason}", counted=counted)
            return
        if flagged is None and note is not None:
            await self._give_up(entry, note, counted=counted)
        else:
            await self._store(entry, flagged, note=note)

    async def _store(
        self, entry: QueuedEntry, flagged: Flagged | None, page: Fetched | None = None, note: str | None = None
    ) -> None:
        if flagged is None:
            await self._give_up(entry, "Neither the page nor the feed gives a title.")
            return
        article, assessment = flagged.article, flagged.assessment

        def step(conn: sqlite3.Connection) -> Stored:
            now = self.now()
            stored = article_rows.put(
                conn, entry, article, now, assessment=assessment, search_terms=flagged.search_terms
            )
            if stored.what in ("new", "revised"):
                flag_rows.put(conn, stored.id, stored.revision, assessment, now, first=stored.what == "new")
                self.grouping.place(conn, stored, article, assessment, flagged.sentences, now)
            entry_rows.done(conn, entry.id, stored.id, note)
            if page is not None:
                runs.record_fetch(conn, self.run, _row(entry, page), now)
            return stored

        stored = await self.ledger.write(step)
        self.tally.articles_stored += stored.what == "new"
        self.tally.articles_revised += stored.what == "revised"
        if stored.what == "new" and assessment.topics:
            self.tally.articles_flagged += 1
            self.tally.by_topic.update(assessment.topics.keys())
        self._done()

    async def _record(self, entry: QueuedEntry, outcome: Fetched | FetchFailed | NotModified) -> None:
        await self.ledger.write(lambda conn: runs.record_fetch(conn, self.run, _row(entry, outcome), self.now()))

    def _done(self) -> None:
        self.tally.pages_done += 1
        self.tally.tell()


def _row(entry: QueuedEntry, outcome: Fetched | FetchFailed | NotModified) -> runs.FetchRow:
    failed = isinstance(outcome, FetchFailed)
    return runs.FetchRow(
        kind="page",
        url=entry.entry.url,
        outcome=outcome.kind if isinstance(outcome, FetchFailed) else "fetched",
        feed=entry.feed,
        entry=entry.id,
        status=None if isinstance(outcome, NotModified) else outcome.status,
        size=0 if isinstance(outcome, NotModified) else outcome.wire_bytes,
        seconds=outcome.seconds,
        problem=outcome.reason if failed and isinstance(outcome, FetchFailed) else None,
    )


def carries_text(entry: QueuedEntry, characters: int) -> bool:
    """Whether the feed gives so much text that its page need not be asked for."""
    return len(entry.entry.content) >= characters
