"""Rules of robots.txt (RFC 9309): whether a page may be fetched, and the pause that the host asks for.

In: the stored response to ``/robots.txt``. Out: ``Permission``. The parser is protego's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from pipeline.model import HostState

PRODUCT = "Tumen"
MAX_BYTES = 500 * 1024
FRESH = timedelta(hours=24)
RETRY = timedelta(hours=1)
_MAX_DELAY_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whether an address may be fetched. ``delay``: seconds that the host wants between two pages."""

    allowed: bool
    delay: float | None = None


def is_fresh(state: HostState, now: datetime) -> bool:
    """Return whether the stored copy is recent enough: a day with a response, an hour without one."""
    if state.robots_at is None:
        return False
    age = now - state.robots_at
    return timedelta(0) <= age < (FRESH if 200 <= state.robots_status < 500 else RETRY)


def permission(state: HostState, url: str) -> Permission | None:
    """Return what the host's rules say about an address.

    Returns:
        None if the rules are unknown: the host failed (5xx, no response) and no earlier copy exists. RFC 9309 then
        asks for no requests.
    """
    if state.robots_body:
        return _by_rules(state.robots_body, url)
    if 200 <= state.robots_status < 500:
        return Permission(allowed=True)
    return None


@lru_cache(maxsize=256)  # called before a page waits for its host, and again when its turn comes
def _by_rules(body: bytes, url: str) -> Permission:
    rules = _rules(body)
    delay = rules.crawl_delay(PRODUCT)
    return Permission(
        allowed=bool(rules.can_fetch(url, PRODUCT)),
        delay=None if delay is None else min(float(delay), _MAX_DELAY_SECONDS),
    )


@lru_cache(maxsize=256)
def _rules(body: bytes) -> Any:
    from protego import Protego

    whole = body if len(body) < MAX_BYTES else body[:MAX_BYTES].rpartition(b"\n")[0]  # without half a rule
    return Protego.parse(whole.decode("utf-8-sig", "replace"))
