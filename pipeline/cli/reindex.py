"""``tumen reindex``: the search index made anew."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli import options

_BATCH = 500


@click.command()
@options.database
def command(database: Path) -> None:
    """Make the search index anew, for an archive that an earlier Tumen made or an index that is damaged.

    Safe to stop and to call again; the desk can be used meanwhile.
    """
    from pipeline.store import articles, cycle_lock, open_store, search, transaction

    with cycle_lock(database, "tumen reindex"):
        conn = open_store(database, create=False)
        search.rebuild(conn)  # first: an index that misses rows cannot be changed
        total, done, last, changed = articles.count(conn), 0, 0, 0
        while batch := search.stale(conn, after=last, limit=_BATCH):
            with transaction(conn):
                for number, title, text, have in batch:
                    if (terms := search.index_terms(title, text)) != have:
                        search.put_terms(conn, number, terms)
                        changed += 1
            last, done = batch[-1][0], done + len(batch)
            if sys.stderr.isatty():
                click.echo(f"\r{done:,} of {total:,} articles", nl=False, err=True)
        search.optimise(conn)
        conn.close()
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    click.echo(f"{done:,} articles can be searched; {changed:,} of them by other words than before.")
