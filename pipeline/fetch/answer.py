"""Reads one response within its bounds, the body still encoded.

In: a response of the pool and the most bytes it may have. Out: an ``Answer``, or ``Failed`` with what a person reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpcore2

from pipeline.model import FailureKind

GOOD = {200, 203, 206, 226}
ERROR_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response as it came: the body still encoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool


class Failed(Exception):
    """Ends a request with this failure; never leaves the package."""

    def __init__(self, kind: FailureKind, reason: str, status: int | None = None, size: int = 0) -> None:
        self.kind, self.reason, self.status, self.size = kind, reason, status, size
        super().__init__(reason)


async def receive(response: httpcore2.Response, limit: int) -> Answer:
    """Read a response up to the limit; an error's body only as far as it helps to understand it."""
    headers: dict[str, str] = {}
    for name, value in response.headers:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    good = response.status in GOOD
    announced = headers.get("content-length", "")
    if good and announced.isdecimal() and int(announced[:18]) > limit:
        raise Failed(
            "too_large", f"It announces {int(announced[:18]):,} bytes; {limit:,} are the most.", response.status
        )
    parts: list[bytes] = []
    size = 0
    truncated = False
    try:
        async for part in response.aiter_stream():
            parts.append(part)
            size += len(part)
            if not good and size > ERROR_BYTES:
                break
            if size > limit:
                raise Failed("too_large", f"It is longer than {limit:,} bytes.", response.status, size)
    except httpcore2.RemoteProtocolError:
        if not size:
            raise
        truncated = True
    return Answer(status=response.status, headers=headers, body=b"".join(parts), truncated=truncated)
