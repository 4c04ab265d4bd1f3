"""A loopback HTTP server that misbehaves on demand.

``with Hostile() as server:`` listens on a free port of 127.0.0.1, in its own thread. ``server.url("/drip")`` is the
address of a resource; ``server.log`` holds every request with its headers. ``server.answers[path] = Answer(...)`` adds
a normal resource. The methods that begin with ``bad_`` are the misbehaving ones.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>'
    b"<item><title>One</title><link>http://a.example/1</link></item></channel></rss>"
)


@dataclass(slots=True)
class Answer:
    """The response of a resource. ``wait``: seconds before it is sent."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request; header names in lower case. ``at`` is the time of the event loop."""

    path: str
    headers: dict[str, str]
    at: float


class LoopbackServer:
    """A server on a free port of 127.0.0.1 with an event loop in a thread of its own; subclasses answer connections."""

    def __init__(self) -> None:
        self.port = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connection, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.01))  # lets the transports close

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class Hostile(LoopbackServer):
    """The server that misbehaves."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Answer] = {}
        self.log: list[LoggedRequest] = []
        self.max_at_once = 0
        self._current = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def paths(self) -> list[str]:
        return [request.path for request in self.log]

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                path = lines[0].split(" ")[1]
                pairs = (line.split(":", 1) for line in lines[1:] if ":" in line)
                self.log.append(LoggedRequest(path, {k.lower(): v.strip() for k, v in pairs}, self._loop.time()))
                self._current += 1
                self.max_at_once = max(self.max_at_once, self._current)
                try:
                    await self._answer(path, writer)
                finally:
                    self._current -= 1
        with suppress(Exception):
            writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        bad = getattr(self, f"bad_{path.strip('/').partition('?')[0].replace('-', '_')}", None)
        if bad is not None:
            await bad(writer)
            raise ConnectionError
        answer = self.answers.get(path, Answer(status=404, body=b"no"))
        await asyncio.sleep(answer.wait)
        headers = {"Content-Type": "application/xml", "Content-Length": str(len(answer.body))} | answer.headers
        head = f"HTTP/1.1 {answer.status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        writer.write(head.encode("latin-1") + b"\r\n" + (b"" if answer.status == 304 else answer.body))
        await writer.drain()

    async def bad_hang(self, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async def bad_closed(self, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def bad_slow_headers(self, writer: asyncio.StreamWriter) -> None:
        for letter in b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n":
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(0.2)

    async def bad_drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for letter in FEED:
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(0.2)

    async def bad_long_length(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(FEED) + 500, FEED))
        await writer.drain()
        writer.close()

    async def bad_huge_length(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n<rss>")
        await writer.drain()
        await asyncio.sleep(5)

    async def bad_chunk(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\nzz\r\n" % (len(FEED), FEED))
        await writer.drain()
        writer.close()

    async def bad_endless(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(2000):
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()

    async def bad_gzip_bomb(self, writer: asyncio.StreamWriter) -> None:
        bomb = gzip.compress(b" " * 10_000_000)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb)
        await writer.drain()

    async def bad_304_with_body(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 304 Not Modified\r\nContent-Length: %d\r\n\r\n%s" % (len(FEED), FEED))
        await writer.drain()
        await asyncio.sleep(0.5)

    async def bad_reset(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + FEED[:40])
        await writer.drain()
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def bad_not_http(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9\r\n" * 20)
        await writer.drain()

    async def bad_headers(self, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(2000)) + b"\r\n"
        )
        await writer.drain()
