"""The reference in the database: its passages, and the paragraphs of the original if they were imported."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from pipeline.store.schema import transaction
from pipeline.store.values import to_text


def known(conn: sqlite3.Connection) -> bool:
    """Return whether the passages are in the database."""
    return conn.execute("SELECT 1 FROM passages LIMIT 1").fetchone() is not None


def put_originals(conn: sqlite3.Connection, texts: Mapping[str, str], source: str, now: datetime) -> None:
    """Store the original's text by passage id, in place of an earlier import, in one transaction."""
    with transaction(conn):
        conn.execute("UPDATE passages SET original = NULL")
        conn.executemany(
            "UPDATE passages SET original = ? WHERE id = ?", [(text, passage) for passage, text in texts.items()]
        )
        conn.execute("UPDATE reference SET original_from = ?, original_at = ?", (source, to_text(now)))


def originals(conn: sqlite3.Connection) -> dict[str, str]:
    """Return the imported text by passage id."""
    rows = conn.execute("SELECT id, original FROM passages WHERE original IS NOT NULL ORDER BY position")
    return {row["id"]: row["original"] for row in rows}
