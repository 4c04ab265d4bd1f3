"""``tumen status``: the health of feeds, the last cycle, the queue."""

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
@click.option("--feeds", "each", is_flag=True, help="Also list each feed with its last and next poll.")
def command(database: Path, *, as_json: bool, each: bool) -> int:
    r"""Show the health of feeds and database, the last cycle and the queue.

    \b
    Exit status:
      0   healthy
      1   a person should look: a feed fails or is silent, feeds are not polled any more, runs end badly,
          the daemon is gone, the database is damaged, backups stopped, alerts are not accepted, flags are
          of two configs, the disk is nearly full
      2   unknown: the database cannot be read
    """
    from pipeline.store import open_readonly, plain_errors, status
    from pipeline.store.lock import holder

    now = datetime.now(UTC)
    try:
        with plain_errors():
            conn = open_readonly(database)
            state = status.read(conn, now)
            planned = status.plan(conn) if each else ()
            conn.close()
    except TumenError as error:
        click.echo(f"tumen: {error}", err=True)
        return 2
    if as_json:
        plan = {"plan": [asdict(feed) for feed in planned]} if each else {}
        click.echo(json.dumps(state.as_dict() | {"at_work": holder(database)} | plan, ensure_ascii=False))
    else:
        _show(state, database, holder(database), now)
        for feed in planned:
            pace = f"every {feed.interval_minutes:,.0f} min" if feed.interval_minutes else ""
            line = f"  {feed.next_due or 'no next time':<20}  {feed.name:<34} {feed.status:<9} {pace:<14}"
            click.echo(f"{line} polled {feed.last_polled or 'never'}".rstrip())
    return 0 if state.healthy else 1


def _show(state: Status, database: Path, at_work: str, now: datetime) -> None:
    wal = f", {state.wal_bytes / 1e6:,.1f} MB of log" if state.wal_bytes > 1e6 else ""
    copy = f"; last backup {_when(state.copied_at, now)}" if state.copied_at else ""
    waiting = state.entries.get("new", 0) + state.entries.get("failed", 0)
    states = ", ".join(f"{count:,} {name}" for name, count in state.entries.items())
    rows = [
        ("Database", f"{database}, {state.size_bytes / 1e6:,.1f} MB{wal}; {state.free_bytes / 1e9:,.1f} GB free"),
        ("Checked", f"{_when(state.checked_at, now) or 'never; run “tumen doctor”'}{copy}"),
        ("Last cycle", f"{_when(state.last_cycle, now) or 'none yet'}{_ending(state)}"),
        ("Active run", at_work),
        ("Next check", _when(state.next_due, now) or "no feed is due"),
        (
            "Articles",
            f"{state.articles:,}, of which {state.relevant:,} relevant, {state.unreviewed:,} of these unreviewed",
        ),
        ("Waiting", f"{waiting:,} of all entries ({states or 'no entries'})"),
        ("Config", state.config_version or "not used yet"),
        ("Feeds", f"{state.feeds:,} watched, {len(state.failing):,} failing, {len(state.silent):,} silent"),
    ]
    if state.alerts_waiting or state.alerts_failed:
        rows.append(("Alerts", f"{state.alerts_waiting:,} waiting, {state.alerts_failed:,} given up"))
    for name, value in rows:
        if value:
            click.echo(f"{click.style(f'{name:<11}', bold=True)} {value}")
    for feed in (*state.failing, *state.stumbling):
        name = click.style(feed.name, fg="red" if feed in state.failing else None)
        click.echo(
            f"  {name} ({feed.status}, {feed.failures} in a row, last OK {feed.since or 'never'}): {feed.problem}"
        )
    for silent in state.silent:
        name = click.style(silent.name, fg="yellow")
        click.echo(f"  {name} is silent since {silent.last}; it usually pauses less than {silent.usual_hours:g} hours")
    for problem in state.problems:
        click.echo(f"{click.style('Problem:', fg='red')} {problem}")
    if state.healthy:
        click.echo("All is well.")


def _ending(state: Status) -> str:
    status = state.watch.last_run_status
    return f", status {status}" if status is not None else ""


def _when(at: str | None, now: datetime) -> str:
    """Format a stored time with its distance from now. Empty if there is none."""
    if at is None:
        return ""
    seconds = (datetime.fromisoformat(at) - now).total_seconds()
    distance = next((f"{abs(seconds) / size:,.0f} {unit}" for size, unit in _UNITS if abs(seconds) >= size), "now")
    if distance == "now":
        return f"{at} (now)"
    return f"{at} (in {distance})" if seconds > 0 else f"{at} ({distance} ago)"
