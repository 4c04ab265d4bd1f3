"""When feeds are polled: the table ``[poll]`` of ``tumen.toml``. Each default stands here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """How often feeds are asked, and what is done about those that fail.

    Attributes:
        floor_minutes: the shortest time between two polls of a feed; a source's own ``interval_minutes`` goes before
            it.
        start_minutes: the interval of a feed whose dates tell nothing of its pace.
        ceiling_minutes: the longest interval of a feed that publishes.
        quiet_after_days: a feed without anything new for so long is quiet.
        quiet_minutes: the longest interval of a quiet feed.
        jitter: each interval is stretched or shortened at random by up to this share, so that feeds do not march in
            step.
        hint_cap_minutes: a publisher's wish (Cache-Control, Expires, ttl, skipHours) is heeded up to this.
        full_after_days: after so long of nothing but "304 Not Modified" the whole feed is asked for once.
        backoff_cap_minutes: a failing feed waits one interval, then two, three … up to this.
        dead_after_days: a feed that has failed for so long counts as dead.
        dead_minutes: the interval of a dead feed.
        blocked_minutes: the wait after a bot wall answered; it grows with each time.
        wait_minutes: the wait after "too many requests" without a time.
        wait_cap_minutes: the longest wait that a server's Retry-After is granted.
        moves_to_adopt: polls in a row that must point to the same new address before it is taken over.
        gone_after_hours: "410 Gone" must stand for so long before the feed is given up.
    """

    floor_minutes: float = 10.0
    start_minutes: float = 30.0
    ceiling_minutes: float = 360.0
    quiet_after_days: float = 7.0
    quiet_minutes: float = 1440.0
    jitter: float = 0.1
    hint_cap_minutes: float = 360.0
    full_after_days: float = 7.0
    backoff_cap_minutes: float = 1440.0
    dead_after_days: float = 30.0
    dead_minutes: float = 10080.0
    blocked_minutes: float = 240.0
    wait_minutes: float = 10.0
    wait_cap_minutes: float = 2880.0
    moves_to_adopt: int = 3
    gone_after_hours: float = 24.0
