"""Reads one response within its limits; the body stays encoded.

In: a connection, a request, and the limit in bytes. Out: a ``Response``, or ``RequestFailed`` with a sentence for
people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.fetch.http11 import Broken, Connection, Headers
from pipeline.model import FailureKind

GOOD_STATUSES = {200, 203, 206, 226}
ERROR_BYTES = 16 * 1024  # of an error page: enough to recognise a bot challenge
_LISTS = frozenset({"cache-control", "content-encoding", "content-language", "link", "pragma", "vary", "via"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response as sent; header names in lower case.

    Attributes:
        cookies: values of ``Set-Cookie``.
        truncated: the body ended early.
        over_limit: the body is longer than the limit and was read up to it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool = False
    over_limit: bool = False
    cookies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """The most bytes of a body.

    Attributes:
        partial: a longer body is read up to the limit instead of being refused.
    """

    size: int
    partial: bool = False


class RequestFailed(Exception):
    """A request without a usable response. ``Fetcher`` turns it into ``FetchFailed``."""

    def __init__(self, kind: FailureKind, reason: str, status: int | None = None, size: int = 0) -> None:
        self.kind, self.reason, self.status, self.size = kind, reason, status, size
        super().__init__(reason)


async def read_response(connection: Connection, path: bytes, headers: Headers, limit: Limit) -> Response:
    """Send a request and read the response up to the limit; of an error page only ``ERROR_BYTES``.

    Raises:
        RequestFailed: the body is longer than the limit, and a part of it is of no use.
        Broken, OSError, TimeoutError: see ``Connection``. A body that ends early is returned as ``truncated`` instead.
    """
    status, fields = await connection.send(path, headers)
    received = _merge(fields)
    good = status in GOOD_STATUSES
    announced = received.get("content-length", "")
    if good and not limit.partial and announced.isdecimal() and int(announced[:18]) > limit.size:
        reason = f"The body is too large: {int(announced[:18]):,} bytes announced, the limit is {limit.size:,}."
        raise RequestFailed("too_large", reason, status)
    parts: list[bytes] = []
    size, truncated, over = 0, False, False
    try:
        async for part in connection.body():
            parts.append(part)
            size += len(part)
            over = good and size > limit.size
            if over and not limit.partial:
                raise RequestFailed("too_large", f"The body is larger than {limit.size:,} bytes.", status, size)
            if over or (not good and size > ERROR_BYTES):
                break
    except Broken:
        if not size:
            raise
        truncated = True
    return Response(
        status=status,
        headers=received,
        body=b"".join(parts)[: limit.size] if over else b"".join(parts),
        truncated=truncated or over,
        over_limit=over,
        cookies=tuple(value.decode("latin-1") for name, value in fields if name == b"set-cookie"),
    )


def _merge(fields: Headers) -> dict[str, str]:
    """Return the headers by name. Of a repeated header the first counts, except for lists (RFC 9110, 5.3)."""
    merged: dict[str, str] = {}
    for name, value in fields:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        if key not in merged:
            merged[key] = text
        elif key in _LISTS:
            merged[key] = f"{merged[key]}, {text}"
    return merged
