"""One request on the wire: headers, kept connections, and what each way of failing is called.

In: a checked ``Target`` and the ``Request`` it serves. Out: an ``Answer``, or ``Failed``; ``TimeoutError`` when a read
stood still. Every connection goes through the guarded dialler, which checks the address that it dials.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress

from pipeline import __version__
from pipeline.fetch import robots
from pipeline.fetch.address_guard import GuardedDialler, NameUnknown, Target
from pipeline.fetch.decompress import ACCEPT_ENCODING
from pipeline.fetch.http11 import Broken, Closed, Connection, Headers
from pipeline.fetch.response import Answer, Failed, receive
from pipeline.model import FailureKind, Request, RequestKind
from pipeline.settings.fetch import FetchSettings

_ACCEPT: Mapping[RequestKind, str] = {
    "feed": "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json,"
    " application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
    "page": "text/html, application/xhtml+xml, */*;q=0.1",
    "site": "text/html, application/xhtml+xml, */*;q=0.1",
}


Origin = tuple[str, str, int]

_KEPT_SECONDS = 30.0
_CANNOT = "cannot be connected to"


class ConnectTimeout(Failed):
    """No connection came about in time."""


class Transport:
    """Keeps the connections, one an origin: manners never ask a site two things at once.

    Args:
        settings: ``[fetch]`` of the config.
        dialler: makes the connections.
    """

    def __init__(self, settings: FetchSettings, dialler: GuardedDialler) -> None:
        self._settings = settings
        self._dialler = dialler
        self._idle: dict[Origin, Connection] = {}
        self._tls: ssl.SSLContext | None = None
        contact = f"+{settings.contact}" if settings.contact else "news monitor"
        self._agent = f"{robots.PRODUCT}/{__version__} ({contact})".encode("ascii", "replace")

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in self._idle.values():
            connection.close()
        self._idle.clear()
        await asyncio.sleep(0)  # the sockets close at the loop's next turn

    async def ask(self, target: Target, request: Request, limit: int) -> Answer:
        """Ask once and read the answer up to ``limit`` bytes; redirects are the caller's."""
        path, headers = _target(target), self._headers(target, request)
        try:
            if kept := self._kept(target):
                with suppress(Closed):  # the server had let go of it meanwhile
                    return await self._exchange(target, kept, path, headers, limit)
            return await self._exchange(target, await self._connect(target), path, headers, limit)
        except TimeoutError:
            raise
        except (Broken, OSError) as error:
            raise Failed("broken", f"{target.site} broke off its answer ({_short(error)}).") from None

    async def _exchange(
        self, target: Target, connection: Connection, path: bytes, headers: Headers, limit: int
    ) -> Answer:
        """Ask on a connection, and keep it when it can be used again."""
        answer = None
        try:
            answer = await receive(connection, path, headers, limit)
        finally:
            # what may follow a 304 that announces a body would be read as the next answer
            dirty = answer is None or (answer.status == 304 and answer.headers.get("content-length", "0") != "0")
            if dirty or not connection.again():
                connection.close()
            else:
                self._keep(target, connection)
        return answer

    def _kept(self, target: Target) -> Connection | None:
        connection = self._idle.pop(_origin(target), None)
        if connection is None:
            return None
        if connection.dead or asyncio.get_running_loop().time() - connection.idle_since > _KEPT_SECONDS:
            connection.close()
            return None
        return connection

    def _keep(self, target: Target, connection: Connection) -> None:
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle[_origin(target)] = connection
        if len(self._idle) > self._settings.concurrency:
            self._idle.pop(next(iter(self._idle))).close()  # the one that waited longest

    async def _connect(self, target: Target) -> Connection:
        """A new connection to where the guard lets us go."""
        tls = None
        if target.scheme == "https":
            tls = self._tls = self._tls or ssl.create_default_context()
        try:
            async with asyncio.timeout(self._settings.connect_seconds):
                line = await self._dialler.connect(target.host, target.port, tls)
        except NameUnknown:
            raise Failed("dns", f"The name {target.host} does not resolve.") from None
        except TimeoutError:
            raise ConnectTimeout("connect", f"{target.site} could not be connected to in time.") from None
        except OSError as error:
            kind: FailureKind = "tls" if isinstance(error, ssl.SSLError) else "connect"
            said = "has no valid certificate" if isinstance(error, ssl.SSLCertVerificationError) else _CANNOT
            raise Failed(kind, f"{target.site} {said} ({_short(error)}).") from None
        return Connection(line, self._settings.read_seconds)

    def _headers(self, target: Target, request: Request) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"Host", target.host_header.encode()),
            (b"User-Agent", self._agent),
            (b"Accept", _ACCEPT[request.kind].encode()),
            (b"Accept-Encoding", ACCEPT_ENCODING.encode()),
        ]
        if request.kind == "feed":
            headers.append((b"A-IM", b"feed"))
        if (known := request.validators) and known.url == target.url:
            if known.etag and not _unsafe(known.etag):
                headers.append((b"If-None-Match", known.etag.encode("latin-1", "replace")))
            if known.last_modified and not _unsafe(known.last_modified):
                headers.append((b"If-Modified-Since", known.last_modified.encode("latin-1", "replace")))
        return headers


def _origin(target: Target) -> Origin:
    return target.scheme, target.host, target.port


def _target(target: Target) -> bytes:
    return target.url.split(target.host_header, 1)[1].encode("ascii")


def _unsafe(value: str) -> bool:
    return any(ord(letter) < 32 and letter != "\t" for letter in value) or len(value) > 1000


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:120]
