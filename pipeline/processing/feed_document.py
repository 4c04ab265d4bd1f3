"""Parsing of a feed response in a worker, so that no body stalls, crashes or bloats the main process."""

from __future__ import annotations

from datetime import datetime

from pipeline import feeds
from pipeline.feeds.listing import parse_list
from pipeline.model import Fetched, FetchFailed, KeyedFeed, ListDocument, Seen, Source
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.text.urls import base_of
from pipeline.text.zones import home_timezone


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
        return await workers.run(feeds.parse_keyed, *_document(response), timezone=timezone, now=now)
    except WorkFailed as failed:
        return _broken(response, failed)


async def read_list(
    response: Fetched, workers: Workers, source: Source, seen: Seen, *, now: datetime
) -> ListDocument | FetchFailed:
    """Read a document of a source that is no feed, as ``parse_feed`` does.

    Args:
        response: body, address and headers.
        workers: the pool that parses.
        source: the source.
        seen: what is known before.
        now: the present time.
    """
    zone = source.timezone or home_timezone(source.home)
    try:
        return await workers.run(parse_list, *_document(response), via=source.via, timezone=zone, now=now, seen=seen)
    except WorkFailed as failed:
        return _broken(response, failed)


def _document(response: Fetched) -> tuple[bytes, str, str | None]:
    base = base_of(response.url, response.headers.get("content-location"))
    return response.body, base, response.headers.get("content-type")


def _broken(response: Fetched, failed: WorkFailed) -> FetchFailed:
    return FetchFailed(
        url=response.url,
        kind="broken",
        reason=f"The feed could not be read: {failed.reason}",
        status=response.status,
        wire_bytes=response.wire_bytes,
    )
