"""Writer of ``feeds.toml``: appends sources, so that the existing text and its comments stay as they are.

In: the config folder and the sources. Out: the file with one more ``[[feed]]`` per source. The new file is read with
all checks before it replaces the old one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from pipeline import shipped
from pipeline.errors import BadValue, ConfigError
from pipeline.model import Source
from pipeline.settings.sources import load_sources

_NAME = "feeds.toml"
_KEYS = ("name", "url", "language", "home", "kind", "via", "pattern", "timezone", "topics", "enabled", "edits",
         "interval_minutes", "tls", "max_feed_bytes", "note")  # fmt: skip


def own_file(folder: Path | None) -> Path:
    """Return the ``feeds.toml`` that may be changed: that of the folder, or that of the checkout.

    Raises:
        BadValue: only the file of the installed package exists.
    """
    if folder is not None:
        return folder / _NAME
    if shipped.CHECKOUT is None:
        raise BadValue(
            "The shipped feeds.toml is part of the installed package. Name your own config folder with --config."
        )
    return shipped.CONFIG / _NAME


def append(path: Path, sources: Sequence[Source], *, with_shipped: bool = False) -> None:
    """Append the sources to the file, or make it.

    Args:
        path: the file.
        sources: what to add.
        with_shipped: a new file starts as a copy of the shipped one.

    Raises:
        ConfigError: the file has a mistake, would have one with these sources, or cannot be written.
    """
    fresh = path.with_name(f".{_NAME}.{os.getpid()}")
    try:
        if path.exists() or with_shipped:
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
    """Return a ``[[feed]]`` with every key that differs from its default."""
    default = Source(name=source.name, url=source.url, language=source.language)
    lines = ["[[feed]]"]
    for key in _KEYS:
        value = getattr(source, key)
        if key in ("name", "url", "language") or value != getattr(default, key):
            lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):  # JSON's escapes are TOML's, except that TOML also escapes DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return json.dumps(value)


def unlike(source: Source, known: Sequence[Source]) -> Source:
    """Return the source with a number added to its name if a known source has the same name."""
    names = {other.name for other in known}
    name, number = source.name, 2
    bare = re.sub(r" \(\d+\)$", "", name)[:110]
    while name in names:
        name, number = f"{bare} ({number})", number + 1
    return replace(source, name=name)
