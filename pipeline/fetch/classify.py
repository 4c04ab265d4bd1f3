"""What an answer means: a document, nothing new, or a failure with its reason and how long to stay away.

In: the request, where it led, and the ``Answer``. Out: an ``Outcome``. Pure: no network, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipeline.fetch.address_guard import Target
from pipeline.fetch.decompress import TooLarge, Undecodable, decode
from pipeline.fetch.host_limiter import retry_after
from pipeline.fetch.response import ERROR_BYTES, GOOD, Answer, Failed
from pipeline.model import FailureKind, Fetched, FetchFailed, NotModified, Outcome, Request
from pipeline.settings.fetch import FetchSettings


def limit_of(request: Request, settings: FetchSettings) -> int:
    """The most bytes that a body may have, unpacked."""
    return settings.max_feed_bytes if request.kind == "feed" else settings.max_page_bytes


def outcome(
    request: Request,
    target: Target,
    answer: Answer,
    settings: FetchSettings,
    now: datetime,
    *,
    moved_to: str | None,
    seconds: float,
) -> Outcome:
    """Make the value that the caller gets of an answer that is no redirect.

    Raises:
        Failed: the body cannot be unpacked, or unpacks to too much.
    """
    if answer.status == 304:
        return NotModified(url=target.url, headers=answer.headers, moved_to=moved_to, seconds=seconds)
    if answer.status in GOOD:
        return Fetched(
            url=target.url,
            status=answer.status,
            headers=answer.headers,
            body=_unpacked(answer, limit_of(request, settings)),
            moved_to=moved_to,
            truncated=answer.truncated,
            wire_bytes=len(answer.body),
            seconds=seconds,
        )
    kind, reason, wait = _refusal(target, answer, settings, now)
    return FetchFailed(
        url=request.url,
        kind=kind,
        reason=reason,
        status=answer.status,
        retry_after=wait,
        wire_bytes=len(answer.body),
        seconds=seconds,
    )


def _unpacked(answer: Answer, limit: int) -> bytes:
    size = len(answer.body)
    try:
        return decode(answer.body, answer.headers.get("content-encoding", ""), limit, partial=answer.truncated)
    except TooLarge:
        raise Failed("too_large", f"It unpacks to more than {limit:,} bytes.", answer.status, size) from None
    except Undecodable as error:
        raise Failed("broken", f"Its body cannot be unpacked: {error}.", answer.status, size) from None


def _refusal(
    target: Target, answer: Answer, settings: FetchSettings, now: datetime
) -> tuple[FailureKind, str, timedelta | None]:
    """What an error status means; ``rate_limited`` speaks for the whole host."""
    status = answer.status
    wait = retry_after(answer.headers, settings, now)
    if is_bot_wall(status, answer.headers, answer.body):
        return "blocked", f"A bot wall stands before {target.site} (status {status}).", None
    if status == 429 or (status == 503 and wait is not None):
        said = f" for {duration(wait)}" if wait else ""  # a bare 429: the caller's wait grows with each
        return "rate_limited", f"{target.site} asks to be left alone{said} (status {status}).", wait
    if status == 404:
        return "not_found", "It is not there (status 404).", None
    if status == 410:
        return "gone", "It is gone for good (status 410).", None
    return "status", f"{target.site} answered with status {status}.", wait


def is_bot_wall(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a guard answered in the site's place, by the marks that the well-known ones leave."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    if status not in (401, 403, 429, 503):
        return False
    server = headers.get("server", "").lower()
    page = body[:ERROR_BYTES].lower()
    return (
        any(name in server for name in ("ddos-guard", "stormwall", "qrator", "variti"))
        or "x-datadome" in headers
        or any(
            mark in page
            for mark in (b"/cdn-cgi/challenge-platform/", b"cf-chl-", b"_incapsula_resource", b"g-recaptcha")
        )
    )


def duration(wait: timedelta) -> str:
    """A wait in words."""
    minutes = wait.total_seconds() / 60
    return f"{minutes / 60:.0f} hours" if minutes >= 120 else f"{max(1, round(minutes))} minutes"
