"""Kept connections, and one request over them: headers, and a name for each way of failing.

In: a checked ``Target`` and its ``Request``. Out: a ``Response``, or ``RequestFailed``; ``TimeoutError`` if a read
stalled. Every connection goes through the guarded connector, which checks the address that it connects to.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress

from pipeline import __version__
from pipeline.fetch import robots
from pipeline.fetch.address_guard import GuardedConnector, NameUnknown, Target
from pipeline.fetch.decompress import ACCEPT_ENCODING
from pipeline.fetch.http11 import Broken, Closed, Connection, Headers
from pipeline.fetch.response import RequestFailed, Response, read_response
from pipeline.model import FailureKind, Request, RequestKind
from pipeline.settings.fetch import FetchSettings

_ACCEPT: Mapping[RequestKind, str] = {
    "feed": "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json,"
    " application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
    "page": "text/html, application/xhtml+xml, */*;q=0.1",
    "site": "text/html, application/xhtml+xml, */*;q=0.1",
}
_KEPT_SECONDS = 30.0

Origin = tuple[str, str, int]


class ConnectTimeout(RequestFailed):
    """The connection was not made in time."""


class ConnectionPool:
    """Connections, one per origin: the host limiter allows one request at a time per host.

    Args:
        settings: ``[fetch]`` of the config.
        connector: makes the connections.
    """

    def __init__(self, settings: FetchSettings, connector: GuardedConnector) -> None:
        self._settings = settings
        self._connector = connector
        self._idle: dict[Origin, Connection] = {}
        self._tls: ssl.SSLContext | None = None
        contact = f"+{settings.contact}" if settings.contact else "news monitor"
        self._agent = f"{robots.PRODUCT}/{__version__} ({contact})".encode("ascii", "replace")

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in self._idle.values():
            connection.close()
        self._idle.clear()
        await asyncio.sleep(0)  # lets the event loop close the sockets

    async def request(self, target: Target, request: Request, limit: int) -> Response:
        """Send one request and read the response, at most ``limit`` bytes. Follows no redirect."""
        path, headers = _request_target(target), self._headers(target, request)
        try:
            if kept := self._kept(target):
                with suppress(Closed):  # the server closed it while it was idle
                    return await self._exchange(target, kept, path, headers, limit)
            return await self._exchange(target, await self._connect(target), path, headers, limit)
        except TimeoutError:
            raise
        except (Broken, OSError) as error:
            raise RequestFailed("broken", f"{target.site} broke off its response ({_short(error)}).") from None

    async def _exchange(
        self, target: Target, connection: Connection, path: bytes, headers: Headers, limit: int
    ) -> Response:
        """Use a connection for one request, and keep it if it can serve another."""
        response = None
        try:
            response = await read_response(connection, path, headers, limit)
        finally:
            # A body after a 304 that announces one would be read as the next response.
            dirty = response is None or (response.status == 304 and response.headers.get("content-length", "0") != "0")
            if dirty or not connection.reuse():
                connection.close()
            else:
                self._keep(target, connection)
        return response

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
            self._idle.pop(next(iter(self._idle))).close()  # idle for the longest time

    async def _connect(self, target: Target) -> Connection:
        """Make a new connection, if the guard allows the address."""
        tls = None
        if target.scheme == "https":
            tls = self._tls = self._tls or ssl.create_default_context()
        try:
            async with asyncio.timeout(self._settings.connect_seconds):
                stream = await self._connector.connect(target.host, target.port, tls)
        except NameUnknown:
            raise RequestFailed("dns", f"The name {target.host} does not resolve.") from None
        except TimeoutError:
            raise ConnectTimeout("connect", f"{target.site} did not accept a connection in time.") from None
        except OSError as error:
            kind: FailureKind = "tls" if isinstance(error, ssl.SSLError) else "connect"
            invalid = isinstance(error, ssl.SSLCertVerificationError)
            problem = "The certificate is not valid for" if invalid else "Cannot connect to"
            raise RequestFailed(kind, f"{problem} {target.site} ({_short(error)}).") from None
        return Connection(stream, self._settings.read_seconds)

    def _headers(self, target: Target, request: Request) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"Host", target.host_header.encode()),
            (b"User-Agent", self._agent),
            (b"Accept", _ACCEPT[request.kind].encode()),
            (b"Accept-Encoding", b"identity" if request.span else ACCEPT_ENCODING.encode()),
        ]
        if request.span:
            headers.append((b"Range", b"bytes=%d-%d" % request.span))
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


def _request_target(target: Target) -> bytes:
    return target.url.split(target.host_header, 1)[1].encode("ascii")


def _unsafe(value: str) -> bool:
    return any(ord(letter) < 32 and letter != "\t" for letter in value) or len(value) > 1000


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:120]
