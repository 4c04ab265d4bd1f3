"""``tumen run``: one cycle."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options
from pipeline.errors import ConfigError, NetworkUnreachable
from pipeline.model import CycleReport, FeedChange

if TYPE_CHECKING:
    from pipeline.settings import Settings


@click.command()
@options.database
@options.config
@click.option("--force", is_flag=True, help="Poll every feed, due or not.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
@click.option(
    "-q", "--quiet", is_flag=True, help="Print only what is new to a person, such as a feed that fails: for cron."
)
@options.verbose
def command(database: Path, folder: Path | None, *, force: bool, as_json: bool, quiet: bool) -> int:
    r"""Poll the feeds that are due, read what is new, flag it, store it.

    Safe to call as often as you like, and to stop at any moment: the next run goes on where this one stopped.

    \b
    Exit status:
      0   all went well
      1   done, but at least one feed failed (the summary names it)
      66  there is no feed to watch
      69  no feed at all could be reached
      73  the database cannot be used
      75  another cycle is at work on this database
      78  something in the config is wrong
    """
    from pipeline.cli import summary

    report = run_once(database, folder, force=force, trigger="run", bar=not (as_json or quiet))
    unreachable = 0 < report.feeds_polled == report.feeds_unreachable
    if as_json:
        click.echo(summary.as_json(report))
    elif unreachable:
        pass  # one line says it all
    elif not quiet:
        summary.show(report)
    else:
        for line in (*(change.sentence for change in report.feed_changes), *report.alert_problems):
            click.echo(f"{line[0].upper()}{line[1:]}", err=True)
    if unreachable:
        raise NetworkUnreachable(
            f"Not one of {report.feeds_polled} feeds could be reached: is this machine on the network?"
            f" (The first: {report.troubles[0].reason})"
        )
    return 1 if report.feeds_failed else 0


def run_once(database: Path, folder: Path | None, *, force: bool, trigger: str, bar: bool) -> CycleReport:
    """Run a cycle under the lock, with a progress bar where somebody looks, and send the alerts that it makes due.

    Raises:
        TumenError: as ``run_cycle``; also when the lock is held or the database cannot be opened.
    """
    from pipeline.alerts import after_cycle
    from pipeline.cli import summary
    from pipeline.cli.config import check_semantic
    from pipeline.cycle.run import run_cycle
    from pipeline.settings import load_settings
    from pipeline.store import cycle_lock, health, open_store

    settings = load_settings(folder)
    check_semantic(settings, settings.folder)
    with cycle_lock(database, f"tumen {trigger}"):
        conn = open_store(database)
        try:
            began, last = _now(), health.last_event(conn)
            with summary.progress(enabled=bar) as watcher:
                report = asyncio.run(run_cycle(conn, settings, trigger=trigger, force=force, watcher=watcher))
            told = after_cycle(conn, settings, began, _now)
            changes = tuple(
                FeedChange(feed=event.feed, what=event.what, sentence=event.sentence())
                for event in health.events(conn, after=last)
            )
            report = replace(
                report,
                alerts_sent=told.sent,
                alerts_waiting=told.waiting,
                alert_problems=told.problems,
                feed_changes=changes,
            )
            summary.write_log(report)
            if settings.flagging.semantic:  # last: people are told first, whatever becomes of the model
                _rank_by_meaning(conn, settings)
            return report
        finally:
            conn.close()


def _rank_by_meaning(conn: sqlite3.Connection, settings: Settings) -> None:
    from pipeline.semantic import WrongWeights, backend_of, catch_up
    from pipeline.settings import find_file
    from pipeline.settings.reference import load_reference

    file = find_file(settings.folder, "tumen.toml")
    reference = load_reference(find_file(settings.folder, "reference.toml"))
    try:
        catch_up(conn, backend_of(settings.flagging.semantic, file), reference.passages, _now)
    except WrongWeights as error:
        raise ConfigError(file, "[flagging] › semantic", f"cannot be used: {error}") from None


def _now() -> datetime:
    return datetime.now(UTC)
