"""Which fetched pages are kept: all of them with ``[archive] pages``, else those of flagged articles while watched.

In: a page with its article. Out: the page in the archive beside the database, which is opened when it is needed.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.model import Assessment
from pipeline.settings import Settings
from pipeline.store import page_archive
from pipeline.store.page_archive import PageArchive, PageCopy

_AFTER_LAST_LOOK = timedelta(days=4)


@dataclass(slots=True)
class KeptPages:
    """The archive of one cycle. Its methods may be called from any thread.

    A damaged archive costs the copies of pages, not the cycle: it is reported once, then left alone.
    """

    path: Path
    settings: Settings
    now: Callable[[], datetime]
    _archive: PageArchive | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_broken: bool = False

    def wants(self, assessment: Assessment) -> bool:
        """Return whether the page of an article with this assessment is kept."""
        if self.settings.archive.pages:
            return True
        return is_watched(assessment) and bool(self.settings.edits.after_hours)

    def put(self, copy: PageCopy) -> bool:
        """Keep a page, and return whether it was kept.

        Raises:
            StoreError: the archive cannot be opened or written; once per cycle.
        """
        if self._is_broken:
            return False
        schedule = self.settings.edits.schedule
        until = None if self.settings.archive.pages or not schedule else self.now() + schedule[-1] + _AFTER_LAST_LOOK
        try:
            self.open().put(copy, until=until)
        except StoreError:
            self._is_broken = True
            raise
        return True

    def get(self, name: str) -> PageCopy | None:
        """Return a kept page, or None if there is none.

        Raises:
            StoreError: the archive cannot be opened or read; once per cycle.
        """
        if self._is_broken:
            return None
        try:
            return self.open().get(name)
        except StoreError:
            self._is_broken = True
            raise

    def open(self) -> PageArchive:
        """Open the archive, and create it if necessary."""
        with self._lock:
            if self._archive is None:
                self._archive = PageArchive.open(self.path)
            return self._archive

    def close(self) -> None:
        """Delete the pages that are too old, and close the archive."""
        days = self.settings.archive.days if self.settings.archive.pages else 0
        if self._archive is None and not (days and self.path.exists()):
            return
        with suppress(StoreError, sqlite3.DatabaseError):
            archive = self.open()
            if days:
                archive.prune(self.now() - timedelta(days=days))
            archive.prune_watched(self.now())
        if self._archive is not None:
            self._archive.close()


def is_watched(assessment: Assessment) -> bool:
    """Return whether the page of an article is looked at again: it is on a topic or relevant."""
    return bool(assessment.topics) or assessment.relevant


@contextmanager
def keep_pages(conn: sqlite3.Connection, settings: Settings, now: Callable[[], datetime]) -> Iterator[KeptPages]:
    """Provide the archive for a cycle."""
    database = Path(conn.execute("PRAGMA database_list").fetchone()[2])
    kept = KeptPages(page_archive.path_beside(database), settings, now)
    try:
        yield kept
    finally:
        kept.close()
