"""``tumen reflag``: the archive flagged anew with the present config."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli import options


@click.command()
@options.database
@options.config
def command(database: Path, folder: Path | None) -> None:
    """Flag every article anew whose flags were made with another config, and say what was gained and lost.

    Safe to stop: what is done is done, and the next call goes on. A second call finds nothing to do.
    """
    from pipeline import shipped
    from pipeline.cli.archive import pages
    from pipeline.cycle.flagging_config import Flagging
    from pipeline.flagging.backtest import Backtest
    from pipeline.store import cycle_lock, flags, open_store, transaction

    with cycle_lock(database, "tumen reflag"):
        conn = open_store(database, create=False)
        flagging = Flagging(conn, folder or shipped.CONFIG, lambda: datetime.now(UTC))
        flagger = flagging.flagger()
        told = Backtest()
        for page in pages(conn, not_version=flagging.version):
            judged = [(one, flagger.flag(one.title, one.text, language=one.language, home=one.home)) for one in page]
            with transaction(conn):
                for one, assessment in judged:
                    flags.put(conn, one.id, one.revision, assessment, datetime.now(UTC), note_changes=True)
                    told.add(one.title, one.topics, assessment.topics.keys())
        conn.close()
    if not told.articles:
        click.echo(f"Every flag is of config {flagging.version} already.")
        return
    click.echo(f"{told.articles:,} articles flagged anew with config {flagging.version}.")
    click.echo("\n".join(told.lines()))
