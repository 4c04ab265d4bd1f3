"""``tumen feeds``: list, check, add, import and export feeds."""

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
    from pipeline.feeds.opml import Outline
    from pipeline.model import Source
    from pipeline.services.discover import Search
    from pipeline.settings import Settings


_MAX_SKIPPED_SHOWN = 5  # skipped feeds beyond these are only counted


@click.group("feeds")
def command() -> None:
    """List, add and check feeds, show their history, import and export OPML."""


@command.command("list")
@options.config
@click.option("--all", "every", is_flag=True, help="Also disabled feeds.")
def list_(folder: Path | None, *, every: bool) -> None:
    """List the sources of feeds.toml."""
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
    """Print the last polls of the feed NAME, newest first, with problems and entries that were not stored."""
    from pipeline.store import open_readonly, runs

    conn = open_readonly(database)
    rows = runs.history(conn, name, limit)
    conn.close()
    if not rows:
        raise NotFound(f"{name}: no feed of this name was polled. “tumen feeds list” shows the names.")
    for row in rows:
        new = "" if row.entries_new is None else f"{row.entries_new} new"
        line = f"{row.at}  {row.status or 0:>3}  {row.outcome:<13} {row.size:>9,} B  {new:<8} {row.problem or ''}"
        click.echo(line.rstrip())


@command.command("check")
@click.argument("names", nargs=-1, metavar="[NAME|URL]…")
@options.config
def check(names: tuple[str, ...], folder: Path | None) -> int:
    """Poll feeds once, store nothing, and print what is wrong with each.

    Prints one line per feed: HTTP status, name, number of entries, how many of them share a link or repeat another,
    newest date, encoding, validators, whether robots.txt allows the page of an entry, and the problem.

    Without NAME, all enabled feeds are checked. Exit status 1 if a feed has no entries.
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
            raise NotFound(f"{name}: there is no feed of this name. “tumen feeds list --all” shows the names.")
    chosen = chosen or [source for source in settings.sources if source.enabled]
    good = asyncio.run(_check_all(chosen, settings))
    click.echo(f"{good} of {len(chosen)} feeds have entries", err=True)
    return 0 if good == len(chosen) else 1


async def _check_all(sources: list[Source], settings: Settings) -> int:
    from pipeline.fetch import Fetcher
    from pipeline.processing.pool import Workers
    from pipeline.services.check import check_feed

    async with Fetcher(settings.fetch, sources=sources) as fetcher, Workers.of(settings.extract) as workers:
        good = 0
        checks = [check_feed(source, fetcher, workers, datetime.now(UTC)) for source in sources]
        for task in asyncio.as_completed(checks):
            checked = await task
            good += checked.entries > 0
            click.echo(checked.line())
    return good


@command.command("export")
@options.config
def export(folder: Path | None) -> None:
    """Print the sources that have a feed as OPML, for other feed readers."""
    from pipeline.feeds.opml import write_opml
    from pipeline.settings import load_settings

    sources = [source for source in load_settings(folder).sources if source.via == "feed"]
    click.echo(write_opml(sources, "Tumen", datetime.now(UTC)))


@command.command("add")
@click.argument("site")
@click.option("--name", help="Name to show.  [default: the feed's title]")
@click.option("--language", help="Language of its texts: en, ru, ko …  [default: detected from its titles]")
@click.option("--home", help="Home country of its readers: RU, KR …  [default: from its domain]")
@click.option("--kind", help="agency, daily, think tank …  [default: daily]")
@click.option("--all", "every", is_flag=True, help="Add every feed found, not only the first.")
@click.option("--dry-run", is_flag=True, help="Print what would be added and write nothing.")
@options.config
def add(site: str, folder: Path | None, *, every: bool, dry_run: bool, **given: str | None) -> int:
    r"""Find the feeds of SITE (a site's, a feed's or a channel's URL) and add the first one to feeds.toml.

    Looks for a feed at the URL itself, then for feeds named by the page, then at common paths. Without a feed: for the
    sitemaps named by robots.txt, and for links to articles in the page itself. The new [[feed]] is appended to
    feeds.toml; the rest of the file does not change. Check the result with “tumen feeds check NAME”.

    \b
    Exit status:
      0   added
      1   all feeds found are already watched
      66  no feed was found
    """
    from pipeline.settings import addition, load_settings

    settings = load_settings(folder, feeds_required=False)
    path = addition.own_file(folder)
    search = asyncio.run(_find(site, settings))
    if not search.found:
        raise NotFound(f"{site}: no feed was found. {search.problem}")
    for feed in search.found:
        click.echo(feed.checked.line())
        kind = "" if feed.source.via == "feed" else f"  ({feed.source.via})"
        click.echo(f"     {feed.source.url}{kind}")
    wanted = [  # --name is for the first feed; two feeds cannot have the same name
        _with(feed.source, given | ({} if number == 0 else {"name": None}))
        for number, feed in enumerate(search.found if every else search.found[:1])
    ]
    added = _new(wanted, settings.sources)
    _write(path, added, dry_run=dry_run, shipped=settings.feeds == "shipped")
    return 0 if added else 1


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", default="en", show_default=True, help="Language of feeds for which the file has none.")
@click.option("--off", is_flag=True, help="Add the feeds disabled (enabled = false).")
@click.option("--dry-run", is_flag=True, help="Print what would be added and write nothing.")
@options.config
def import_(file: Path, language: str, folder: Path | None, *, off: bool, dry_run: bool) -> int:
    """Add the feeds of an OPML file, as exported by other feed readers, to feeds.toml.

    Feeds that are already watched are skipped. Makes no request; use “tumen feeds check” to test the new feeds. Exit
    status 1 if there was nothing to add.
    """
    import re

    from pipeline.feeds.opml import read_opml
    from pipeline.model import Source
    from pipeline.settings import addition, load_settings

    settings = load_settings(folder, feeds_required=False)
    path = addition.own_file(folder)
    sources = []
    for outline in read_opml(file.read_bytes(), file):
        named = (outline.language or "").partition("-")[0]
        source = Source(
            name=outline.name,
            url=outline.url,
            language=named if re.fullmatch("[a-z]{2,3}", named) else language,
            enabled=not off,
        )
        sources.append(replace(source, **_own_attributes(outline)))
    added = _new(sources, settings.sources)
    _write(path, added, dry_run=dry_run, shipped=settings.feeds == "shipped")
    return 0 if added else 1


def _own_attributes(outline: Outline) -> dict[str, object]:
    """Return what “tumen feeds export” writes beside the address, as far as it is valid."""
    from pipeline.settings.codes import COUNTRIES
    from pipeline.settings.schedule import is_timezone
    from pipeline.settings.sources import KINDS

    kind, minutes = outline.category.lower(), outline.interval
    own: dict[str, object] = {"kind": kind} if kind in KINDS else {}
    if outline.home in COUNTRIES:
        own["home"] = outline.home
    if outline.timezone and is_timezone(outline.timezone):
        own["timezone"] = outline.timezone
    if minutes.isascii() and minutes.isdigit() and 1 <= int(minutes[:7]) <= 525_600:
        own["interval_minutes"] = int(minutes)
    return own


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
    """Return the sources that are not watched yet, with unique names, and print the skipped ones."""
    from pipeline.settings.addition import unlike
    from pipeline.text.urls import canonical

    watched = {canonical(source.url): source.name for source in known}
    added: list[Source] = []
    skipped: list[str] = []
    for source in wanted:
        address = canonical(source.url)
        if address in watched:
            skipped.append(f"{source.url} is already watched, as “{watched[address]}”.")
            continue
        watched[address] = source.name
        added.append(unlike(source, [*known, *added]))
    for line in skipped[:_MAX_SKIPPED_SHOWN]:
        click.echo(line, err=True)
    if len(skipped) > _MAX_SKIPPED_SHOWN:
        click.echo(f"… and {len(skipped) - _MAX_SKIPPED_SHOWN} more that are already watched.", err=True)
    return added


def _write(path: Path, added: list[Source], *, dry_run: bool, shipped: bool) -> None:
    from pipeline.settings import addition

    if added and not dry_run:
        addition.append(path, added, with_shipped=shipped)
    for source in added:
        click.echo(f"\n{addition.as_toml(source)}", nl=False)
    if added:
        click.echo(f"\n{len(added)} {'would be added' if dry_run else 'added'} to {path}", err=True)
