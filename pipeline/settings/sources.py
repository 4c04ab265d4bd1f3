"""Reader of ``feeds.toml``: one ``[[feed]]`` per source. All are checked before anything is polled."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from pipeline.errors import ConfigError
from pipeline.model import Source, SourceKind
from pipeline.settings.codes import COUNTRIES, LANGUAGES, is_address
from pipeline.settings.reader import convert, load, only_keys, suggest, tables
from pipeline.settings.schedule import is_timezone

KINDS: tuple[SourceKind, ...] = get_args(SourceKind)


def load_sources(path: Path, *, topics: Collection[str] = ()) -> tuple[Source, ...]:
    """Read and check every source.

    Args:
        path: ``feeds.toml``.
        topics: the topics that sources may name; none to accept any name.

    Raises:
        ConfigError: names the feed, the key and what was expected.
    """
    data = load(path)
    only_keys(data, ("feed",), file=path)
    sources = [_source(item, path, number, topics) for number, item in enumerate(tables(data, "feed", file=path), 1)]
    for key, same in (("name", str.strip), ("url", _plain_address)):
        seen: dict[str, Source] = {}
        for source in sources:
            value = same(getattr(source, key))
            if value in seen:
                other = seen[value].name
                raise ConfigError(path, f'feed "{source.name}" › {key}', f'is also that of feed "{other}".')
            seen[value] = source
    return tuple(sources)


def _source(item: dict[str, Any], path: Path, number: int, topics: Collection[str]) -> Source:
    name = item.get("name")
    key = f'feed "{name}"' if isinstance(name, str) and _is_name(name) else f"feed number {number}"
    source = convert(item, Source, file=path, key=key)
    if re.match(r"[^/]*//[^/?#]*@", source.url):
        # without the value: error messages go to logs
        problem = "contains a user name or password. It would be stored in the database; Tumen sends none."
        raise ConfigError(path, f"{key} › url", problem)
    for where, good, wanted in (
        ("name", _is_name(source.name), "must be a name of 1 to 120 characters, without control characters"),
        ("url", is_address(source.url), "must be an address with http:// or https://, without a password"),
        ("language", source.language in LANGUAGES, "must be a language code such as en, ru or ko"),
        ("home", source.home is None or source.home in COUNTRIES, "must be a country code such as RU"),
        ("timezone", source.timezone is None or is_timezone(source.timezone), "must be a time zone such as Asia/Seoul"),
    ):
        if not good:
            raise ConfigError(path, f"{key} › {where}", f"{wanted}, not {getattr(source, where)!r}.")
    _check_pattern(source, path, key)
    for topic in source.topics if topics else ():
        if topic not in topics:
            raise ConfigError(path, f"{key} › topics", f"there is no topic “{topic}”; {suggest(topic, topics)}")
    return source


def _check_pattern(source: Source, path: Path, key: str) -> None:
    if source.pattern is None:
        return
    if source.via != "section":
        raise ConfigError(path, f"{key} › pattern", 'applies only to a source with via = "section".')
    try:
        re.compile(source.pattern)
    except re.error as error:
        raise ConfigError(path, f"{key} › pattern", f"is not a regular expression ({error}).") from None


def _is_name(name: str) -> bool:
    return bool(name.strip()) and len(name) <= 120 and name.isprintable()


def _plain_address(url: str) -> str:
    """Return the address without what does not change the request."""
    parts = urlsplit(url)
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), fragment="").geturl()
