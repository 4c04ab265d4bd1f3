"""Feeds: reading their documents, telling their entries apart, and deciding when to ask next. Pure: no network, no SQL.

``parse`` (here) turns a body into a ``ParsedFeed``; ``decide`` turns what came into the feed's next state and the
entries to store; ``urls``, ``dates`` and ``identity`` hold the rules for addresses, dates and sameness; ``discover``
and ``opml`` serve ``tumen feeds``. Importing this package loads none of the parsers: an idle run needs none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.model import ParsedFeed

__all__ = ["parse", "preload"]


def preload() -> None:
    """Import what the first document would: for a server that forks workers."""
    from pipeline.feeds import document  # noqa: F401


def parse(
    body: bytes,
    url: str,
    content_type: str | None = None,
    *,
    timezone: str | None = None,
    now: datetime | None = None,
    max_entries: int = 2000,
) -> ParsedFeed:
    """Read a feed document of any format, in any state. Opens no file or address; never raises for its content.

    Args:
        body: as it came, without transfer and content encoding.
        url: the address that answered; relative links are read against it.
        content_type: the HTTP header, for its charset.
        timezone: IANA zone for dates without one; None: by the feed's language, else UTC.
        now: the present time, to tell dates in the future; None: the clock's.
        max_entries: entries that are read; the rest is left out with a ``problem``.

    Returns:
        The feed; with a ``problem`` and no entries when the document is none.
    """
    from pipeline.feeds.document import parse_document

    return parse_document(
        body, url, content_type, timezone=timezone, now=now or datetime.now(UTC), max_entries=max_entries
    )
