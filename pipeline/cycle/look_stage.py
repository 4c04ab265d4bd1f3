"""Look stage of a cycle: asks again for the pages of flagged articles that are due, and stores what changed.

In: rows of ``looks`` that are due. Out: rows of ``edits``, revised articles, and the next look. It runs after the pages
of a cycle, within a time of its own; a look that it cannot make waits for a later cycle. ``pipeline.edits`` decides.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from pipeline.cycle.kept_pages import KeptPages, is_watched
from pipeline.cycle.look_rows import LookRecord
from pipeline.cycle.progress import Tally
from pipeline.cycle.story_stage import StoryStage
from pipeline.cycle.writer import Writer
from pipeline.edits import judge_response
from pipeline.edits.answers import Unreadable
from pipeline.edits.decide_look import first_look
from pipeline.errors import StoreError
from pipeline.fetch import Fetcher
from pipeline.model import Fetched, FetchFailed, Outcome, QueuedEntry, Request, RunId, Stored, Validators
from pipeline.processing import Flagged
from pipeline.processing.looks import Page, Reading, read_look
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.settings.edits import EditSettings
from pipeline.store import entries as entry_rows
from pipeline.store import looks as look_rows
from pipeline.store import runs, submissions
from pipeline.store.looks import Watched
from pipeline.store.page_archive import PageCopy, digest
from pipeline.store.values import to_text

if TYPE_CHECKING:
    from pipeline.cycle.page_stage import PageStage

_AGAIN = timedelta(hours=1)  # after a look that did not end
_DAY = timedelta(days=1)
_OFF = "Looks are off for this source."
_MOST_DUE = 5_000  # pages that are considered in one cycle


@dataclass(frozen=True, slots=True)
class LookPlan:
    """Plans the first look at an article's page.

    Attributes:
        settings: ``[edits]``.
        off: names of sources whose pages are not looked at again.
    """

    settings: EditSettings = field(default_factory=lambda: EditSettings(after_hours=()))
    off: frozenset[str] = frozenset()

    def add(  # noqa: PLR0917 - the facts of one stored article
        self,
        conn: sqlite3.Connection,
        entry: QueuedEntry,
        stored: Stored,
        flagged: Flagged,
        outcome: Outcome | None,
        now: datetime,
    ) -> None:
        """Plan a look if the article is flagged and has a page of its own. The caller holds a transaction."""
        first = first_look(now, self.settings.schedule)
        url = flagged.article.page_url or entry.entry.url
        new = stored.what in ("new", "revised") and is_watched(flagged.assessment)
        if first is None or not new or not url or "#" in entry.url or entry.source in self.off:
            return
        validators = validators_of(outcome, url) or Validators(url=url)
        page_hash, topics = flagged.article.page_hash, flagged.assessment.topics
        look_rows.plan(
            conn, stored.id, entry.id, validators, page_hash=page_hash, topics=topics, now=now, next_at=first
        )


@dataclass(slots=True, kw_only=True)
class LookStage:
    """Looks of one cycle: one request at a time per site."""

    writer: Writer
    fetcher: Fetcher
    workers: Workers
    folder: Path
    plan: LookPlan
    run: RunId
    now: Callable[[], datetime]
    tally: Tally
    archive: KeptPages
    stories: StoryStage

    @classmethod
    def beside(cls, pages: PageStage, plan: LookPlan, archive: KeptPages) -> Self:
        """Return the looks of the cycle that a page stage belongs to."""
        return cls(
            writer=pages.writer,
            fetcher=pages.fetcher,
            workers=pages.workers,
            folder=pages.folder,
            plan=plan,
            run=pages.run,
            now=pages.now,
            tally=pages.tally,
            archive=archive,
            stories=pages.stories,
        )

    async def run_looks(self) -> None:
        """Look at the pages that are due, and submit changed pages, until the time is over."""
        settings = self.plan.settings
        if not settings.after_hours:
            return
        sites = self._due()
        if not sites and not settings.submit_to:
            return
        with suppress(TimeoutError):  # what is left stays due
            async with asyncio.timeout(settings.seconds), asyncio.TaskGroup() as tasks:
                for pages in sites.values():
                    tasks.create_task(self._look_at(pages))
                if settings.submit_to:
                    tasks.create_task(self._submit())

    def _due(self) -> Mapping[str, Sequence[Watched]]:
        """Return the due pages by site, within the limits per day and per host."""
        settings, conn = self.plan.settings, self.writer.committed
        left = settings.per_day - look_rows.count_since(conn, self.now() - _DAY)
        sites: dict[str, list[Watched]] = defaultdict(list)
        if left <= 0:
            return sites
        for page in look_rows.due(conn, self.now(), _MOST_DUE):
            site = sites[urlsplit(page.url).netloc]
            if left and len(site) < settings.per_host:
                site.append(page)
                left -= 1
        return sites

    async def _look_at(self, pages: Sequence[Watched]) -> None:
        for page in pages:
            if page.source in self.plan.off:
                await self.writer.write(partial(look_rows.stop, article=page.article, reason=_OFF))
            else:
                with self.tally.noting_errors(page.url):
                    await self._look(page)

    async def _look(self, page: Watched) -> None:
        """Ask for one page and store what came of it. If this fails, the page is due again in an hour."""
        began = self.now()
        await self.writer.write(partial(look_rows.claim, article=page.article, now=began, until=began + _AGAIN))
        outcome = await self.fetcher.get(Request(url=page.url, kind="page", validators=page.validators))
        answer = judge_response(outcome, page.url)
        if answer is not None:
            reading = Reading(answer=answer)
        elif isinstance(outcome, Fetched):
            with self.fetcher.budget.hold(outcome.body):
                reading = await self._read(page, outcome)
        record = LookRecord(
            page=page,
            reading=reading,
            schedule=self.plan.settings.schedule,
            stories=self.stories,
            submit=bool(self.plan.settings.submit_to),
            validators=validators_of(outcome, page.url) if reading.new else None,
            page_hash=await self._keep(outcome) if reading.baseline else None,
            now=self.now(),
        )

        def step(conn: sqlite3.Connection) -> None:
            row = runs.FetchRow.of("page", page.url, outcome, entry=page.entry)
            runs.record_fetch(conn, self.run, row, record.now)
            record.store(conn)

        await self.writer.write(step)

    async def _read(self, page: Watched, outcome: Fetched) -> Reading:
        """Compare the page with its kept copy, in a worker."""
        copy = await self._kept(page)
        kept = Page(body=copy.body, url=copy.url, content_type=copy.content_type) if copy else None
        entry = entry_rows.get_many(self.writer.committed, [page.entry])[0]
        stored = look_rows.stored_version(self.writer.committed, page.article)
        latest = Page(body=outcome.body, url=outcome.url, content_type=outcome.headers.get("content-type"))
        try:
            return await self.workers.run(read_look, entry, stored, kept, latest, now=self.now(), folder=self.folder)
        except WorkFailed as failed:
            return Reading(answer=Unreadable(f"The page could not be read: {failed.reason}."))

    async def _kept(self, page: Watched) -> PageCopy | None:
        """Return the copy that the page is compared with, None if there is none."""
        if page.page_hash is None:
            return None
        try:
            return await asyncio.to_thread(self.archive.get, page.page_hash)
        except StoreError as error:  # a damaged archive costs the comparison, not the cycle
            self.tally.trouble("article", page.url, str(error))
            return None

    async def _keep(self, outcome: Outcome) -> str | None:
        """Keep the page that the next look is compared with, and return its digest; None if that fails."""
        if not isinstance(outcome, Fetched):
            return None
        copy = PageCopy(
            hash=digest(outcome.body),
            url=outcome.url,
            fetched_at=to_text(self.now()),
            content_type=outcome.headers.get("content-type"),
            body=outcome.body,
        )
        try:
            kept = await asyncio.to_thread(self.archive.put, copy)
        except StoreError as error:
            self.tally.trouble("article", outcome.url, str(error))
            return None
        return copy.hash if kept else None

    async def _submit(self) -> None:
        """Submit changed pages to the web archive, within the limit per hour."""
        settings = self.plan.settings
        await self.writer.write(submissions.give_up_interrupted)
        for row in submissions.due(self.writer.committed, self.now(), settings.submit_per_hour):
            await self._submit_one(row)

    async def _submit_one(self, row: submissions.Submission) -> None:
        await self.writer.write(lambda conn: submissions.sending(conn, row.id, self.now()))
        outcome = await self.fetcher.get(Request(url=f"{self.plan.settings.submit_to}{row.url}", kind="site"))
        if isinstance(outcome, FetchFailed):
            retry = outcome.kind in ("deferred", "rate_limited", "connect", "dns")
            reason = outcome.reason
            await self.writer.write(lambda conn: submissions.failed(conn, row, reason, self.now(), retry=retry))
        else:
            await self.writer.write(lambda conn: submissions.sent(conn, row.id, self.now()))


def validators_of(outcome: Outcome | None, url: str) -> Validators | None:
    """Return the validators of a response, if it came from this address."""
    if not isinstance(outcome, Fetched) or outcome.url != url:
        return None
    return Validators(url=url, etag=outcome.headers.get("etag"), last_modified=outcome.headers.get("last-modified"))
