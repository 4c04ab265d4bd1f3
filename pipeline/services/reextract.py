"""Re-extraction: reads the archived pages again with the present extraction. Sends no request.

In: articles that refer to an archived page. Out: the same articles with the title, text, date and authors that the page
gives now, flagged again where title or text changed. A page that gives no article any more changes nothing.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline import processing
from pipeline.cycle.flagging_config import ensure_config
from pipeline.cycle.story_stage import StoryStage
from pipeline.processing import Flagged
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.settings import Settings
from pipeline.store import articles, entries, flags, page_archive, transaction
from pipeline.store.values import to_time

_BATCH = 64  # pages in memory at a time


@dataclass(slots=True)
class Reextraction:
    """Counts of articles by outcome.

    Attributes:
        revised: title or text changed: a new revision, flagged again.
        renewed: only a date, an author or another field changed.
        same: nothing changed.
        lost: the page gives no article any more; the stored article stays.
        missing: the page is not in the archive any more.
        failed: the page could not be read within the limits.
    """

    revised: int = 0
    renewed: int = 0
    same: int = 0
    lost: int = 0
    missing: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        """Articles processed so far."""
        return self.revised + self.renewed + self.same + self.lost + self.missing + self.failed


async def reextract(
    conn: sqlite3.Connection,
    archive: page_archive.PageArchive,
    settings: Settings,
    *,
    since: str,
    dry_run: bool,
    now: Callable[[], datetime],
    watch: Callable[[Reextraction], None] = lambda _: None,
) -> Reextraction:
    """Read every archived page again.

    Args:
        conn: the database; the caller holds the cycle lock.
        archive: the archived pages.
        settings: the config.
        since: only articles fetched at this time or later, in the database's form of a time.
        dry_run: count and change nothing.
        now: the clock.
        watch: called after each batch.

    Raises:
        StoreError: the database cannot be written.
    """
    report = Reextraction()
    stories = StoryStage()
    async with Workers.of(settings.extract) as workers:
        if not dry_run:
            await ensure_config(conn, settings.folder, workers, now)
        for batch in _batches(conn, since):
            results = await asyncio.gather(*(_process(conn, archive, workers, settings, origin) for origin in batch))
            with transaction(conn):
                for origin, result in zip(batch, results, strict=True):
                    kind = result if isinstance(result, str) else articles.change(conn, origin.article, result.article)
                    setattr(report, kind, getattr(report, kind) + 1)
                    if not dry_run and not isinstance(result, str):
                        _store(conn, stories, origin, result, now())
            watch(report)
    return report


def _batches(conn: sqlite3.Connection, since: str) -> Iterator[list[page_archive.Provenance]]:
    last = 0
    while batch := page_archive.archived(conn, after=last, limit=_BATCH, since=since):
        yield batch
        last = batch[-1].article


async def _process(
    conn: sqlite3.Connection,
    archive: page_archive.PageArchive,
    workers: Workers,
    settings: Settings,
    origin: page_archive.Provenance,
) -> Flagged | Literal["missing", "failed", "lost"]:
    """Return what the archived page gives now, or the name of the count it belongs to."""
    copy = archive.get(origin.hash)
    if copy is None:
        return "missing"
    try:
        flagged = await workers.run(
            processing.read_page,
            entries.get_many(conn, [origin.entry])[0],
            copy.body,
            copy.url,
            content_type=copy.content_type,
            now=to_time(origin.fetched_at),
            folder=settings.folder,
        )
    except WorkFailed:
        return "failed"
    return "lost" if flagged is None or flagged.article.method == "feed" else flagged


def _store(
    conn: sqlite3.Connection, stories: StoryStage, origin: page_archive.Provenance, flagged: Flagged, now: datetime
) -> None:
    stored = articles.renew(conn, origin.article, flagged.article, now)
    if stored.what == "revised":
        flags.put(conn, stored.id, stored.revision, flagged.assessment, now)
        stories.place(conn, stored, flagged.sentences, flagged.signature, now)
