"""``tumen demo``: the whole pipeline on an invented world of news."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click


@click.command()
@click.option(
    "--db",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    show_default="a new file in the temporary folder",
    help="Database file of the demonstration.",
)
@click.option(
    "--verdicts/--no-verdicts", default=True, show_default=True, help="Add verdicts and notes of two invented analysts."
)
def command(database: Path | None, *, verdicts: bool) -> int:
    """Poll seven invented newspapers on this machine, in English, Russian and Korean, and flag their articles.

    Needs no network and changes no other file: it uses real HTTP on 127.0.0.1 and a new database file. One newspaper is
    broken on purpose, to show what a failing feed looks like.
    """
    from pipeline.cli import summary
    from pipeline.cycle.run import run_cycle
    from pipeline.demo import World, running, write_config
    from pipeline.demo.team import review
    from pipeline.store import open_store

    folder = Path(tempfile.mkdtemp(prefix="tumen-demo-"))
    database = database or folder / "tumen.db"
    click.echo("Serving invented newspapers on 127.0.0.1 and running one cycle over them.")
    with running(World(now=datetime.now(UTC))) as world, summary.progress(enabled=True) as watcher:
        config = write_config(world, folder / "config")
        report = run_cycle(database, config, trigger="demo", force=True, watcher=watcher)
    if verdicts:
        conn = open_store(database)
        review(conn, datetime.now(UTC))
        conn.close()
    summary.show(report)
    tumen = _called_as()
    steps = {
        f"serve --db {database}": "review the queue and query the database",
        f"explain 1 --db {database}": "why an article is flagged or not",
        f"brief --db {database}": "the morning brief",
        "run": "poll the real feeds; set [fetch] contact before",
    }
    width = max(map(len, steps))
    click.echo(f"\n{click.style('Next steps', bold=True)}")
    for step, purpose in steps.items():
        click.echo(f"  {tumen} {step:{width}}  {purpose}")
    return 0


def _called_as() -> str:
    """Return how this command can be called again: by its name if that is on the PATH, else by its path."""
    if shutil.which("tumen"):
        return "tumen"
    script = Path(sys.executable).with_name("tumen")
    return os.path.relpath(script) if script.exists() else f"{sys.executable} -m pipeline"
