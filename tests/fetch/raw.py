"""A loopback server that sends given bytes, whatever is requested, and closes the connection."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tests.world.server import LoopbackServer


class RawServer(LoopbackServer):
    """Used as ``with RawServer(answer) as server:``; ``server.requests`` holds the heads of the requests."""

    def __init__(self, answer: bytes = b"") -> None:
        super().__init__()
        self.answer = answer
        self.requests: list[bytes] = []

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                await self.respond(self.requests[-1], reader, writer)
        finally:
            writer.close()

    async def respond(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send the bytes; subclasses do more."""
        writer.write(self.answer)
        await writer.drain()


class Proxy(RawServer):
    """An HTTP proxy: relays ``CONNECT`` and absolute addresses to a port of 127.0.0.1, whatever host they name."""

    def __init__(self, target: int, refuse: bytes = b"") -> None:
        super().__init__()
        self.target = target
        self.refuse = refuse

    async def respond(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay until one side ends."""
        if self.refuse:
            writer.write(b"HTTP/1.1 " + self.refuse + b"\r\nContent-Length: 0\r\n\r\n")
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            far_writer.write(b"GET /" + head.split(b"/", 3)[3])
        ways = [asyncio.ensure_future(self._pump(*way)) for way in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            far_writer.close()

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
