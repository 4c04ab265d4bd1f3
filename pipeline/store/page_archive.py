"""Archive of fetched pages, in a second file beside the database: ``tumen.pages.db`` for ``tumen.db``.

In: the bytes of a page with its address and time. Out: the same bytes, by their digest. The separate file keeps the
database small, is backed up separately, and is never opened by Datasette. It may be deleted at any time; only
``tumen reextract``, ``tumen page`` and the search for silent edits need it.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from pipeline.errors import StoreError
from pipeline.model import ArticleId, EntryId
from pipeline.store.values import to_text

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL = 9  # a sixth of the size at 3 ms per page; higher levels save a tenth more in three times the time
_SCHEMA = """
CREATE TABLE IF NOT EXISTS copies (
  hash TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  fetched_at TEXT NOT NULL,
  content_type TEXT,
  bytes INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS copies_fetched ON copies(fetched_at);
CREATE TABLE IF NOT EXISTS watched (hash TEXT PRIMARY KEY, until TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCopy:
    """A fetched page.

    Attributes:
        hash: SHA-256 of ``body``, in hexadecimal.
        url: its address after redirects.
        content_type: the header, or None.
        body: the bytes without their content encoding.
    """

    hash: str
    url: str
    fetched_at: str
    content_type: str | None
    body: bytes


def digest(body: bytes) -> str:
    """Return the key of a page in the archive."""
    return hashlib.sha256(body).hexdigest()


def path_beside(database: Path) -> Path:
    """Return the path of the archive of a database."""
    return database.with_name(f"{database.stem}.pages.db")


def beside(conn: sqlite3.Connection) -> PageArchive:
    """Open the archive of an open database, and create it if necessary.

    Raises:
        StoreError: it cannot be opened, or is not an archive.
    """
    return PageArchive.open(path_beside(Path(conn.execute("PRAGMA database_list").fetchone()[2])))


@dataclass(slots=True)
class PageArchive:
    """An open archive. Its methods may be called from any thread."""

    conn: sqlite3.Connection
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open an archive, or create it.

        Raises:
            StoreError: it does not exist, cannot be opened, or is not an archive.
        """
        if not create and not path.exists():
            raise StoreError(f"{path}: no page was kept; set “pages = true” under [archive] in tumen.toml.")
        try:
            conn = sqlite3.connect(path, timeout=15.0, isolation_level=None, check_same_thread=False)
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute("PRAGMA synchronous = NORMAL")
            conn.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: cannot be used as page archive ({error}); move it away.") from None
        return cls(conn)

    def put(self, copy: PageCopy, *, until: datetime | None = None) -> None:
        """Store a page once.

        Args:
            copy: the page.
            until: ``prune_watched`` deletes it after this time, unless it was or is stored without such a time.

        Raises:
            StoreError: the archive cannot be written.
        """
        packed = zstd.compress(copy.body, _LEVEL)
        row = (copy.hash, copy.url, copy.fetched_at, copy.content_type, len(copy.body), packed)
        try:
            with self._lock:
                new = self.conn.execute("INSERT OR IGNORE INTO copies VALUES (?, ?, ?, ?, ?, ?)", row).rowcount
                self._set_end(copy.hash, until, new=bool(new))
        except sqlite3.Error as error:
            raise StoreError(f"The page archive cannot be written ({error}).") from error

    def _set_end(self, name: str, until: datetime | None, *, new: bool) -> None:
        if until is None:
            self.conn.execute("DELETE FROM watched WHERE hash = ?", (name,))
        elif new:
            self.conn.execute("INSERT OR REPLACE INTO watched VALUES (?, ?)", (name, to_text(until)))
        else:
            self.conn.execute("UPDATE watched SET until = max(until, ?) WHERE hash = ?", (to_text(until), name))

    def get(self, name: str) -> PageCopy | None:
        """Return the page with this digest, or None if it is missing or its bytes are damaged.

        Raises:
            StoreError: the archive cannot be read.
        """
        try:
            with self._lock:
                row = self.conn.execute(
                    "SELECT hash, url, fetched_at, content_type, bytes, body FROM copies WHERE hash = ?", (name,)
                ).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"The page archive cannot be read ({error}).") from error
        if row is None:
            return None
        try:
            body = zstd.decompress(row[5])
        except zstd.ZstdError:
            return None
        if digest(body) != name:
            return None
        return PageCopy(hash=row[0], url=row[1], fetched_at=row[2], content_type=row[3], body=body)

    def prune(self, before: datetime) -> int:
        """Delete the pages fetched before this time and return their number (index ``copies_fetched``)."""
        with self._lock:
            return self.conn.execute("DELETE FROM copies WHERE fetched_at < ?", (to_text(before),)).rowcount

    def prune_watched(self, now: datetime) -> None:
        """Delete the pages whose time is over."""
        with self._lock:
            over = "SELECT hash FROM watched WHERE until < ?"
            self.conn.execute(f"DELETE FROM copies WHERE hash IN ({over})", (to_text(now),))
            self.conn.execute("DELETE FROM watched WHERE until < ?", (to_text(now),))

    def close(self) -> None:
        """Close the archive."""
        self.conn.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The archived page of an article, and the entry that led to it."""

    article: ArticleId
    entry: EntryId
    hash: str
    fetched_at: str


def archived(conn: sqlite3.Connection, *, after: int, limit: int, since: str) -> list[Provenance]:
    """Return a slice of the articles that were extracted from a page, by id.

    Args:
        conn: the database.
        after: the last article of the previous slice.
        limit: articles per slice.
        since: only articles fetched at this time or later.
    """
    rows = conn.execute(
        "SELECT a.id, a.page_hash, a.fetched_at,"
        " coalesce((SELECT e.id FROM entries e WHERE e.identity = a.url AND e.article_id = a.id),"
        " (SELECT min(e.id) FROM entries e WHERE e.article_id = a.id))"
        " FROM articles a WHERE a.id > ? AND a.page_hash IS NOT NULL AND a.fetched_at >= ? ORDER BY a.id LIMIT ?",
        (after, since, limit),
    )
    return [
        Provenance(article=ArticleId(row[0]), hash=row[1], fetched_at=row[2], entry=EntryId(row[3]))
        for row in rows
        if row[3] is not None
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The page of an article: its address, the time of the fetch, and its SHA-256."""

    url: str
    fetched_at: str
    hash: str


def origin(conn: sqlite3.Connection, article: ArticleId) -> Origin | None:
    """Return the page of an article, or None if the article has the feed's text."""
    row = conn.execute("SELECT page_url, fetched_at, page_hash FROM articles WHERE id = ?", (article,)).fetchone()
    return None if row is None or row[2] is None else Origin(url=row[0], fetched_at=row[1], hash=row[2])
