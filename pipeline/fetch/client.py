"""Asks for one address and makes a value of whatever happens: whose turn it is, redirects, robots, the deadline.

In: a ``Request``. Out: ``Fetched``, ``NotModified`` or ``FetchFailed``, never an exception for anything a server does.
Redirects, encodings, bounds and headers are ours, as each of them is a rule here; the wire is ``transport``'s.
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
from pipeline.fetch.address_guard import Guard, GuardedDialler, Refused, Resolver, Target, resolve
from pipeline.fetch.byte_budget import Room
from pipeline.fetch.classify import duration, limit_of, outcome
from pipeline.fetch.connector import ConnectTimeout, Transport
from pipeline.fetch.decompress import TooLarge, Undecodable, decode
from pipeline.fetch.host_limiter import Manners
from pipeline.fetch.http11 import Dialler, dial
from pipeline.fetch.response import Answer, Failed
from pipeline.model import FetchFailed, HostState, Outcome, Request, RequestKind
from pipeline.settings.fetch import FetchSettings

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_ROBOTS_SECONDS = 15.0


class Fetcher:
    """An HTTP client with manners. Use as ``async with``.

    Args:
        settings: ``[fetch]`` of the config.
        remember: gives what is kept of a host from earlier runs.
        now: the clock.
        resolver: gives the addresses of a name; replaced by a recorder in tests.
        dialler: makes connections to checked addresses; likewise.

    Attributes:
        room: callers count there what they hold of the bodies; no request is sent while that is too much.

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
        dialler: Dialler = dial,
    ) -> None:
        self._settings = settings
        self._now = now
        self._guard = Guard(settings)
        self._transport = Transport(settings, GuardedDialler(self._guard, resolver, dialler))
        self._manners = Manners(settings, remember, now)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self.room = Room()
        self._robots: dict[str, asyncio.Lock] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

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
        except Failed as failed:
            return FetchFailed(
                url=request.url,
                kind=failed.kind,
                reason=failed.reason,
                status=failed.status,
                wire_bytes=failed.size,
                seconds=spent.seconds,
            )

    async def objection(self, url: str) -> str | None:
        """Why a page would not be asked for at present: its address, or its host's robots.txt; None when it would."""
        try:
            stopped = await self._stopped(self._guard.target(url), "page")
        except Refused as refused:
            return str(refused)
        return stopped.reason if stopped else None

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
                address = urldefrag(urljoin(target.url, _tidy(location))).url
            except ValueError:
                raise Failed("redirects", "It redirects to an address that cannot be read.", answer.status) from None
            following = self._guard.target(address)
            if target.scheme == "https" and following.scheme == "http" and not self._settings.allow_downgrade:
                raise Failed("redirects", "It redirects from https to http, which is not followed.", answer.status)
            if following.url in seen:
                raise Failed("redirects", "Its redirects go in a circle.", answer.status)
            if len(seen) > self._settings.max_redirects:
                raise Failed(
                    "redirects", f"It redirects more than {self._settings.max_redirects} times.", answer.status
                )
            lasting = lasting and answer.status in _PERMANENT
            target, moved_to = following, following.url if lasting else moved_to
            seen.add(target.url)

    async def _stopped(self, target: Target, kind: RequestKind) -> FetchFailed | None:
        """Why this address is not asked now, if so: its host asked for peace, hung, or its robots.txt says no."""
        if wait := self._manners.barred_for(target.site):
            reason = f"{target.site} asked to be left alone for another {duration(wait)}."
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
            except (Failed, Undecodable) as failed:
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
    ) -> Answer:
        """One request, in the host's turn."""
        state = self._manners.state(target.site)
        pause = None
        if request.kind == "page" and self._settings.robots_for_pages:
            said = robots.permission(state, target.url)
            pause = max(self._settings.page_delay, said.delay or 0.0) if said else None
            pause = 0.0 if self._settings.page_delay == 0 and not (said and said.delay) else pause
        limit = limit or limit_of(request, self._settings)
        async with self._manners.turn(target.site, request.kind, pause), self._slots:
            if self._manners.struck(target.site, request.kind):
                raise Failed("deferred", f"{target.site} did not answer in time earlier in this run.")
            await self.room.wait()
            spent.start()
            left = (seconds or self._settings.deadline_seconds) - spent.seconds
            try:
                async with asyncio.timeout(max(left, 0.01)):
                    return await self._transport.ask(target, request, limit)
            except ConnectTimeout:
                self._manners.strike(target.site, request.kind, "connect")
                raise
            except TimeoutError:
                self._manners.strike(target.site, request.kind, "timeout")
                whole = seconds or self._settings.deadline_seconds
                raise Failed("timeout", f"{target.site} took longer than {whole:g} seconds.") from None
            finally:
                spent.stop()

    def _outcome(
        self, request: Request, target: Target, answer: Answer, moved_to: str | None, seconds: float
    ) -> Outcome:
        """The answer as a value; a host that asks for peace is remembered."""
        made = outcome(request, target, answer, self._settings, self._now(), moved_to=moved_to, seconds=seconds)
        if isinstance(made, FetchFailed) and made.kind == "rate_limited":
            usual = timedelta(seconds=self._settings.retry_after_seconds)
            self._manners.bar(target.site, made.retry_after or usual)
        return made


def _tidy(location: str) -> str:
    """A Location as browsers take it: blanks escaped, and what is no ASCII read as UTF-8 where it is."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    return location.strip().replace(" ", "%20")


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
