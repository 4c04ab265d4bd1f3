"""Values of the config: the sources that are watched."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A publisher's section that we watch: one ``[[feed]]`` of ``feeds.toml``.

    Attributes:
        name: unique; what people see.
        url: the feed's address.
        language: ISO 639-1 code of its texts.
        home: ISO 3166-1 alpha-2 code of the country its readers take for granted (a Korean paper leaves out "Korea").
        kind: agency, state media, daily, broadcaster, magazine, think tank, specialist, government or regional.
        timezone: IANA zone in which the feed's zoneless dates are read; None: by ``home``.
        topics: ids of the topics it is watched for: a hint to people, no part of the score.
        enabled: polled or not.
        interval_minutes: the shortest time between two polls; None: the setting of ``[poll]``.
        note: anything a colleague should know.
    """

    name: str
    url: str
    language: str
    home: str | None = None
    kind: str = "daily"
    timezone: str | None = None
    topics: tuple[str, ...] = ()
    enabled: bool = True
    interval_minutes: int | None = None
    note: str = ""
