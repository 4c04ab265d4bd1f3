"""``tumen status``: feeds' health, the last cycle, what waits."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options

if TYPE_CHECKING:
    from pipeline.store.status import Status


@click.command()
@options.database
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(database: Path, *, as_json: bool) -> int:
    r"""Say how the watch is doing.

    \b
    Exit status:
      0   healthy
      1   a person should look: a feed fails, or no cycle has ended for a day
      73  the database cannot be read
    """
    from pipeline.store import open_readonly, status

    conn = open_readonly(database)
    now = datetime.now(UTC)
    told = status.read(conn, now)
    conn.close()
    if as_json:
        click.echo(json.dumps(told.as_dict(), ensure_ascii=False))
    else:
        _show(told, database)
    return 0 if told.healthy else 1


def _show(told: Status, database: Path) -> None:
    click.echo(f"{click.style('Database', bold=True)}    {database} ({told.size_bytes / 1e6:.1f} MB)")
    click.echo(f"Last cycle  {told.last_cycle or 'none has ended yet'}")
    click.echo(f"Next due    {told.next_due or 'nothing is due'}")
    click.echo(
        f"Articles    {told.articles:,}, of which {told.relevant:,} relevant, {told.unreviewed:,} of these unreviewed"
    )
    click.echo(f"Entries     {', '.join(f'{count:,} {state}' for state, count in told.entries.items()) or 'none'}")
    click.echo(f"Feeds       {told.feeds:,} watched, {len(told.failing):,} failing")
    for feed in told.failing:
        click.echo(f"  {click.style(feed.name, fg='red')} ({feed.status}, {feed.failures} times): {feed.problem}")
