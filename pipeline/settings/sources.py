"""Reader of ``feeds.toml``: one ``[[feed]]`` per source. All are checked before anything is polled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import ConfigError
from pipeline.model import Source, SourceKind
from pipeline.settings.reader import convert, load, only_keys, tables

KINDS: tuple[SourceKind, ...] = get_args(SourceKind)


def load_sources(path: Path) -> tuple[Source, ...]:
    """Read and check every source.

    Raises:
        ConfigError: names the feed, the key and what was expected.
    """
    data = load(path)
    only_keys(data, ("feed",), file=path)
    sources = [_source(item, path, number) for number, item in enumerate(tables(data, "feed", file=path), 1)]
    for key in ("name", "url"):
        seen: dict[str, Source] = {}
        for source in sources:
            value = getattr(source, key)
            if value in seen:
                other = seen[value].name
                raise ConfigError(path, f'feed "{source.name}" › {key}', f'is also that of feed "{other}".')
            seen[value] = source
    return tuple(sources)


def _source(item: dict[str, Any], path: Path, number: int) -> Source:
    name = item.get("name")
    key = f'feed "{name}"' if isinstance(name, str) and name.strip() else f"feed number {number}"
    source = convert(item, Source, file=path, key=key)
    if re.match(r"[^/]*//[^/?#]*@", source.url):
        # without the value: error messages go to logs
        problem = "contains a user name or password. It would be stored in the database; Tumen sends none."
        raise ConfigError(path, f"{key} › url", problem)
    for where, good, wanted in (
        ("name", bool(source.name.strip()) and len(source.name) <= 120, "must be a name of 1 to 120 characters"),
        ("url", re.fullmatch(r"(?i)https?://[^\s/?#]+\S*", source.url), "must be an address with http:// or https://"),
        ("language", re.fullmatch(r"[a-z]{2,3}", source.language), "must be a language code such as en, ru or ko"),
        ("home", source.home is None or re.fullmatch(r"[A-Z]{2}", source.home), "must be a country code such as RU"),
        ("timezone", _is_zone(source.timezone), "must be a time zone such as Asia/Seoul"),
    ):
        if not good:
            raise ConfigError(path, f"{key} › {where}", f"{wanted}, not {getattr(source, where)!r}.")
    return source


def _is_zone(name: str | None) -> bool:
    if name is None:
        return True
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
