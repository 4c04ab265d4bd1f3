"""Page stage of a cycle: fetch each waiting entry's page, have a worker extract and flag it, store the result.

In: entries that wait. Out: rows of ``articles``, ``flags``, ``entries`` and ``fetches``, one transaction step per
entry. ``decide_page`` decides what happens to an entry whose page fails.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from pipeline import processing
from pipeline.cycle.decide_page import (
    GiveUp,
    PageDecision,
    ProcessPage,
    Retry,
    Unprocessable,
    UseFeedText,
    Wait,
    decide_page,
    needs_page,
)
from pipeline.cycle.kept_pages import KeptPages
from pipeline.cycle.look_stage import LookPlan
from pipeline.cycle.progress import Tally
from pipeline.cycle.reach import RETRY
from pipeline.cycle.story_stage import StoryStage
from pipeline.cycle.writer import Writer
from pipeline.errors import StoreError, TumenError
from pipeline.fetch import Fetcher
from pipeline.model import (
    CycleCounts,
    EntryId,
    Fetched,
    FetchFailed,
    Outcome,
    QueuedEntry,
    Request,
    RunId,
    Stored,
)
from pipeline.processing import Flagged
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.settings import CycleSettings
from pipeline.store import articles as article_rows
from pipeline.store import entries as entry_rows
from pipeline.store import flags as flag_rows
from pipeline.store import page_archive, runs
from pipeline.store.values import to_text

_PAGES_IN_MEMORY = 24  # fetched pages that wait for a worker, over all sites
_SLICE = 20  # entries of one site that are read from the database at once


@dataclass(slots=True)
class _Queue:
    """The entries of one site that wait: those of this cycle's polls, and those of earlier cycles."""

    new: deque[EntryId] = field(default_factory=deque)
    backlog: deque[EntryId] = field(default_factory=deque)

    _taken: deque[EntryId] = field(default_factory=deque)  # the queue of the last entries

    def take(self, most: int) -> list[EntryId]:
        """Remove and return the next entries."""
        self._taken = self.new or self.backlog
        return [self._taken.popleft() for _ in range(min(most, len(self._taken)))]

    @property
    def interrupted(self) -> bool:
        """Whether news arrived since entries of the backlog were taken."""
        return bool(self.new) and self._taken is self.backlog

    def put_back(self, entries: Sequence[EntryId]) -> None:
        """Return entries of the last ``take`` to their place."""
        self._taken.extendleft(reversed(entries))


@dataclass(slots=True, kw_only=True)
class PageStage:
    """Pages of one cycle: one request at a time per site, processed as they arrive."""

    writer: Writer
    fetcher: Fetcher
    workers: Workers
    folder: Path
    settings: CycleSettings
    run: RunId
    now: Callable[[], datetime]
    tally: Tally
    tasks: asyncio.TaskGroup
    ends_at: float
    archive: KeptPages | None = None
    looks: LookPlan = field(default_factory=LookPlan)
    stories: StoryStage = field(default_factory=StoryStage)
    _queues: dict[str, _Queue] = field(default_factory=dict)
    _seen: set[EntryId] = field(default_factory=set)
    _in_memory: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_PAGES_IN_MEMORY))

    def offer(self, entry: EntryId, url: str, *, new: bool = False) -> None:
        """Add an entry to the queue of its site, unless this cycle has seen it. News come before the backlog."""
        if entry in self._seen:
            return
        self._seen.add(entry)
        self.tally.pages_total += 1
        site = urlsplit(url).netloc
        if site not in self._queues:
            self._queues[site] = _Queue()
            self.tasks.create_task(self._empty_queue(site))
        queue = self._queues[site]
        (queue.new if new else queue.backlog).append(entry)

    async def _empty_queue(self, site: str) -> None:
        queue = self._queues[site]
        while (ids := queue.take(_SLICE)) and self._is_time_after(0):
            entries = deque(entry_rows.get_many(self.writer.committed, ids))
            while entries and self._is_time_after(self._pause_before(entries[0])):
                await self._handle(entries.popleft())
                if queue.interrupted:
                    queue.put_back([entry.id for entry in entries])
                    break
        del self._queues[site]

    def _is_time_after(self, seconds: float) -> bool:
        return asyncio.get_running_loop().time() + seconds <= self.ends_at

    def _pause_before(self, entry: QueuedEntry) -> float:
        """Return the seconds until the entry's page may be requested: a pause must not outlast the cycle."""
        return self.fetcher.wait_before(entry.entry.url) if needs_page(entry, self.settings) else 0.0

    async def _handle(self, entry: QueuedEntry) -> None:
        """Fetch the entry's page, if it needs one, and act on the decision."""
        async with self._edge(entry):
            outcome = await self._fetch(entry) if needs_page(entry, self.settings) else None
            self.tally.reach.note(outcome)
            decision = decide_page(entry, outcome, self.settings)
            if self.tally.reach.is_unclear(outcome) and isinstance(outcome, FetchFailed):
                decision = Wait(RETRY, outcome.reason)  # perhaps an outage of our own: no try is counted
            if isinstance(decision, ProcessPage):
                with self.fetcher.budget.hold(decision.page.body):
                    await self._in_memory.acquire()
                self.tasks.create_task(self._process(entry, decision.page))
            else:
                await self._settle(entry, decision, outcome)

    @asynccontextmanager
    async def _edge(self, entry: QueuedEntry, page: Fetched | None = None) -> AsyncIterator[None]:
        """Record whatever goes wrong with one entry, so that other entries go on. A ``TumenError`` stops the cycle."""
        try:
            yield
        except TumenError:
            raise
        except WorkFailed as failed:
            await self._fail(entry, f"The page could not be read: {failed.reason}", page)
        except Exception as error:  # noqa: BLE001 - any error in the code for one entry
            await self._fail(entry, f"Tumen failed with an internal error: {error!r}.", page)

    async def _fetch(self, entry: QueuedEntry) -> Outcome:
        return await self.fetcher.get(Request(url=entry.entry.url, kind="page"))

    async def _process(self, entry: QueuedEntry, page: Fetched) -> None:
        async with self._edge(entry, page):
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
                await self._keep_copy(flagged, page)
            finally:
                self._in_memory.release()
            if flagged is None:
                await self._settle(entry, GiveUp("Neither the page nor the feed gives a title."), page)
            else:
                await self._store(entry, flagged, page)

    async def _keep_copy(self, flagged: Flagged | None, page: Fetched) -> None:
        """Write the page to the archive, if there is one, before the article that refers to it."""
        if self.archive is None or flagged is None or flagged.article.page_hash is None:
            return
        if not self.archive.wants(flagged.assessment):
            return
        copy = page_archive.PageCopy(
            hash=flagged.article.page_hash,
            url=page.url,
            fetched_at=to_text(self.now()),
            content_type=page.headers.get("content-type"),
            body=page.body,
        )
        try:
            await asyncio.to_thread(self.archive.put, copy)
        except StoreError as error:  # the article matters more than the copy of its page
            self.tally.trouble("article", page.url, str(error))

    async def _fail(self, entry: QueuedEntry, reason: str, page: Fetched | None = None) -> None:
        await self._settle(entry, decide_page(entry, Unprocessable(reason), self.settings), page)

    async def _settle(self, entry: QueuedEntry, decision: PageDecision, outcome: Outcome | None) -> None:
        """Carry out a decision other than ``ProcessPage``: one transaction step."""
        match decision:
            case Wait(delay, reason):
                await self._put_back(entry, entry.attempts, self.now() + delay, reason, None)
            case Retry(attempts, delay, reason, feed_text):
                self._count_failure(entry, reason)
                flagged = (await self._read_feed_text(entry))[0] if feed_text else None
                await self._put_back(entry, attempts, self.now() + delay, reason, outcome, flagged=flagged)
            case UseFeedText(reason, failed):
                await self._store_feed_text(entry, reason, outcome, failed=failed)
            case GiveUp(reason):
                self._count_failure(entry, reason)
                await self._give_up(entry, reason, outcome)

    async def _put_back(
        self,
        entry: QueuedEntry,
        attempts: int,
        until: datetime,
        reason: str,
        outcome: Outcome | None,
        *,
        flagged: Flagged | None = None,
    ) -> None:
        """Plan a retry, and store an article of the feed's text for the time until then if there is one."""

        def step(conn: sqlite3.Connection) -> Stored | None:
            self._record(conn, entry, outcome)
            stored = self._put(conn, entry, flagged) if flagged else None
            article = stored.id if stored else None
            entry_rows.retry(conn, entry.id, attempts=attempts, next_try_at=until, reason=reason, article=article)
            return stored

        stored = await self.writer.write(step)
        if stored and flagged:
            self.tally.stored(stored, flagged.assessment)
        self._done()

    async def _give_up(self, entry: QueuedEntry, reason: str, outcome: Outcome | None) -> None:
        def step(conn: sqlite3.Connection) -> None:
            self._record(conn, entry, outcome)
            entry_rows.give_up(conn, entry.id, attempts=entry.attempts + 1, reason=reason)

        await self.writer.write(step)
        self._done()

    async def _store_feed_text(
        self, entry: QueuedEntry, reason: str | None, outcome: Outcome | None, *, failed: bool
    ) -> None:
        if failed:
            self._count_failure(entry, reason or "The page failed.")
        flagged, problem = await self._read_feed_text(entry)
        if flagged is not None:
            await self._store(entry, flagged, outcome, note=reason)
            return
        if not failed:
            self._count_failure(entry, reason or problem)
        await self._give_up(entry, reason or problem, outcome)

    async def _read_feed_text(self, entry: QueuedEntry) -> tuple[Flagged | None, str]:
        """Return the article of the feed's text; None with the reason if there is none."""
        try:
            flagged = await self.workers.run(processing.read_feed, entry, self.now(), self.folder)
        except WorkFailed as error:
            return None, f"The feed's text could not be read: {error.reason}"
        return flagged, "Neither the page nor the feed gives a title."

    async def _store(
        self, entry: QueuedEntry, flagged: Flagged, outcome: Outcome | None, note: str | None = None
    ) -> None:
        def step(conn: sqlite3.Connection) -> Stored:
            stored = self._put(conn, entry, flagged)
            entry_rows.done(conn, entry.id, stored.id, entry.digest, note)
            self._record(conn, entry, outcome)
            self.looks.add(conn, entry, stored, flagged, outcome, self.now())
            return stored

        self.tally.stored(await self.writer.write(step), flagged.assessment)
        self._done()

    def _put(self, conn: sqlite3.Connection, entry: QueuedEntry, flagged: Flagged) -> Stored:
        """Store the article with its flags and its place in a story."""
        assessment, now = flagged.assessment, self.now()
        stored = article_rows.put(
            conn, entry, flagged.article, now, assessment=assessment, search_terms=flagged.search_terms
        )
        if stored.what in ("new", "revised"):
            flag_rows.put(conn, stored.id, stored.revision, assessment, now, first=stored.what == "new")
            self.stories.place(conn, stored, flagged.sentences, flagged.signature, now)
        return stored

    def _count_failure(self, entry: QueuedEntry, reason: str) -> None:
        self.tally.trouble("article", entry.entry.url or entry.identity, reason)
        self.tally.counts += CycleCounts(articles_failed=1)

    def _record(self, conn: sqlite3.Connection, entry: QueuedEntry, outcome: Outcome | None) -> None:
        if outcome is not None:
            row = runs.FetchRow.of("page", entry.entry.url, outcome, feed=entry.feed, entry=entry.id)
            runs.record_fetch(conn, self.run, row, self.now())

    def _done(self) -> None:
        self.tally.pages_done += 1
        self.tally.notify()
