"""The table ``[fetch]`` of ``tumen.toml``: limits of HTTP requests, private addresses that may be fetched, proxies."""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import unquote, urlsplit

from msgspec import Meta, Struct

_Port = Annotated[int, Meta(ge=1, le=65_535)]
_Seconds = Annotated[float, Meta(ge=0.1, le=3600)]
_Delay = Annotated[float, Meta(ge=0, le=3600)]
_Bytes = Annotated[int, Meta(ge=1024, le=1024**3)]


class FetchSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of every HTTP request.

    Attributes:
        contact: mail address or page where a publisher can reach you; sent in the User-Agent.
        page_delay: seconds between the starts of two page requests to one host; a longer Crawl-delay counts.
        feed_delay: seconds between the starts of two feed requests to one registrable domain.
        concurrency: requests at the same time over all hosts; never more than one per host.
        connect_seconds: connection timeout.
        read_seconds: timeout between two parts of a response.
        deadline_seconds: total time of one request, redirects included.
        max_feed_bytes: of a larger feed, as sent and after decompression, only the first part is read; a source's own
            ``max_feed_bytes`` overrides it.
        max_page_bytes: largest page, as sent and after decompression.
        max_redirects: redirects followed per request.
        retry_after_seconds: how long to back off from a host that answers "too many requests" without a Retry-After.
        max_retry_after_seconds: longest Retry-After that is obeyed.
        allow_private: private or loopback addresses that may be fetched, with ports: ``127.0.0.1:8080-8090``,
            ``10.1.0.0/16:80``, ``[::1]:8080``, ``intranet.example:443``.
        extra_ports: allowed ports at public addresses, in addition to 80, 443, 8080 and 8443.
        allow_downgrade: follow redirects of feeds from https to http; those of pages are always followed.
        robots_for_pages: obey robots.txt for pages.
        robots_for_feeds: obey robots.txt for feeds too. Off by default, because feeds are configured on purpose.
        proxy: HTTP proxy of all requests, such as ``http://proxy.example:3128``; empty: the variables ``HTTP_PROXY``,
            ``HTTPS_PROXY`` and ``ALL_PROXY``; ``none``: no proxy. ``NO_PROXY`` always counts. The proxy resolves names,
            so only names and literal addresses are checked against ``allow_private``.
        ca_file: PEM file with certificate authorities to trust in addition to those of the system, such as a national
            root; a relative path starts at the config folder.
    """

    contact: str = ""
    page_delay: _Delay = 5.0
    feed_delay: _Delay = 2.0
    concurrency: Annotated[int, Meta(ge=1, le=1000)] = 50
    connect_seconds: _Seconds = 5.0
    read_seconds: _Seconds = 15.0
    deadline_seconds: _Seconds = 40.0
    max_feed_bytes: _Bytes = 8 * 1024 * 1024
    max_page_bytes: _Bytes = 5 * 1024 * 1024
    max_redirects: Annotated[int, Meta(ge=0, le=20)] = 5
    retry_after_seconds: Annotated[float, Meta(ge=0, le=604_800)] = 600.0
    max_retry_after_seconds: Annotated[float, Meta(ge=0, le=2_592_000)] = 172800.0
    allow_private: tuple[str, ...] = ()
    extra_ports: tuple[_Port, ...] = ()
    allow_downgrade: bool = False
    robots_for_pages: bool = True
    robots_for_feeds: bool = False
    proxy: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One private host or network that may be fetched, with its ports.

    Attributes:
        network: the addresses; None for a host name.
        name: the host name; "" for a network.
        first_port, last_port: inclusive.
    """

    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    name: str
    first_port: int
    last_port: int


_ALLOWANCE = re.compile(r"(?P<host>\[[^\]]+\](?:/\d+)?|[^:\s]+)(?::(?P<first>\d{1,5})(?:-(?P<last>\d{1,5}))?)?")
_PROXY_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")


def parse_allowance(text: str) -> Allowance:
    """Parse one item of ``allow_private``: an address, network or host name, and a port or a range of ports.

    Raises:
        ValueError: with what is wrong and what was expected.
    """
    match = _ALLOWANCE.fullmatch(text.strip())
    wanted = "expected HOST:PORT or HOST:FIRST-LAST, such as 127.0.0.1:8080-8090"
    if match is None or match["first"] is None:
        raise ValueError(f"{text!r} names no port; {wanted}.")
    first, last = int(match["first"]), int(match["last"] or match["first"])
    if not 1 <= first <= last <= 65535:
        raise ValueError(f"{text!r} has no range of ports; {wanted}.")
    host = match["host"].replace("[", "").replace("]", "").lower()
    try:
        network = ipaddress.ip_network(host, strict=False)
    except ValueError:
        if not _NAME.fullmatch(host) or host.replace(".", "").isdigit():
            raise ValueError(f"{text!r} is neither an address nor a host name; {wanted}.") from None
        return Allowance(network=None, name=host, first_port=first, last_port=last)
    return Allowance(network=network, name="", first_port=first, last_port=last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy.

    Attributes:
        credentials: value of the header Proxy-Authorization, "" without a user name.
    """

    host: str
    port: int
    tls: bool
    credentials: str = field(default="", repr=False)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that are meant for the proxy."""
        return [(b"Proxy-Authorization", self.credentials.encode())] if self.credentials else []


def parse_proxy(address: str) -> Proxy:
    """Parse the address of a proxy.

    Raises:
        ValueError: it is not valid; the text has no password.
    """
    parts = urlsplit(address if "://" in address else f"http://{address}")
    wrong = ValueError("must be an address such as http://proxy.example:3128, with http or https.")
    try:
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in _PROXY_PORTS or not parts.hostname or not re.fullmatch(r"[!-~]{1,500}", address):
        raise wrong
    credentials = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(
        host=parts.hostname,
        port=port or _PROXY_PORTS[parts.scheme],
        tls=parts.scheme == "https",
        credentials=credentials,
    )
