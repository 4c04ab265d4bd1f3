"""Reader of the config files: TOML to typed values, and one ``ConfigError`` per mistake.

``load`` reads a file, and ``convert`` turns a table into a ``msgspec.Struct``. The struct declares its keys, types,
defaults and bounds; msgspec checks them strictly (a number in quotes is text). Each error names the file, the key and
what was expected; an unknown key gets a suggestion.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import inspect

from pipeline.errors import ConfigError
from pipeline.settings.places import check_kind

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

_MAX_BYTES = 4 * 1024 * 1024
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")  # one part of msgspec's path: .name, [0], or [...] for a map
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
        ConfigError: the file is missing, no regular file, too large, not UTF-8 or not TOML. Names the line where it is
            known.
    """
    check_kind(path)
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= _MAX_BYTES else b""
    except OSError as error:
        raise ConfigError(path, "", f"cannot be read ({error.strerror}).") from None
    if size > _MAX_BYTES:
        raise ConfigError(path, "", f"is {size:,} bytes long; the limit for a config file is {_MAX_BYTES:,} bytes.")
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, f"line {line}", "is not UTF-8; save the file as UTF-8.") from None
    except ValueError as error:  # TOMLDecodeError, or a number with more digits than Python reads
        text = str(error)
        position = re.search(r"\(at line (\d+), column \d+\)", text)
        where = f"line {position[1]}" if position else "end of file" if "end of document" in text else ""
        raise ConfigError(path, where, f"is not TOML: {re.sub(r' [(]at .*[)]$', '', text)}.") from None
    except RecursionError:
        raise ConfigError(path, "", "is nested too deeply for a config file.") from None


def convert(value: object, kind: type[T], *, file: Path, key: str = "") -> T:
    """Convert one table to a struct.

    Args:
        value: the result of ``load``, or a part of it.
        kind: a ``msgspec.Struct`` with ``forbid_unknown_fields``.
        file: for the message.
        key: the name of this table in messages, such as ``feed "TASS"``. Without it the table is the whole file.

    Raises:
        ConfigError: a key is unknown or missing, or its value has another type or is out of bounds.
    """
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        where, problem = _explain(str(error), value, kind)
    if not key:
        where = re.sub(r"^(\w+)[.](?=\w)", r"[\1] › ", where)
    raise ConfigError(file, _join(key, where), problem)


def tables(data: Mapping[str, Any], name: str, *, file: Path) -> list[dict[str, Any]]:
    """Return the tables written as ``[[name]]``; an empty list if there are none."""
    items = data.get(name, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ConfigError(file, name, f"must be written as tables: [[{name}]].")
    return items


def only_keys(data: Mapping[str, Any], allowed: tuple[str, ...], *, file: Path, key: str = "") -> None:
    """Refuse keys that are not among ``allowed``."""
    for name in data:
        if name not in allowed:
            raise ConfigError(file, _join(key, name), f"unknown key; {suggest(name, allowed)}")


def suggest(name: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown name: the most similar known one, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean “{near[0]}”?" if near else f"known are {', '.join(names) or 'none'}."


def _join(key: str, where: str) -> str:
    return " › ".join(part for part in (key, where) if part)


def _explain(message: str, value: object, kind: type) -> tuple[str, str]:
    """Turn msgspec's message into the key inside the table, and a sentence for people."""
    text, _, path = message.partition(" - at `")
    where, node, given = _follow(path.rstrip("`").removeprefix("$"), value, inspect.type_info(kind))
    if unknown := re.fullmatch(r"Object contains unknown field `(.+)`", text):
        known = [field.encode_name for field in getattr(node, "fields", ())]
        return f"{where}.{unknown[1]}".lstrip("."), f"unknown key; {suggest(unknown[1], known)}"
    if missing := re.fullmatch(r"Object missing required field `(.+)`", text):
        return where, f"“{missing[1]}” is missing."
    if isinstance(node, inspect.LiteralType) and text.startswith("Invalid enum value"):
        return where, f"must be one of {', '.join(map(str, node.values))}, not {_shown(given)}."
    if isinstance(node, inspect.IntType | inspect.FloatType) and re.search(r"[<>]=|out of range", text):
        least, most = node.ge, node.le
        bounds = "a number in reach"
        if least is not None:
            bounds = f"from {least:,} to {most:,}" if most is not None else f"{least:,} or more"
        return where, f"must be {bounds}, not {_shown(given)}."
    if wrong := re.fullmatch(r"Expected `(.+)`, got `(.+)`", text):
        kinds = [word.strip() for word in wrong[1].split("|") if word.strip() != "null"]
        wanted = " or ".join(_WORDS.get(word, word) for word in kinds)
        return where, f"must be {wanted}, not {_WORDS.get(wrong[2], wrong[2])}."
    return where, f"{text}."


def _follow(path: str, value: Any, node: inspect.Type) -> tuple[str, inspect.Type, Any]:
    """Follow msgspec's path into the value and its type. Return the path for people, the type and the value there."""
    where = ""
    for name, index in _STEP.findall(path):
        if name:
            where += f".{name}"
            node = next(field.type for field in node.fields if field.encode_name == name)  # type: ignore[attr-defined] # a name leads into a struct
            value = value[name]
        elif index == "...":  # msgspec does not say which key of the map
            node, value = node.value_type, None  # type: ignore[attr-defined] # “...” leads into a map
        else:
            where += f" (number {int(index) + 1})"
            node, value = node.item_type, value[int(index)]  # type: ignore[attr-defined] # an index leads into a list
        if isinstance(node, inspect.UnionType):  # X | None
            node = next(member for member in node.types if not isinstance(member, inspect.NoneType))
    return where.lstrip("."), node, value


def _shown(value: object) -> str:
    return "that" if isinstance(value, int) and value.bit_length() > 128 else repr(value)
