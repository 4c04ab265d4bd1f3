"""Conversion between values and columns: times as UTC text of fixed width, lists as JSON, flags as 0 and 1."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")

_TEXTS = msgspec.json.Decoder(tuple[str, ...])
_READERS: dict[Any, list[tuple[str, Callable[[Any], Any]]]] = {}
_REMARK = re.compile(r"\s*\([^()]*\)")


def to_text(at: datetime) -> str:
    """Return an aware time as ``2026-11-24T06:00:00Z``. Such texts sort by time."""
    return at.astimezone(UTC).isoformat()[:19] + "Z"


def to_text_or_none(at: datetime | None) -> str | None:
    """Return a time as text; None stays None."""
    return None if at is None else to_text(at)


def to_time(text: str) -> datetime:
    """Return the aware time that ``to_text`` wrote."""
    return datetime.fromisoformat(text)


def to_json(items: Iterable[str]) -> str:
    """Return a list of texts as a JSON array, without escapes for other scripts."""
    listed = list(items)
    return json.dumps(listed, ensure_ascii=False) if listed else "[]"


def to_tuple(text: str) -> tuple[str, ...]:
    """Return the list that ``to_json`` wrote."""
    return _TEXTS.decode(text) if text != "[]" else ()


def records(cursor: sqlite3.Cursor) -> Iterator[dict[str, Any]]:
    """Yield the rows of a query by the names of their columns, also on a connection of Datasette."""
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, tuple(row), strict=True)) for row in cursor)


def from_row(kind: type[T], row: sqlite3.Row | Mapping[str, Any], **given: object) -> T:
    """Return a dataclass or struct made from the columns that have the names of its fields.

    Args:
        kind: the class; a column's value is converted to the type of its field.
        row: may hold other columns too. A field without a column keeps its default.
        given: fields that are not columns, or columns of another name.
    """
    columns = set(row.keys()) - given.keys()
    values = {name: read(row[name]) for name, read in _readers(kind) if name in columns}
    return kind(**values, **given)


def _readers(kind: Any) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return each field with the function that converts its column, worked out once per class."""
    if kind not in _READERS:
        _READERS[kind] = [(name, _reader(hint)) for name, hint in get_type_hints(kind).items()]
    return _READERS[kind]


def _reader(hint: Any) -> Callable[[Any], Any]:
    arguments = get_args(hint)
    if type(None) in arguments:
        read = _reader(Union[tuple(a for a in arguments if a is not type(None))])  # noqa: UP007 - built from a tuple
        return lambda value: None if value is None else read(value)
    if hint in (datetime, bool):
        return to_time if hint is datetime else bool
    if get_origin(hint) in (tuple, frozenset):
        return to_tuple if get_origin(hint) is tuple else lambda value: frozenset(to_tuple(value))
    return lambda value: value


def to_row(value: object) -> dict[str, Any]:
    """Return the fields of a dataclass or struct as columns. A nested value stays as it is."""
    return {name: _column(getattr(value, name)) for name, _ in _readers(type(value))}


def _column(value: object) -> object:
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, frozenset):
        return to_json(sorted(value))
    return to_json(value) if isinstance(value, tuple) else value


def short_name(name: str) -> str:
    """Return a concept's name without the remark in brackets that lexicon editors add."""
    return _REMARK.sub("", name).strip() or name
