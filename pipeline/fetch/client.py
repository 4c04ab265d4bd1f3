"""Fetches a URL and returns the outcome as a value. Applies host limits, redirects, robots.txt and the deadline.

In: a ``Request``. Out: ``Fetched``, ``NotModified`` or ``FetchFailed``. Nothing that a server does raises an exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urldefrag, urljoin

from pipeline.fetch import robots
from pipeline.fetch.address_guard import Guard, GuardedConnector, Refused, Resolver, Target, resolve
from pipeline.fetch.byte_budget import ByteBudget
from pipeline.fetch.classify import byte_limit, classify_response, format_duration
from pipeline.fetch.connection_pool import ConnectionPool, ConnectTimeout
from pipeline.fetch.decompress import TooLarge, Undecodable, decompress
from pipeline.fetch.host_limiter import HostLimiter
from pipeline.fetch.http11 import Connector, connect
from pipeline.fetch.response import RequestFailed, Response
from pipeline.model import FetchFailed, HostState, Outcome, Request, RequestKind
from pipeline.settings.fetch import FetchSettings

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_ROBOTS_SECONDS = 15.0


class Fetcher:
    """A polite HTTP client, used as ``async with``.

    Args:
        settings: ``[fetch]`` of the config.
        remember: returns the stored state of a host.
        now: the clock.
        resolver: returns the addresses of a name; tests record its calls.
        connector: connects to a checked address; likewise.

    Attributes:
        budget: callers count the bodies they keep in memory here; above its limit no request is sent.

    Raises:
        ValueError: an item of ``allow_private`` is invalid.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        remember: Callable[[str], HostState | None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        resolver: Resolver = resolve,
        connector: Connector = connect,
    ) -> None:
        self._settings = settings
        self._now = now
        self._guard = Guard(settings)
        self._pool = ConnectionPool(settings, GuardedConnector(self._guard, resolver, connector))
        self._limiter = HostLimiter(settings, remember, now)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self.budget = ByteBudget()
        self._robots: dict[str, asyncio.Lock] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    def hosts(self) -> list[HostState]:
        """Return the states of hosts that must be stored."""
        return self._limiter.changed()

    async def get(self, request: Request) -> Outcome:
        """Fetch a URL. Waits until the host may get a request; the deadline counts from then."""
        clock = asyncio.get_running_loop().time
        spent = _Stopwatch(clock)
        try:
            return await self._follow(request, spent)
        except Refused as refused:
            return FetchFailed(url=request.url, kind=refused.kind, reason=str(refused), seconds=spent.seconds)
        except RequestFailed as failed:
            return FetchFailed(
                url=request.url,
                kind=failed.kind,
                reason=failed.reason,
                status=failed.status,
                wire_bytes=failed.size,
                seconds=spent.seconds,
            )

    async def objection(self, url: str) -> str | None:
        """Return the reason why a page would not be fetched now (its address, or robots.txt), or None."""
        try:
            deferred = await self._objection(self._guard.target(url), "page")
        except Refused as refused:
            return str(refused)
        return deferred.reason if deferred else None

    async def _follow(self, request: Request, spent: _Stopwatch) -> Outcome:
        """Send the request, and follow redirects. Each hop obeys the same rules as the first."""
        target = self._guard.target(request.url)
        seen = {target.url}
        moved_to: str | None = None
        permanent = True
        while True:
            if refusal := await self._objection(target, request.kind):
                return replace(refusal, url=request.url, seconds=spent.seconds)
            response = await self._hop(target, request, spent)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location:
                return self._outcome(request, target, response, moved_to, spent.seconds)
            target = self._redirect(target, location, response.status, seen)
            permanent = permanent and response.status in _PERMANENT
            moved_to = target.url if permanent else moved_to
            seen.add(target.url)

    def _redirect(self, target: Target, location: str, status: int, seen: set[str]) -> Target:
        """Return the target of a redirect, if it may be followed."""
        try:
            url = urldefrag(urljoin(target.url, _clean(location))).url
        except ValueError:
            raise RequestFailed("redirects", "It redirects to an invalid address.", status) from None
        following = self._guard.target(url)
        if target.scheme == "https" and following.scheme == "http" and not self._settings.allow_downgrade:
            raise RequestFailed("redirects", "It redirects from https to http, which is not followed.", status)
        if following.url in seen:
            raise RequestFailed("redirects", "It redirects in a loop.", status)
        if len(seen) > self._settings.max_redirects:
            raise RequestFailed("redirects", f"It redirects more than {self._settings.max_redirects} times.", status)
        return following

    async def _objection(self, target: Target, kind: RequestKind) -> FetchFailed | None:
        """Reason to skip this URL now (Retry-After in force, earlier timeout, robots.txt), or None."""
        site = target.site
        if wait := self._limiter.backing_off(site):
            reason = f"{site} asked for no requests for another {format_duration(wait)}."
            return FetchFailed(url=target.url, kind="deferred", reason=reason, retry_after=wait)
        if self._limiter.is_unresponsive(site, kind):
            reason = f"{site} did not respond in time earlier in this run. The next run tries again."
            return FetchFailed(url=target.url, kind="deferred", reason=reason)
        if (kind == "page" and self._settings.robots_for_pages) or (kind == "feed" and self._settings.robots_for_feeds):
            return await self._robots_objection(target)
        return None

    async def _robots_objection(self, target: Target) -> FetchFailed | None:
        state = await self._robots_of(target)
        permission = robots.permission(state, target.url)
        if permission is None:
            reason = f"The robots.txt of {target.site} is not available, so nothing is fetched there for now."
            return FetchFailed(url=target.url, kind="deferred", reason=reason, retry_after=robots.RETRY)
        if permission.allowed:
            return None
        reason = f"The robots.txt of {target.site} disallows this address."
        return FetchFailed(url=target.url, kind="robots", reason=reason)

    async def _robots_of(self, target: Target) -> HostState:
        """Return the host's state with a fresh robots.txt; it is requested at most once per day."""
        async with self._robots.setdefault(target.site, asyncio.Lock()):
            state = self._limiter.state(target.site)
            if robots.is_fresh(state, self._now()):
                return state
            status, body = await self._fetch_robots(target.robots_url)
            if status == 200:
                state = replace(state, robots_at=self._now(), robots_status=200, robots_body=body)
            elif 400 <= status < 500:
                state = replace(state, robots_at=self._now(), robots_status=status, robots_body=b"")
            else:
                state = replace(state, robots_at=self._now(), robots_status=status)
            self._limiter.set_state(replace(state, barred_until=self._limiter.state(target.site).barred_until))
            return self._limiter.state(target.site)

    async def _fetch_robots(self, url: str) -> tuple[int, bytes]:
        """Return status and body of a robots.txt, after redirects; status 0 without a response."""
        request = Request(url=url, kind="site")
        spent = _Stopwatch(asyncio.get_running_loop().time)
        seconds = min(_ROBOTS_SECONDS, self._settings.deadline_seconds)
        for _ in range(self._settings.max_redirects + 1):
            try:
                target = self._guard.target(url)
                response = await self._hop(target, request, spent, limit=robots.MAX_BYTES, seconds=seconds)
                encodings = response.headers.get("content-encoding", "")
                body = decompress(response.body, encodings, robots.MAX_BYTES, partial=True)
            except TooLarge:
                return 200, b""
            except Refused:
                return 404, b""
            except (RequestFailed, Undecodable) as failed:
                return (200, b"") if getattr(failed, "kind", "") == "too_large" else (0, b"")
            if response.status not in _REDIRECTS or "location" not in response.headers:
                return response.status, body if response.status == 200 else b""
            url = urljoin(url, response.headers["location"])
        return 404, b""

    async def _hop(
        self,
        target: Target,
        request: Request,
        spent: _Stopwatch,
        *,
        limit: int | None = None,
        seconds: float | None = None,
    ) -> Response:
        """Send one request, when the host may get it."""
        site = target.site
        limit = limit or byte_limit(request, self._settings)
        async with self._limiter.slot(site, request.kind, self._pause(target, request.kind)), self._slots:
            if self._limiter.is_unresponsive(site, request.kind):
                raise RequestFailed("deferred", f"{site} did not respond in time earlier in this run.")
            await self.budget.wait()
            spent.start()
            left = (seconds or self._settings.deadline_seconds) - spent.seconds
            try:
                async with asyncio.timeout(max(left, 0.01)):
                    return await self._pool.request(target, request, limit)
            except ConnectTimeout:
                self._limiter.mark_unresponsive(site, request.kind)
                raise
            except TimeoutError:
                self._limiter.mark_unresponsive(site, request.kind)
                total = seconds or self._settings.deadline_seconds
                raise RequestFailed("timeout", f"{site} took longer than {total:g} seconds.") from None
            finally:
                spent.stop()

    def _pause(self, target: Target, kind: RequestKind) -> float | None:
        """Return the seconds between two pages of the host: the longer of setting and Crawl-delay, if it is known."""
        if kind != "page" or not self._settings.robots_for_pages:
            return None
        permission = robots.permission(self._limiter.state(target.site), target.url)
        return max(self._settings.page_delay, permission.delay or 0.0) if permission else None

    def _outcome(
        self, request: Request, target: Target, response: Response, moved_to: str | None, seconds: float
    ) -> Outcome:
        """Classify a response, and note the wait of a host that limits requests."""
        outcome = classify_response(
            request, target, response, self._settings, self._now(), moved_to=moved_to, seconds=seconds
        )
        if isinstance(outcome, FetchFailed) and outcome.kind == "rate_limited":
            default = timedelta(seconds=self._settings.retry_after_seconds)
            self._limiter.back_off(target.site, outcome.retry_after or default)
        return outcome


def _clean(location: str) -> str:
    """Return a Location as browsers read it: blanks are escaped, and non-ASCII bytes are UTF-8 if they can be."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    return location.strip().replace(" ", "%20")


@dataclass(slots=True)
class _Stopwatch:
    """Counts the time of requests under way, without the wait for the host."""

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
