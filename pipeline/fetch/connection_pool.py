"""Kept connections, and one request over them: headers, and a name for each way of failing.

In: a checked ``Target`` and its ``Request``. Out: a ``Response``, or ``RequestFailed``; ``TimeoutError`` if a read
stalled. Every connection comes from ``connector``, which checks the address that it connects to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from pipeline import __version__
from pipeline.fetch import robots
from pipeline.fetch.address_guard import Target
from pipeline.fetch.connector import Connector, short
from pipeline.fetch.decompress import ACCEPT_ENCODING
from pipeline.fetch.http11 import Broken, Closed, Connection, Headers
from pipeline.fetch.response import Limit, RequestFailed, Response, read_response
from pipeline.model import Request, RequestKind
from pipeline.settings.fetch import FetchSettings, Proxy

_ACCEPT: Mapping[RequestKind, str] = {
    "feed": "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json,"
    " application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
    "page": "text/html, application/xhtml+xml, */*;q=0.1",
    "site": "text/html, application/xhtml+xml, */*;q=0.1",
}
_KEPT_SECONDS = 30.0

Origin = tuple[str, str, int]


class ConnectionPool:
    """Connections, one per origin: the host limiter allows one request at a time per host.

    Args:
        settings: ``[fetch]`` of the config.
        connector: makes the connections.
    """

    def __init__(self, settings: FetchSettings, connector: Connector) -> None:
        self._settings = settings
        self._connector = connector
        self._idle: dict[Origin, Connection] = {}
        contact = f"+{settings.contact}" if settings.contact else "news monitor"
        self._agent = f"{robots.PRODUCT}/{__version__} ({contact})".encode("ascii", "replace")

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in self._idle.values():
            connection.close()
        self._idle.clear()
        await asyncio.sleep(0)  # lets the event loop close the sockets

    async def request(self, target: Target, request: Request, limit: Limit, cookie: str = "") -> Response:
        """Send one request and read the response within the limit. Follows no redirect."""
        proxy = self._connector.proxy(target)
        path, headers = _request_target(target), self._headers(target, request, cookie)
        if proxy and target.scheme == "http":  # no tunnel: the proxy itself sends the request
            path, headers = target.url.encode("ascii"), [*headers, *proxy.headers()]
        try:
            return await self._respond(target, proxy, path, headers, limit)
        except TimeoutError:  # it is an OSError
            raise
        except (Broken, OSError) as error:
            raise RequestFailed("broken", f"{target.site} broke off its response ({short(error)}).") from None

    async def _respond(
        self, target: Target, proxy: Proxy | None, path: bytes, headers: Headers, limit: Limit
    ) -> Response:
        """Use the kept connection if there is one, else a new one."""
        if kept := self._kept(target):
            with suppress(Closed):  # the server closed it while it was idle
                return await self._exchange(target, kept, path, headers, limit)
        return await self._exchange(target, await self._connector.connect(target, proxy), path, headers, limit)

    async def _exchange(
        self, target: Target, connection: Connection, path: bytes, headers: Headers, limit: Limit
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

    def _headers(self, target: Target, request: Request, cookie: str) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"Host", target.host_header.encode()),
            (b"User-Agent", self._agent),
            (b"Accept", _ACCEPT[request.kind].encode()),
            (b"Accept-Encoding", b"identity" if request.span else ACCEPT_ENCODING.encode()),
        ]
        if request.span:
            headers.append((b"Range", b"bytes=%d-%d" % request.span))
        if cookie:
            headers.append((b"Cookie", cookie.encode("latin-1", "replace")))
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
