"""Feeds: parsing of documents, identity of entries, poll decisions. Pure: no network, no SQL.

``parse`` turns a body into a ``ParsedFeed``; ``parse_keyed`` adds the keys of its entries; ``decide.decide`` turns the
result of a poll into the feed's next state and the entries to store. ``opml`` and ``discovery_rules`` serve
``tumen feeds``. Importing this package loads no parser: a cycle without new documents needs none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.model import KeyedFeed, ParsedFeed

__all__ = ["parse", "parse_keyed", "preload"]


def preload() -> None:
    """Import the parsers, for a server that forks workers."""
    from pipeline.feeds import document, identity  # noqa: F401


def parse(
    body: bytes,
    url: str,
    content_type: str | None = None,
    *,
    timezone: str | None = None,
    now: datetime | None = None,
    max_entries: int = 2000,
) -> ParsedFeed:
    """Parse a feed document of any format. Opens no file or address; never raises for its content.

    Args:
        body: the document without transfer and content encoding.
        url: the address that answered; the base of relative links.
        content_type: the HTTP header, for its charset.
        timezone: IANA zone for dates without a zone; None: the zone of the feed's language, else UTC.
        now: the present time, to reject dates in the future; None: read from the clock.
        max_entries: entries that are read; the rest is left out with a ``problem``.

    Returns:
        The feed; with a ``problem`` and no entries when the document is no feed.
    """
    from pipeline.feeds.document import parse_document

    return parse_document(
        body, url, content_type, timezone=timezone, now=now or datetime.now(UTC), max_entries=max_entries
    )


def parse_keyed(body: bytes, url: str, content_type: str | None, *, timezone: str | None, now: datetime) -> KeyedFeed:
    """Parse a document and compute the keys of its entries; a worker calls this.

    Args:
        body: as for ``parse``, like the other arguments.
        url: the address that answered.
        content_type: the HTTP header.
        timezone: IANA zone for dates without a zone.
        now: the present time.
    """
    from pipeline.feeds.identity import keyed

    return keyed(parse(body, url, content_type, timezone=timezone, now=now))
