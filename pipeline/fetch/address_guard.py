"""Which addresses may be asked. Decided on the address that is dialled, when it is dialled.

A check of the host's name alone is worth nothing (``127.1``, ``2130706433``, a name that resolves to 10.0.0.1, a name
that resolves differently the second time). So the name is resolved once for each connection, every address it gives is
checked, and the one that was checked is dialled; Host header and TLS name stay the name's.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from pipeline.fetch.http11 import Dialler, Line, dial
from pipeline.settings.fetch import Allowance, FetchSettings, parse_allowance

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]

_PORTS = {80, 443, 8080, 8443}
_SCHEMES = {"http": 80, "https": 443}
_MAX_URL = 2048
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]")
# What ``is_global`` of Python 3.11 takes for public and is not (measured; IANA special-purpose registries).
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4", "fec0::/10", "ff00::/8", "::/96")
)
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class Refused(Exception):
    """An address that is not asked. ``kind`` is ``bad_url`` or ``forbidden_address``; the text is for people."""

    def __init__(self, kind: str, reason: str) -> None:
        self.kind = kind
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address taken apart and found fit to be asked.

    Attributes:
        url: in ASCII, without fragment.
        site: what manners count as one host: its name, with the port where that is not the usual one.
        origin: ``scheme://host:port``.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    site: str

    @property
    def host_header(self) -> str:
        """The value of the header Host."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _SCHEMES[self.scheme] else f"{name}:{self.port}"

    @property
    def robots_url(self) -> str:
        """Where the host's robots.txt is."""
        return f"{self.scheme}://{self.host_header}/robots.txt"


class Guard:
    """The rules of ``[fetch]`` about addresses.

    Raises:
        ValueError: an item of ``allow_private`` cannot be read.
    """

    def __init__(self, settings: FetchSettings) -> None:
        self._allowed: tuple[Allowance, ...] = tuple(parse_allowance(text) for text in settings.allow_private)
        self._ports = _PORTS | set(settings.extra_ports)

    def target(self, url: str) -> Target:
        """Take an address apart.

        Raises:
            Refused: it is not an http(s) address that we would ask.
        """
        if len(url) > _MAX_URL or _BLANK_OR_CONTROL.search(url):
            raise Refused("bad_url", "The address is too long or has blanks or control characters in it.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Refused("bad_url", "The address cannot be read.") from None
        scheme = parts.scheme.lower()
        if scheme not in _SCHEMES or not parts.hostname:
            raise Refused("bad_url", f"Only http and https addresses are asked, not {scheme or 'this'}:.")
        if parts.username is not None or parts.password is not None:
            raise Refused("bad_url", "An address with a user name in it is not asked.")
        host = _host(parts.hostname)
        port = _SCHEMES[scheme] if port is None else port
        self._check_name(host, port)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?[]|{}^`')}" if parts.query else ""
        )
        literal = _literal(host) is not None
        site = f"{host}:{port}" if literal or port not in (80, 443) else host
        name = f"[{host}]" if ":" in host else host
        shown = name if port == _SCHEMES[scheme] else f"{name}:{port}"
        return Target(url=f"{scheme}://{shown}{path}", scheme=scheme, host=host, port=port, path=path, site=site)

    def _check_name(self, host: str, port: int) -> None:
        """Refuse what no resolver need be asked about."""
        if port not in self._ports and not any(a.first_port <= port <= a.last_port for a in self._allowed):
            raise Refused("forbidden_address", f"Port {port} is not asked; see [fetch] extra_ports.")
        if (host == "localhost" or host.endswith(".localhost")) and not self._named(host, port):
            raise Refused("forbidden_address", f"{host} is this machine; see [fetch] allow_private.")
        literal = _literal(host)
        if literal is not None:
            self.check(literal, port, host)

    def check(self, address: Address, port: int, host: str) -> None:
        """Refuse an address that is about to be dialled.

        Raises:
            Refused: it is private, loopback, link-local, multicast or otherwise not public, and not allowed.
        """
        if self._named(host, port) or any(
            a.network is not None and a.first_port <= port <= a.last_port and _within(address, a.network)
            for a in self._allowed
        ):
            return
        if not is_public(address):
            raise Refused(
                "forbidden_address",
                f"{host} leads to {address}, which is not a public address; see [fetch] allow_private.",
            )
        if port not in self._ports:
            raise Refused("forbidden_address", f"Port {port} is not asked; see [fetch] extra_ports.")

    def _named(self, host: str, port: int) -> bool:
        return any(a.name == host and a.first_port <= port <= a.last_port for a in self._allowed if a.name)


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, looking inside IPv4-in-IPv6 forms."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is not None:
            return is_public(inner)
        if address.scope_id is not None:
            return False
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return False
    return not any(_within(address, network) for network in _NOT_PUBLIC)


def _within(address: Address, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return address.version == network.version and address in network


@lru_cache(maxsize=1024)
def _host(name: str) -> str:
    """Lower case, ASCII, no trailing dot. Full-width digits and the like become what a resolver would make of them."""
    name = name.rstrip(".。").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower().rstrip(".")
        except UnicodeError:
            raise Refused("bad_url", "The address has no host name that can be resolved.") from None
    if not name or len(name) > 253 or any(letter in name for letter in "/\\@?#%<>\"'"):
        raise Refused("bad_url", "The address has no host name that can be resolved.")
    return name


@lru_cache(maxsize=1024)
def _literal(host: str) -> Address | None:
    """The address that a host name writes out, in any form that ``inet_aton`` takes (``127.1``, ``0x7f000001``)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if host.rsplit(".", 1)[-1][:1].isdigit():
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            raise Refused("bad_url", "The address has no host name that can be resolved.") from None
    return None


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class GuardedDialler:
    """Dials only what the guard lets pass.

    Args:
        guard: the rules.
        resolver: gives the addresses of a name; replaced by a recorder in tests.
        dialler: makes the connection to a checked address; likewise.
    """

    def __init__(self, guard: Guard, resolver: Resolver = resolve, dialler: Dialler = dial) -> None:
        self._guard = guard
        self._resolver = resolver
        self._dialler = dialler

    async def connect(self, name: str, port: int, tls: ssl.SSLContext | None) -> Line:
        """Resolve once, check every address, dial the first that answers.

        Raises:
            Refused: one of the addresses may not be asked.
            NameUnknown: the name has no address.
            OSError: none of them answered, or its certificate does not hold.
        """
        addresses = await self._addresses(name, port)
        for address in addresses[:-1]:
            with suppress(OSError):
                return await self._dialler(str(address), port, tls, name)
        return await self._dialler(str(addresses[-1]), port, tls, name)

    async def _addresses(self, name: str, port: int) -> list[Address]:
        literal = _literal(name)
        if literal is not None:
            addresses = [literal]
        else:
            try:
                texts = await self._resolver(name, port)
            except OSError as error:
                raise NameUnknown(name) from error
            addresses = [ipaddress.ip_address(text) for text in texts]
        if not addresses:
            raise NameUnknown(name)
        for address in addresses:
            self._guard.check(address, port, name)
        return addresses


class NameUnknown(Exception):
    """The host's name does not resolve."""
