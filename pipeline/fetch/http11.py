"""HTTP/1.1 over one connection: asyncio's transport and h11's state machine. ``head`` repairs what h11 refuses.

In: path and headers of a request. Out: status, headers, and the body in pieces, as sent. A connection serves one
request at a time; ``connection_pool`` decides whether it is used again.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from typing import Any

import h11

from pipeline.fetch.head import NotHttp, repaired, split_head

Headers = Sequence[tuple[bytes, bytes]]

_MAX_HEAD_BYTES = 100 * 1024
_MAX_BUFFERED_BYTES = 1 << 20


class Broken(Exception):
    """The response ended early, or is not HTTP/1.1."""


class Closed(Broken):
    """The connection ended before the first byte of a response."""


class Stalled(TimeoutError):
    """No byte arrived for the length of the read timeout."""


class Stream(asyncio.Protocol):
    """Bytes of a socket. Pauses reading while too many of them wait."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._ended = False
        self._error: Exception | None = None
        self._arrival: asyncio.Future[None] | None = None

    @property
    def dead(self) -> bool:
        """Whether no further request is possible: the connection ended, or has bytes that no request asked for."""
        return self._ended or bool(self._chunks) or self._transport is None or self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Buffer received bytes."""
        self._chunks.append(data)
        self._buffered += len(data)
        if self._buffered > _MAX_BUFFERED_BYTES and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Note that the server will send no more."""
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection ended."""
        self._ended, self._error = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def send(self, data: bytes) -> None:
        """Send bytes; asyncio buffers what the socket does not accept yet."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def read(self, timeout: float) -> bytes:  # noqa: ASYNC109 - of one read, not of the caller's whole request
        """Return the bytes received since the last call; b"" at the end.

        Raises:
            Stalled: nothing arrived for ``timeout`` seconds.
            OSError: the connection was reset.
        """
        if not self._chunks and not self._ended:
            self._arrival = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout):
                    await self._arrival
            except TimeoutError:
                raise Stalled from None
            finally:
                self._arrival = None
        if not self._chunks and self._error is not None:
            raise self._error if isinstance(self._error, OSError) else OSError(str(self._error))
        data = b"".join(self._chunks)
        self._chunks.clear()
        if self._buffered > _MAX_BUFFERED_BYTES and self._transport is not None:
            self._transport.resume_reading()
        self._buffered = 0
        return data

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Encrypt the connection, as behind a proxy; verify the server's certificate for this name.

        Raises:
            OSError: the handshake failed.
        """
        if self._transport is None or self._ended:
            raise ConnectionResetError("the connection ended")
        loop = asyncio.get_running_loop()
        self._transport = await loop.start_tls(self._transport, self, context, server_hostname=name)

    def close(self) -> None:
        """Close the socket at once."""
        if self._transport is not None:
            self._transport.abort()


class Connection:
    """HTTP/1.1 on a connected stream.

    Args:
        stream: connected.
        read_timeout: seconds without a byte after which a read fails.
    """

    def __init__(self, stream: Stream, read_timeout: float) -> None:
        self._stream = stream
        self._read_timeout = read_timeout
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)
        self._responding = False
        self._head = b""  # received, not yet given to h11
        self.idle_since = 0.0

    async def send(self, path: bytes, headers: Headers) -> tuple[int, Headers]:
        """Send a GET; return status and headers of the response.

        Raises:
            Closed: the connection ended without a byte: it was kept too long, or the server refuses.
            Broken, OSError, TimeoutError: the response ended early, is not HTTP, was reset, or stalled.
        """
        self._responding = False
        try:
            request = self._http.send(h11.Request(method="GET", target=path, headers=list(headers)))
            end = self._http.send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise Broken(f"the request is invalid: {error}") from None
        self._stream.send((request or b"") + (end or b""))
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                return event.status_code, list(event.headers)
            if event is h11.PAUSED:
                raise Broken("the server switched to another protocol")

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body of the response, without its transfer encoding.

        Raises:
            Broken, OSError, TimeoutError: the body ended early, was reset, or stalled.
        """
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
                return

    def reuse(self) -> bool:
        """Prepare for another request; return False if the last response was not read whole, or bytes follow it."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        if self._http.trailing_data[0] or self._head or self._stream.dead:
            return False
        self._http.start_next_cycle()
        return True

    @property
    def dead(self) -> bool:
        """Whether the server has ended the connection."""
        return self._stream.dead

    def close(self) -> None:
        """Close the connection at once."""
        self._stream.close()

    async def _event(self) -> Any:
        while True:
            try:
                event = self._http.next_event()
                if event is not h11.NEED_DATA:
                    return event
                if self._http.their_state is h11.SEND_RESPONSE:
                    await self._receive_head()
                else:
                    rest, self._head = self._head, b""
                    self._http.receive_data(rest or await self._read())
            except NotHttp as error:
                raise Broken(str(error)) from None
            except h11.RemoteProtocolError as error:
                reason = str(error).partition(": bytearray")[0]  # without the received bytes, which explain nothing
                raise Broken(reason) from None

    async def _receive_head(self) -> None:
        """Give one whole head to h11, repaired. What follows the head waits."""
        while (parts := split_head(self._head)) is None:
            if len(self._head) > _MAX_HEAD_BYTES:
                raise Broken(f"its headers are longer than {_MAX_HEAD_BYTES:,} bytes")
            data = await self._read()
            if not data:
                raise Broken("it ended within its headers")
            self._head += data
        head, self._head = parts
        self._http.receive_data(repaired(head))

    async def _read(self) -> bytes:
        try:
            data = await self._stream.read(self._read_timeout)
        except Stalled:  # a TimeoutError is an OSError
            raise
        except OSError as error:
            if self._responding:
                raise
            raise Closed(str(error)) from None
        if not data and not self._responding:
            raise Closed("the connection was closed without a response")
        self._responding = True
        return data
