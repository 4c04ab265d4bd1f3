"""``tumen restore``: put a backup in place of the database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli import options


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@options.database
@click.option(
    "--config",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="New folder for the config of the backup.  [default: leave the config alone]",
)
def command(source: Path, database: Path, folder: Path | None) -> None:
    """Replace the database by FILE, a backup of “tumen backup” with or without --all.

    The backup is checked first, and the present database is kept under another name. Refused while a daemon, a desk or
    a cycle uses the database.
    """
    from pipeline.store.restore import restore

    for sentence in restore(source, database, folder, datetime.now(UTC)):
        click.echo(sentence)
