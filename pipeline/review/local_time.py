"""Times in the reader's time zone.

The zone is in a cookie, so that every page can show local times without reading the database. The browser sets it to
its own zone at the first visit; an analyst's choice is stored in ``desk_settings`` and copied to the cookie.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from pipeline.text.catalogue import ENGLISH, Catalogue

COOKIE = "tumen_zone"
_SECONDS = 365 * 24 * 3600


@functools.lru_cache(maxsize=64)
def parse_zone(name: str) -> ZoneInfo | None:
    """Return the time zone of this IANA name, or None if there is none."""
    return ZoneInfo(name) if name in zone_names() else None


@functools.cache
def zone_names() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())


def zone_of(request: Any) -> ZoneInfo:
    """Return the time zone of the reader; UTC if the browser sent none."""
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        morsel = None
    return (parse_zone(unquote(morsel.value)) if morsel is not None else None) or ZoneInfo("UTC")


def remember(response: Any, zone: str) -> None:
    """Set the cookie. The script reads it too, so it is not HttpOnly."""
    response.set_cookie(COOKIE, zone, max_age=_SECONDS, samesite="lax")


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the start of the day in the zone, in UTC."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def to_minutes(at: object, zone: ZoneInfo) -> str:
    """Format a stored time as ``2026-11-24 15:00`` in the zone. Return other texts without change."""
    parsed = _parse(at)
    return str(at or "")[:16].replace("T", " ") if parsed is None else f"{parsed.astimezone(zone):%Y-%m-%d %H:%M}"


def to_day(at: object, zone: ZoneInfo, now: datetime, t: Catalogue = ENGLISH) -> str:
    """Name the day of a stored time: Today, Yesterday, “Mon 23 Nov”, or with the year if it is not this year."""
    parsed = _parse(at)
    if parsed is None:
        return ""
    local, today = parsed.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return t("Today")
    if local.date() == today.date() - timedelta(days=1):
        return t("Yesterday")
    parts = {"weekday": t(f"{local:%a}"), "day": local.day, "month": t(f"{local:%b}")}
    if local.year == today.year:
        return t("{weekday} {day} {month}", **parts)
    return t("{weekday} {day} {month} {year}", year=local.year, **parts)


def to_moment(at: object, zone: ZoneInfo, now: datetime, t: Catalogue = ENGLISH) -> str:
    """Format a stored time for a list: “09:12”, “yesterday 18:40”, “23 Nov 07:05”, “2 Mar 2025”."""
    parsed = _parse(at)
    if parsed is None:
        return ""
    local, today = parsed.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.date() == today.date() - timedelta(days=1):
        return t("yesterday {time}", time=f"{local:%H:%M}")
    month = t(f"{local:%b}")
    if local.year == today.year:
        return t("{day} {month} {time}", day=local.day, month=month, time=f"{local:%H:%M}")
    return t("{day} {month} {year}", day=local.day, month=month, year=local.year)


def zone_name(zone: ZoneInfo, now: datetime) -> str:
    """Return “UTC”, or the abbreviation of the zone such as “KST”, or its offset such as “+10”."""
    return now.astimezone(zone).tzname() or zone.key


def _parse(at: object) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(str(at))
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else None
