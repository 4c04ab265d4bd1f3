"""Parsing of a feed in a worker process, so that no document can stall, crash or bloat the main process.

In: a response. Out: the parsed feed, or a failure with its reason.
"""

from __future__ import annotations

from datetime import datetime

from pipeline import feeds
from pipeline.model import Fetched, FetchFailed, ParsedFeed
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.text.urls import base_of


async def parse_feed(
    response: Fetched, workers: Workers, *, timezone: str | None = None, now: datetime
) -> ParsedFeed | FetchFailed:
    """Parse a response as a feed.

    Args:
        response: the body, its address and its headers.
        workers: the worker processes.
        timezone: IANA zone of dates without a zone.
        now: the current time.

    Returns:
        The feed, possibly without entries; ``FetchFailed`` if the parser crashes, or exceeds the time or memory of
        ``[extract]``.
    """
    try:
        return await workers.run(
            feeds.parse,
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
