"""``tumen backup``: a copy of the database, also while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import BadValue


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@options.database
def command(target: Path, database: Path) -> None:
    """Copy the database to FILE as it stands now, checked; a cycle and the desk may go on meanwhile.

    To go back to it: stop the daemon and the desk, and put FILE in the database's place.
    """
    from pipeline.store import open_readonly, upkeep

    if target.resolve() == database.resolve():
        raise BadValue(f"{target} is the database itself; name another file.")
    conn = open_readonly(database)
    size = upkeep.backup(conn, target)
    conn.close()
    click.echo(f"{target}: {size / 1e6:,.1f} MB, checked.")
