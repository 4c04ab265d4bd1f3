"""What is kept of hosts between runs: who asked to be left alone until when, and what its robots.txt said.

``HostRow`` has the fields of ``pipeline.fetch.HostState``; the cycle turns one into the other, as siblings do not meet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.store.values import to_text_or_none, to_time_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRow:
    """One host; ``robots_status`` is 0 when its robots.txt could not be had."""

    site: str
    barred_until: datetime | None
    robots_at: datetime | None
    robots_status: int
    robots_body: bytes


def get(conn: sqlite3.Connection, site: str) -> HostRow | None:
    """What is kept of a host."""
    row = conn.execute("SELECT * FROM hosts WHERE host = ?", (site,)).fetchone()
    if row is None:
        return None
    return HostRow(
        site=site,
        barred_until=to_time_or_none(row["barred_until"]),
        robots_at=to_time_or_none(row["robots_at"]),
        robots_status=row["robots_status"] or 0,
        robots_body=row["robots_body"] or b"",
    )


def put(conn: sqlite3.Connection, rows: Iterable[HostRow]) -> None:
    """Keep these. Needs a transaction of the caller's."""
    conn.executemany(
        "INSERT OR REPLACE INTO hosts (host, barred_until, robots_at, robots_status, robots_body)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (r.site, to_text_or_none(r.barred_until), to_text_or_none(r.robots_at), r.robots_status, r.robots_body)
            for r in rows
        ],
    )
