"""Reads the kept pages again with the extraction of today. No request is made.

In: the articles that name a kept page. Out: the same articles with the title, text, date and authors that the page
gives now, flagged anew where the words changed. A page that gives less than before (nothing, a wall) changes nothing.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline import extract, stories
from pipeline.cycle.flagging_config import Flagging
from pipeline.cycle.story_stage import Grouping
from pipeline.model import Article, Stored
from pipeline.processing.assemble import from_page
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.settings import Settings
from pipeline.store import articles, entries, flags, transaction
from pipeline.store import page_archive as copies
from pipeline.store.values import to_time
from pipeline.text.urls import accept_canonical

_BATCH = 64  # pages in memory at a time


@dataclass(slots=True)
class Reread:
    """What came of it, in articles.

    Attributes:
        revised: title or text changed: a new revision, flagged anew.
        renewed: only a date, an author or the like changed.
        same: all stayed as it was.
        lost: the page gives no article any more; the stored one stays.
        missing: the page is not kept (any more).
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
        """Articles looked at."""
        return self.revised + self.renewed + self.same + self.lost + self.missing + self.failed


async def reextract(
    conn: sqlite3.Connection,
    archive: copies.Copies,
    settings: Settings,
    *,
    since: str,
    dry_run: bool,
    now: Callable[[], datetime],
    watch: Callable[[Reread], None] = lambda _: None,
) -> Reread:
    """Read every kept page again.

    Args:
        conn: the database; the caller holds the cycle lock.
        archive: the kept pages.
        settings: the config.
        since: only articles fetched at this time or later, as the database writes times.
        dry_run: count, and change nothing.
        now: the clock.
        watch: told after each batch.

    Raises:
        StoreError: the database cannot be written.
    """
    report = Reread()
    flagging, grouping = Flagging(conn, settings.folder, now), Grouping()
    async with Workers.of(settings.extract) as workers:
        for batch in _batches(conn, since):
            found = await asyncio.gather(*(_read(conn, archive, workers, one) for one in batch))
            with transaction(conn):
                for one, article in zip(batch, found, strict=True):
                    what = article if isinstance(article, str) else articles.change(conn, one.article, article)
                    setattr(report, what, getattr(report, what) + 1)
                    if not dry_run and not isinstance(article, str):
                        stored = articles.renew(conn, one.article, article, now())
                        _flag(conn, flagging, grouping, stored, article, now())
            watch(report)
    return report


def _batches(conn: sqlite3.Connection, since: str) -> Iterator[list[copies.Provenance]]:
    last = 0
    while batch := copies.kept(conn, after=last, limit=_BATCH, since=since):
        yield batch
        last = batch[-1].article


async def _read(
    conn: sqlite3.Connection, archive: copies.Copies, workers: Workers, one: copies.Provenance
) -> Article | str:
    """The article that a kept page gives now; or, where it gives none, the name of the count it goes to."""
    copy = archive.get(one.hash)
    if copy is None:
        return "missing"
    try:
        extraction = await workers.run(extract.extract, copy.body, copy.url, content_type=copy.content_type)
    except WorkFailed:
        return "failed"
    canonical = accept_canonical(copy.url, extraction.canonical_url) if extraction.canonical_url else None
    article = from_page(entries.get(conn, one.entry), extraction, canonical, to_time(one.fetched_at))
    if article is None or article.method == "feed":
        return "lost"
    return replace(article, page_url=copy.url, page_hash=copy.hash)


def _flag(  # noqa: PLR0917 - the parts of one step
    conn: sqlite3.Connection, flagging: Flagging, grouping: Grouping, stored: Stored, article: Article, now: datetime
) -> None:
    if stored.what == "revised":
        judged = flagging.flagger().flag(article.title, article.text, language=article.language, home=article.home)
        flags.put(conn, stored.id, stored.revision, judged, now)
        sentences = stories.fingerprint(article.title, article.text)
        grouping.place(conn, stored, article, judged, sentences, now)
