"""``tumen feeds``: what is watched, and whether it answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from pipeline.cli import options
from pipeline.errors import NotFound

if TYPE_CHECKING:
    from pipeline.model import Source
    from pipeline.services.discover import Search
    from pipeline.settings import Settings


_SHOWN = 5  # feeds that are left out of an addition; more are counted


@click.group("feeds")
def command() -> None:
    """List, add and check feeds, see their history, exchange them as OPML."""


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

    A line a feed: HTTP status, name, entries, newest date, encoding, validators, what robots.txt says to the page of
    one of its entries, and what is wrong.

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
    from pipeline.fetch import Fetcher
    from pipeline.processing.pool import Workers
    from pipeline.services.check import check_feed

    async with Fetcher(settings.fetch) as fetcher, Workers.of(settings.extract) as workers:
        good = 0
        asked = [check_feed(source, fetcher, workers, datetime.now(UTC)) for source in sources]
        for task in asyncio.as_completed(asked):
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


@command.command("add")
@click.argument("site")
@click.option("--name", help="What people see.  [default: the feed's own title]")
@click.option("--language", help="Of its texts: en, ru, ko …  [default: by its titles]")
@click.option("--home", help="The country its readers take for granted: RU, KR …  [default: by its address]")
@click.option("--kind", help="agency, daily, think tank …  [default: daily]")
@click.option("--all", "every", is_flag=True, help="Add every feed that is found, not only the first.")
@click.option("--dry-run", is_flag=True, help="Print what would be added, and write nothing.")
@options.config
def add(site: str, folder: Path | None, *, every: bool, dry_run: bool, **given: str | None) -> int:
    r"""Find the feeds of SITE (its address, or a feed's) and add the first to feeds.toml.

    It looks for a feed at the address, for feeds that the page names, and in the usual places, in this order. What
    stands in feeds.toml stays as it is; the new [[feed]] goes to its end. Look at it, and at “tumen feeds check NAME”.

    \b
    Exit status:
      0   added
      1   what was found is watched already
      66  no feed was found
    """
    from pipeline.settings import addition, load_settings

    settings = load_settings(folder)
    path = addition.own_file(folder)
    search = asyncio.run(_find(site, settings))
    if not search.found:
        raise NotFound(f"{site}: no feed was found. {search.problem}")
    for one in search.found:
        click.echo(one.checked.line())
        click.echo(f"     {one.source.url}")
    wanted = [
        _with(one.source, given | ({} if number == 0 else {"name": None}))
        for number, one in enumerate(search.found if every else search.found[:1])
    ]
    added = _new(wanted, settings.sources)
    _write(path, added, dry_run=dry_run)
    return 0 if added else 1


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", default="en", show_default=True, help="Of those for which the list names none.")
@click.option("--off", is_flag=True, help="Add them switched off (enabled = false).")
@click.option("--dry-run", is_flag=True, help="Print what would be added, and write nothing.")
@options.config
def import_(file: Path, language: str, folder: Path | None, *, off: bool, dry_run: bool) -> int:
    """Add the feeds of an OPML list, as other feed readers write it, to feeds.toml.

    Feeds that are watched already are left out. Nothing is asked over the network: “tumen feeds check” does that. Exit
    status 1 when there was nothing to add.
    """
    import re

    from pipeline.feeds.opml import read_opml
    from pipeline.model import Source
    from pipeline.settings import addition, load_settings
    from pipeline.settings.sources import KINDS

    settings = load_settings(folder)
    path = addition.own_file(folder)
    sources = []
    for outline in read_opml(file.read_bytes(), file):
        said = (outline.language or "").partition("-")[0]
        source = Source(
            name=outline.name,
            url=outline.url,
            language=said if re.fullmatch("[a-z]{2,3}", said) else language,
            enabled=not off,
        )
        kind = outline.category.lower()
        sources.append(_with(source, {"kind": kind if kind in KINDS else None}))
    added = _new(sources, settings.sources)
    _write(path, added, dry_run=dry_run)
    return 0 if added else 1


async def _find(site: str, settings: Settings) -> Search:
    from pipeline.fetch import Fetcher
    from pipeline.processing.pool import Workers
    from pipeline.services.discover import addresses, find_feeds

    tried: list[Search] = []
    for url in addresses(site):
        async with Fetcher(settings.fetch) as fetcher, Workers.of(settings.extract) as workers:
            tried.append(await find_feeds(url, fetcher, workers, datetime.now(UTC)))
        if tried[-1].found:
            return tried[-1]
    return tried[0]


def _with(source: Source, given: dict[str, str | None]) -> Source:
    return replace(source, **{key: value for key, value in given.items() if value is not None})


def _new(wanted: list[Source], known: tuple[Source, ...]) -> list[Source]:
    """Those that are not watched yet, under names of their own; what is left out is told."""
    from pipeline.settings.addition import unlike
    from pipeline.text.urls import canonical

    watched = {canonical(source.url): source.name for source in known}
    added: list[Source] = []
    left_out: list[str] = []
    for source in wanted:
        address = canonical(source.url)
        if address in watched:
            left_out.append(f"{source.url} is watched already, as “{watched[address]}”.")
            continue
        watched[address] = source.name
        added.append(unlike(source, [*known, *added]))
    for line in left_out[:_SHOWN]:
        click.echo(line, err=True)
    if len(left_out) > _SHOWN:
        click.echo(f"… and {len(left_out) - _SHOWN} more that are watched already.", err=True)
    return added


def _write(path: Path, added: list[Source], *, dry_run: bool) -> None:
    from pipeline.settings import addition

    if added and not dry_run:
        addition.append(path, added)
    for source in added:
        click.echo(f"\n{addition.as_toml(source)}", nl=False)
    if added:
        click.echo(f"\n{len(added)} {'would be added' if dry_run else 'added'} to {path}", err=True)
