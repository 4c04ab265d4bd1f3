"""Hosts in the database: back-off and robots.txt, kept between runs. Each row is a ``HostState``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from pipeline.model import HostState
from pipeline.store.values import from_row, to_row


def get(conn: sqlite3.Connection, site: str) -> HostState | None:
    """Return what is known of a host."""
    row = conn.execute("SELECT *, host AS site FROM hosts WHERE host = ?", (site,)).fetchone()
    if row is None:
        return None
    return from_row(HostState, row, robots_status=row["robots_status"] or 0, robots_body=row["robots_body"] or b"")


def put(conn: sqlite3.Connection, states: Iterable[HostState]) -> None:
    """Store these. The caller holds a transaction."""
    conn.executemany(
        "INSERT OR REPLACE INTO hosts (host, barred_until, robots_at, robots_status, robots_body)"
        " VALUES (:site, :barred_until, :robots_at, :robots_status, :robots_body)",
        [to_row(state) for state in states],
    )
