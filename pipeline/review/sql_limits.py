"""Memory limits of a connection on which readers run their own SQL.

SQLite's time limit does not interrupt a single function call, and Datasette limits rows, not bytes.
"""

from __future__ import annotations

import sqlite3
import weakref
from typing import Any

_MOST_VALUE_BYTES = 8 * 1024 * 1024  # more than any stored text
_MOST_COLUMNS = 100
_MOST_RESULT_BYTES = 64 * 1024 * 1024


def apply(conn: sqlite3.Connection) -> None:
    """Limit the size of one value, the number of columns and the size of a whole result."""
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE_BYTES)
    conn.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, _MOST_COLUMNS)
    conn.row_factory = _bounded_rows()


def _bounded_rows() -> Any:
    """Return a row factory that stops a statement after 64 MiB of texts and blobs."""
    current: weakref.ref[sqlite3.Cursor] | None = None
    size = 0

    def make(cursor: sqlite3.Cursor, values: tuple[object, ...]) -> sqlite3.Row:
        nonlocal current, size
        if current is None or current() is not cursor:
            current, size = weakref.ref(cursor), 0
        size += sum(len(value) for value in values if isinstance(value, (str, bytes)))
        if size > _MOST_RESULT_BYTES:
            raise sqlite3.OperationalError("the result is larger than 64 MB; select fewer rows or columns")
        return sqlite3.Row(cursor, values)

    return make
