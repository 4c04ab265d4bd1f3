"""Reads one response within its bounds, the body still encoded.

In: a connection, what to ask, and the most bytes that the answer may have. Out: an ``Answer``, or ``Failed`` with
what a person reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.fetch.http11 import Broken, Connection, Headers
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


async def receive(connection: Connection, path: bytes, asked: Headers, limit: int) -> Answer:
    """Ask, and read the answer up to the limit; an error's body only as far as it helps to understand it.

    Raises:
        Failed: it is longer than the limit.
        Broken, OSError, TimeoutError: as ``Connection`` says; not once some of the body has come and then ended early.
    """
    status, fields = await connection.ask(path, asked)
    headers: dict[str, str] = {}
    for name, value in fields:
        key = name.decode("latin-1")
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    good = status in GOOD
    announced = headers.get("content-length", "")
    if good and announced.isdecimal() and int(announced[:18]) > limit:
        raise Failed("too_large", f"It announces {int(announced[:18]):,} bytes; {limit:,} are the most.", status)
    parts: list[bytes] = []
    size = 0
    truncated = False
    try:
        async for part in connection.body():
            parts.append(part)
            size += len(part)
            if not good and size > ERROR_BYTES:
                break
            if size > limit:
                raise Failed("too_large", f"It is longer than {limit:,} bytes.", status, size)
    except Broken:
        if not size:
            raise
        truncated = True
    return Answer(status=status, headers=headers, body=b"".join(parts), truncated=truncated)
