"""Manners towards hosts: one request at a time each, a pause between, and staying away when told to.

In: a site's name and what it answered. Out: whose turn it is, and until when a site is left alone. What must outlive
the process is a ``HostState``; the caller keeps it.
"""

from __future__ import annotations

import asyncio
import email.utils
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipeline.model import FailureKind, HostState, RequestKind
from pipeline.settings.fetch import FetchSettings

_SECOND_LEVEL = {"ac", "co", "com", "edu", "go", "gov", "msk", "ne", "net", "or", "org", "pe", "re"}


@dataclass(slots=True)
class _Site:
    state: HostState
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0
    strikes: dict[RequestKind, FailureKind] = field(default_factory=dict)
    changed: bool = False


class Manners:
    """The table of hosts of one run.

    Args:
        settings: the pauses and caps.
        remember: gives what is kept of a host, None when nothing is.
        now: the clock.
    """

    def __init__(
        self, settings: FetchSettings, remember: Callable[[str], HostState | None], now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._remember = remember
        self._now = now
        self._sites: dict[str, _Site] = {}
        self._domains: dict[str, asyncio.Lock] = {}
        self._domain_next: dict[str, float] = {}

    def _site(self, name: str) -> _Site:
        if name not in self._sites:
            self._sites[name] = _Site(self._remember(name) or HostState(site=name))
        return self._sites[name]

    def state(self, name: str) -> HostState:
        """What is known of a host."""
        return self._site(name).state

    def set_state(self, state: HostState) -> None:
        """Replace what is known of a host."""
        site = self._site(state.site)
        site.state, site.changed = state, True

    def changed(self) -> list[HostState]:
        """What has to be kept."""
        return [site.state for site in self._sites.values() if site.changed]

    @asynccontextmanager
    async def turn(self, name: str, kind: RequestKind, pause: float | None = None) -> AsyncIterator[None]:
        """Wait for one's turn at a host, and hold it.

        Args:
            name: the site.
            kind: what is asked for.
            pause: seconds since the last start at this host; None: the setting for ``kind``.
        """
        site = self._site(name)
        clock = asyncio.get_running_loop().time
        async with site.lock:
            wait = site.next_start - clock()
            if wait > 0:
                await asyncio.sleep(wait)
            if kind == "feed":
                await self._domain_turn(domain_of(name))
            delay = pause if pause is not None else (self._settings.page_delay if kind == "page" else 0.0)
            site.next_start = clock() + delay
            yield

    async def _domain_turn(self, domain: str) -> None:
        """Feeds of one domain start ``feed_delay`` apart, whatever their hosts."""
        delay = self._settings.feed_delay
        if not delay:
            return
        async with self._domains.setdefault(domain, asyncio.Lock()):
            clock = asyncio.get_running_loop().time
            wait = self._domain_next.get(domain, 0.0) - clock()
            if wait > 0:
                await asyncio.sleep(wait)
            self._domain_next[domain] = clock() + delay

    def barred_for(self, name: str) -> timedelta | None:
        """How long the host is still to be left alone."""
        until = self._site(name).state.barred_until
        return until - self._now() if until is not None and until > self._now() else None

    def bar(self, name: str, wait: timedelta) -> None:
        """Leave the host alone for so long."""
        site = self._site(name)
        site.state, site.changed = replace(site.state, barred_until=self._now() + wait), True

    def strike(self, name: str, kind: RequestKind, failure: FailureKind) -> None:
        """The host hung: nothing more of this kind is asked of it in this run."""
        self._site(name).strikes[kind] = failure

    def struck(self, name: str, kind: RequestKind) -> FailureKind | None:
        """Whether the host hung earlier in this run, and how."""
        return self._site(name).strikes.get(kind)


def domain_of(site: str) -> str:
    """The part of a host's name that one publisher holds, by the shape of the name.

    Only a pause hangs on it, so the public suffix list (0.2 s to load) is not asked: the last two labels, or three
    where the second is one of the usual ones (``co.kr``, ``msk.ru``).
    """
    name, _, port = site.partition(":")
    labels = name.split(".")
    if port or len(labels) < 3 or labels[-1].isdigit():
        return site
    return ".".join(labels[-3:] if len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else labels[-2:])


def retry_after(headers: Mapping[str, str], settings: FetchSettings, now: datetime) -> timedelta | None:
    """The wait that ``Retry-After`` asks for (RFC 9110, 10.2.3): seconds or a date, capped; None when it is not there.

    What cannot be read, or lies in the past, is taken for the default wait.
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
