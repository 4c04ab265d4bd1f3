"""Pages as they were fetched, in a second file beside the database: ``tumen.pages.db`` for ``tumen.db``.

In: a page's bytes with where and when they came from. Out: the same bytes, by their digest. The file is apart so that
the database stays small, is backed up by itself, and is never opened by Datasette. It may be deleted at any time: only
``tumen reextract`` and ``tumen page`` miss it then.
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

_LEVEL = 9  # a sixth of the size at 3 ms a page; higher levels gain a tenth for three times the time
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
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A page as it was sent.

    Attributes:
        hash: SHA-256 of ``body``, in hexadecimal.
        url: the address that sent it, after redirects.
        content_type: the header, None when there was none.
        body: decompressed from its content encoding.
    """

    hash: str
    url: str
    fetched_at: str
    content_type: str | None
    body: bytes


def digest(body: bytes) -> str:
    """The name that a page has in the archive."""
    return hashlib.sha256(body).hexdigest()


def path_beside(database: Path) -> Path:
    """Where the copies of a database are."""
    return database.with_name(f"{database.stem}.pages.db")


def beside(conn: sqlite3.Connection) -> Copies:
    """The copies of an open database; the file is made when there is none.

    Raises:
        StoreError: it cannot be opened, or is no such file.
    """
    return Copies.open(path_beside(Path(conn.execute("PRAGMA database_list").fetchone()[2])))


@dataclass(slots=True)
class Copies:
    """The second file, open. Its methods may be called from any thread."""

    conn: sqlite3.Connection
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open it, or make it.

        Raises:
            StoreError: it is not there, cannot be opened, or is no such file.
        """
        if not create and not path.exists():
            raise StoreError(f"{path}: no page was kept; put “pages = true” under [archive] in tumen.toml.")
        try:
            conn = sqlite3.connect(path, timeout=15.0, isolation_level=None, check_same_thread=False)
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute("PRAGMA synchronous = NORMAL")
            conn.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: cannot be used for page copies ({error}); move it away or mend it.") from None
        return cls(conn)

    def put(self, copy: Copy) -> None:
        """Keep a page once.

        Raises:
            StoreError: the file cannot be written.
        """
        packed = zstd.compress(copy.body, _LEVEL)
        row = (copy.hash, copy.url, copy.fetched_at, copy.content_type, len(copy.body), packed)
        try:
            with self._lock:
                self.conn.execute("INSERT OR IGNORE INTO copies VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise StoreError(f"A page copy could not be kept ({error}).") from error

    def get(self, name: str) -> Copy | None:
        """The page of this digest; None when it is not kept (any more), or its bytes are not those that were put."""
        with self._lock:
            row = self.conn.execute(
                "SELECT hash, url, fetched_at, content_type, bytes, body FROM copies WHERE hash = ?", (name,)
            ).fetchone()
        if row is None:
            return None
        try:
            body = zstd.decompress(row[5])
        except zstd.ZstdError:
            return None
        if digest(body) != name:
            return None
        return Copy(hash=row[0], url=row[1], fetched_at=row[2], content_type=row[3], body=body)

    def prune(self, before: datetime) -> int:
        """Forget the copies fetched before this; returns how many (index ``copies_fetched``)."""
        with self._lock:
            return self.conn.execute("DELETE FROM copies WHERE fetched_at < ?", (to_text(before),)).rowcount

    def close(self) -> None:
        """Close the file."""
        self.conn.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where an article's page can be found again."""

    article: ArticleId
    entry: EntryId
    hash: str
    fetched_at: str


def kept(conn: sqlite3.Connection, *, after: int, limit: int, since: str) -> list[Provenance]:
    """Articles that were made of a page, by id, each with the entry that led to it.

    Args:
        conn: the database.
        after: the last article of the page before.
        limit: articles a page.
        since: only those fetched at this time or later.
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
    """What an article was made of: the address that sent the page, when, and the page's SHA-256."""

    url: str
    fetched_at: str
    hash: str


def origin(conn: sqlite3.Connection, article: ArticleId) -> Origin | None:
    """Where an article's page came from; None when it was made of the feed's text."""
    row = conn.execute("SELECT page_url, fetched_at, page_hash FROM articles WHERE id = ?", (article,)).fetchone()
    return None if row is None or row[2] is None else Origin(url=row[0], fetched_at=row[1], hash=row[2])
