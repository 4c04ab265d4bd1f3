"""Fetches a URL and returns the outcome as a value. Applies host limits, redirects, robots.txt and the deadline.

In: a ``Request``. Out: ``Fetched``, ``NotModified`` or ``FetchFailed``. Nothing that a server does raises an exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urldefrag, urljoin, urlsplit

from pipeline.fetch import robots
from pipeline.fetch.address_guard import Guard, Refused, Target
from pipeline.fetch.byte_budget import ByteBudget
from pipeline.fetch.classify import byte_limit, classify_response, format_duration
from pipeline.fetch.connection_pool import ConnectionPool
from pipeline.fetch.connector import Connector, ConnectTimeout, Dial, dial
from pipeline.fetch.cookies import ChainCookies
from pipeline.fetch.decompress import TooLarge, Undecodable, decompress
from pipeline.fetch.host_limiter import HostLimiter, domain_of, retry_after
from pipeline.fetch.http11 import Stalled
from pipeline.fetch.lookup import Resolver
from pipeline.fetch.response import Limit, RequestFailed, Response
from pipeline.model import FetchFailed, HostState, Outcome, Request, RequestKind, Source
from pipeline.settings.fetch import FetchSettings

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_ROBOTS_SECONDS = 15.0


class Fetcher:
    """A polite HTTP client, used as ``async with``.

    Args:
        settings: ``[fetch]`` of the config.
        sources: the watched sources; those with ``tls = "legacy"`` may use old TLS at their domain.
        remember: returns the stored state of a host.
        store: takes the state of a host as soon as it changes, so that it survives the process.
        now: the clock.
        resolver: returns the addresses of a name; tests record its calls. None: the system's.
        dial: connects to checked addresses; likewise.

    Attributes:
        budget: callers count the bodies they keep in memory here; above its limit no request is sent.

    Raises:
        ValueError: an item of ``allow_private`` is invalid.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        sources: Iterable[Source] = (),
        remember: Callable[[str], HostState | None] = lambda _: None,
        store: Callable[[HostState], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        resolver: Resolver | None = None,
        dial: Dial = dial,
    ) -> None:
        self._settings = settings
        self._now = now
        self._guard = Guard(settings)
        legacy = {domain_of(urlsplit(source.url).hostname or "") for source in sources if source.tls == "legacy"}
        connector = Connector(settings, self._guard, legacy=legacy, resolver=resolver, dial=dial)
        self._pool = ConnectionPool(settings, connector)
        self._limiter = HostLimiter(settings, remember, store, now)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self.budget = ByteBudget()
        self._robots: dict[str, asyncio.Lock] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

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

    def wait_before(self, url: str) -> float:
        """Return the seconds until the host of a URL may get a request; 0 for a URL that is refused."""
        try:
            return self._limiter.wait_before(self._guard.target(url).site)
        except Refused:
            return 0.0

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
        cookies = ChainCookies()
        seen = {(target.url, "")}
        moved_to: str | None = None
        permanent = True
        while True:
            if refusal := await self._objection(target, request.kind):
                return replace(refusal, url=request.url, seconds=spent.seconds)
            response = await self._hop(target, request, spent, cookie=cookies.header(target))
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location:
                return self._outcome(request, target, response, moved_to, spent.seconds)
            cookies.receive(target, response.cookies)
            target = self._redirect(request.kind, target, location, response.status, hops=len(seen))
            step = (target.url, cookies.header(target))
            if step in seen:
                also = ", also with the cookies that it sets" if step[1] else ""
                raise RequestFailed("redirects", f"It redirects in a loop{also}.", response.status)
            permanent = permanent and response.status in _PERMANENT
            moved_to = target.url if permanent else moved_to
            seen.add(step)

    def _redirect(self, kind: RequestKind, target: Target, location: str, status: int, *, hops: int) -> Target:
        """Return the target of a redirect, if it may be followed."""
        try:
            url = urldefrag(urljoin(target.url, _clean(location))).url
        except ValueError:
            raise RequestFailed("redirects", "It redirects to an invalid address.", status) from None
        following = self._guard.target(url)
        downgrade = target.scheme == "https" and following.scheme == "http"
        if downgrade and kind == "feed" and not self._settings.allow_downgrade:  # a page is read once, a feed for years
            reason = "It redirects from https to http, which is not followed; see [fetch] allow_downgrade."
            raise RequestFailed("redirects", reason, status)
        if hops > self._settings.max_redirects:
            raise RequestFailed("redirects", f"It redirects more than {self._settings.max_redirects} times.", status)
        return following

    async def _objection(self, target: Target, kind: RequestKind) -> FetchFailed | None:
        """Reason to skip this URL now (Retry-After in force, earlier timeout, robots.txt), or None."""
        site = target.site
        if refusal := self._backing_off(target):
            return refusal
        if self._limiter.is_unresponsive(site, kind):
            reason = f"{site} did not respond in time earlier in this run. The next run tries again."
            return FetchFailed(url=target.url, kind="deferred", reason=reason)
        if (kind == "page" and self._settings.robots_for_pages) or (kind == "feed" and self._settings.robots_for_feeds):
            return await self._robots_objection(target)
        return None

    def _backing_off(self, target: Target) -> FetchFailed | None:
        wait = self._limiter.backing_off(target.site)
        if wait is None:
            return None
        reason = f"{target.site} asked for no requests for another {format_duration(wait)}."
        return FetchFailed(url=target.url, kind="deferred", reason=reason, retry_after=wait)

    async def _robots_objection(self, target: Target) -> FetchFailed | None:
        state = await self._robots_of(target)
        if refusal := self._backing_off(target):
            return refusal
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
            status, body, wait = await self._fetch_robots(target.robots_url)
            state = replace(self._limiter.state(target.site), robots_at=self._now(), robots_status=status)
            if wait:  # the host wants no requests at all; robots.txt is asked for again after that
                self._limiter.back_off(target.site, wait)
            elif 200 <= status < 500:
                self._limiter.set_state(replace(state, robots_body=body))
            else:
                self._limiter.set_state(state)
            return self._limiter.state(target.site)

    async def _fetch_robots(self, url: str) -> tuple[int, bytes, timedelta | None]:
        """Return status and body of a robots.txt, after redirects, and the wait of a host that limits requests.

        The status is 0 without a response.
        """
        request = Request(url=url, kind="site")
        spent = _Stopwatch(asyncio.get_running_loop().time)
        seconds = min(_ROBOTS_SECONDS, self._settings.deadline_seconds)
        limit = Limit(robots.MAX_BYTES, partial=True)
        for _ in range(self._settings.max_redirects + 1):
            try:
                target = self._guard.target(url)
                response = await self._hop(target, request, spent, limit=limit, seconds=seconds)
            except Refused:
                return 404, b"", None
            except RequestFailed:
                return 0, b"", None
            if response.status not in _REDIRECTS or "location" not in response.headers:
                wait = retry_after(response.headers, self._settings, self._now())
                limits = response.status == 429 or (response.status == 503 and wait is not None)
                default = timedelta(seconds=self._settings.retry_after_seconds)
                return *_robots_body(response), (wait or default) if limits else None
            url = urljoin(url, response.headers["location"])
        return 404, b"", None

    async def _hop(
        self,
        target: Target,
        request: Request,
        spent: _Stopwatch,
        *,
        limit: Limit | None = None,
        seconds: float | None = None,
        cookie: str = "",
    ) -> Response:
        """Send one request, when the host may get it."""
        site = target.site
        limit = limit or Limit(byte_limit(request, self._settings), partial=request.kind == "feed")
        async with self._limiter.slot(site, request.kind, self._pause(target, request.kind)), self._slots:
            if self._limiter.is_unresponsive(site, request.kind):
                raise RequestFailed("deferred", f"{site} did not respond in time earlier in this run.")
            await self.budget.wait()
            spent.start()
            left = (seconds or self._settings.deadline_seconds) - spent.seconds
            try:
                async with asyncio.timeout(max(left, 0.01)):
                    return await self._pool.request(target, request, limit, cookie)
            except ConnectTimeout:
                self._limiter.mark_unresponsive(site, request.kind)
                raise
            except Stalled:
                self._limiter.mark_unresponsive(site, request.kind)
                reason = f"{site} sent nothing for {self._settings.read_seconds:g} seconds."
                raise RequestFailed("timeout", reason) from None
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


def _robots_body(response: Response) -> tuple[int, bytes]:
    """Return status and body; of a large file the first part (RFC 9309, 2.5)."""
    if response.status != 200:
        return response.status, b""
    try:
        encodings = response.headers.get("content-encoding", "")
        return 200, decompress(response.body, encodings, robots.MAX_BYTES, partial=True)
    except TooLarge as large:
        return 200, large.start
    except Undecodable:
        return 0, b""


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
