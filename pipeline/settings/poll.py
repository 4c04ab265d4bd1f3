"""The table ``[poll]`` of ``tumen.toml``: how often feeds are polled."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

_Minutes = Annotated[float, Meta(ge=1, le=525_600)]  # a year
_Days = Annotated[float, Meta(ge=0.01, le=3650)]


class PollSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often feeds are polled, and what happens to feeds that fail.

    Attributes:
        floor_minutes: shortest interval between two polls of a feed; a source's own ``interval_minutes`` overrides it.
        start_minutes: interval of a feed whose entries do not show how often it publishes.
        ceiling_minutes: longest interval of a feed that publishes.
        quiet_after_days: a feed without new entries for this long is quiet.
        quiet_minutes: longest interval of a quiet feed.
        jitter: random share (0 to 1) by which each interval is longer or shorter, so that polls spread out.
        hint_cap_minutes: longest interval that a publisher gets (Cache-Control, Expires, ttl, skipHours, skipDays).
        full_after_days: after this long with only "304 Not Modified" the full feed is requested once.
        backoff_cap_minutes: a failing feed waits one interval, then two, three … up to this.
        dead_after_days: a feed that has failed for this long counts as dead.
        dead_minutes: interval of a dead feed.
        blocked_minutes: wait after a response from a bot wall; it grows with each repetition.
        wait_minutes: wait after "too many requests" without a Retry-After; doubles with each further one.
        wait_cap_minutes: longest Retry-After that is obeyed.
        moves_to_adopt: polls in a row that must redirect to the same new address before the feed's address changes.
        gone_after_hours: a feed that answers "410 Gone" for this long is given up.
    """

    floor_minutes: _Minutes = 10.0
    start_minutes: _Minutes = 30.0
    ceiling_minutes: _Minutes = 360.0
    quiet_after_days: _Days = 7.0
    quiet_minutes: _Minutes = 1440.0
    jitter: Annotated[float, Meta(ge=0, le=0.9)] = 0.1
    hint_cap_minutes: _Minutes = 360.0
    full_after_days: _Days = 7.0
    backoff_cap_minutes: _Minutes = 1440.0
    dead_after_days: _Days = 30.0
    dead_minutes: _Minutes = 10080.0
    blocked_minutes: _Minutes = 240.0
    wait_minutes: _Minutes = 10.0
    wait_cap_minutes: _Minutes = 2880.0
    moves_to_adopt: Annotated[int, Meta(ge=1, le=100)] = 3
    gone_after_hours: Annotated[float, Meta(ge=0, le=8760)] = 24.0
