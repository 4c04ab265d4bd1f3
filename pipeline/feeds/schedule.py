"""When a feed is asked next. Pure arithmetic on times; randomness comes in.

The interval follows the feed's own pace: half the usual gap between its entries, longer after each poll that brought
nothing, short again as soon as something came. What the publisher asks for (Cache-Control, Expires, ttl, skipHours)
is a lower bound, up to a cap. Reasons and sources: docs/decisions.md.
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
    """What every decision about time needs.

    Attributes:
        now: the present time.
        policy: the bounds.
        rng: spreads feeds, so that they do not march in step.
    """

    now: datetime
    policy: PollSettings
    rng: random.Random

    def stretch(self) -> float:
        """A random factor that only lengthens a wait."""
        return self.rng.uniform(1, 1 + self.policy.jitter)

    def vary(self) -> float:
        """A random factor around one."""
        return self.rng.uniform(1 - self.policy.jitter, 1 + self.policy.jitter)


def floor_of(state: FeedState, timing: Timing) -> timedelta:
    """The shortest time between two polls of this feed."""
    own = state.source.interval_minutes
    return timedelta(minutes=timing.policy.floor_minutes if own is None else own)


def ceiling_of(state: FeedState, timing: Timing) -> timedelta:
    """The longest: more for a feed that has brought nothing new for days; never below its floor."""
    policy, since = timing.policy, state.changed_at or state.ok_at
    quiet = since is not None and timing.now - since > timedelta(days=policy.quiet_after_days)
    ceiling = timedelta(minutes=policy.quiet_minutes if quiet else policy.ceiling_minutes)
    return max(ceiling / (1 + policy.jitter), floor_of(state, timing))


def pace_of(dates: Iterable[datetime | None], now: datetime) -> timedelta | None:
    """Half the usual gap between the newest entries; None when too few have dates."""
    newest = sorted((at for at in dates if at is not None and at <= now), reverse=True)[:_NEWEST]
    if len(newest) < 3:
        return None
    gaps = sorted((later - earlier).total_seconds() for later, earlier in pairwise(newest))
    silence = (now - newest[0]).total_seconds() / len(newest)
    return timedelta(seconds=max(gaps[len(gaps) // 2], silence) / 2)


def next_interval(state: FeedState, parsed: ParsedFeed | None, new: int, timing: Timing) -> timedelta:
    """The interval after a good answer.

    Args:
        state: before the poll.
        parsed: the document; None when nothing had changed.
        new: entries that this feed had not carried before.
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
    return max(after, _wished(parsed, timing))


def _faster(before: timedelta, pace: timedelta | None, share: float) -> timedelta:
    """The interval once something came: the feed's pace, and less when much of what it shows is new."""
    after = min(before, pace) if pace else before
    if share > _BUSY_SHARE:
        after = min(after, before / _SLOWER)
    return min(after, before / 3) if share >= 1 else after


def _wished(parsed: ParsedFeed | None, timing: Timing) -> timedelta:
    """The interval that the document itself asks for, up to the cap."""
    cap = timedelta(minutes=timing.policy.hint_cap_minutes)
    return min(parsed.ttl, cap) if parsed and parsed.ttl else timedelta()


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long the answer stays fresh: max-age, else Expires, less the Age it came with; zero when it says nothing."""
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
    """When to ask again after a good answer.

    Args:
        state: after the poll, with its new interval.
        headers: of the answer.
        parsed: the document; None when nothing had changed.
        timing: the present time, the bounds and the spread.
    """
    cap = timedelta(minutes=timing.policy.hint_cap_minutes)
    floor = floor_of(state, timing)
    least = max(floor, min(freshness(headers, timing.now), cap), _wished(parsed, timing))
    late = min(least * timing.stretch(), max(least, cap))
    due = timing.now + max((state.interval or floor) * timing.vary(), late)
    return _after_skipped(due, parsed.skip_hours if parsed else frozenset(), cap)


def _after_skipped(due: datetime, skipped: frozenset[int], cap: timedelta) -> datetime:
    """The first moment from ``due`` on that is in none of the skipped hours, if it comes within ``cap``."""
    moved = due
    while moved.astimezone(UTC).hour in skipped:
        moved = moved.replace(minute=due.minute % 10, second=due.second) + timedelta(hours=1)
        if moved - due > cap:
            return due
    return moved


def backoff(state: FeedState, timing: Timing) -> timedelta:
    """The wait after a failure: one interval, two, three … up to a day; a week once the feed was dead for a month.

    Args:
        state: with the failure counted in.
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
    days = state.failures * policy.backoff_cap_minutes / 1440 / 2  # the waits grew evenly up to the cap
    return days > policy.dead_after_days


def _http_date(text: str | None) -> datetime | None:
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # loads much, and few answers have the header

    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
