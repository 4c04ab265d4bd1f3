"""Web archives in the database: the ledger of WARC files that were read, and the result file of each.

A result file is an SQLite file of its own, because many processes, on several machines, write results at the same time.
It is written under another name and renamed when it is complete. Writing functions on the database need a transaction
of the caller.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Literal

from pipeline.model import ArticleId, FeedId
from pipeline.store.values import from_row, to_row, to_text, to_time

Kept = Literal["relevant", "near", "audit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCounts:
    """What one WARC file held: the row of counts of a result file.

    Attributes:
        pages: HTML responses with status 200.
        other: responses of another status or type, and pages that are too large or were cut by the crawler.
        outside: pages outside the period.
        passed: pages that passed the byte test.
        relevant: articles kept because they are relevant or on a topic.
        near: articles kept because they nearly are.
        audit: articles kept as a random sample of all other pages.
        failed: pages that could not be extracted.
        damaged: gzip members and records that could not be read.
        truncated: the file ends in the middle of a record.
    """

    pages: int = 0
    other: int = 0
    outside: int = 0
    passed: int = 0
    relevant: int = 0
    near: int = 0
    audit: int = 0
    failed: int = 0
    damaged: int = 0
    truncated: bool = False

    @property
    def kept(self) -> int:
        """Return the number of articles in the result."""
        return self.relevant + self.near + self.audit

    def __add__(self, other: FileCounts) -> FileCounts:
        """Return the sums."""
        return FileCounts(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptArticle:
    """An article in a result file.

    Attributes:
        position: number of its record in the WARC file.
        site: registrable domain; ``home`` and ``language`` are those of the site.
        flagged: the article with its flags, encoded by ``pipeline.backfill``.
    """

    position: int
    captured_at: datetime
    kept: Kept
    relevance: float
    title: str
    url: str
    site: str
    home: str | None
    language: str
    flagged: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFile:
    """A WARC file in the ledger.

    Attributes:
        name, size: of the file; together they identify it.
        version: digest of the config and the period that it was read with.
        result: the result file; "" if there is none.
        problem: why the file could not be read.
    """

    name: str
    size: int
    version: str
    read_at: datetime
    result: str = ""
    problem: str | None = None
    merged_at: datetime | None = None
    counts: FileCounts = field(default_factory=FileCounts)


_RESULT = """
CREATE TABLE articles (
  position INTEGER PRIMARY KEY, captured_at TEXT NOT NULL, kept TEXT NOT NULL, relevance REAL NOT NULL,
  title TEXT NOT NULL, url TEXT NOT NULL, site TEXT NOT NULL, home TEXT, language TEXT NOT NULL, flagged BLOB NOT NULL
) STRICT;
CREATE TABLE counts (
  pages INTEGER NOT NULL, other INTEGER NOT NULL, outside INTEGER NOT NULL, passed INTEGER NOT NULL,
  relevant INTEGER NOT NULL, near INTEGER NOT NULL, audit INTEGER NOT NULL, failed INTEGER NOT NULL,
  damaged INTEGER NOT NULL, truncated INTEGER NOT NULL
) STRICT;
"""
_COUNTS = [each.name for each in fields(FileCounts)]
_KEPT = [each.name for each in fields(KeptArticle)]


class ResultWriter:
    """A result file under construction."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def add(self, article: KeptArticle) -> None:
        """Store an article."""
        marks = ", ".join(f":{name}" for name in _KEPT)
        self._conn.execute(f"INSERT INTO articles VALUES ({marks})", to_row(article))

    def finish(self, counts: FileCounts) -> None:
        """Store the counts."""
        marks = ", ".join(f":{name}" for name in _COUNTS)
        self._conn.execute(f"INSERT INTO counts VALUES ({marks})", to_row(counts))


@contextmanager
def new_result(path: Path, part: Path) -> Iterator[ResultWriter]:
    """Write a result file: nothing is at ``path`` before the block has ended without an error.

    Args:
        path: the result file.
        part: its name while it is written, in the same folder and of this process alone.
    """
    part.unlink(missing_ok=True)
    conn = sqlite3.connect(part, isolation_level=None)
    try:
        conn.execute("PRAGMA journal_mode = MEMORY")
        conn.executescript(_RESULT)
        conn.execute("BEGIN")
        yield ResultWriter(conn)
        conn.execute("COMMIT")
        conn.close()
        _sync(part)
        part.replace(path)
        _sync(path.parent)
    finally:
        conn.close()
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_counts(path: Path) -> FileCounts:
    """Return the counts of a result file.

    Raises:
        sqlite3.Error: the file is no complete result.
    """
    with _opened(path) as conn:
        return from_row(FileCounts, conn.execute("SELECT * FROM counts").fetchone())


def list_kept(path: Path) -> list[tuple[str, int]]:
    """Return time of capture and position of each article in a result file."""
    with _opened(path) as conn:
        return [(row[0], row[1]) for row in conn.execute("SELECT captured_at, position FROM articles")]


def load_kept(path: Path, positions: Iterable[int]) -> dict[int, KeptArticle]:
    """Return articles of a result file by position."""
    with _opened(path) as conn:
        rows = (conn.execute("SELECT * FROM articles WHERE position = ?", (each,)).fetchone() for each in positions)
        return {row["position"]: from_row(KeptArticle, row) for row in rows}


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    conn.row_factory = sqlite3.Row
    try:
        yield conn
    finally:
        conn.close()


_LEDGER = ["name", "size", "version", "read_at", "result", "problem", "merged_at"]


def record(conn: sqlite3.Connection, file: ArchiveFile) -> None:
    """Store a file in the ledger, in place of an earlier row of the same file and version."""
    names = [*_LEDGER, *_COUNTS]
    conn.execute(
        f"INSERT OR REPLACE INTO archive_files ({', '.join(names)}) VALUES (:{', :'.join(names)})",
        to_row(file) | to_row(file.counts),
    )


def files(conn: sqlite3.Connection, version: str | None = None) -> list[ArchiveFile]:
    """Return the files of the ledger, all or those of one version, by name."""
    rows = conn.execute(
        "SELECT * FROM archive_files WHERE ?1 IS NULL OR version = ?1 ORDER BY name, size, version", (version,)
    )
    return [from_row(ArchiveFile, row, counts=from_row(FileCounts, row)) for row in rows]


def mark_merged(conn: sqlite3.Connection, file: ArchiveFile, now: datetime) -> None:
    """Record that the articles of a file are in the database."""
    conn.execute(
        "UPDATE archive_files SET merged_at = ? WHERE name = ? AND size = ? AND version = ?",
        (to_text(now), file.name, file.size, file.version),
    )


def feed_of(conn: sqlite3.Connection, article: KeptArticle, now: datetime) -> FeedId:
    """Return the feed that stands for the site's archived pages; it is created if needed, and never polled."""
    name = f"{article.site} (web archive)"
    row = conn.execute("SELECT id FROM feeds WHERE name = ?", (name,)).fetchone()
    if row is None:
        row = conn.execute(
            "INSERT INTO feeds (name, url, asked_url, language, home, kind, enabled, added_at)"
            " VALUES (:name, :url, :url, :language, :home, 'web archive', 0, :now) RETURNING id",
            {
                "name": name,
                "url": f"archive:{article.site}",
                "language": article.language,
                "home": article.home,
                "now": to_text(now),
            },
        ).fetchone()
    return FeedId(row[0])


def known(conn: sqlite3.Connection, url: str) -> tuple[ArticleId, datetime] | None:
    """Return the archived article of an address, and when its page was captured (unique index of ``url``)."""
    row = conn.execute("SELECT id, fetched_at FROM articles WHERE url = ? AND origin = 'archive'", (url,)).fetchone()
    return None if row is None else (ArticleId(row[0]), to_time(row[1]))
