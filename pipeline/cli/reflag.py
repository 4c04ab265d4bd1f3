"""``tumen reflag``: flags the archive again with the present config."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli import options


@click.command()
@options.database
@options.config
def command(database: Path, folder: Path | None) -> None:
    """Flag every article again whose flags were made with another config; print what was gained and lost.

    Safe to stop: the next call continues. A second call finds nothing to do.
    """
    from pipeline import shipped
    from pipeline.cli.archive import pages
    from pipeline.cycle.flagging_config import load_flagger
    from pipeline.services.reflag import reflag
    from pipeline.store import cycle_lock, open_store

    with cycle_lock(database, "tumen reflag"):
        conn = open_store(database, create=False)
        flagger, version = load_flagger(conn, folder or shipped.CONFIG, _now)
        changes = reflag(conn, flagger, pages(conn, not_version=version), _now)
        conn.close()
    if not changes.articles:
        click.echo(f"All flags are of config {version} already.")
        return
    click.echo(f"{changes.articles:,} articles flagged again with config {version}.")
    click.echo("\n".join(changes.lines()))


def _now() -> datetime:
    return datetime.now(UTC)
