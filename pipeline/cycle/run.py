"""The one way through a run: settings, lock, cycle, feed health, alerts, passage ranking.

``tumen run``, ``tumen demo`` and the tests call ``run_cycle``; the daemon runs ``tumen run`` as a child process.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.alerts import after_cycle
from pipeline.cycle.config_check import check_settings
from pipeline.cycle.progress import Progress, Watcher
from pipeline.cycle.stages import run_stages
from pipeline.errors import ConfigError, NetworkUnreachable, TumenError, printable
from pipeline.model import CycleReport, FeedChange
from pipeline.settings import Settings, find_file, origins
from pipeline.store import cycle_lock, health, open_store, plain_errors, runs

__all__ = ["Progress", "run_cycle"]

log = logging.getLogger("tumen.cycle")


def _utc_now() -> datetime:
    return datetime.now(UTC)


def run_cycle(
    database: Path,
    folder: Path | None,
    *,
    trigger: str,
    force: bool = False,
    watcher: Watcher | None = None,
    announce: Callable[[Settings], None] | None = None,
    now: Callable[[], datetime] = _utc_now,
    rng: random.Random | None = None,
) -> CycleReport:
    """Run one cycle to its end.

    Args:
        database: the SQLite file; it is made if it is missing.
        folder: the config folder; None for the shipped config.
        trigger: the caller, such as ``run`` or ``demo``; stored in the table ``runs`` and shown by the lock.
        force: poll every enabled feed, due or not.
        watcher: called after each feed and each page.
        announce: called with the checked settings before the cycle starts.
        now: the clock.
        rng: source of the jitter of poll intervals.

    Raises:
        ConfigError: a file of the config is wrong.
        NothingToWatch: no feed is enabled.
        LockHeld: another run is active on this database.
        StoreError: the database cannot be opened or written.
    """
    settings = check_settings(folder)
    log.info("config %s", origins(settings.folder))
    if announce is not None:
        announce(settings)
    with cycle_lock(database, f"tumen {trigger}"):
        conn = open_store(database)
        try:
            began, last_event = now(), health.last_event(conn)
            with _recorded(conn, began), plain_errors():
                report = asyncio.run(
                    run_stages(
                        conn,
                        settings,
                        trigger=trigger,
                        force=force,
                        now=now,
                        rng=rng or random.Random(),  # noqa: S311 - jitter, no secret
                        watcher=watcher,
                    )
                )
            runs.end(conn, began, status_of(report))
            sent = after_cycle(conn, settings, began, now, outage=report.outage)
            report = replace(
                report,
                alerts_sent=sent.sent,
                alerts_waiting=sent.waiting,
                alert_problems=sent.new_problems,
                feed_changes=tuple(
                    FeedChange(feed=event.feed, what=event.what, sentence=event.sentence())
                    for event in health.events(conn, after=last_event)
                ),
            )
            _log(report)
            if settings.flagging.semantic:  # last: alerts go out even if the sentence model fails
                _rank_passages(conn, settings, now)
            return report
        finally:
            conn.close()


def status_of(report: CycleReport) -> int:
    """Return the exit status of a cycle that came to its end."""
    return NetworkUnreachable.exit_code if report.outage else int(report.feeds_failed > 0)


@contextmanager
def _recorded(conn: sqlite3.Connection, began: datetime) -> Iterator[None]:
    """Store why a run was stopped, for ``tumen status``."""
    try:
        yield
    except TumenError as error:
        runs.end(conn, began, error.exit_code, str(error))
        raise
    except Exception as error:
        runs.end(conn, began, TumenError.exit_code, f"internal error: {type(error).__name__}")
        raise


def _rank_passages(conn: sqlite3.Connection, settings: Settings, now: Callable[[], datetime]) -> None:
    """Rank the reference's passages beside newly flagged articles with the sentence model."""
    from pipeline.semantic import WrongWeights, backend_of, catch_up
    from pipeline.settings.reference import load_reference

    file = find_file(settings.folder, "tumen.toml")
    reference = load_reference(find_file(settings.folder, "reference.toml"))
    try:
        catch_up(conn, backend_of(settings.flagging.semantic, file), reference.passages, now)
    except WrongWeights as error:
        raise ConfigError(file, "[flagging] › semantic", f"cannot be used: {error}") from None


def _log(report: CycleReport) -> None:
    """Log each failure and the figures, with the run's number, for ``-v``."""
    extra = {"run": report.run}
    for trouble in report.troubles:
        log.info("%s %s: %s", trouble.what, one_line(trouble.name), one_line(trouble.reason), extra=extra)
    for change in report.feed_changes:
        log.info("%s", change.sentence, extra=extra)
    log.info(
        "done in %.1f s: %d feeds polled, %d articles stored, %d flagged, %d waiting",
        report.seconds,
        report.feeds_polled,
        report.articles_stored,
        report.articles_flagged,
        report.waiting,
        extra=extra,
    )


def one_line(text: str) -> str:
    """Return outside text without control characters and line feeds, at most 300 characters."""
    return printable(text).replace("\n", " ")[:300]
