"""Checks of cron expressions and time zones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import ConfigError


def check_cron(text: str, file: Path, key: str) -> None:
    """Raise ``ConfigError`` for a cron expression that cannot be read, or never matches, such as ``0 0 30 2 *``."""
    from apscheduler.triggers.cron import CronTrigger

    try:
        trigger = CronTrigger.from_crontab(text, timezone=UTC)
    except ValueError as error:
        problem = f"“{text}” is not a cron expression such as 30 7 * * * ({error})."
        raise ConfigError(file, key, problem) from None
    if trigger.get_next_fire_time(None, datetime.now(UTC)) is None:
        raise ConfigError(file, key, f"“{text}” never matches: no such day exists.")


def is_timezone(name: str) -> bool:
    """Return whether this is the IANA name of a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
