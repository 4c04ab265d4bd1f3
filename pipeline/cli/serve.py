"""``tumen serve``: Datasette on the live database, with Tumen's titles, descriptions and queries."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

import click

from pipeline.cli import options

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SETTINGS = {
    "suggest_facets": "off",  # a facet over an unindexed column of a large archive takes longer than a person waits
    "sql_time_limit_ms": "3000",
    "facet_time_limit_ms": "1000",
    "allow_download": "off",
    "max_returned_rows": "1000",
}


@click.command()
@options.database
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--open", "open_", is_flag=True, help="Open a browser on it.")
def command(database: Path, host: str, port: int, *, open_: bool) -> None:
    """Serve the database with Datasette, for reading: tables, search, facets, canned queries, CSV and JSON.

    Everybody who can reach the address may read everything, so it listens on this machine only, unless you say
    otherwise with --host; put a proxy that asks for a password before it then.
    """
    from pipeline.store import open_readonly

    open_readonly(database).close()
    if host not in _LOOPBACK:
        click.echo(f"tumen: whoever reaches {host}:{port} may read the whole database.", err=True)
    click.echo(f"Tumen's database on http://{host}:{port}/  (stop with Ctrl-C)", err=True)
    sys.stderr.flush()
    arguments = datasette_arguments(database, host, port, open_=open_)
    os.execv(sys.executable, [sys.executable, "-m", "datasette", *arguments])  # noqa: S606 - our own list, no shell


def datasette_arguments(database: Path, host: str, port: int, *, open_: bool) -> list[str]:
    """What Datasette is called with. From 1.0 on the same file must be given as metadata and as config."""
    metadata = database.with_name(f"{database.stem}.datasette.json")
    metadata.write_text(json.dumps(describe(database.stem), ensure_ascii=False, indent=1), encoding="utf-8")
    arguments = ["serve", str(database), "--host", host, "--port", str(port), "--metadata", str(metadata)]
    if not version("datasette").startswith("0."):
        arguments += ["--config", str(metadata)]
    for name, value in _SETTINGS.items():
        arguments += ["--setting", name, value]
    return [*arguments, "--open"] if open_ else arguments


def describe(name: str) -> dict[str, object]:
    """The metadata for a database of this name: ``config/datasette.json``, put under it."""
    from pipeline import shipped

    shared = json.loads((shipped.CONFIG / "datasette.json").read_text(encoding="utf-8"))
    return {"title": shared["title"], "description": shared["description"], "databases": {name: shared["database"]}}
