"""Limits per host: one request at a time, pauses between requests, Retry-After.

In: a site's name and its responses. Out: when a request may start. ``HostState`` is what must survive the process; the
caller stores it.
"""

from __future__ import annotations

import asyncio
import email.utils
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipeline.model import HostState, RequestKind
from pipeline.settings.fetch import FetchSettings

_SECOND_LEVEL = {"ac", "co", "com", "edu", "go", "gov", "msk", "ne", "net", "or", "org", "pe", "re"}


@dataclass(slots=True)
class _Site:
    state: HostState
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0
    unresponsive: set[RequestKind] = field(default_factory=set)


class HostLimiter:
    """The hosts of one run.

    Args:
        settings: pauses and limits.
        remember: returns the stored state of a host, or None.
        store: takes the state of a host as soon as it changes.
        now: the clock.
    """

    def __init__(
        self,
        settings: FetchSettings,
        remember: Callable[[str], HostState | None],
        store: Callable[[HostState], None],
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._remember = remember
        self._store = store
        self._now = now
        self._sites: dict[str, _Site] = {}
        self._domains: dict[str, asyncio.Lock] = {}
        self._domain_next: dict[str, float] = {}

    def _site(self, name: str) -> _Site:
        if name not in self._sites:
            self._sites[name] = _Site(self._remember(name) or HostState(site=name))
        return self._sites[name]

    def state(self, name: str) -> HostState:
        """Return the state of a host."""
        return self._site(name).state

    def set_state(self, state: HostState) -> None:
        """Replace the state of a host."""
        self._site(state.site).state = state
        self._store(state)

    def wait_before(self, name: str) -> float:
        """Return the seconds of the pause that are left before the next request to a host."""
        return max(self._site(name).next_start - asyncio.get_running_loop().time(), 0.0)

    @asynccontextmanager
    async def slot(self, name: str, kind: RequestKind, pause: float | None = None) -> AsyncIterator[None]:
        """Wait until a request to a host may start, and keep other requests to it away for the length of the block.

        Args:
            name: the site.
            kind: what is requested.
            pause: seconds from this start to the next one at this host; None: the setting for ``kind``.
        """
        site = self._site(name)
        clock = asyncio.get_running_loop().time
        async with site.lock:
            await asyncio.sleep(self.wait_before(name))
            if kind == "feed":
                await self._wait_for_domain(domain_of(name))
            delay = pause if pause is not None else (self._settings.page_delay if kind == "page" else 0.0)
            site.next_start = clock() + delay
            yield

    async def _wait_for_domain(self, domain: str) -> None:
        """Start the feeds of one domain ``feed_delay`` apart, whatever their hosts."""
        delay = self._settings.feed_delay
        if not delay:
            return
        async with self._domains.setdefault(domain, asyncio.Lock()):
            clock = asyncio.get_running_loop().time
            wait = self._domain_next.get(domain, 0.0) - clock()
            if wait > 0:
                await asyncio.sleep(wait)
            self._domain_next[domain] = clock() + delay

    def backing_off(self, name: str) -> timedelta | None:
        """Return how long the host gets no request, or None if it may get one now.

        A wait beyond the longest one was stored while the clock was wrong; it does not count.
        """
        until = self._site(name).state.barred_until
        wait = until - self._now() if until is not None else timedelta()
        longest = timedelta(seconds=max(self._settings.max_retry_after_seconds, self._settings.retry_after_seconds))
        return wait if timedelta() < wait <= longest else None

    def back_off(self, name: str, wait: timedelta) -> None:
        """Send no request to the host for a while."""
        self.set_state(replace(self.state(name), barred_until=self._now() + wait))

    def mark_unresponsive(self, name: str, kind: RequestKind) -> None:
        """Send no request of this kind to the host in this run: it timed out."""
        self._site(name).unresponsive.add(kind)

    def is_unresponsive(self, name: str, kind: RequestKind) -> bool:
        """Return whether the host timed out earlier in this run."""
        return kind in self._site(name).unresponsive


def domain_of(site: str) -> str:
    """Return the part of a host name that one publisher owns, guessed from its shape.

    The result is the last two labels, or three if the second is a usual one (``co.kr``, ``msk.ru``). It decides about
    a pause only, so the public suffix list (0.2 s to load) is not needed.
    """
    name, _, port = site.partition(":")
    labels = name.split(".")
    if port or len(labels) < 3 or labels[-1].isdigit():
        return site
    return ".".join(labels[-3:] if len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else labels[-2:])


def retry_after(headers: Mapping[str, str], settings: FetchSettings, now: datetime) -> timedelta | None:
    """Return the wait that ``Retry-After`` asks for (RFC 9110, 10.2.3), capped; None without the header.

    The value is seconds or a date. An unreadable value, or a date in the past, counts as the default wait.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    seconds = -1.0
    if re.fullmatch(r"\d{1,12}", text):
        seconds = float(text)
    else:
        try:
            at = email.utils.parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            at = None
        if at is not None:
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
            seconds = (at - now).total_seconds()
            seconds = seconds if seconds > 0 else -1.0
    if seconds < 0:
        seconds = settings.retry_after_seconds
    return timedelta(seconds=min(seconds, settings.max_retry_after_seconds))
