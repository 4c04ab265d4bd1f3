"""Limits of a connection on which readers run their own SQL.

SQLite's time limit does not interrupt a single function call, and Datasette limits rows, not bytes. A function whose
time grows with the product of two lengths could run for hours and hold a thread of the desk. It is refused, limited, or
replaced by Python's own, whose time grows with the sum.
"""

from __future__ import annotations

import functools
import sqlite3
import weakref
from collections.abc import Callable
from typing import Any

_MOST_VALUE_BYTES = 8 * 1024 * 1024  # more than any stored text
_MOST_COLUMNS = 100
_MOST_RESULT_BYTES = 64 * 1024 * 1024
_MOST_PATTERN_BYTES = 100  # of LIKE and GLOB
_MOST_TRIMMED = 100  # different characters
_REFUSED = frozenset({"printf", "format", "json_patch"})  # printf('%.*c', 2000000000, 'x') takes minutes


def apply(conn: sqlite3.Connection) -> None:
    """Limit the size of one value, the number of columns, the size of a whole result, and slow functions."""
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE_BYTES)
    conn.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, _MOST_COLUMNS)
    conn.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _MOST_PATTERN_BYTES)
    conn.set_authorizer(_authorize)
    conn.create_function("instr", 2, _instr, deterministic=True)
    conn.create_function("replace", 3, _replace, deterministic=True)
    for name, strip in (("trim", str.strip), ("ltrim", str.lstrip), ("rtrim", str.rstrip)):
        conn.create_function(name, 2, functools.partial(_trim, strip), deterministic=True)
    conn.row_factory = _bounded_rows()


def _authorize(action: int, _: str | None, name: str | None, *__: object) -> int:
    refused = action == sqlite3.SQLITE_FUNCTION and name in _REFUSED
    return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK


def _instr(text: object, part: object) -> int | None:
    return None if text is None or part is None else _text(text).find(_text(part)) + 1


def _replace(text: object, old: object, new: object) -> str | None:
    if text is None or old is None or new is None:
        return None
    text, old, new = _text(text), _text(old), _text(new)
    if not old:
        return text
    if text.count(old) * len(new) > _MOST_VALUE_BYTES:
        return _too_big()
    return text.replace(old, new)


def _trim(strip: Callable[[str, str], str], text: object, characters: object) -> str | None:
    if text is None or characters is None:
        return None
    if len(_text(characters)) > _MOST_TRIMMED:
        return _too_big()
    return strip(_text(text), _text(characters))


def _too_big() -> str:
    """Return what SQLite refuses as “string or blob too big”. An exception would become an error without a reason."""
    return " " * (_MOST_VALUE_BYTES + 1)


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


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
