"""Values of the config: sources."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Via = Literal["feed", "sitemap", "section", "telegram"]

SourceKind = Literal[
    "agency",
    "state media",
    "daily",
    "broadcaster",
    "magazine",
    "think tank",
    "specialist",
    "government",
    "regional",
]


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A publisher, or a section of one, that is watched: one ``[[feed]]`` of ``feeds.toml``.

    Attributes:
        name: unique name, shown to people.
        url: the address that is polled: of a feed, a sitemap, a section page, or the preview page of a channel.
        language: ISO 639-1 code of its texts.
        home: ISO 3166-1 alpha-2 code of its country. Its articles often leave that country unnamed.
        kind: type of publisher.
        via: kind of document at ``url``.
        pattern: of a section page: regular expression for path and query of its articles; None to learn it.
        timezone: IANA time zone of dates without one; None to derive it from ``home``.
        topics: ids of the topics that it is watched for. A hint for people, not part of the score.
        enabled: whether the feed is polled.
        edits: whether the pages of its flagged articles are looked at again for edits and deletions.
        interval_minutes: shortest interval between two polls; None for the setting in ``[poll]``.
        tls: "legacy" also allows old TLS versions and ciphers at this source's domain; certificates are checked.
        max_feed_bytes: of a larger feed only the first part is read; None for the setting in ``[fetch]``.
        note: anything that a colleague should know.
    """

    name: str
    url: str
    language: str
    home: str | None = None
    kind: SourceKind = "daily"
    via: Via = "feed"
    pattern: str | None = None
    timezone: str | None = None
    topics: tuple[str, ...] = ()
    enabled: bool = True
    edits: bool = True
    interval_minutes: Annotated[int, Meta(ge=1, le=525_600)] | None = None
    tls: Literal["modern", "legacy"] = "modern"
    max_feed_bytes: Annotated[int, Meta(ge=1024, le=1024**3)] | None = None
    note: str = ""
