"""Merge of result files into the database: articles in order of capture, with the identity rules of feeds.

An article is known by its address, as for feeds. A later capture with another text is a revision. Articles get their
flags and their stories by their own time; no alert is sent, because alerts and briefs leave archived articles out. A
merge that was stopped can be repeated: what is stored already stays as it is.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline.backfill.task import decode
from pipeline.cycle.flagging_config import load_flagger
from pipeline.cycle.story_stage import StoryStage
from pipeline.errors import NotFound, StoreError
from pipeline.flagging import Flagger
from pipeline.model import ArticleId, EntryId, ParsedEntry, QueuedEntry
from pipeline.processing import Flagged
from pipeline.store import archives, articles, flags, transaction
from pipeline.store.archives import ArchiveFile, KeptArticle

_BATCH = 200  # articles per transaction


@dataclass(slots=True)
class Merged:
    """Counts of a merge.

    Attributes:
        new, revised: articles that were stored, and that got a new text.
        known: captures of articles that the database has already.
        flagged: new articles on a topic.
    """

    files: int = 0
    total: int = 0
    new: int = 0
    revised: int = 0
    known: int = 0
    flagged: int = 0

    @property
    def done(self) -> int:
        """Return the number of captures so far."""
        return self.new + self.revised + self.known


def merge(
    conn: sqlite3.Connection,
    folder: Path,
    now: Callable[[], datetime],
    watch: Callable[[Merged], None] = lambda _: None,
) -> Merged:
    """Store the articles of all result files that are not merged yet.

    Args:
        conn: the database; the caller holds the cycle lock.
        folder: the config folder.
        now: the clock.
        watch: called after each transaction.

    Raises:
        NotFound: a result file is missing.
        StoreError: a result file is damaged, or the database cannot be written.
    """
    waiting = [file for file in archives.files(conn) if file.merged_at is None and not file.problem]
    captures = _captures(waiting)
    merged = Merged(files=len(waiting), total=len(captures))
    if not waiting:
        return merged
    flagger, version = load_flagger(conn, folder, now)
    stories = StoryStage()
    for batch in _batches(captures):
        with transaction(conn):
            for kept in batch:
                _store(conn, kept, flagger, version, stories, now(), merged)
        watch(merged)
    with transaction(conn):
        for file in waiting:
            archives.mark_merged(conn, file, now())
    return merged


def _captures(files: Sequence[ArchiveFile]) -> list[tuple[str, Path, int]]:
    """Return time, file and position of all captures, in order of time."""
    captures: list[tuple[str, Path, int]] = []
    for file in files:
        path = Path(file.result)
        if not path.exists():
            raise NotFound(f"{path}: is missing; run “tumen backfill” on {file.name} again.")
        try:
            captures += [(at, path, position) for at, position in archives.list_kept(path)]
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path}: is damaged ({error}); delete it and run “tumen backfill” again.") from None
    return sorted(captures)


def _batches(captures: Sequence[tuple[str, Path, int]]) -> Iterator[list[KeptArticle]]:
    for start in range(0, len(captures), _BATCH):
        batch = captures[start : start + _BATCH]
        by_file: dict[Path, list[int]] = defaultdict(list)
        for _, path, position in batch:
            by_file[path].append(position)
        loaded = {path: archives.load_kept(path, positions) for path, positions in by_file.items()}
        yield [loaded[path][position] for _, path, position in batch]


def _store(  # noqa: PLR0917 - the parts of one merge
    conn: sqlite3.Connection,
    kept: KeptArticle,
    flagger: Flagger,
    version: str,
    stories: StoryStage,
    now: datetime,
    merged: Merged,
) -> None:
    """Store one capture, unless the article was captured later already, or came from a feed."""
    known = archives.known(conn, kept.url)
    if known is not None and known[1] >= kept.captured_at:
        merged.known += 1
        return
    flagged = decode(kept.flagged)
    article = replace(flagged.article, feed=archives.feed_of(conn, kept, now), origin="archive", first_seen_at=now)
    assessment = flagged.assessment
    if assessment.config_version != version:  # read with an older config
        assessment = flagger.flag(article.title, article.text, home=article.home)
    flagged = replace(flagged, article=article, assessment=assessment)
    entry = _entry(flagged, known[0] if known else None, kept)
    stored = articles.put(conn, entry, article, now, assessment=assessment, search_terms=flagged.search_terms)
    if stored.what in ("new", "revised"):
        flags.put(conn, stored.id, stored.revision, assessment, now, first=stored.what == "new")
        stories.place(conn, stored, flagged.sentences, flagged.signature, now)
    merged.new += stored.what == "new"
    merged.revised += stored.what == "revised"
    merged.known += stored.what not in ("new", "revised")
    merged.flagged += stored.what == "new" and bool(assessment.topics)


def _entry(flagged: Flagged, known: ArticleId | None, kept: KeptArticle) -> QueuedEntry:
    """Return the capture as an entry, which is how ``articles.put`` knows an article that it may revise."""
    article = flagged.article
    return QueuedEntry(
        id=EntryId(0),
        feed=article.feed,
        source=kept.site,
        language=kept.language,
        home=kept.home,
        identity=article.url,
        digest="",
        url=article.url,
        entry=ParsedEntry(id=article.url, url=article.published_url, title=article.title),
        first_seen_at=kept.captured_at,
        article=known,
    )
