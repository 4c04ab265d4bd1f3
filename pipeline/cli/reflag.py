"""``tumen reflag``: flag the archive again with the present config."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli import options


@click.command()
@options.database
@options.config
def command(database: Path, folder: Path | None) -> None:
    """Flag every article again whose flags come from another config version, and print what was added and removed.

    Safe to stop at any time: finished pages are stored, and the next call continues. A second call has nothing to do.
    """
    from pipeline import shipped
    from pipeline.cli.archive import pages
    from pipeline.cycle.flagging_config import Flagging
    from pipeline.flagging.backtest import Backtest, decision, first_words
    from pipeline.store import cycle_lock, flags, open_store, transaction

    with cycle_lock(database, "tumen reflag"):
        conn = open_store(database, create=False)
        flagging = Flagging(conn, folder or shipped.CONFIG, lambda: datetime.now(UTC))
        flagger = flagging.flagger()
        result = Backtest()
        for page in pages(conn, not_version=flagging.version):
            assessed = [(article, flagger.flag(article.title, article.text, home=article.home)) for article in page]
            with transaction(conn):
                for article, assessment in assessed:
                    flags.put(conn, article.id, article.revision, assessment, datetime.now(UTC), note_changes=True)
                    evidence, verdict = first_words(assessment.evidence), decision(article.verdict)
                    result.add(article.title, article.topics, assessment.topics, evidence=evidence, verdict=verdict)
        conn.close()
    if not result.articles:
        click.echo(f"All flags are from config {flagging.version} already.")
        return
    click.echo(f"{result.articles:,} articles flagged again with config {flagging.version}.")
    click.echo("\n".join(result.lines()))
