"""``tumen doctor``: check config, database, disk and clock, and say what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click

from pipeline.cli import options
from pipeline.errors import StoreError, TumenError

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from pipeline.settings.daemon import DaemonSettings

_LONG_CHECK_BYTES = 200_000_000
_COPIED_AT = "%Y%m%d-%H%M%S"
_ADVICE = "stop Tumen and restore the last backup with “tumen restore FILE”."


@click.command()
@options.database
@options.config
@click.option(
    "--housekeeping",
    is_flag=True,
    help="For cron: also clean up and back up the database; print problems only.",
)
def command(database: Path, folder: Path | None, *, housekeeping: bool) -> int:
    r"""Check the config, the lexicon, the database, the disk and the clock, and say what to do.

    \b
    Exit status:
      0   no problem
      1   at least one problem (one line each)
      66  the config has no enabled feed
      78  the config has an error
    """
    from pipeline.cycle.config_check import check_config

    problems, settings, wrong = 0, None, None
    try:
        settings = check_config(folder)
    except TumenError as error:
        wrong = error
    results = [("config and lexicon", str(wrong or "")), *_config(settings, quiet=housekeeping)]
    for subject, problem in chain(results, _machine(database, settings, housekeeping=housekeeping)):
        if problem:
            problems += 1
            click.echo(f"{click.style(subject, fg='red')}: {problem}")
        elif not housekeeping:
            click.echo(f"{subject}: ok")
    if not problems and not housekeeping:
        click.echo("No problems found.")
    return wrong.exit_code if wrong else 1 if problems else 0


def _config(settings: Settings | None, *, quiet: bool) -> Iterator[tuple[str, str]]:
    """Yield what a valid config has that was probably not meant."""
    from pipeline.cycle.config_check import missing_contact, oversights

    if settings is None:
        return
    yield "config files", " ".join(oversights(settings))
    yield "flagging model", _model(settings.folder)
    if not quiet and (request := missing_contact(settings)):
        click.echo(f"contact: {request}")


def _machine(database: Path, settings: Settings | None, *, housekeeping: bool) -> Iterator[tuple[str, str]]:
    """Yield the state of files, disk and database."""
    from pipeline.store import status

    yield "permissions", "; ".join(_unwritable(database, settings))
    if not housekeeping:
        yield "secrets", "; ".join(_readable(database, settings))
    free = shutil.disk_usage(database.parent if database.parent.exists() else Path.cwd()).free
    is_short = free < status.LEAST_FREE_BYTES
    yield "disk", f"only {free / 1e6:,.0f} MB are free beside {database}: free some space." if is_short else ""
    try:
        yield from _database(database, settings, housekeeping=housekeeping)
    except TumenError as error:
        damaged = isinstance(error, StoreError) and error.damaged
        yield "database", f"{database} is damaged: {_ADVICE}" if damaged else str(error)


def _model(folder: Path) -> str:
    """Return what is wrong if the shipped model was dropped because it does not fit a changed lexicon."""
    from pipeline.flagging import Flagger

    if Flagger.from_config(folder).model.heads:
        return ""
    return "the shipped model does not fit this lexicon, so seed clauses alone flag articles. Run “tumen train”."


def _unwritable(database: Path, settings: Settings | None) -> Iterator[str]:
    """Yield the files that this user cannot write."""
    from pipeline.store import page_archive

    own = [database.parent, database, page_archive.path_beside(database)]
    own += [database.with_name(database.name + end) for end in (".lock", "-wal", "-shm")]
    if settings is not None and settings.daemon.backup_folder:
        own.append(Path(settings.daemon.backup_folder))
    for path in own:
        if path.exists() and not os.access(path, os.W_OK):
            if os.statvfs(path).f_flag & os.ST_RDONLY:
                yield f"{path} is on a file system that is mounted read-only: mount it writable"
                return
            yield f"{path} cannot be written by this user: change its owner"


def _readable(database: Path, settings: Settings | None) -> Iterator[str]:
    """Yield the files that may hold a secret and that everybody can read."""
    from pipeline.settings import find_file

    secret = [database.with_name(f"{database.stem}.{end}") for end in ("secret", "analysts.json")]
    if settings is not None and any(target.url for target in settings.alerts.target):
        secret.append(find_file(settings.folder, "alerts.toml"))
    for path in secret:
        if path.exists() and path.stat().st_mode & 0o004:
            yield f"{path} may hold a secret and can be read by everybody: chmod o-r"


def _database(database: Path, settings: Settings | None, *, housekeeping: bool) -> Iterator[tuple[str, str]]:
    from pipeline.store import open_store, upkeep

    conn = open_store(database, create=False)
    try:
        if not housekeeping and sys.stderr.isatty() and (size := database.stat().st_size) > _LONG_CHECK_BYTES:
            click.echo(f"Reading all {size / 1e9:.1f} GB of the database; this takes a while.", err=True)
        faults = upkeep.faults(conn, whole=not housekeeping)
        damaged = any(fault.damaged for fault in faults)
        upkeep.note_check(conn, sound=not damaged, now=datetime.now(UTC))
        yield "database", "; ".join(fault.text for fault in faults) + (f": {_ADVICE}" if damaged else "")
        yield "clock", _clock(upkeep.last_run_started(conn))
        if not housekeeping:
            yield from _page_archive(database)
        elif not damaged:
            try:
                upkeep.tidy(conn)
            except sqlite3.OperationalError as error:
                yield "clean-up", f"{error}; the next housekeeping tries again."
            if settings is not None and settings.daemon.backup_folder:
                _copy(conn, database, settings.daemon)
    finally:
        conn.close()


def _page_archive(database: Path) -> Iterator[tuple[str, str]]:
    from pipeline.store import page_archive, upkeep

    path = page_archive.path_beside(database)
    if path.exists():
        archive = page_archive.PageArchive.open(path, create=False)
        faults = upkeep.faults(archive.conn, whole=False)
        archive.close()
        text = "; ".join(fault.text for fault in faults)
        yield "page archive", f"{path}: {text}: move it away; a new one is created." if faults else ""


def _clock(last: str | None) -> str:
    now = datetime.now(UTC)
    if last and last > (now + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ"):
        return f"the last cycle started at {last}, in the future: check this clock ({now:%Y-%m-%d %H:%M} UTC)."
    return ""


def _copy(conn: sqlite3.Connection, database: Path, daemon: DaemonSettings) -> None:
    from pipeline.store import upkeep

    folder = Path(daemon.backup_folder)
    upkeep.note_copy_tried(conn, datetime.now(UTC))
    upkeep.backup(conn, folder / f"{database.stem}-{datetime.now(UTC):{_COPIED_AT}}.db")
    copies = sorted(folder.glob(f"{database.stem}-????????-??????.db"))
    upkeep.note_copy(conn, datetime.now(UTC), _usual_interval(copies))
    for old in copies[: -daemon.backups]:
        old.unlink()


def _usual_interval(copies: Sequence[Path]) -> timedelta:
    """Return the usual time from one backup to the next: cron and timers do not say. At least a day."""
    from pipeline.store import upkeep

    times = [datetime.strptime(path.stem[-15:], _COPIED_AT) for path in copies]  # noqa: DTZ007 - all are UTC
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    return max(timedelta(seconds=median(gaps)), timedelta(days=1)) if gaps else upkeep.UNKNOWN_INTERVAL
