"""Which fetched pages are kept: all of them with ``[archive] pages``, else those of flagged articles while watched.

In: a page with its article. Out: the page in the archive beside the database, which is opened when it is needed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.model import Assessment
from pipeline.settings import Settings
from pipeline.store import page_archive
from pipeline.store.page_archive import PageArchive, PageCopy

_AFTER_LAST_LOOK = timedelta(days=4)


@dataclass(slots=True)
class KeptPages:
    """The archive of one cycle. ``get`` and ``put`` may be called from any thread."""

    conn: sqlite3.Connection
    settings: Settings
    now: Callable[[], datetime]
    _archive: PageArchive | None = None

    def wants(self, assessment: Assessment) -> bool:
        """Return whether the page of an article with this assessment is kept."""
        if self.settings.archive.pages:
            return True
        return is_watched(assessment) and bool(self.settings.edits.after_hours)

    def put(self, copy: PageCopy) -> None:
        """Keep a page.

        Raises:
            StoreError: the archive cannot be opened or written.
        """
        schedule = self.settings.edits.schedule
        until = None if self.settings.archive.pages or not schedule else self.now() + schedule[-1] + _AFTER_LAST_LOOK
        self.open().put(copy, until=until)

    def get(self, name: str) -> PageCopy | None:
        """Return a kept page, or None.

        Raises:
            StoreError: the archive cannot be opened.
        """
        return self.open().get(name)

    def open(self) -> PageArchive:
        """Open the archive, and create it if necessary."""
        if self._archive is None:
            self._archive = page_archive.beside(self.conn)
        return self._archive

    def close(self) -> None:
        """Delete the pages that are too old, and close the archive."""
        if self._archive is None:
            return
        if self.settings.archive.pages and self.settings.archive.days:
            self._archive.prune(self.now() - timedelta(days=self.settings.archive.days))
        self._archive.prune_watched(self.now())
        self._archive.close()


def is_watched(assessment: Assessment) -> bool:
    """Return whether the page of an article is looked at again: it is on a topic or relevant."""
    return bool(assessment.topics) or assessment.relevant


@contextmanager
def keep_pages(conn: sqlite3.Connection, settings: Settings, now: Callable[[], datetime]) -> Iterator[KeptPages]:
    """Provide the archive for a cycle. If all pages are kept, open it at once, so that a damaged file is refused."""
    kept = KeptPages(conn, settings, now)
    if settings.archive.pages:
        kept.open()
    try:
        yield kept
    finally:
        kept.close()
