"""``tumen demo``: the whole pipeline against an invented world on this machine."""

from __future__ import annotations

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
    help="Where to keep the demonstration's database.",
)
def command(database: Path | None) -> int:
    """Poll seven invented papers on this machine, in English, Russian and Korean, and flag what they write.

    Needs no network and touches nothing of yours: real HTTP on 127.0.0.1, a real database in a throwaway file. One of
    the papers is broken on purpose, to show what that looks like.
    """
    from pipeline.cli import summary
    from pipeline.cycle.run import run_cycle
    from pipeline.demo import World, running, write_config

    folder = Path(tempfile.mkdtemp(prefix="tumen-demo-"))
    database = database or folder / "tumen.db"
    click.echo("An invented world of news is served on 127.0.0.1; one cycle of Tumen reads it.")
    with running(World(now=datetime.now(UTC))) as world, summary.progress(enabled=True) as watcher:
        config = write_config(world, folder / "config")
        report = run_cycle(database, config, trigger="demo", force=True, watcher=watcher)
    summary.show(report)
    click.echo(
        f"\n{click.style('Where to look next', bold=True)}\n"
        f"  tumen serve --db {database}      the queue, the flags and their evidence in Datasette\n"
        f"  tumen explain 1 --db {database}  why an article is, or is not, flagged\n"
        f"  sqlite-utils rows {database} review_queue --limit 5\n"
        "  tumen run                        the real thing"
    )
    return 0
