"""``tumen reextract``: the kept pages read again with the extraction of today."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options

if TYPE_CHECKING:
    from pipeline.services.reextract import Reextraction


@click.command()
@options.database
@options.config
@click.option("--days", type=click.IntRange(1), default=None, help="Only articles fetched in the last DAYS days.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def command(database: Path, folder: Path | None, days: int | None, *, dry_run: bool) -> None:
    """Read every page that “[archive] pages = true” kept once more, and renew the articles made of them.

    No request is made. A changed title or text is a new revision and is flagged anew; verdicts stay. Safe to stop and
    to call again.
    """
    from pipeline.services.reextract import reextract
    from pipeline.settings import load_settings
    from pipeline.store import cycle_lock, open_store, page_archive
    from pipeline.store.values import to_text

    def watch(now: Reextraction) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{now.done:,} pages", nl=False, err=True)

    settings = load_settings(folder)
    since = to_text(datetime.now(UTC) - timedelta(days=days)) if days else ""
    with cycle_lock(database, "tumen reextract"):
        conn = open_store(database, create=False)
        archive = page_archive.Copies.open(page_archive.path_beside(database), create=False)
        report = asyncio.run(
            reextract(conn, archive, settings, since=since, dry_run=dry_run, now=lambda: datetime.now(UTC), watch=watch)
        )
        archive.close()
        conn.close()
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    _tell(report, dry_run=dry_run)


def _tell(report: Reextraction, *, dry_run: bool) -> None:
    if not report.done:
        click.echo("No article here was made of a kept page.")
        return
    click.echo(f"{report.done:,} articles{', nothing written (--dry-run)' if dry_run else ''}:")
    for number, what in (
        (report.revised, "new title or text, flagged anew"),
        (report.renewed, "new date, authors or the like"),
        (report.same, "as before"),
        (report.lost, "left as they are: the page gives no article now"),
        (report.failed, "left as they are: the page could not be read"),
        (report.missing, "left as they are: the page is not kept any more"),
    ):
        if number:
            click.echo(f"{number:9,}  {what}")
