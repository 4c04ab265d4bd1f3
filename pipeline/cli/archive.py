"""Iteration over all stored articles, for commands that flag them again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from pipeline.cli import options
from pipeline.store import articles
from pipeline.store.articles import StoredText


def pages(conn: sqlite3.Connection, *, not_version: str | None = None) -> Iterator[list[StoredText]]:
    """Yield every article, 500 at a time, and show progress on a terminal."""
    total = articles.count(conn)
    last, done = 0, 0
    while page := articles.texts(conn, after=last, not_version=not_version):
        yield page
        last, done = page[-1].id, done + len(page)
        options.show_progress(f"{done:,} of {total:,} articles")
    options.show_progress("")
