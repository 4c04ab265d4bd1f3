"""Back-pressure: no new request while too many fetched bytes wait to be processed.

In: the sizes of bodies in memory. Out: a wait before the next request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

_LIMIT = 32 * 1024 * 1024


class ByteBudget:
    """Counts the bytes of fetched bodies in memory.

    Args:
        limit: bytes from which no request is sent. Requests under way may exceed it by one body each.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._held = 0
        self._free = asyncio.Event()
        self._free.set()

    @property
    def held(self) -> int:
        """Bytes in memory now."""
        return self._held

    async def wait(self) -> None:
        """Return when the total is below the limit."""
        await self._free.wait()

    @contextmanager
    def hold(self, body: bytes) -> Iterator[None]:
        """Count a body for the length of the block."""
        self._change(len(body))
        try:
            yield
        finally:
            self._change(-len(body))

    def _change(self, size: int) -> None:
        self._held += size
        if self._held < self._limit:
            self._free.set()
        else:
            self._free.clear()
