"""Asks for one address and makes a value of whatever happens. The only place that speaks HTTP.

In: a ``Request``. Out: ``Fetched``, ``NotModified`` or ``FetchFailed``, never an exception for anything a server does.
Built on httpcore2's connection pool: redirects, encodings, bounds and headers are ours, as each of them is a rule here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urldefrag, urljoin

import httpcore2

from pipeline import __version__
from pipeline.fetch import robots
from pipeline.fetch.decode import ACCEPT_ENCODING, TooLarge, Undecodable, decode
from pipeline.fetch.guard import Guard, GuardedBackend, NameUnknown, Refused, Resolver, Target, resolve
from pipeline.fetch.manners import HostState, Manners, retry_after
from pipeline.model import (
    FailureKind,
    Fetched,
    FetchFailed,
    NotModified,
    Outcome,
    Request,
    RequestKind,
)
from pipeline.settings.fetch import FetchSettings

_ACCEPT: Mapping[RequestKind, str] = {
    "feed": "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json,"
    " application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
    "page": "text/html, application/xhtml+xml, */*;q=0.1",
    "site": "text/html, application/xhtml+xml, */*;q=0.1",
}
_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_ERROR_BYTES = 16 * 1024
_HUNG: set[FailureKind] = {"timeout"}
_ROBOTS_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class _Answer:
    """A response as it came: the body still encoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool


class _Failed(Exception):
    """Inside this module only: ends a request with this failure."""

    def __init__(self, kind: FailureKind, reason: str, status: int | None = None, size: int = 0) -> None:
        self.kind, self.reason, self.status, self.size = kind, reason, status, size
        super().__init__(reason)


class Fetcher:
    """An HTTP client with manners. Use as ``async with``.

    Args:
        settings: ``[fetch]`` of the config.
        remember: gives what is kept of a host from earlier runs.
        now: the clock.
        resolver: gives the addresses of a name; replaced by a recorder in tests.
        dialler: makes connections to checked addresses; likewise.

    Raises:
        ValueError: ``allow_private`` cannot be read.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        remember: Callable[[str], HostState | None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        resolver: Resolver = resolve,
        dialler: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._guard = Guard(settings)
        self._backend = GuardedBackend(self._guard, resolver, dialler)
        self._manners = Manners(settings, remember, now)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._pools: dict[str, httpcore2.AsyncConnectionPool] = {}
        self._robots: dict[str, asyncio.Lock] = {}
        contact = f"+{settings.contact}" if settings.contact else "news monitor"
        self._agent = f"{robots.PRODUCT}/{__version__} ({contact})".encode("ascii", "replace")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    def hosts(self) -> list[HostState]:
        """What has to be kept of the hosts that were asked."""
        return self._manners.changed()

    async def get(self, request: Request) -> Outcome:
        """Ask for an address.

        Waits for the host's turn first; the deadline counts from when its turn has come.
        """
        clock = asyncio.get_running_loop().time
        spent = _Stopwatch(clock)
        try:
            return await self._follow(request, spent)
        except Refused as refused:
            return FetchFailed(url=request.url, kind=refused.kind, reason=str(refused), seconds=spent.seconds)  # type: ignore[arg-type]
        except _Failed as failed:
            return FetchFailed(
                url=request.url,
                kind=failed.kind,
                reason=failed.reason,
                status=failed.status,
                wire_bytes=failed.size,
                seconds=spent.seconds,
            )

    async def _follow(self, request: Request, spent: _Stopwatch) -> Outcome:
        """Ask, and go where redirects lead, each hop under the same rules as the first."""
        target = self._guard.target(request.url)
        seen = {target.url}
        moved_to: str | None = None
        lasting = True
        while True:
            if stopped := await self._stopped(target, request.kind):
                return replace(stopped, url=request.url, seconds=spent.seconds)
            answer = await self._hop(target, request, spent)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return self._outcome(request, target, answer, moved_to, spent.seconds)
            try:
                address = urldefrag(urljoin(target.url, location.strip())).url
            except ValueError:
                raise _Failed("redirects", "It redirects to an address that cannot be read.", answer.status) from None
            following = self._guard.target(address)
            if target.scheme == "https" and following.scheme == "http" and not self._settings.allow_downgrade:
                raise _Failed("redirects", "It redirects from https to http, which is not followed.", answer.status)
            if following.url in seen:
                raise _Failed("redirects", "Its redirects go in a circle.", answer.status)
            if len(seen) > self._settings.max_redirects:
                raise _Failed(
                    "redirects", f"It redirects more than {self._settings.max_redirects} times.", answer.status
                )
            lasting = lasting and answer.status in _PERMANENT
            target, moved_to = following, following.url if lasting else moved_to
            seen.add(target.url)

    async def _stopped(self, target: Target, kind: RequestKind) -> FetchFailed | None:
        """Why this address is not asked now, if so: its host asked for peace, hung, or its robots.txt says no."""
        if wait := self._manners.barred_for(target.site):
            reason = f"{target.site} asked to be left alone for another {_duration(wait)}."
            return FetchFailed(url=target.url, kind="deferred", reason=reason, retry_after=wait)
        if self._manners.struck(target.site, kind):
            reason = f"{target.site} did not answer in time earlier in this run; it is asked again in the next one."
            return FetchFailed(url=target.url, kind="deferred", reason=reason)
        if (kind == "page" and self._settings.robots_for_pages) or (kind == "feed" and self._settings.robots_for_feeds):
            return await self._robots_say_no(target)
        return None

    async def _robots_say_no(self, target: Target) -> FetchFailed | None:
        state = await self._robots_of(target)
        permission = robots.permission(state, target.url)
        if permission is None:
            reason = f"The robots.txt of {target.site} cannot be had at present, so its pages are not asked for."
            return FetchFailed(url=target.url, kind="deferred", reason=reason, retry_after=robots.RETRY)
        if permission.allowed:
            return None
        return FetchFailed(url=target.url, kind="robots", reason=f"The robots.txt of {target.site} asks not to.")

    async def _robots_of(self, target: Target) -> HostState:
        """The host's robots.txt, asked for once a day at the most."""
        async with self._robots.setdefault(target.site, asyncio.Lock()):
            state = self._manners.state(target.site)
            if robots.is_fresh(state, self._now()):
                return state
            status, body = await self._robots_answer(target.robots_url)
            if status == 200:
                state = replace(state, robots_at=self._now(), robots_status=200, robots_body=body)
            elif 400 <= status < 500:
                state = replace(state, robots_at=self._now(), robots_status=status, robots_body=b"")
            else:
                state = replace(state, robots_at=self._now(), robots_status=status)
            self._manners.set_state(replace(state, barred_until=self._manners.state(target.site).barred_until))
            return self._manners.state(target.site)

    async def _robots_answer(self, url: str) -> tuple[int, bytes]:
        """Status and body of a robots.txt, after redirects; status 0 when there is no answer."""
        request = Request(url=url, kind="site")
        spent = _Stopwatch(asyncio.get_running_loop().time)
        seconds = min(_ROBOTS_SECONDS, self._settings.deadline_seconds)
        for _ in range(self._settings.max_redirects + 1):
            try:
                target = self._guard.target(url)
                answer = await self._hop(target, request, spent, limit=robots.MAX_BYTES, seconds=seconds)
                body = decode(answer.body, answer.headers.get("content-encoding", ""), robots.MAX_BYTES, partial=True)
            except TooLarge:
                return 200, b""
            except Refused:
                return 404, b""
            except (_Failed, Undecodable) as failed:
                return (200, b"") if getattr(failed, "kind", "") == "too_large" else (0, b"")
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer.status, body if answer.status == 200 else b""
            url = urljoin(url, answer.headers["location"])
        return 404, b""

    async def _hop(
        self,
        target: Target,
        request: Request,
        spent: _Stopwatch,
        *,
        limit: int | None = None,
        seconds: float | None = None,
    ) -> _Answer:
        """One request, in the host's turn."""
        state = self._manners.state(target.site)
        pause = None
        if request.kind == "page" and self._settings.robots_for_pages:
            said = robots.permission(state, target.url)
            pause = max(self._settings.page_delay, said.delay or 0.0) if said else None
            pause = 0.0 if self._settings.page_delay == 0 and not (said and said.delay) else pause
        limit = limit or (self._settings.max_feed_bytes if request.kind == "feed" else self._settings.max_page_bytes)
        async with self._manners.turn(target.site, request.kind, pause), self._slots:
            if self._manners.struck(target.site, request.kind):
                raise _Failed("deferred", f"{target.site} did not answer in time earlier in this run.")
            spent.start()
            left = (seconds or self._settings.deadline_seconds) - spent.seconds
            try:
                async with asyncio.timeout(max(left, 0.01)):
                    return await self._ask(target, request, limit)
            except TimeoutError:
                self._manners.strike(target.site, request.kind, "timeout")
                whole = seconds or self._settings.deadline_seconds
                raise _Failed("timeout", f"{target.site} took longer than {whole:g} seconds.") from None
            finally:
                spent.stop()

    async def _ask(self, target: Target, request: Request, limit: int) -> _Answer:
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
                return await _receive(response, limit)
            finally:
                with suppress(Exception):
                    await response.aclose()
        except NameUnknown:
            raise _Failed("dns", f"The name {target.host} does not resolve.") from None
        except (httpcore2.ReadTimeout, httpcore2.WriteTimeout):
            raise TimeoutError from None
        except (httpcore2.ConnectTimeout, TimeoutError):
            self._manners.strike(target.site, request.kind, "connect")
            raise _Failed("connect", f"{target.site} could not be connected to in time.") from None
        except httpcore2.ConnectError as error:
            kind: FailureKind = "tls" if isinstance(error.__cause__, ssl.SSLError) else "connect"
            said = "has no valid certificate" if kind == "tls" else "cannot be connected to"
            raise _Failed(kind, f"{target.site} {said} ({_short(error)}).") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise _Failed("broken", f"{target.site} broke off its answer ({_short(error)}).") from None

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

    def _outcome(
        self, request: Request, target: Target, answer: _Answer, moved_to: str | None, seconds: float
    ) -> Outcome:
        if answer.status == 304:
            return NotModified(url=target.url, headers=answer.headers, moved_to=moved_to, seconds=seconds)
        if answer.status in (200, 203, 206, 226):
            return self._fetched(request, target, answer, moved_to, seconds)
        kind, reason, wait = self._refusal(target, answer)
        return FetchFailed(
            url=request.url,
            kind=kind,
            reason=reason,
            status=answer.status,
            retry_after=wait,
            wire_bytes=len(answer.body),
            seconds=seconds,
        )

    def _fetched(
        self, request: Request, target: Target, answer: _Answer, moved_to: str | None, seconds: float
    ) -> Fetched:
        limit = self._settings.max_feed_bytes if request.kind == "feed" else self._settings.max_page_bytes
        encodings = answer.headers.get("content-encoding", "")
        size = len(answer.body)
        try:
            body = decode(answer.body, encodings, limit, partial=answer.truncated)
        except TooLarge:
            raise _Failed("too_large", f"It unpacks to more than {limit:,} bytes.", answer.status, size) from None
        except Undecodable as error:
            raise _Failed("broken", f"Its body cannot be unpacked: {error}.", answer.status, size) from None
        return Fetched(
            url=target.url,
            status=answer.status,
            headers=answer.headers,
            body=body,
            moved_to=moved_to,
            truncated=answer.truncated,
            wire_bytes=size,
            seconds=seconds,
        )

    def _refusal(self, target: Target, answer: _Answer) -> tuple[FailureKind, str, timedelta | None]:
        """What an error status means, and how long to stay away (429 and 503 speak for the whole host)."""
        status = answer.status
        wait = retry_after(answer.headers, self._settings, self._now())
        if is_bot_wall(answer.status, answer.headers, answer.body):
            return "blocked", f"A bot wall stands before {target.site} (status {status}).", None
        if status == 429 or (status == 503 and wait is not None):
            wait = wait or timedelta(seconds=self._settings.retry_after_seconds)
            self._manners.bar(target.site, wait)
            return "rate_limited", f"{target.site} asks to be left alone for {_duration(wait)} (status {status}).", wait
        if status == 404:
            return "not_found", "It is not there (status 404).", None
        if status == 410:
            return "gone", "It is gone for good (status 410).", None
        return "status", f"{target.site} answered with status {status}.", wait


@dataclass(slots=True)
class _Stopwatch:
    """Counts only the time in which a request is under way, not the wait for its turn."""

    clock: Callable[[], float]
    _before: float = 0.0
    _since: float | None = None

    def start(self) -> None:
        self._since = self.clock()

    def stop(self) -> None:
        if self._since is not None:
            self._before += self.clock() - self._since
            self._since = None

    @property
    def seconds(self) -> float:
        return self._before + (self.clock() - self._since if self._since is not None else 0.0)


async def _receive(response: httpcore2.Response, limit: int) -> _Answer:
    """Read a response up to the limit; an error's body only as far as it helps to understand it."""
    headers: dict[str, str] = {}
    for name, value in response.headers:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    good = response.status in (200, 203, 206, 226)
    announced = headers.get("content-length", "")
    if good and announced.isdecimal() and int(announced[:18]) > limit:
        raise _Failed(
            "too_large", f"It announces {int(announced[:18]):,} bytes; {limit:,} are the most.", response.status
        )
    parts: list[bytes] = []
    size = 0
    truncated = False
    try:
        async for part in response.aiter_stream():
            parts.append(part)
            size += len(part)
            if not good and size > _ERROR_BYTES:
                break
            if size > limit:
                raise _Failed("too_large", f"It is longer than {limit:,} bytes.", response.status, size)
    except httpcore2.RemoteProtocolError:
        if not size:
            raise
        truncated = True
    return _Answer(response.status, headers, b"".join(parts), truncated)


def is_bot_wall(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a guard answered in the site's place, by the marks that the well-known ones leave."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    if status not in (401, 403, 429, 503):
        return False
    server = headers.get("server", "").lower()
    page = body[:_ERROR_BYTES].lower()
    return (
        any(name in server for name in ("ddos-guard", "stormwall", "qrator", "variti"))
        or "x-datadome" in headers
        or any(
            mark in page
            for mark in (b"/cdn-cgi/challenge-platform/", b"cf-chl-", b"_incapsula_resource", b"g-recaptcha")
        )
    )


def _target(target: Target) -> bytes:
    return target.url.split(target.host_header, 1)[1].encode("ascii")


def _unsafe(value: str) -> bool:
    return any(ord(letter) < 32 and letter != "\t" for letter in value) or len(value) > 1000


def _duration(wait: timedelta) -> str:
    minutes = wait.total_seconds() / 60
    return f"{minutes / 60:.0f} hours" if minutes >= 120 else f"{max(1, round(minutes))} minutes"


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:120]
