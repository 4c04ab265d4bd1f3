"""Address guard: which addresses may be requested. The check is made on the IP address, at the time of connecting.

Checking the host name alone is not enough: ``127.1`` and ``2130706433`` are loopback, a public name may resolve to
10.0.0.1, and may resolve differently the second time. So the name is resolved once per connection, every resulting
address is checked, and the checked address is connected to. Host header and TLS server name remain those of the name.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, urlsplit

from pipeline.settings.fetch import Allowance, FetchSettings, parse_allowance

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {80, 443, 8080, 8443}
_SCHEMES = {"http": 80, "https": 443}
_MAX_URL = 2048
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]")
# Networks that Python 3.11 reports as ``is_global`` but the IANA special-purpose registries do not.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4", "fec0::/10", "ff00::/8", "::/96")
)
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class Refused(Exception):
    """An address that is not requested. ``kind`` is ``bad_url`` or ``forbidden_address``; the text is for people."""

    def __init__(self, kind: Literal["bad_url", "forbidden_address"], reason: str) -> None:
        self.kind = kind
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A parsed URL that passed the checks.

    Attributes:
        url: in ASCII, without fragment.
        site: the unit of the host limiter: the host, with the port unless it is 80 or 443.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    site: str

    @property
    def host_header(self) -> str:
        """Value of the Host header."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _SCHEMES[self.scheme] else f"{name}:{self.port}"

    @property
    def robots_url(self) -> str:
        """Address of the host's robots.txt."""
        return f"{self.scheme}://{self.host_header}/robots.txt"


class Guard:
    """The address rules of ``[fetch]``.

    Raises:
        ValueError: an item of ``allow_private`` is invalid.
    """

    def __init__(self, settings: FetchSettings) -> None:
        self._allowed: tuple[Allowance, ...] = tuple(parse_allowance(text) for text in settings.allow_private)
        self._ports = _PORTS | set(settings.extra_ports)

    def target(self, url: str) -> Target:
        """Parse a URL and check all that is known without resolving its name.

        Raises:
            Refused: the URL is not requested.
        """
        if len(url) > _MAX_URL or _BLANK_OR_CONTROL.search(url):
            raise Refused("bad_url", "The address is too long, or contains blanks or control characters.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Refused("bad_url", "The address is not a valid URL.") from None
        scheme = parts.scheme.lower()
        if scheme not in _SCHEMES or not parts.hostname:
            raise Refused("bad_url", f"Only http and https addresses are fetched, not “{scheme}:”.")
        if parts.username is not None or parts.password is not None:
            raise Refused("bad_url", "Addresses with a user name are not fetched.")
        host = _host(parts.hostname)
        port = _SCHEMES[scheme] if port is None else port
        self._check_name(host, port)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?[]|{}^`')}" if parts.query else ""
        )
        literal = literal_address(host) is not None
        site = f"{host}:{port}" if literal or port not in (80, 443) else host
        name = f"[{host}]" if ":" in host else host
        shown = name if port == _SCHEMES[scheme] else f"{name}:{port}"
        return Target(url=f"{scheme}://{shown}{path}", scheme=scheme, host=host, port=port, path=path, site=site)

    def _check_name(self, host: str, port: int) -> None:
        """Refuse ports and names that need no resolver."""
        if port not in self._ports and not any(a.first_port <= port <= a.last_port for a in self._allowed):
            advice = "see [fetch] extra_ports, or allow_private for a private address"
            raise Refused("forbidden_address", f"Port {port} is not allowed; {advice}.")
        if (host == "localhost" or host.endswith(".localhost")) and not self._named(host, port):
            raise Refused("forbidden_address", f"{host} is the local machine; see [fetch] allow_private.")
        literal = literal_address(host)
        if literal is not None:
            self.check(literal, port, host)

    def check(self, address: Address, port: int, host: str) -> None:
        """Check an IP address before connecting to it.

        Raises:
            Refused: it is not public (private, loopback, link-local, multicast, …) and not in ``allow_private``.
        """
        if self._named(host, port) or any(
            a.network is not None and a.first_port <= port <= a.last_port and _within(address, a.network)
            for a in self._allowed
        ):
            return
        if not is_public(address):
            raise Refused(
                "forbidden_address",
                f"{host} resolves to {address}, which is not a public address; see [fetch] allow_private.",
            )
        if port not in self._ports:
            raise Refused("forbidden_address", f"Port {port} is not allowed; see [fetch] extra_ports.")

    def _named(self, host: str, port: int) -> bool:
        return any(a.name == host and a.first_port <= port <= a.last_port for a in self._allowed if a.name)


def is_public(address: Address) -> bool:
    """Return whether an address is public. Looks inside IPv6 forms that contain an IPv4 address."""
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
    """Normalise a host name as a resolver does: lower case, ASCII (IDNA), no trailing dot."""
    name = name.rstrip(".。").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower().rstrip(".")
        except UnicodeError:
            raise Refused("bad_url", "The address has no valid host name.") from None
    if not name or len(name) > 253 or any(letter in name for letter in "/\\@?#%<>\"'"):
        raise Refused("bad_url", "The address has no valid host name.")
    return name


@lru_cache(maxsize=1024)
def literal_address(host: str) -> Address | None:
    """Return the IP address that a host name spells, in any form of ``inet_aton`` (``127.1``, ``0x7f000001``)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if host.rsplit(".", 1)[-1][:1].isdigit():
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            raise Refused("bad_url", "The address has no valid host name.") from None
    return None
