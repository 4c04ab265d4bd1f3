"""``tumen feeds``: what is watched, and whether it answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options
from pipeline.errors import NotFound

if TYPE_CHECKING:
    from pipeline.model import Source
    from pipeline.settings import Settings


@click.group("feeds")
def command() -> None:
    """List and check feeds, see their history, write them as OPML."""


@command.command("list")
@options.config
@click.option("--all", "every", is_flag=True, help="Also those that are switched off.")
def list_(folder: Path | None, *, every: bool) -> None:
    """Print the sources of feeds.toml."""
    from pipeline.settings import load_settings

    sources = [s for s in load_settings(folder).sources if every or s.enabled]
    for source in sources:
        state = "" if source.enabled else "  (off)"
        click.echo(f"{source.language}  {source.home or '  '}  {source.kind:<11} {source.name:<34} {source.url}{state}")
    click.echo(f"{len(sources)} sources", err=True)


@command.command("history")
@click.argument("name")
@options.database
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
def history(name: str, database: Path, limit: int) -> None:
    """Print the last polls of a feed, newest first."""
    from pipeline.store import open_readonly, runs

    conn = open_readonly(database)
    rows = runs.history(conn, name, limit)
    conn.close()
    if not rows:
        raise NotFound(f"{name}: no feed of this name was polled; “tumen feeds list” has the names.")
    for row in rows:
        new = "" if row.entries_new is None else f"{row.entries_new} new"
        told = f"{row.at}  {row.status or 0:>3}  {row.outcome:<13} {row.size:>9,} B  {new:<8} {row.problem or ''}"
        click.echo(told.rstrip())


@command.command("check")
@click.argument("names", nargs=-1, metavar="[NAME|URL]…")
@options.config
def check(names: tuple[str, ...], folder: Path | None) -> int:
    """Poll feeds once without storing anything, and say what is wrong with each.

    Without a name, every enabled feed is checked. Exit status 1 when one of them has no entries to give.
    """
    from pipeline.model import Source
    from pipeline.settings import load_settings

    settings = load_settings(folder)
    by_name = {key: source for source in settings.sources for key in (source.name, source.url)}
    chosen: list[Source] = []
    for name in names:
        if name in by_name:
            chosen.append(by_name[name])
        elif name.startswith(("http://", "https://")):
            chosen.append(Source(name=name, url=name, language="en"))
        else:
            raise NotFound(f"{name}: no feed of this name; “tumen feeds list --all” has the names.")
    chosen = chosen or [source for source in settings.sources if source.enabled]
    good = asyncio.run(_check_all(chosen, settings))
    click.echo(f"{good} of {len(chosen)} give entries", err=True)
    return 0 if good == len(chosen) else 1


async def _check_all(sources: list[Source], settings: Settings) -> int:
    from pipeline.cycle.check import check_feed
    from pipeline.fetch import Fetcher

    async with Fetcher(settings.fetch) as fetcher:
        good = 0
        for task in asyncio.as_completed([check_feed(source, fetcher, datetime.now(UTC)) for source in sources]):
            checked = await task
            good += checked.entries > 0
            click.echo(checked.line())
    return good


@command.command("export")
@options.config
def export(folder: Path | None) -> None:
    """Print the sources as OPML, for any feed reader."""
    from pipeline.feeds.opml import write_opml
    from pipeline.settings import load_settings

    click.echo(write_opml(load_settings(folder).sources, "Tumen", datetime.now(UTC)))
