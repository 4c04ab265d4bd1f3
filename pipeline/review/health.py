"""Health for machines: JSON, and metrics in the text format of Prometheus.

In: the database. Out: the same facts as ``tumen status``; HTTP status 503 when a person should look.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from pipeline.errors import StoreError
from pipeline.review import guard, pages, same_file
from pipeline.store import status
from pipeline.store.values import to_time


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/health$", health), (r"^/-/tumen/metrics$", metrics)]


async def health(datasette: Any, request: Any) -> Response:
    """Return one JSON object, with HTTP status 200 if healthy and 503 if not, also if the database cannot be read."""
    try:
        same_file.check(datasette)
        state = await _read(datasette)
    except (OSError, sqlite3.Error, StoreError) as error:
        return Response.json({"healthy": False, "problems": [str(error)]}, status=503)
    return Response.json(state.as_dict(), status=200 if state.healthy else 503)


@pages.errors_as_pages
async def metrics(datasette: Any, request: Any) -> Response:
    """Return gauges; times are Unix timestamps."""
    state = await _read(datasette)
    return Response.text("\n".join(_lines(state)) + "\n")


async def _read(datasette: Any) -> status.Status:
    state: status.Status = await guard.read(datasette, lambda conn: status.read(conn, datetime.now(UTC)))
    return state


def _lines(state: status.Status) -> Iterator[str]:
    yield from _gauge("tumen_healthy", "1 if healthy, 0 if a person should look", int(state.healthy))
    yield from _gauge("tumen_database_bytes", "size of the database", state.size_bytes)
    yield from _gauge("tumen_wal_bytes", "size of the write-ahead log", state.wal_bytes)
    yield from _gauge("tumen_disk_free_bytes", "free space on the disk of the database", state.free_bytes)
    yield from _gauge("tumen_articles", "stored articles", state.articles)
    yield from _gauge("tumen_articles_relevant", "relevant articles", state.relevant)
    yield from _gauge("tumen_articles_waiting", "relevant articles without a verdict", state.unreviewed)
    yield from _gauge("tumen_feeds", "watched feeds", state.feeds)
    yield from _gauge(
        "tumen_feeds_failing", "feeds with three failed polls in a row, never read, gone or blocked", len(state.failing)
    )
    yield from _gauge("tumen_feeds_silent", "feeds silent for longer than usual", len(state.silent))
    yield from _gauge("tumen_alerts_waiting", "alerts waiting to be sent", state.alerts_waiting)
    yield from _gauge("tumen_alerts_stuck", "alerts not accepted for an hour or longer", state.watch.alerts_stuck)
    yield from _gauge("tumen_alerts_failed", "alerts given up", state.alerts_failed)
    yield from _gauge(
        "tumen_daemon_gone", "1 if the daemon died without a clean stop", int(bool(state.watch.daemon_gone))
    )
    yield from _gauge("tumen_damaged", "1 if the last check found damage", int(state.damaged_at is not None))
    yield from _gauge("tumen_backup_failed", "1 if the last backup failed", int(state.copy_failed_at is not None))
    yield from _gauge("tumen_articles_other_config", "articles with flags of another config", state.watch.other_config)
    if state.watch.last_run_status is not None:
        yield from _gauge("tumen_last_run_status", "exit status of the last run", state.watch.last_run_status)
    for name, what, at in (
        ("last_cycle", "end of the last cycle", state.last_cycle),
        ("last_run", "start of the last run that ended", state.watch.last_run_at),
        ("overdue", "since when feeds wait to be polled for too long", state.watch.overdue_since),
        ("last_check", "last time housekeeping found the database sound", state.checked_at),
        ("last_backup", "last backup", state.copied_at),
        ("next_due", "next feed check", state.next_due),
    ):
        if at:
            yield from _gauge(f"tumen_{name}_timestamp_seconds", what, int(to_time(at).timestamp()))
    yield "# HELP tumen_entries entries by state"
    yield "# TYPE tumen_entries gauge"
    for name, count in state.entries.items():
        yield f'tumen_entries{{state="{name}"}} {count}'


def _gauge(name: str, what: str, value: int) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} gauge"
    yield f"{name} {value}"
