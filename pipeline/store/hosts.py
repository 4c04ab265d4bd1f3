"""Stored state of hosts: back-off times and robots.txt."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from pipeline.model import HostState
from pipeline.store.values import to_text_or_none, to_time_or_none


def get(conn: sqlite3.Connection, site: str) -> HostState | None:
    """Return the stored state of a host."""
    row = conn.execute("SELECT * FROM hosts WHERE host = ?", (site,)).fetchone()
    if row is None:
        return None
    return HostState(
        site=site,
        barred_until=to_time_or_none(row["barred_until"]),
        robots_at=to_time_or_none(row["robots_at"]),
        robots_status=row["robots_status"] or 0,
        robots_body=row["robots_body"] or b"",
    )


def put(conn: sqlite3.Connection, states: Iterable[HostState]) -> None:
    """Store the state of hosts. Needs a transaction of the caller."""
    conn.executemany(
        "INSERT OR REPLACE INTO hosts (host, barred_until, robots_at, robots_status, robots_body)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (s.site, to_text_or_none(s.barred_until), to_text_or_none(s.robots_at), s.robots_status, s.robots_body)
            for s in states
        ],
    )
