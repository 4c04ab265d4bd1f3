"""Values of fetching: requests, responses, failures, and the state of a host."""

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
    "timeout",  # the deadline passed
    "broken",  # reset, bad framing, undecodable body
    "status",  # an error status other than those below
    "not_found",  # 404
    "gone",  # 410
    "rate_limited",  # 429, or 503 with Retry-After
    "blocked",  # a bot challenge in place of the site
    "too_large",  # above the limit, compressed or not
    "redirects",  # a loop, too many, or a downgrade from https
    "forbidden_address",  # a private, loopback or otherwise refused address
    "bad_url",  # not an http(s) address that can be requested
    "robots",  # disallowed by robots.txt
    "deferred",  # not requested: the host must be left alone for now
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """ETag and Last-Modified of a response, for a conditional request. The values are sent back unchanged.

    Attributes:
        url: the address that sent them; they are sent to no other address.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One address to fetch.

    Attributes:
        span: first and last byte of a part of a file, for downloads in parts; the part is not decompressed.
        max_bytes: the most bytes that the body may have; None for the setting.
    """

    url: str
    kind: RequestKind
    validators: Validators | None = None
    span: tuple[int, int] | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A response with a body.

    Attributes:
        url: the address that responded, after redirects.
        headers: names in lower case.
        body: without transfer and content encodings, still bytes.
        moved_to: target of the last in an unbroken chain of permanent redirects (301, 308) from the requested address.
        truncated: the body is not whole: the connection ended early, or the limit was reached.
        over_limit: the limit in bytes that the body exceeds; None for a body within it.
        wire_bytes: size of the body as sent.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    moved_to: str | None = None
    truncated: bool = False
    over_limit: int | None = None
    wire_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304: the stored copy is current."""

    url: str
    headers: Mapping[str, str]
    moved_to: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """A request without a usable response.

    Attributes:
        kind: for programs.
        reason: for people: one sentence without secrets of the address.
        retry_after: how long the server asks for no requests.
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
    """What is stored about a host between runs.

    Attributes:
        site: its name, with the port unless it is the default one.
        barred_until: no request is sent before this time (Retry-After).
        robots_at: when robots.txt was last requested.
        robots_status: its status; 0 without a response.
        robots_body: the last good copy.
    """

    site: str
    barred_until: datetime | None = None
    robots_at: datetime | None = None
    robots_status: int = 0
    robots_body: bytes = b""
