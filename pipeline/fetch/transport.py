"""One request on the wire: headers, connection pool, and what each way of failing is called.

In: a checked ``Target`` and the ``Request`` it serves. Out: an ``Answer``, or ``Failed``; ``TimeoutError`` when a read
or write stood still. Every connection goes through the guarded backend, which checks the address that it dials.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import suppress

import httpcore2

from pipeline import __version__
from pipeline.fetch import robots
from pipeline.fetch.answer import Answer, Failed, receive
from pipeline.fetch.decode import ACCEPT_ENCODING
from pipeline.fetch.guard import NameUnknown, Target
from pipeline.model import FailureKind, Request, RequestKind
from pipeline.settings.fetch import FetchSettings

_ACCEPT: Mapping[RequestKind, str] = {
    "feed": "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json,"
    " application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
    "page": "text/html, application/xhtml+xml, */*;q=0.1",
    "site": "text/html, application/xhtml+xml, */*;q=0.1",
}


class ConnectTimeout(Failed):
    """No connection came about in time."""


class Transport:
    """Keeps the connections, one pool a scheme.

    Args:
        settings: ``[fetch]`` of the config.
        backend: makes the connections.
    """

    def __init__(self, settings: FetchSettings, backend: httpcore2.AsyncNetworkBackend) -> None:
        self._settings = settings
        self._backend = backend
        self._pools: dict[str, httpcore2.AsyncConnectionPool] = {}
        contact = f"+{settings.contact}" if settings.contact else "news monitor"
        self._agent = f"{robots.PRODUCT}/{__version__} ({contact})".encode("ascii", "replace")

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()

    async def ask(self, target: Target, request: Request, limit: int) -> Answer:
        """Ask once and read the answer up to ``limit`` bytes; redirects are the caller's."""
        timeouts = {
            "connect": self._settings.connect_seconds,
            "read": self._settings.read_seconds,
            "write": self._settings.read_seconds,
            "pool": None,
        }
        message = httpcore2.Request(
            method=b"GET",
            url=httpcore2.URL(
                scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=_target(target)
            ),
            headers=self._headers(target, request),
            extensions={"timeout": timeouts},
        )
        try:
            response = await self._pool(target.scheme).handle_async_request(message)
            try:
                answer = await receive(response, limit)
                if answer.status == 304 and answer.headers.get("content-length", "0") != "0":
                    # What may follow a 304 that announces a body would be read as the next answer.
                    with suppress(Exception):
                        await response.extensions["network_stream"].aclose()
                return answer
            finally:
                with suppress(Exception):
                    await response.aclose()
        except NameUnknown:
            raise Failed("dns", f"The name {target.host} does not resolve.") from None
        except (httpcore2.ReadTimeout, httpcore2.WriteTimeout):
            raise TimeoutError from None
        except (httpcore2.ConnectTimeout, TimeoutError):
            raise ConnectTimeout("connect", f"{target.site} could not be connected to in time.") from None
        except httpcore2.ConnectError as error:
            kind: FailureKind = "tls" if _is_tls(error) else "connect"
            said = "has no valid certificate" if kind == "tls" else "cannot be connected to"
            raise Failed(kind, f"{target.site} {said} ({_short(error)}).") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise Failed("broken", f"{target.site} broke off its answer ({_short(error)}).") from None

    def _pool(self, scheme: str) -> httpcore2.AsyncConnectionPool:
        if scheme not in self._pools:
            self._pools[scheme] = httpcore2.AsyncConnectionPool(
                ssl_context=ssl.create_default_context() if scheme == "https" else None,
                max_connections=self._settings.concurrency + 10,
                max_keepalive_connections=self._settings.concurrency,
                keepalive_expiry=30.0,
                network_backend=self._backend,
            )
        return self._pools[scheme]

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


def _target(target: Target) -> bytes:
    return target.url.split(target.host_header, 1)[1].encode("ascii")


def _unsafe(value: str) -> bool:
    return any(ord(letter) < 32 and letter != "\t" for letter in value) or len(value) > 1000


def _is_tls(error: BaseException | None) -> bool:
    """Whether TLS is what failed, at whatever depth of the causes."""
    seen = 0
    while error is not None and seen < 8:
        if isinstance(error, ssl.SSLError):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:120]
