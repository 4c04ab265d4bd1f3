"""``tumen run``: one cycle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options
from pipeline.errors import LockHeld, NetworkUnreachable

if TYPE_CHECKING:
    from pipeline.settings import Settings


@click.command()
@options.database
@options.config
@click.option("--force", is_flag=True, help="Poll every feed, due or not.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
@click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="For cron: print only what needs a person, such as a feed that fails.",
)
@options.verbose
def command(database: Path, folder: Path | None, *, force: bool, as_json: bool, quiet: bool) -> int:
    r"""Poll the feeds that are due, read new articles, flag and store them.

    Safe to call at any time and to stop at any moment: the next run continues where this one stopped.

    \b
    Exit status:
      0   success
      1   done, but at least one feed failed (the summary names it)
      66  no feed is enabled
      69  no feed could be reached
      73  the database cannot be used
      75  another run is active on this database
      78  the config has an error
    """
    from pipeline.cli import summary
    from pipeline.cycle.run import run_cycle
    from pipeline.settings import origins

    announce = None if as_json or quiet else _announce
    try:
        with summary.progress(enabled=not (as_json or quiet)) as watcher:
            report = run_cycle(database, folder, trigger="run", force=force, watcher=watcher, announce=announce)
    except LockHeld as held:
        if quiet:  # cron would send a mail at each run beside a long one
            return held.exit_code
        raise
    if as_json:
        click.echo(summary.as_json(report))
    if report.outage and report.feeds_polled:
        if quiet and _outage_is_known(database):
            return NetworkUnreachable.exit_code
        raise NetworkUnreachable(
            f"None of {report.feeds_polled} feeds could be reached: is this machine on the network?"
            f" (First failure: {report.troubles[0].reason})"
        )
    if quiet:
        for line in (*(change.sentence for change in report.feed_changes), *report.alert_problems):
            click.echo(f"{line[0].upper()}{line[1:]}", err=True)
    elif not as_json:
        if folder is not None:
            click.echo(f"Config {origins(folder)}.")
        summary.show(report)
    return 1 if report.feeds_failed else 0


def _outage_is_known(database: Path) -> bool:
    """Return whether the run before this one could reach nothing either, so that cron sends one mail per outage."""
    from pipeline.store import open_readonly, runs

    conn = open_readonly(database)
    before = runs.last_statuses(conn, 2)[1:]
    conn.close()
    return before == [NetworkUnreachable.exit_code]


def _announce(settings: Settings) -> None:
    """Print what was probably not meant, before anything is polled."""
    from pipeline.cycle.config_check import missing_contact, oversights

    for sentence in filter(None, (*oversights(settings), missing_contact(settings))):
        click.echo(f"tumen: {sentence}", err=True)
