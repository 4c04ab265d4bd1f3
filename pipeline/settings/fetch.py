"""How addresses are asked: the table ``[fetch]`` of ``tumen.toml``. Each default stands here and nowhere else."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """Manners and bounds of everything that is asked over HTTP.

    Attributes:
        contact: who a publisher can write to, a mail address or a page; sent in the User-Agent.
        page_delay: seconds between the starts of two page requests to one host; a longer Crawl-delay counts.
        feed_delay: seconds between the starts of two feed requests to one registrable domain.
        concurrency: requests under way at once over all hosts; never more than one a host.
        connect_seconds: the longest wait for a connection.
        read_seconds: the longest silence in the middle of an answer.
        deadline_seconds: the longest that one request may take in all, redirects included.
        max_feed_bytes: the largest feed, as sent and after decompression.
        max_page_bytes: the largest page, likewise.
        max_redirects: hops that are followed.
        retry_after_seconds: how long a host is left alone that says "too many requests" and names no time.
        max_retry_after_seconds: the longest that a host is left alone on its word.
        allow_private: private or loopback addresses that may be asked, with ports: ``127.0.0.1:8080-8090``,
            ``10.1.0.0/16:80``, ``[::1]:8080``, ``intranet.example:443``.
        extra_ports: ports beside 80, 443, 8080 and 8443 that may be asked at public addresses.
        allow_downgrade: whether a redirect may lead from https to http.
        robots_for_pages: whether robots.txt is heeded for pages.
        robots_for_feeds: whether it is heeded for feeds too, which somebody configured on purpose.
    """

    contact: str = ""
    page_delay: float = 5.0
    feed_delay: float = 2.0
    concurrency: int = 50
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    deadline_seconds: float = 40.0
    max_feed_bytes: int = 8 * 1024 * 1024
    max_page_bytes: int = 5 * 1024 * 1024
    max_redirects: int = 5
    retry_after_seconds: float = 600.0
    max_retry_after_seconds: float = 172800.0
    allow_private: tuple[str, ...] = ()
    extra_ports: tuple[int, ...] = ()
    allow_downgrade: bool = False
    robots_for_pages: bool = True
    robots_for_feeds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Leave to ask one private host or network, at some ports.

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
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")


def parse_allowance(text: str) -> Allowance:
    """Read one item of ``allow_private``: an address, network or host name, and a port or a range of ports.

    Raises:
        ValueError: says what is wrong and what was expected.
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
