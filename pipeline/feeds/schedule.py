"""Feed scheduling: decides when a feed is polled next. Pure; randomness comes in.

The interval follows the pace of the feed: half the usual gap between its entries, longer after each poll without new
entries, shorter after new entries. The publisher's wishes (Cache-Control, Expires, ttl, skipHours, skipDays) are a
lower bound, up to a cap. Reasons and sources: docs/decisions.md.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from pipeline.model import FeedState, ParsedFeed
from pipeline.settings.poll import PollSettings

_NEWEST = 20
_SLOWER = 1.5
_BUSY_SHARE = 1 / 3
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_NOT_STORED = re.compile(r"(?:^|[\s,])no-(?:store|cache)\b(?!\s*=)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Time, bounds and randomness of a decision.

    Attributes:
        now: the present time.
        policy: the bounds.
        rng: spreads due times, so that feeds are not all polled at once.
    """

    now: datetime
    policy: PollSettings
    rng: random.Random

    def stretch(self) -> float:
        """Return a random factor that only lengthens a wait."""
        return self.rng.uniform(1, 1 + self.policy.jitter)

    def vary(self) -> float:
        """Return a random factor around 1."""
        return self.rng.uniform(1 - self.policy.jitter, 1 + self.policy.jitter)


def floor_of(state: FeedState, timing: Timing) -> timedelta:
    """Return the shortest time between two polls of this feed."""
    minutes = state.source.interval_minutes
    return timedelta(minutes=timing.policy.floor_minutes if minutes is None else minutes)


def ceiling_of(state: FeedState, timing: Timing) -> timedelta:
    """Return the longest time between two polls: longer for a feed without news for days, never below its floor."""
    policy, since = timing.policy, state.changed_at or state.ok_at
    quiet = since is not None and timing.now - since > timedelta(days=policy.quiet_after_days)
    ceiling = timedelta(minutes=policy.quiet_minutes if quiet else policy.ceiling_minutes)
    return max(ceiling / (1 + policy.jitter), floor_of(state, timing))


def pace_of(dates: Iterable[datetime | None], now: datetime) -> timedelta | None:
    """Return half the usual gap between the newest entries; None when too few have dates."""
    newest = sorted((at for at in dates if at is not None and at <= now), reverse=True)[:_NEWEST]
    if len(newest) < 3:
        return None
    gaps = sorted((later - earlier).total_seconds() for later, earlier in pairwise(newest))
    silence = (now - newest[0]).total_seconds() / len(newest)
    return timedelta(seconds=max(gaps[len(gaps) // 2], silence) / 2)


def next_interval(state: FeedState, parsed: ParsedFeed | None, new: int, timing: Timing) -> timedelta:
    """Return the interval after a successful poll.

    Args:
        state: the feed before the poll.
        parsed: the document; None when it is unchanged.
        new: number of entries that are new to this feed.
        timing: the present time and the bounds.
    """
    pace = pace_of((entry.published for entry in parsed.entries), timing.now) if parsed else None
    if state.interval is None:
        after = pace or timedelta(minutes=timing.policy.start_minutes)
    elif parsed and new:
        after = _faster(state.interval, pace, new / len(parsed.entries))
    else:
        after = state.interval * _SLOWER
    after = min(max(after, floor_of(state, timing)), ceiling_of(state, timing))
    return max(after, _requested_interval(parsed, timing))


def _faster(before: timedelta, pace: timedelta | None, share: float) -> timedelta:
    """Return the interval after new entries: the feed's pace, and less when many of its entries are new."""
    after = min(before, pace) if pace else before
    if share > _BUSY_SHARE:
        after = min(after, before / _SLOWER)
    return min(after, before / 3) if share >= 1 else after


def _requested_interval(parsed: ParsedFeed | None, timing: Timing) -> timedelta:
    """Return the interval that the document asks for, up to the cap."""
    cap = timedelta(minutes=timing.policy.hint_cap_minutes)
    return min(parsed.ttl, cap) if parsed and parsed.ttl else timedelta()


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long a response stays fresh: max-age, else Expires, minus Age; zero without these headers."""
    control = headers.get("cache-control", "")
    age_text = headers.get("age", "").strip()
    age = int(age_text[:9]) if age_text.isascii() and age_text.isdigit() else 0
    if _NOT_STORED.search(control):
        return timedelta()
    if found := _MAX_AGE.search(control):
        seconds = int(found[1]) - age
    elif expires := _http_date(headers.get("expires")):
        seconds = int((expires - (_http_date(headers.get("date")) or now)).total_seconds()) - age
    else:
        return timedelta()
    return timedelta(seconds=min(max(seconds, 0), 10**9))


def due_after_success(
    state: FeedState, headers: Mapping[str, str], parsed: ParsedFeed | None, timing: Timing
) -> datetime:
    """Return the due time after a successful poll.

    Args:
        state: the feed after the poll, with its new interval.
        headers: the headers of the response.
        parsed: the document; None when it is unchanged.
        timing: the present time, the bounds and the spread.
    """
    cap = timedelta(minutes=timing.policy.hint_cap_minutes)
    floor = floor_of(state, timing)
    least = max(floor, min(freshness(headers, timing.now), cap), _requested_interval(parsed, timing))
    late = min(least * timing.stretch(), max(least, cap))
    due = timing.now + max((state.interval or floor) * timing.vary(), late)
    return _after_skipped(due, parsed, cap) if parsed else due


def _after_skipped(due: datetime, parsed: ParsedFeed, cap: timedelta) -> datetime:
    """Return the first time from ``due`` on outside the skipped hours and days, if it is within ``cap``.

    Else it is ``due``, or ``cap`` later on a skipped day.
    """
    moved = due
    while moved - due <= cap:
        at = moved.astimezone(UTC)
        if at.hour not in parsed.skip_hours and at.weekday() not in parsed.skip_days:
            return moved
        # soon after the full hour, but not all feeds at once
        moved = moved.replace(minute=due.minute % 10, second=due.second) + timedelta(hours=1)
    return due + cap if due.astimezone(UTC).weekday() in parsed.skip_days else due


def backoff(state: FeedState, timing: Timing) -> timedelta:
    """Return the wait after a failure: one interval, two, three … up to a cap; longer once the feed counts as dead.

    Args:
        state: the feed with this failure counted.
        timing: the present time and the bounds.
    """
    policy, floor = timing.policy, floor_of(state, timing)
    if _is_dead(state, timing):
        return timedelta(minutes=policy.dead_minutes)
    step = max(state.interval or timedelta(minutes=policy.start_minutes), floor)
    return max(min(step * max(state.failures, 1), timedelta(minutes=policy.backoff_cap_minutes)), floor)


def _is_dead(state: FeedState, timing: Timing) -> bool:
    policy = timing.policy
    if state.ok_at is not None:
        return timing.now - state.ok_at > timedelta(days=policy.dead_after_days)
    days = state.failures * policy.backoff_cap_minutes / 1440 / 2  # the waits grew linearly up to the cap
    return days > policy.dead_after_days


def _http_date(text: str | None) -> datetime | None:
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # a slow import, and few responses have the header

    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
