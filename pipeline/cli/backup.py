"""``tumen backup``: copy the database, also while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import BadValue


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@options.database
def command(target: Path, database: Path) -> None:
    """Copy the database to FILE and check the copy. A cycle and the desk may run meanwhile.

    To restore: stop the daemon and the desk, and replace the database by FILE.
    """
    from pipeline.store import open_readonly, upkeep

    if target.resolve() == database.resolve():
        raise BadValue(f"{target} is the database itself; choose another file.")
    conn = open_readonly(database)
    size = upkeep.backup(conn, target)
    conn.close()
    click.echo(f"{target}: {size / 1e6:,.1f} MB, checked.")
