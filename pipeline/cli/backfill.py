"""``tumen backfill``: articles of the past from web archives."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options
from pipeline.errors import BadValue, NotFound

if TYPE_CHECKING:
    from pipeline.backfill.jobs import Period
    from pipeline.backfill.merge import Merged
    from pipeline.backfill.runs import Plan, Progress, Summary

_MOST_PROBLEMS = 12
_SECONDS_PER_GB = 50.0  # of one core; docs/backfill.md


class _ReadByDefault(click.Group):
    """A group whose command ``read`` may be left out: ``tumen backfill FILE`` means ``tumen backfill read FILE``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["read", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ReadByDefault)
def command() -> None:
    """Read articles of the past from web archives (WARC files), and merge them into the database.

    \b
      tumen backfill download LIST --into DIR   fetch the files of a list
      tumen backfill DIR --from 2018-06-01      read them
      tumen backfill merge                      store the articles
    """  # noqa: D301 - click's mark


def _day(_: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date such as 2018-06-21.") from None


def period(function: Callable[..., object]) -> Callable[..., object]:
    """Add the options ``--from`` and ``--to``."""
    begin = click.option("--from", "start", metavar="DATE", callback=_day, help="First day, such as 2018-06-01.")
    end = click.option("--to", "end", metavar="DATE", callback=_day, help="Last day.")
    return begin(end(function))


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.database
@options.config
@period
@click.option("--workers", type=click.IntRange(1, 256), default=None, help="Processes.  [default: one per core]")
@click.option("--cluster", metavar="ADDRESS", default=None, help="Dask scheduler, or “local” to start one here.")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=None, help="Folder of results.")
@click.option("--dry-run", is_flag=True, help="Print the plan and an estimate; read nothing.")
def read(
    *,
    files: tuple[Path, ...],
    database: Path,
    folder: Path | None,
    start: datetime | None,
    end: datetime | None,
    workers: int | None,
    cluster: str | None,
    results: Path | None,
    dry_run: bool,
) -> int:
    r"""Read WARC files: FILES are files, folders, or lists with one path per line.

    Articles go to one result file per WARC file; “tumen backfill merge” stores them. Safe to stop at any moment: the
    next call reads only what is missing.

    \b
    Exit status:
      0   success
      1   done, but at least one file could not be read
      66  a file does not exist
      69  the cluster cannot be used
      73  the results or the database cannot be written
      75  another backfill is active
    """
    from pipeline.backfill import plan as planning
    from pipeline.backfill import runs
    from pipeline.settings import load_settings
    from pipeline.store import cycle_lock, open_store

    settings = load_settings(folder)
    found = planning.find_files(files)
    wanted = _period(start, end)
    results = results or database.parent / f"{database.stem}-backfill"
    with cycle_lock(results / "backfill", "tumen backfill"):
        conn = open_store(database)
        try:
            work = runs.plan(conn, found, settings, wanted, results)
            _show_plan(work, [file.path.name for file in found], workers or _cores())
            if dry_run:
                return 0
            summary = _read(conn, work, settings, workers, cluster)
        finally:
            conn.close()
    _show_summary(summary)
    return 1 if summary.problems else 0


def _read(conn: sqlite3.Connection, work: Plan, settings: object, workers: int | None, cluster: str | None) -> Summary:
    from pipeline.backfill import engines, runs
    from pipeline.settings import Settings

    assert isinstance(settings, Settings)  # noqa: S101 - for the type checker; imported only here
    processes = workers or _cores()
    engine: engines.Engine
    if cluster:
        engine = engines.DaskEngine(None if cluster == "local" else cluster, processes)
    else:
        engine = engines.PoolEngine(processes, settings.extract.memory_mb)
    with _bar() as watch:
        return runs.read(conn, work, settings, engine, _now, watch)


@command.command()
@options.database
@options.config
def merge(database: Path, folder: Path | None) -> None:
    """Store the articles of all results that are not merged yet, in order of capture.

    Articles get flags and stories; no alert is sent. Safe to stop and to repeat.
    """
    from pipeline import shipped
    from pipeline.backfill.merge import merge as merge_results
    from pipeline.store import cycle_lock, open_store

    with cycle_lock(database, "tumen backfill merge"):
        conn = open_store(database, create=False)
        merged = merge_results(conn, folder or shipped.CONFIG, _now, _show_merged)
        conn.close()
    options.show_progress("")
    if not merged.files:
        click.echo("No result waits to be merged.")
        return
    click.echo(f"{merged.files:,} results merged: {merged.new:,} new articles, {merged.flagged:,} of them flagged,")
    click.echo(f"{merged.revised:,} with a new text, {merged.known:,} captures of known articles.")


def _show_merged(now: Merged) -> None:
    options.show_progress(f"{now.done:,} of {now.total:,} captures")


@command.command()
@click.argument("listing", metavar="LIST", type=click.Path(path_type=Path))
@options.config
@period
@click.option("--into", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files.")
@click.option("--base", default=None, help="Address before the paths of the list.  [default: Common Crawl's]")
@click.option("--dry-run", is_flag=True, help="Print the map of days and the number of files; download nothing.")
def download(
    *,
    listing: Path,
    folder: Path | None,
    start: datetime | None,
    end: datetime | None,
    into: Path,
    base: str | None,
    dry_run: bool,
) -> int:
    """Download the WARC files of a LIST of addresses or paths, such as Common Crawl's warc.paths.gz.

    One file after the other, over one connection. Safe to stop: the next call goes on within the file.
    """
    from pipeline.backfill import download as downloads
    from pipeline.backfill import plan as planning
    from pipeline.settings import load_settings

    settings = load_settings(folder)
    if not listing.exists():
        raise NotFound(f"{listing}: does not exist.")
    lines = planning.list_lines(listing)
    if lines is None:
        raise BadValue(f"{listing}: is no list of WARC files with one address or path per line.")
    wanted = _period(start, end)
    urls = [
        url
        for url in downloads.addresses(lines, base or downloads.COMMON_CRAWL)
        if planning.may_hold(planning.WarcFile(Path(downloads.name_of(url)), 0), wanted)
    ]
    _show_map([downloads.name_of(url) for url in urls], wanted)
    click.echo(f"{len(urls):,} of {len(lines):,} files are for this period.")
    if dry_run or not urls:
        return 0
    report = downloads.download(urls, into, settings.fetch, watch=_show_part)
    options.show_progress("")
    click.echo(f"{report.files:,} files downloaded ({_size(report.size)}), {report.present:,} were there.")
    _show_problems(report.problems)
    return 1 if report.problems else 0


def _show_part(name: str, have: int, total: int) -> None:
    options.show_progress(f"{name}  {_size(have)} of {_size(total)}")


def _now() -> datetime:
    return datetime.now(UTC)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _period(start: datetime | None, end: datetime | None) -> Period:
    from pipeline.backfill.jobs import Period

    if start and end and end < start:
        raise BadValue("--to is before --from.")
    return Period(start=start, end=end + timedelta(days=1) if end else None)


def _show_plan(work: Plan, names: list[str], workers: int) -> None:
    _show_map(names, work.period)
    size = sum(file.size for file in work.missing)
    outside = f", {work.skipped:,} outside the period" if work.skipped else ""
    before = len(work.done) + len(work.adopted)
    click.echo(f"{len(work.missing):,} files to read ({_size(size)}), {before:,} read before{outside}.")
    if work.missing:
        seconds = size / 1e9 * _SECONDS_PER_GB / workers
        click.echo(f"About {_duration(seconds)} with {workers} workers, as far as the size tells.")


def _show_map(names: list[str], period: Period) -> None:
    from pipeline.backfill.plan import coverage

    lines = coverage(names, period)
    if lines:
        click.echo("Files per day (· none, o none in CC-NEWS):")
        click.echo("\n".join(f"  {line}" for line in lines[:60]))


def _show_summary(summary: Summary) -> None:
    counts = summary.counts
    rate = counts.pages / summary.seconds if summary.seconds else 0.0
    click.echo(
        f"{summary.files:,} files read in {_duration(summary.seconds)}: {counts.pages:,} pages, {rate:,.0f} pages/s."
    )
    for number, what in (
        (counts.passed, "pages passed the byte test"),
        (counts.relevant, "articles kept: relevant or on a topic"),
        (counts.near, "articles kept: near misses"),
        (counts.audit, "articles kept: random sample of the rest"),
        (counts.outside, "pages outside the period"),
        (counts.failed, "pages failed"),
        (counts.damaged, "records damaged and left out"),
        (int(counts.truncated), "files end in the middle of a record"),
    ):
        if number:
            click.echo(f"{number:9,}  {what}")
    _show_problems(summary.problems)
    if counts.kept:
        click.echo("Next: tumen backfill merge")


def _show_problems(problems: list[str] | tuple[str, ...]) -> None:
    for problem in problems[:_MOST_PROBLEMS]:
        click.echo(problem, err=True)
    if len(problems) > _MOST_PROBLEMS:
        click.echo(f"… and {len(problems) - _MOST_PROBLEMS:,} more.", err=True)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    with Bar(TextColumn("{task.description}"), BarColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def watch(now: Progress) -> None:
            left = "" if now.seconds_left is None else f"  {_duration(now.seconds_left)} left"
            text = (
                f"{now.files_done:,}/{now.files_total:,} files  {now.pages:,} pages  {now.pages_per_second:,.0f}/s"
                f"  {now.kept:,} kept  {now.damaged:,} damaged{left}"
            )
            bar.update(task, description=text, completed=now.bytes_done, total=now.bytes_total)

        yield watch


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
