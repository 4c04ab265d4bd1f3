"""``tumen status``: feeds' health, the last cycle, what waits."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options
from pipeline.errors import TumenError

if TYPE_CHECKING:
    from pipeline.store.status import Status

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@click.command()
@options.database
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--feeds", "each", is_flag=True, help="Also each feed: when it was asked, and when it is due next.")
def command(database: Path, *, as_json: bool, each: bool) -> int:
    r"""Say how the watch is doing.

    \b
    Exit status:
      0   healthy
      1   a person should look: a feed fails or fell silent, no cycle has ended for a day, the database
          was found damaged, backups stopped, an alert was given up, the disk is nearly full
      2   it cannot be told: the database cannot be read
    """
    from pipeline.store import open_readonly, plain_errors, status
    from pipeline.store.lock import holder

    now = datetime.now(UTC)
    try:
        with plain_errors():
            conn = open_readonly(database)
            told = status.read(conn, now)
            planned = status.plan(conn) if each else ()
            conn.close()
    except TumenError as error:
        click.echo(f"tumen: {error}", err=True)
        return 2
    if as_json:
        plan = {"plan": [asdict(feed) for feed in planned]} if each else {}
        click.echo(json.dumps(told.as_dict() | {"at_work": holder(database)} | plan, ensure_ascii=False))
    else:
        _show(told, database, holder(database), now)
        for feed in planned:
            pace = f"every {feed.interval_minutes:,.0f} min" if feed.interval_minutes else ""
            line = f"  {feed.next_due or 'no next time':<20}  {feed.name:<34} {feed.status:<9} {pace:<14}"
            click.echo(f"{line} asked {feed.last_polled or 'never'}".rstrip())
    return 0 if told.healthy else 1


def _show(told: Status, database: Path, at_work: str, now: datetime) -> None:
    wal = f", {told.wal_bytes / 1e6:,.1f} MB of log" if told.wal_bytes > 1e6 else ""
    copy = f"; last backup {_when(told.copied_at, now)}" if told.copied_at else ""
    waiting = told.entries.get("new", 0) + told.entries.get("failed", 0)
    states = ", ".join(f"{count:,} {state}" for state, count in told.entries.items())
    rows = [
        ("Database", f"{database}, {told.size_bytes / 1e6:,.1f} MB{wal}; {told.free_bytes / 1e9:,.1f} GB free"),
        ("Checked", f"{_when(told.checked_at, now) or 'never: “tumen doctor” does it'}{copy}"),
        ("Last cycle", _when(told.last_cycle, now) or "none has ended yet"),
        ("At work", at_work),
        ("Next due", _when(told.next_due, now) or "nothing is due"),
        (
            "Articles",
            f"{told.articles:,}, of which {told.relevant:,} relevant, {told.unreviewed:,} of these unreviewed",
        ),
        ("Waiting", f"{waiting:,} of all entries ({states or 'there are none'})"),
        ("Config", told.config_version or "none used yet"),
        ("Feeds", f"{told.feeds:,} watched, {len(told.failing):,} failing, {len(told.silent):,} silent"),
    ]
    if told.alerts_waiting or told.alerts_failed:
        rows.append(("Alerts", f"{told.alerts_waiting:,} waiting, {told.alerts_failed:,} given up"))
    for name, value in rows:
        if value:
            click.echo(f"{click.style(f'{name:<11}', bold=True)} {value}")
    for feed in (*told.failing, *told.stumbling):
        name = click.style(feed.name, fg="red" if feed in told.failing else None)
        click.echo(f"  {name} ({feed.status}, {feed.failures} in a row, well {feed.since or 'never'}): {feed.problem}")
    for mute in told.silent:
        name = click.style(mute.name, fg="yellow")
        click.echo(f"  {name} is silent since {mute.last}; its pauses are mostly under {mute.usual_hours:g} hours")
    for problem in told.problems:
        click.echo(f"{click.style('Look:', fg='red')} {problem}")
    if told.healthy:
        click.echo("All is well.")


def _when(at: str | None, now: datetime) -> str:
    """A time as it is stored, and how far off it is; empty where there is none."""
    if at is None:
        return ""
    seconds = (datetime.fromisoformat(at) - now).total_seconds()
    far = next((f"{abs(seconds) / size:,.0f} {unit}" for size, unit in _UNITS if abs(seconds) >= size), "now")
    return f"{at} ({far})" if far == "now" else f"{at} ({f'in {far}' if seconds > 0 else f'{far} ago'})"
