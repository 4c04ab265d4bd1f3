"""Parses a feed's answer in a worker, whoever asked for it: no body stalls, crashes or bloats the process that polls.

In: what came. Out: what it says, or a failure with its reason.
"""

from __future__ import annotations

from datetime import datetime

from pipeline import feeds
from pipeline.model import Fetched, FetchFailed, ParsedFeed
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.text.urls import base_of


async def parse_feed(
    answer: Fetched, workers: Workers, *, timezone: str | None = None, now: datetime
) -> ParsedFeed | FetchFailed:
    """Read a body as a feed.

    Args:
        answer: the body, its address and its headers.
        workers: who reads.
        timezone: IANA zone of dates that name none.
        now: the present time.

    Returns:
        What it says, be that nothing; ``FetchFailed`` when it breaks the parser, or takes more time or memory than
        ``[extract]`` allows.
    """
    try:
        return await workers.run(
            feeds.parse,
            answer.body,
            base_of(answer.url, answer.headers.get("content-location")),
            answer.headers.get("content-type"),
            timezone=timezone,
            now=now,
        )
    except WorkFailed as failed:
        reason = f"The feed could not be read: {failed.reason}"
        return FetchFailed(
            url=answer.url, kind="broken", reason=reason, status=answer.status, wire_bytes=answer.wire_bytes
        )
