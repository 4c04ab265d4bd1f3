"""Connections: name look-up, address guard, several addresses at once, proxy, TLS.

In: a checked ``Target``. Out: a ``Connection``, or ``RequestFailed`` with the reason in words. Every address that a
name resolves to is checked before the connection; the checked addresses are the ones that are connected to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import ExitStack

from pipeline.fetch.address_guard import Guard, Target, literal_address
from pipeline.fetch.head import NotHttp, split_head
from pipeline.fetch.http11 import Connection, Stream
from pipeline.fetch.lookup import NameLookup, Resolver
from pipeline.fetch.proxy import proxy_for
from pipeline.fetch.response import RequestFailed
from pipeline.fetch.tls import TlsContexts, advice
from pipeline.model import FailureKind
from pipeline.settings.fetch import FetchSettings, Proxy

Dial = Callable[[Sequence[str], int], Awaitable[socket.socket]]

log = logging.getLogger("tumen.fetch")

_NEXT_ADDRESS_SECONDS = 0.25  # RFC 8305, 5: start with the next address while the first is silent
_LOOK_UPS_PER_REQUEST = 4  # a look-up without an answer outlives the request that began it
_MAX_PROXY_HEAD = 16 * 1024


class ConnectTimeout(RequestFailed):
    """The connection was not made in time."""


async def dial(addresses: Sequence[str], port: int) -> socket.socket:
    """Connect to the first of these addresses that accepts (RFC 8305).

    Raises:
        OSError: none accepts.
    """
    from aiohappyeyeballs import start_connection

    infos = [
        (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "",
         (address, port, 0, 0) if ":" in address else (address, port))
        for address in addresses
    ]  # fmt: skip
    return await start_connection(infos, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS)


class Connector:
    """Makes connections that the guard allows.

    Args:
        settings: ``[fetch]`` of the config.
        guard: the address rules.
        legacy: domains that may use old TLS.
        resolver: returns the addresses of a name; tests record its calls. None: the system's.
        dial: connects to checked addresses; likewise.
    """

    def __init__(
        self,
        settings: FetchSettings,
        guard: Guard,
        *,
        legacy: Collection[str] = (),
        resolver: Resolver | None = None,
        dial: Dial = dial,
    ) -> None:
        self._settings = settings
        self._guard = guard
        self._tls = TlsContexts(settings, legacy)
        self._resolver = resolver or NameLookup(settings.concurrency * _LOOK_UPS_PER_REQUEST)
        self._dial = dial
        self._proxies: set[str] = set()

    def proxy(self, target: Target) -> Proxy | None:
        """Return the proxy for a target, or None.

        Raises:
            RequestFailed: the address of the proxy is not valid.
        """
        try:
            proxy = proxy_for(target, self._settings.proxy)
        except ValueError as error:
            raise RequestFailed("connect", f"Cannot use the proxy of the environment: its address {error}") from None
        if proxy and proxy.host not in self._proxies:
            self._proxies.add(proxy.host)
            log.info("requests use the proxy %s, which resolves names; the address guard checks names only", proxy.host)
        return proxy

    async def connect(self, target: Target, proxy: Proxy | None) -> Connection:
        """Connect to a target, or to its proxy and through it.

        Raises:
            Refused: the name resolves to an address that is not allowed.
            RequestFailed: the connection failed.
        """
        place = f"the proxy {proxy.host}" if proxy else target.site
        addresses = await self._resolve(target, proxy)
        try:
            async with asyncio.timeout(self._settings.connect_seconds):
                stream = await self._open(target, proxy, addresses)
        except TimeoutError:
            raise ConnectTimeout("connect", f"Cannot connect to {place}: no connection in time.") from None
        except OSError as error:
            raise self._failure(target, place, error) from None
        return Connection(stream, self._settings.read_seconds)

    async def _resolve(self, target: Target, proxy: Proxy | None) -> list[str]:
        """Return the addresses to connect to. The time of the look-up does not count as time of connecting."""
        host, port = (proxy.host, proxy.port) if proxy else (target.host, target.port)
        literal = literal_address(host)
        addresses = [str(literal)] if literal else []
        try:
            if not literal:
                async with asyncio.timeout(self._settings.connect_seconds):
                    addresses = await self._resolver(host, port)
        except TimeoutError:
            raise ConnectTimeout("dns", f"The name {host} could not be looked up in time.") from None
        except OSError:
            addresses = []
        if not addresses:
            raise RequestFailed("dns", f"The name {host} does not resolve.")
        if proxy is None:  # the proxy itself is the operator's choice
            for address in addresses:
                self._guard.check(ipaddress.ip_address(address), port, host)
        return addresses

    async def _open(self, target: Target, proxy: Proxy | None, addresses: Sequence[str]) -> Stream:
        """Open the connection; behind a proxy, ask it for a tunnel if the target needs TLS."""
        tls = target.scheme == "https"
        if proxy is None:
            opened = await self._dial(addresses, target.port)
            return await _stream(opened, self._tls.context(target.host) if tls else None, target.host)
        opened = await self._dial(addresses, proxy.port)
        stream = await _stream(opened, self._tls.context(proxy.host) if proxy.tls else None, proxy.host)
        if tls:
            with ExitStack() as undo:
                undo.callback(stream.close)
                await _tunnel(stream, target, proxy, self._settings.read_seconds)
                await stream.start_tls(self._tls.context(target.host), target.host)
                undo.pop_all()
        return stream

    def _failure(self, target: Target, place: str, error: OSError) -> RequestFailed:
        kind: FailureKind = "tls" if isinstance(error, ssl.SSLError) else "connect"
        invalid = isinstance(error, ssl.SSLCertVerificationError)
        problem = "The certificate is not valid for" if invalid else "Cannot connect to"
        place = target.site if isinstance(error, ssl.SSLError) else place
        reason = f"{problem} {place} ({short(error)})."
        return RequestFailed(kind, reason + advice(error, legacy=self._tls.is_legacy(target.host)))


async def _stream(opened: socket.socket, tls: ssl.SSLContext | None, name: str) -> Stream:
    _, stream = await asyncio.get_running_loop().create_connection(
        Stream, sock=opened, ssl=tls, server_hostname=name if tls else None
    )
    return stream


async def _tunnel(stream: Stream, target: Target, proxy: Proxy, read_timeout: float) -> None:
    """Ask a proxy for a connection to the target (RFC 9110, 9.3.6).

    Raises:
        OSError: the proxy refuses, or ends the connection.
    """
    host = f"[{target.host}]" if ":" in target.host else target.host
    address = f"{host}:{target.port}".encode()
    fields = [(b"Host", address), *proxy.headers()]
    stream.send(b"CONNECT %s HTTP/1.1\r\n" % address + b"".join(b"%s: %s\r\n" % field for field in fields) + b"\r\n")
    received = b""
    try:
        while (parts := split_head(received)) is None:
            data = await stream.read(read_timeout)
            if not data or len(received) > _MAX_PROXY_HEAD:
                raise ConnectionAbortedError(f"the proxy {proxy.host} ended the connection")
            received += data
    except NotHttp:
        raise ConnectionAbortedError(f"the proxy {proxy.host} does not speak HTTP") from None
    status = parts[0].split(b" ", 2)[1:2]
    if not status or not status[0].startswith(b"2"):
        code = status[0][:3].decode("latin-1") if status else "unknown"
        raise ConnectionRefusedError(f"the proxy {proxy.host} refuses it with status {code}")


def short(error: BaseException) -> str:
    """Return an error's text, cut to a length that fits a line. For an error of the system, its usual words."""
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return (str(error) or type(error).__name__)[:160]
