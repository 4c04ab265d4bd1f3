"""``tumen status``: feeds' health, the last cycle, what waits."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options
from pipeline.errors import TumenError

if TYPE_CHECKING:
    from pipeline.store.status import Status


_LEAST_FREE_BYTES = 200_000_000


@click.command()
@options.database
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--feeds", "each", is_flag=True, help="Also each feed: when it was asked, and when it is due next.")
def command(database: Path, *, as_json: bool, each: bool) -> int:
    r"""Say how the watch is doing.

    \b
    Exit status:
      0   healthy
      1   a person should look: a feed fails or fell silent, no cycle has ended for a day, an alert was
          given up, the disk is nearly full
      2   it cannot be told: the database cannot be read
    """
    from pipeline.store import open_readonly, plain_errors, status

    try:
        with plain_errors():
            conn = open_readonly(database)
            told = status.read(conn, datetime.now(UTC))
            planned = status.plan(conn) if each else ()
            conn.close()
    except TumenError as error:
        click.echo(f"tumen: {error}", err=True)
        return 2
    if as_json:
        plan = {"plan": [asdict(feed) for feed in planned]} if each else {}
        click.echo(json.dumps(told.as_dict() | plan, ensure_ascii=False))
    else:
        _show(told, database)
        for feed in planned:
            pace = f"every {feed.interval_minutes:,.0f} min" if feed.interval_minutes else ""
            line = f"  {feed.next_due or 'no next time':<20}  {feed.name:<34} {feed.status:<9} {pace:<14}"
            click.echo(f"{line} asked {feed.last_polled or 'never'}".rstrip())
    return 0 if told.healthy and _free(database) > _LEAST_FREE_BYTES else 1


def _free(database: Path) -> int:
    return shutil.disk_usage(database.parent).free


def _show(told: Status, database: Path) -> None:
    click.echo(f"{click.style('Database', bold=True)}    {database} ({told.size_bytes / 1e6:.1f} MB)")
    click.echo(f"Last cycle  {told.last_cycle or 'none has ended yet'}")
    click.echo(f"Next due    {told.next_due or 'nothing is due'}")
    click.echo(
        f"Articles    {told.articles:,}, of which {told.relevant:,} relevant, {told.unreviewed:,} of these unreviewed"
    )
    click.echo(f"Entries     {', '.join(f'{count:,} {state}' for state, count in told.entries.items()) or 'none'}")
    click.echo(f"Config      {told.config_version or 'none used yet'}")
    click.echo(f"Disk        {_free(database) / 1e9:,.1f} GB free")
    click.echo(f"Feeds       {told.feeds:,} watched, {len(told.failing):,} failing, {len(told.silent):,} silent")
    if told.alerts_waiting or told.alerts_failed:
        click.echo(f"Alerts      {told.alerts_waiting:,} waiting, {told.alerts_failed:,} given up: “tumen alerts list”")
    for feed in told.failing:
        click.echo(f"  {click.style(feed.name, fg='red')} ({feed.status}, {feed.failures} times): {feed.problem}")
    for mute in told.silent:
        name = click.style(mute.name, fg="yellow")
        click.echo(f"  {name} is silent since {mute.last}; its pauses are mostly under {mute.usual_hours:g} hours")
