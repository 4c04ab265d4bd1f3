"""``tumen reindex``: rebuild the search index."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli import options

_BATCH = 500


@click.command()
@options.database
def command(database: Path) -> None:
    """Rebuild the search index after an upgrade, or if it is damaged.

    Safe to stop and to repeat. The desk stays usable meanwhile.
    """
    from pipeline.store import articles, cycle_lock, open_store, search, transaction
    from pipeline.text.words import index_terms

    with cycle_lock(database, "tumen reindex"):
        conn = open_store(database, create=False)
        search.rebuild(conn)  # first: rows that are missing in the index cannot be updated
        total, done, last, changed = articles.count(conn), 0, 0, 0
        while batch := search.indexed(conn, after=last, limit=_BATCH):
            with transaction(conn):
                for article, title, text, indexed in batch:
                    if (terms := index_terms(title, text)) != indexed:
                        search.put_terms(conn, article, terms)
                        changed += 1
            last, done = batch[-1][0], done + len(batch)
            if sys.stderr.isatty():
                click.echo(f"\r{done:,} of {total:,} articles", nl=False, err=True)
        search.optimise(conn)
        conn.close()
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    click.echo(f"{done:,} articles indexed; the indexed words of {changed:,} changed.")
