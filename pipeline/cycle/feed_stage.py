"""Feed stage of a cycle: fetch each due feed, parse it in a worker, decide, store the decision in one transaction step.

In: a ``FeedState``. Out: rows of ``feeds``, ``entries`` and ``fetches``, and the entries that now wait for their page.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.cycle.list_reader import ListReader, Reading, byte_limit
from pipeline.cycle.progress import Tally
from pipeline.cycle.reach import RETRY
from pipeline.cycle.writer import Writer
from pipeline.feeds.decide import body_unchanged, decide
from pipeline.feeds.same_item import look_up_of
from pipeline.fetch import Fetcher
from pipeline.model import (
    CycleCounts,
    EntryId,
    FeedState,
    FeedUpdate,
    Fetched,
    FetchFailed,
    NotModified,
    Outcome,
    Request,
    RunId,
)
from pipeline.processing.feed_document import parse_feed
from pipeline.processing.pool import Workers
from pipeline.settings.poll import PollSettings
from pipeline.store import entries as entry_rows
from pipeline.store import feeds as feed_rows
from pipeline.store import listed, runs
from pipeline.text.zones import home_timezone

Queued = list[tuple[EntryId, str, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStage:
    """Polls of one cycle.

    A failure that may come from this machine's own network is held until something was reached, or all polls ended.
    """

    writer: Writer
    fetcher: Fetcher
    workers: Workers
    policy: PollSettings
    run: RunId
    now: Callable[[], datetime]
    rng: random.Random
    tally: Tally
    whole_text: int
    _held: list[tuple[FeedState, Outcome]] = field(default_factory=list)

    async def poll(self, feed: FeedState) -> Queued:
        """Poll one feed; return the entries that wait for their page."""
        request = Request(url=feed.url, kind="feed", validators=feed.validators, max_bytes=byte_limit(feed.source))
        outcome = await self.fetcher.get(request)
        self.tally.reach.note(outcome)
        if self.tally.reach.is_unclear(outcome):
            self._held.append((feed, outcome))
            return []
        with self.fetcher.budget.hold(outcome.body if isinstance(outcome, Fetched) else b""):
            return await self._handle(feed, outcome)

    async def settle(self) -> None:
        """Store the held failures, when all polls have ended: against the feeds, or as an outage of our own."""
        for feed, outcome in self._held:
            if self.tally.reach.is_outage and isinstance(outcome, FetchFailed):
                await self._postpone(feed, outcome)
            else:
                await self._handle(feed, outcome)

    async def _postpone(self, feed: FeedState, failure: FetchFailed) -> None:
        """Leave the feed as it was, due again soon."""

        def step(conn: sqlite3.Connection) -> None:
            now = self.now()
            feed_rows.postpone(conn, feed.id, now + RETRY)
            row = _fetch_row(feed, failure, FeedUpdate(state=feed, note=failure.reason), [])
            runs.record_fetch(conn, self.run, row, now)

        await self.writer.write(step)
        self.tally.counts += CycleCounts(feeds_polled=1, feeds_failed=1, feeds_unreachable=1)
        self.tally.trouble("feed", feed.source.name, failure.reason)
        self.tally.notify()

    async def _handle(self, feed: FeedState, outcome: Outcome) -> Queued:
        """Parse, decide, store."""
        reading = await (self._parse(feed, outcome) if feed.source.via == "feed" else self._read_list(feed, outcome))
        outcome, document = reading.outcome, reading.document
        keys = look_up_of(document, feed.source.name) if document and document.entries else None

        def step(conn: sqlite3.Connection) -> tuple[FeedUpdate, Queued]:
            now = self.now()
            history = entry_rows.known(conn, feed.id, keys) if keys else []
            update = decide(
                feed,
                outcome,
                document,
                history,
                now=now,
                policy=self.policy,
                rng=self.rng,
                whole_text=self.whole_text,
            )
            feed_rows.apply(conn, feed, update.state, now)
            queued = entry_rows.add(conn, feed.id, update.entries, now)
            if reading.changes:
                listed.apply(conn, feed.id, reading.changes)
            for url, response in reading.requests:
                runs.record_fetch(conn, self.run, runs.FetchRow.of("feed", url, response, feed=feed.id), now)
            runs.record_fetch(conn, self.run, _fetch_row(feed, outcome, update, queued), now)
            return update, queued

        update, queued = await self.writer.write(step)
        self._count(feed, outcome, update, queued)
        return queued

    async def _parse(self, feed: FeedState, outcome: Outcome) -> Reading:
        """Parse a changed body in a worker; a body that breaks the parser is a failure."""
        if not isinstance(outcome, Fetched) or body_unchanged(feed, outcome):
            return Reading(outcome=outcome)
        zone = feed.source.timezone or home_timezone(feed.source.home)
        document = await parse_feed(outcome, self.workers, timezone=zone, now=self.now())
        if isinstance(document, FetchFailed):
            return Reading(outcome=document)
        return Reading(outcome=outcome, document=document)

    async def _read_list(self, feed: FeedState, outcome: Outcome) -> Reading:
        """Read a source that is no feed."""
        reader = ListReader(
            fetcher=self.fetcher,
            workers=self.workers,
            feed=feed,
            state=listed.state(self.writer.committed, feed.id),
            now=self.now,
        )
        return await reader.read(outcome)

    def _count(self, feed: FeedState, outcome: Outcome, update: FeedUpdate, queued: Queued) -> None:
        tally = self.tally
        failed = update.state.failures > 0
        tally.counts += CycleCounts(
            feeds_polled=1,
            feeds_unchanged=isinstance(outcome, NotModified),
            entries_new=sum(new for _, _, new in queued),
            feeds_failed=failed,
            feeds_unreachable=failed and isinstance(outcome, FetchFailed) and outcome.kind in ("dns", "connect"),
        )
        if failed:
            tally.trouble("feed", feed.source.name, update.state.problem or "The feed failed.")
        tally.notify()


def _fetch_row(feed: FeedState, outcome: Outcome, update: FeedUpdate, queued: Queued) -> runs.FetchRow:
    return runs.FetchRow.of(
        "feed",
        feed.url,
        outcome,
        feed=feed.id,
        entries_total=update.entries_total,
        entries_new=sum(new for _, _, new in queued),
        problem=" ".join(dict.fromkeys(text for text in (update.state.problem, update.note) if text)) or None,
    )
