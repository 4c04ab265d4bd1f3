"""Meaning of a response: a document, not modified, or a failure with its reason and wait.

In: the request, its final target and the ``Response``. Out: an ``Outcome``. Pure: no network, no clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.fetch.address_guard import Target
from pipeline.fetch.bot_walls import is_bot_wall
from pipeline.fetch.decompress import TooLarge, Undecodable, decompress
from pipeline.fetch.host_limiter import retry_after
from pipeline.fetch.response import ERROR_BYTES, GOOD_STATUSES, RequestFailed, Response
from pipeline.model import FailureKind, Fetched, FetchFailed, NotModified, Outcome, Request
from pipeline.settings.fetch import FetchSettings


def byte_limit(request: Request, settings: FetchSettings) -> int:
    """Return the most bytes that a body may have, as sent and after decompression."""
    if request.span:
        return request.span[1] - request.span[0] + 1
    default = settings.max_feed_bytes if request.kind == "feed" else settings.max_page_bytes
    return request.max_bytes or default


def classify_response(
    request: Request,
    target: Target,
    response: Response,
    settings: FetchSettings,
    now: datetime,
    *,
    moved_to: str | None,
    seconds: float,
) -> Outcome:
    """Return the outcome of a response that is not a redirect.

    Raises:
        RequestFailed: the body cannot be decompressed, or is too large after decompression.
    """
    if response.status == 304:
        return NotModified(url=target.url, headers=response.headers, moved_to=moved_to, seconds=seconds)
    if response.status in GOOD_STATUSES:
        return _document(request, target, response, settings, moved_to=moved_to, seconds=seconds)
    kind, reason, wait = _classify_error(target, response, settings, now)
    return FetchFailed(
        url=request.url,
        kind=kind,
        reason=reason,
        status=response.status,
        retry_after=wait,
        wire_bytes=len(response.body),
        seconds=seconds,
    )


def _document(
    request: Request,
    target: Target,
    response: Response,
    settings: FetchSettings,
    *,
    moved_to: str | None,
    seconds: float,
) -> Fetched | FetchFailed:
    limit = byte_limit(request, settings)
    if request.span:  # a part of a file: its encoding is that of the file
        body, over = response.body, False
    else:
        body, over = _decompressed(response, limit, partial=request.kind == "feed")
    if is_bot_wall(response.status, response.headers, body):
        return FetchFailed(
            url=request.url,
            kind="blocked",
            reason=f"A bot wall answers for {target.site} (status {response.status}).",
            status=response.status,
            wire_bytes=len(response.body),
            seconds=seconds,
        )
    return Fetched(
        url=target.url,
        status=response.status,
        headers=response.headers,
        body=body,
        moved_to=moved_to,
        truncated=response.truncated or over,
        over_limit=limit if over else None,
        wire_bytes=len(response.body),
        seconds=seconds,
    )


def _decompressed(response: Response, limit: int, *, partial: bool) -> tuple[bytes, bool]:
    """Return the body, and whether it is only the part within the limit."""
    size = len(response.body)
    encodings = response.headers.get("content-encoding", "")
    try:
        return decompress(response.body, encodings, limit, partial=response.truncated), response.over_limit
    except TooLarge as large:
        if partial:
            return large.start, True
        reason = f"The body is larger than {limit:,} bytes after decompression."
        raise RequestFailed("too_large", reason, response.status, size) from None
    except Undecodable as error:
        reason = f"The body cannot be decompressed: {error}."
        raise RequestFailed("broken", reason, response.status, size) from None


def _classify_error(
    target: Target, response: Response, settings: FetchSettings, now: datetime
) -> tuple[FailureKind, str, timedelta | None]:
    """Return kind, reason and wait of an error status. ``rate_limited`` applies to the whole host."""
    status = response.status
    wait = retry_after(response.headers, settings, now)
    if is_bot_wall(status, response.headers, _start(response)):
        return "blocked", f"A bot wall answers for {target.site} (status {status}).", None
    if status == 429 or (status == 503 and wait is not None):
        # A 429 without Retry-After has no wait here: the caller's own wait grows with each failure.
        pause = f" for {format_duration(wait)}" if wait else ""
        return "rate_limited", f"{target.site} asks for no requests{pause} (status {status}).", wait
    if status == 404:
        return "not_found", "The address was not found (status 404).", None
    if status == 410:
        return "gone", "The address is gone for good (status 410).", None
    if status in (426, 505):
        return "status", f"{target.site} needs HTTP/2, which Tumen does not speak (status {status}).", wait
    return "status", f"{target.site} returned status {status}.", wait


def _start(response: Response) -> bytes:
    """Return the start of an error page, decompressed if that is possible."""
    try:
        return decompress(response.body, response.headers.get("content-encoding", ""), ERROR_BYTES * 4, partial=True)
    except TooLarge as large:
        return large.start
    except Undecodable:
        return response.body


def format_duration(wait: timedelta) -> str:
    """Return a wait in words."""
    minutes = wait.total_seconds() / 60
    return f"{minutes / 60:.0f} hours" if minutes >= 120 else f"{max(1, round(minutes))} minutes"
