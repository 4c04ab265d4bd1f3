"""How much that was fetched waits to be used: no more is asked for while it is too much.

Hosts may answer faster than their bodies are read. In: the bytes that a caller holds. Out: a wait, before the next
request is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

_MOST = 32 * 1024 * 1024


class Room:
    """Counts the bytes in hand.

    Args:
        most: from so many on no request is sent. Those under way may exceed it by a body each.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._held = 0
        self._free = asyncio.Event()
        self._free.set()

    @property
    def held(self) -> int:
        """The bytes in hand."""
        return self._held

    async def wait(self) -> None:
        """Return when there is room."""
        await self._free.wait()

    @contextmanager
    def holding(self, body: bytes) -> Iterator[None]:
        """Count a body as in hand as long as the block lasts."""
        self._change(len(body))
        try:
            yield
        finally:
            self._change(-len(body))

    def _change(self, size: int) -> None:
        self._held += size
        if self._held < self._most:
            self._free.set()
        else:
            self._free.clear()
