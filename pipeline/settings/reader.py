"""TOML in, frozen dataclasses out, and for each mistake the file, the key and what was expected.

``load`` reads a file, ``convert`` turns one of its tables into a dataclass. Types are checked strictly (a number in
quotes is text), unknown keys are errors and get a suggestion. A field whose name is a Python keyword ends in an
underscore (``except_``) and is written without it in the file.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import re
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import tomli

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

_MAX_BYTES = 4 * 1024 * 1024
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "datetime": "a date and time",
}


def load(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: the file is missing, too large, not UTF-8 or not TOML; the line is named where there is one.
    """
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= _MAX_BYTES else b""
    except OSError as error:
        raise ConfigError(path, "", f"cannot be read ({error.strerror}).") from None
    if size > _MAX_BYTES:
        raise ConfigError(path, "", f"is {size:,} bytes long; a config file may have {_MAX_BYTES:,} at most.")
    try:
        return tomli.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, f"line {line}", "is not UTF-8; save the file as UTF-8.") from None
    except tomli.TOMLDecodeError as error:
        text = str(error)
        found = re.search(r"\(at line (\d+), column \d+\)", text)
        where = f"line {found[1]}" if found else "end of file"
        raise ConfigError(path, where, f"is not TOML: {re.sub(r' [(]at .*[)]$', '', text)}.") from None
    except RecursionError:
        raise ConfigError(path, "", "is nested too deeply to be a config file.") from None


def convert(value: object, kind: type[T], *, file: Path, key: str = "") -> T:
    """Turn one table into a dataclass.

    Args:
        value: what ``load`` gave, or a part of it.
        kind: a dataclass.
        file: for the message.
        key: what a person would call this table: ``feed "TASS"``, ``fetch``.

    Raises:
        ConfigError: a key is unknown, missing, or has a value of another type.
    """
    for where, problem in _unknown(value, kind, ""):
        raise ConfigError(file, _join(key, where), problem)
    try:
        return msgspec.convert(_renamed(value, kind), kind, strict=True)
    except msgspec.ValidationError as error:
        where, problem = _told(str(error))
        raise ConfigError(file, _join(key, where), problem) from None


def tables(data: Mapping[str, Any], name: str, *, file: Path) -> list[dict[str, Any]]:
    """Get the tables written as ``[[name]]``; an empty list when there is none."""
    found = data.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ConfigError(file, name, f"must be written as tables: [[{name}]].")
    return found


def only_keys(data: Mapping[str, Any], allowed: tuple[str, ...], *, file: Path, key: str = "") -> None:
    """Refuse keys that are not among ``allowed``."""
    for name in data:
        if name not in allowed:
            raise ConfigError(file, _join(key, name), _suggest(name, allowed))


def _join(key: str, where: str) -> str:
    return " › ".join(part for part in (key, where) if part)


def _suggest(name: str, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, allowed, n=1)
    return f"unknown key; did you mean “{near[0]}”?" if near else f"unknown key; known are {', '.join(allowed)}."


def _unknown(value: object, kind: Any, path: str) -> Iterator[tuple[str, str]]:
    """Walk ``value`` beside its type and name each key that the type does not have."""
    if not _has_keys(kind):
        return
    kind = _bare(kind)
    inner = _item_type(kind)
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        fields = _fields(kind)  # type: ignore[arg-type]
        for name, item in value.items():
            where = f"{path}.{name}" if path else name
            if name not in fields:
                yield where, _suggest(name, tuple(fields))
            elif _has_keys(fields[name].kind):
                yield from _unknown(item, fields[name].kind, where)
    elif inner is not None and isinstance(value, list):
        for index, item in enumerate(value, 1):
            yield from _unknown(item, inner, f"{path} (number {index})")
    elif inner is not None and isinstance(value, dict):
        for name, item in value.items():
            yield from _unknown(item, inner, f"{path}.{name}" if path else name)


class _Field(NamedTuple):
    """A dataclass's field: its name there, and its type."""

    name: str
    kind: Any


@functools.cache
def _fields(kind: Any) -> dict[str, _Field]:
    """A dataclass's fields by their names in a file, worked out once: a lexicon asks for them hundreds of times."""
    hints = get_type_hints(kind)
    return {field.name.rstrip("_"): _Field(field.name, hints[field.name]) for field in dataclasses.fields(kind)}


@functools.cache
def _has_keys(kind: Any) -> bool:
    """Whether a dataclass is in it: a list of ten thousand strings need not be walked through to know its keys."""
    kind = _bare(kind)
    inner = _item_type(kind)
    return dataclasses.is_dataclass(kind) or (inner is not None and _has_keys(inner))


def _bare(kind: Any) -> Any:
    """``X`` for ``X | None``."""
    if get_origin(kind) in (Union, types.UnionType):
        return next(a for a in get_args(kind) if a is not type(None))
    return kind


def _item_type(kind: Any) -> Any:
    """The type of the things inside a tuple, list or mapping; None for anything else."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (tuple, list, frozenset):
        return arguments[0]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return arguments[1]
    return None


def _renamed(value: object, kind: Any) -> object:
    """Give keys that are Python keywords their underscore."""
    if not _has_keys(kind):
        return value
    kind = _bare(kind)
    inner = _item_type(kind)
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        fields = _fields(kind)  # type: ignore[arg-type]
        return {fields[name].name: _renamed(item, fields[name].kind) for name, item in value.items()}
    if inner is not None and isinstance(value, list):
        return [_renamed(item, inner) for item in value]
    if inner is not None and isinstance(value, dict):
        return {name: _renamed(item, inner) for name, item in value.items()}
    return value


def _told(message: str) -> tuple[str, str]:
    """Msgspec's message as (key, sentence)."""
    text, _, path = message.partition(" - at `")
    where = re.sub(r"\[(\d+)\]", lambda m: f" (number {int(m[1]) + 1})", path.rstrip("`").removeprefix("$").lstrip("."))
    where = re.sub(r"(\w)_(?=$|\.| )", r"\1", where.replace("[...]", ""))
    if missing := re.fullmatch(r"Object missing required field `(.+)`", text):
        return where, f"“{missing[1].rstrip('_')}” is missing."
    if wrong := re.fullmatch(r"Expected `(.+)`, got `(.+)`", text):
        kinds = [word.strip() for word in wrong[1].split("|") if word.strip() != "null"]
        wanted = " or ".join(_WORDS.get(word, word) for word in kinds)
        return where, f"must be {wanted}, not {_WORDS.get(wrong[2], wrong[2])}."
    return where, f"{text}."
