"""Iteration over all stored articles, for commands that flag them again."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator

import click

from pipeline.store import articles
from pipeline.store.articles import StoredText


def pages(conn: sqlite3.Connection, *, not_version: str | None = None) -> Iterator[list[StoredText]]:
    """Yield every article, 500 at a time, and show progress on a terminal."""
    total = articles.count(conn)
    last, done = 0, 0
    while page := articles.texts(conn, after=last, not_version=not_version):
        yield page
        last, done = page[-1].id, done + len(page)
        if sys.stderr.isatty():
            click.echo(f"\r{done:,} of {total:,} articles", nl=False, err=True)
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
