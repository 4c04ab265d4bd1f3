"""Adds sources to ``feeds.toml``: at its end, so that everything that stands there stays, comments too.

In: the config folder and the sources. Out: the file with one ``[[feed]]`` more for each; it is read with all its checks
before it takes the old one's place.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline import shipped
from pipeline.errors import BadValue, ConfigError
from pipeline.model import Source
from pipeline.settings.sources import load_sources

_NAME = "feeds.toml"


def own_file(folder: Path | None) -> Path:
    """The ``feeds.toml`` that may be written: of the folder, or of the checkout.

    Raises:
        BadValue: the only one there is belongs to the installed package.
    """
    if folder is not None:
        return folder / _NAME
    if shipped.CHECKOUT is None:
        raise BadValue(
            "The shipped feeds.toml is part of the installed package; say with --config which folder is yours."
        )
    return shipped.CONFIG / _NAME


def append(path: Path, sources: Sequence[Source]) -> None:
    """Write the sources at the end of the file; where there is none yet, of a copy of the shipped one.

    Raises:
        ConfigError: the file is wrong as it stands, would be with these, or cannot be written.
    """
    fresh = path.with_name(f".{_NAME}.{os.getpid()}")
    try:
        shutil.copy(path if path.exists() else shipped.CONFIG / _NAME, fresh)
        with fresh.open("a", encoding="utf-8") as file:
            file.writelines(f"\n{as_toml(source)}" for source in sources)
        load_sources(fresh)
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(path, "", f"cannot be written ({error.strerror}).") from None
    except ConfigError as error:
        raise ConfigError(path, error.key, error.problem) from None
    finally:
        fresh.unlink(missing_ok=True)


def as_toml(source: Source) -> str:
    """A ``[[feed]]`` with what is not left at its default."""
    usual = Source(name=source.name, url=source.url, language=source.language)
    lines = ["[[feed]]"]
    for key in ("name", "url", "language", "home", "kind", "timezone", "topics", "enabled", "interval_minutes", "note"):
        value = getattr(source, key)
        if key in ("name", "url", "language") or value != getattr(usual, key):
            lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):  # a basic string of TOML is one of JSON, but for the letter DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return json.dumps(value)


def unlike(source: Source, known: Sequence[Source]) -> Source:
    """The source under a name that none of the known ones has."""
    names = {other.name for other in known}
    name, number = source.name, 2
    bare = re.sub(r" \(\d+\)$", "", name)[:110]
    while name in names:
        name, number = f"{bare} ({number})", number + 1
    return replace(source, name=name)
