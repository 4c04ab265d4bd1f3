"""``tumen reextract``: extract the kept pages again with the current version."""

from __future__ import annotations

import asyncio
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
@click.option("--dry-run", is_flag=True, help="Print what would change and write nothing.")
def command(database: Path, folder: Path | None, days: int | None, *, dry_run: bool) -> None:
    """Extract every page kept by “[archive] pages = true” again, and update the articles.

    Makes no request. A changed title or text becomes a new revision and is flagged again; verdicts stay. The command
    can be stopped and repeated at any time.
    """
    from pipeline.services.reextract import reextract
    from pipeline.settings import load_settings
    from pipeline.store import cycle_lock, open_store, page_archive
    from pipeline.store.values import to_text

    settings = load_settings(folder)
    since = to_text(datetime.now(UTC) - timedelta(days=days)) if days else ""
    with cycle_lock(database, "tumen reextract"):
        conn = open_store(database, create=False)
        archive = page_archive.PageArchive.open(page_archive.path_beside(database), create=False)
        report = asyncio.run(
            reextract(
                conn,
                archive,
                settings,
                since=since,
                dry_run=dry_run,
                now=lambda: datetime.now(UTC),
                watch=lambda now: options.show_progress(f"{now.done:,} pages"),
            )
        )
        archive.close()
        conn.close()
    options.show_progress("")
    _show(report, dry_run=dry_run)


def _show(report: Reextraction, *, dry_run: bool) -> None:
    if not report.done:
        click.echo("No article has a kept page.")
        return
    click.echo(f"{report.done:,} articles{', nothing written (--dry-run)' if dry_run else ''}:")
    for number, what in (
        (report.revised, "new title or text, flagged again"),
        (report.renewed, "new date, authors or other metadata"),
        (report.same, "unchanged"),
        (report.lost, "kept as they are: no article found in the page"),
        (report.failed, "kept as they are: the page could not be read"),
        (report.missing, "kept as they are: the page is no longer stored"),
    ):
        if number:
            click.echo(f"{number:9,}  {what}")
