"""Values of fetching: requests, responses and failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

RequestKind = Literal["feed", "page", "site"]

FailureKind = Literal[
    "dns",  # the name does not resolve
    "connect",  # refused, unreachable, or no connection in time
    "tls",  # certificate or handshake
    "timeout",  # the total deadline passed
    "broken",  # reset, bad framing, undecodable body
    "status",  # an HTTP status that is an error and none of those below
    "not_found",  # 404
    "gone",  # 410
    "rate_limited",  # 429, or 503 that names a time
    "blocked",  # a bot wall answered in the site's place
    "too_large",  # above the cap, compressed or not
    "redirects",  # a loop, too many, or a downgrade from https
    "forbidden_address",  # a private, loopback or otherwise refused address
    "bad_url",  # not an http(s) address that we would ask
    "robots",  # robots.txt asks us not to
    "deferred",  # not asked: its host told us to wait
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "anything new?" with; header values to the letter, never rewritten.

    Attributes:
        url: the address that gave them; they are sent to no other.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One address to ask for."""

    url: str
    kind: RequestKind
    validators: Validators | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body that arrived.

    Attributes:
        url: the address that answered, after redirects.
        headers: lower-case names.
        body: decoded from its transfer and content encodings, still bytes.
        moved_to: the last address of an unbroken chain of permanent redirects (301, 308) from the one asked, else None.
        truncated: the connection ended before the announced length.
        wire_bytes: the body's size as sent.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    moved_to: str | None = None
    truncated: bool = False
    wire_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304: what we have is current."""

    url: str
    headers: Mapping[str, str]
    moved_to: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No usable answer.

    Attributes:
        kind: for programs.
        reason: for people: one sentence without an address's secrets.
        retry_after: how long the server asks us to stay away.
    """

    url: str
    kind: FailureKind
    reason: str
    status: int | None = None
    retry_after: timedelta | None = None
    wire_bytes: int = 0
    seconds: float = 0.0


Outcome = Fetched | NotModified | FetchFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What is known of a host from earlier runs; one row of the table ``hosts``.

    Attributes:
        site: host name, with the port if it is not the default one.
        barred_until: end of the back-off that the host asked for.
        robots_at: time of the last request for its robots.txt.
        robots_status: HTTP status of that request; 0 if it failed.
        robots_body: the last good robots.txt.
    """

    site: str
    barred_until: datetime | None = None
    robots_at: datetime | None = None
    robots_status: int = 0
    robots_body: bytes = b""
