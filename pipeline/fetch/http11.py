"""One HTTP/1.1 connection: asyncio has the socket, h11 the protocol, and here they meet.

In: a request's path and headers. Out: status, headers and the body piece by piece, as sent. A connection serves one
request at a time and may then be used again; who uses it, and when, is ``transport``'s.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import h11

Headers = Sequence[tuple[bytes, bytes]]

_LONGEST_HEAD = 100 * 1024
_MOST_WAITING = 1 << 20


class Broken(Exception):
    """The answer ended too early, or is not HTTP/1.1."""


class Closed(Broken):
    """The connection ended before the first byte of an answer."""


class Line(asyncio.Protocol):
    """The bytes of a socket as they come, in pieces; stops reading while nobody takes them."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._pieces: list[bytes] = []
        self._waiting = 0
        self._ended = False
        self._error: Exception | None = None
        self._more: asyncio.Future[None] | None = None

    @property
    def dead(self) -> bool:
        """Whether it cannot be used for another request: ended, or with bytes on it that nobody asked for."""
        return self._ended or bool(self._pieces) or self._transport is None or self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._pieces.append(data)
        self._waiting += len(data)
        if self._waiting > _MOST_WAITING and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """The other side will send no more."""
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._ended, self._error = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def send(self, data: bytes) -> None:
        """Send at once, or as soon as the socket takes it."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def read(self, patience: float) -> bytes:
        """What has come since the last time; b"" at the end.

        Raises:
            TimeoutError: nothing came for ``patience`` seconds.
            OSError: the connection was reset.
        """
        if not self._pieces and not self._ended:
            self._more = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(patience):
                    await self._more
            finally:
                self._more = None
        if not self._pieces and self._error is not None:
            raise self._error if isinstance(self._error, OSError) else OSError(str(self._error))
        data = b"".join(self._pieces)
        self._pieces.clear()
        if self._waiting > _MOST_WAITING and self._transport is not None:
            self._transport.resume_reading()
        self._waiting = 0
        return data

    def close(self) -> None:
        """Let go of the socket at once."""
        if self._transport is not None:
            self._transport.abort()


class Dialler(Protocol):
    """Makes a connection to an address that was checked."""

    async def __call__(self, address: str, port: int, tls: ssl.SSLContext | None, name: str) -> Line:
        """Connect; with ``tls`` under this server name.

        Raises:
            OSError: no connection came about.
        """


async def dial(address: str, port: int, tls: ssl.SSLContext | None, name: str) -> Line:
    """Connect to an address by TCP, and TLS where a context is given."""
    _, line = await asyncio.get_running_loop().create_connection(
        Line, address, port, ssl=tls, server_hostname=name if tls else None
    )
    return line


class Connection:
    """A line with HTTP/1.1 on it.

    Args:
        line: connected.
        patience: seconds of silence before it is given up.
    """

    def __init__(self, line: Line, patience: float) -> None:
        self._line = line
        self._patience = patience
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._began = False
        self.idle_since = 0.0

    async def ask(self, path: bytes, headers: Headers) -> tuple[int, Headers]:
        """Send a GET and read the head of the answer.

        Raises:
            Closed: the connection ended before it said anything: one kept too long, or a server that refuses.
            Broken, OSError, TimeoutError: the answer ended too early, was none, was reset, or stood still.
        """
        self._began = False
        try:
            request = self._http.send(h11.Request(method="GET", target=path, headers=list(headers)))
            end = self._http.send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise Broken(f"the request cannot be written: {error}") from None
        self._line.send((request or b"") + (end or b""))
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                return event.status_code, list(event.headers)
            if event is h11.PAUSED:
                raise Broken("it switched to another protocol")

    async def body(self) -> AsyncIterator[bytes]:
        """The answer's body, as sent but for its chunks.

        Raises:
            Broken, OSError, TimeoutError: it ended too early, was reset, or stood still.
        """
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
                return

    def again(self) -> bool:
        """Make ready for another request, if the last answer was read whole and nothing follows it."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        if self._http.trailing_data[0] or self._line.dead:
            return False
        self._http.start_next_cycle()
        return True

    @property
    def dead(self) -> bool:
        """Whether the other side has ended it since."""
        return self._line.dead

    def close(self) -> None:
        """Let go of it at once."""
        self._line.close()

    async def _event(self) -> Any:
        while True:
            try:
                event = self._http.next_event()
                if event is not h11.NEED_DATA:
                    return event
                self._http.receive_data(await self._more())
            except h11.RemoteProtocolError as error:
                said = str(error).partition(": bytearray")[0]  # the bytes themselves help nobody
                raise Broken(said) from None

    async def _more(self) -> bytes:
        try:
            data = await self._line.read(self._patience)
        except TimeoutError:
            raise
        except OSError as error:
            if self._began:
                raise
            raise Closed(str(error)) from None
        if not data and not self._began:
            raise Closed("the connection was closed without an answer")
        self._began = True
        return data
