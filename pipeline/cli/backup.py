"""``tumen backup``: copy the database, also while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import BadValue


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--all", "whole", is_flag=True, help="Make a tar archive, also with pages, analysts, secret and config.")
@options.database
@options.config
def command(target: Path, database: Path, folder: Path | None, *, whole: bool) -> None:
    """Copy the database to FILE; check the database and the copy. A cycle and the desk may run meanwhile.

    The copy lacks kept pages (tumen.pages.db), the desk's accounts and cookie key, and the config; --all takes them
    along. “tumen restore FILE” puts either in place.
    """
    from pipeline.store import open_readonly, upkeep

    if target.resolve() == database.resolve():
        raise BadValue(f"{target} is the database itself; choose another file.")
    conn = open_readonly(database, older=True)
    try:
        size = upkeep.backup(conn, target, _others(database, folder) if whole else None)
    finally:
        conn.close()
    click.echo(f"{target}: {size / 1e6:,.1f} MB, checked.")


def _others(database: Path, folder: Path | None) -> dict[str, Path]:
    """Return the other files of an installation, by their names in the archive."""
    from pipeline.settings.places import is_shipped
    from pipeline.store.restore import BESIDE

    files = {f"tumen.{end}": database.with_name(f"{database.stem}.{end}") for end in BESIDE}
    found = {name: path for name, path in files.items() if path.is_file()}
    return found if folder is None or is_shipped(folder) else found | {"config": folder}
