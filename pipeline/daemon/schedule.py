"""Schedule of the daemon: the triggers of cycles and housekeeping."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from pipeline.settings.daemon import DaemonSettings

_MOST_FIRES = 1200  # of a week that are looked at


def triggers(daemon: DaemonSettings) -> tuple[Any, Any]:
    """Return the triggers of cycles and housekeeping."""
    zone = ZoneInfo(daemon.timezone)
    cycles = (
        CronTrigger.from_crontab(daemon.cron, timezone=zone)
        if daemon.cron
        else IntervalTrigger(seconds=daemon.every_minutes * 60, timezone=zone)
    )
    return cycles, CronTrigger.from_crontab(daemon.housekeeping, timezone=zone)


def longest_interval(trigger: Any) -> timedelta:
    """Return the longest time between two runs of the coming week: a cron expression may pause at night."""
    if isinstance(trigger, IntervalTrigger):
        interval: timedelta = trigger.interval
        return interval
    last = trigger.get_next_fire_time(None, datetime.now(UTC))  # the time until the first run is no whole interval
    longest, end = timedelta(), last + timedelta(days=8)
    for _ in range(_MOST_FIRES):
        at = trigger.get_next_fire_time(last, last + timedelta(seconds=1))
        if at is None:
            break
        longest, last = max(longest, at - last), at
        if at > end:
            break
    return longest


def describe(daemon: DaemonSettings) -> str:
    """Return when cycles run, for the log."""
    return (
        f"cycles at “{daemon.cron}” {daemon.timezone}"
        if daemon.cron
        else f"a cycle every {daemon.every_minutes:g} minutes"
    )
