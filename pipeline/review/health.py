"""The watch's health for machines: JSON, and figures in the text format that Prometheus reads.

In: the database. Out: what ``tumen status`` says; 503 when a person should look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from pipeline.review import guard, pages
from pipeline.store import status
from pipeline.store.values import to_time


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Health, metrics."""
    return [(r"^/-/tumen/health$", health), (r"^/-/tumen/metrics$", metrics)]


@pages.polite
async def health(datasette: Any, request: Any) -> Response:
    """One JSON object; status 200 when all is well, else 503."""
    told = await _read(datasette)
    return Response.json(told.as_dict(), status=200 if told.healthy else 503)


@pages.polite
async def metrics(datasette: Any, request: Any) -> Response:
    """Gauges; times are seconds of the epoch."""
    told = await _read(datasette)
    return Response.text("\n".join(_lines(told)) + "\n")


async def _read(datasette: Any) -> status.Status:
    told: status.Status = await guard.database(datasette).execute_fn(lambda conn: status.read(conn, datetime.now(UTC)))
    return told


def _lines(told: status.Status) -> Iterator[str]:
    yield from _gauge("tumen_healthy", "1 when no person needs to look", int(told.healthy))
    yield from _gauge("tumen_database_bytes", "size of the database", told.size_bytes)
    yield from _gauge("tumen_wal_bytes", "size of the write-ahead log", told.wal_bytes)
    yield from _gauge("tumen_disk_free_bytes", "free on the database's disk", told.free_bytes)
    yield from _gauge("tumen_articles", "stored articles", told.articles)
    yield from _gauge("tumen_articles_relevant", "relevant articles", told.relevant)
    yield from _gauge("tumen_articles_waiting", "relevant articles without a verdict", told.unreviewed)
    yield from _gauge("tumen_feeds", "watched feeds", told.feeds)
    yield from _gauge("tumen_feeds_failing", "feeds whose last poll failed", len(told.failing))
    yield from _gauge("tumen_feeds_silent", "feeds silent against their own rhythm", len(told.silent))
    yield from _gauge("tumen_alerts_waiting", "alerts that wait to be sent", told.alerts_waiting)
    yield from _gauge("tumen_alerts_failed", "alerts that were given up", told.alerts_failed)
    for name, what, at in (
        ("last_cycle", "end of the last cycle", told.last_cycle),
        ("last_check", "when housekeeping last found the database sound", told.checked_at),
        ("last_backup", "when housekeeping last made a copy", told.copied_at),
        ("next_due", "when the next feed is due", told.next_due),
    ):
        if at:
            yield from _gauge(f"tumen_{name}_timestamp_seconds", what, int(to_time(at).timestamp()))
    yield "# HELP tumen_entries entries by state"
    yield "# TYPE tumen_entries gauge"
    for state, count in told.entries.items():
        yield f'tumen_entries{{state="{state}"}} {count}'


def _gauge(name: str, what: str, value: int) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} gauge"
    yield f"{name} {value}"
