"""A publisher's wishes for the polling of its feed: the interval, and the hours and days to skip."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10080, "monthly": 43200, "yearly": 525600}


def interval_of(feed: Any) -> timedelta | None:
    """Return the publisher's interval: ``ttl`` in minutes, or the syndication module's period and frequency."""
    ttl = str(feed.get("ttl") or "").strip()
    if ttl.isascii() and ttl.isdigit() and 0 < int(ttl[:9]) < 1_000_000:
        return timedelta(minutes=int(ttl[:9]))
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    if period is None:
        return None
    times = str(feed.get("sy_updatefrequency") or "").strip()
    count = int(times[:6]) if times.isascii() and times.isdigit() else 1
    return timedelta(minutes=period / max(count, 1))


def hours_of(hours: Iterable[str]) -> frozenset[int]:
    """Return hours of the day, UTC, from ``skipHours`` (24 means midnight). A list of all 24 hours counts as none."""
    skipped = frozenset(
        int(hour) % 24
        for hour in (text.strip() for text in hours)
        if hour.isascii() and hour.isdigit() and int(hour[:3]) <= 24
    )
    return skipped if len(skipped) < 24 else frozenset()


def days_of(days: Iterable[str]) -> frozenset[int]:
    """Return days of the week, UTC, from ``skipDays``; Monday is 0. A list of all seven days counts as none."""
    skipped = frozenset(_DAYS.index(name) for day in days if (name := day.strip().lower()) in _DAYS)
    return skipped if len(skipped) < 7 else frozenset()
