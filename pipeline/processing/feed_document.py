"""Parsing of a feed response in a worker, so that no body stalls, crashes or bloats the main process."""

from __future__ import annotations

from datetime import datetime

from pipeline import feeds
from pipeline.model import Fetched, FetchFailed, KeyedFeed
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.text.urls import base_of


async def parse_feed(
    response: Fetched, workers: Workers, *, timezone: str | None = None, now: datetime
) -> KeyedFeed | FetchFailed:
    """Parse a response as a feed and compute the keys of its entries.

    Args:
        response: body, address and headers.
        workers: the pool that parses.
        timezone: IANA zone for dates without a zone.
        now: the present time.

    Returns:
        The document, even without entries; ``FetchFailed`` when it breaks the parser, or takes more time or memory
        than ``[extract]`` allows.
    """
    try:
        return await workers.run(
            feeds.parse_keyed,
            response.body,
            base_of(response.url, response.headers.get("content-location")),
            response.headers.get("content-type"),
            timezone=timezone,
            now=now,
        )
    except WorkFailed as failed:
        reason = f"The feed could not be read: {failed.reason}"
        return FetchFailed(
            url=response.url, kind="broken", reason=reason, status=response.status, wire_bytes=response.wire_bytes
        )
