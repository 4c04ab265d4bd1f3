"""Time zones: of a country's newsrooms, of a language, and by the abbreviations that publishers write."""

from __future__ import annotations

import functools
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_HOME_ZONES = {
    "RU": "Europe/Moscow", "KR": "Asia/Seoul", "KP": "Asia/Pyongyang", "JP": "Asia/Tokyo", "CN": "Asia/Shanghai",
    "UA": "Europe/Kyiv", "KZ": "Asia/Almaty", "BY": "Europe/Minsk", "GB": "Europe/London", "FR": "Europe/Paris",
    "DE": "Europe/Berlin", "US": "America/New_York", "HK": "Asia/Hong_Kong", "TW": "Asia/Taipei",
    "SG": "Asia/Singapore", "IN": "Asia/Kolkata", "MN": "Asia/Ulaanbaatar", "QA": "Asia/Qatar", "TR": "Europe/Istanbul",
}  # fmt: skip
_LANGUAGE_ZONES = {"ko": "Asia/Seoul", "ru": "Europe/Moscow", "ja": "Asia/Tokyo"}
# Zones without daylight saving time, in minutes east of UTC. They work on a machine without time zone data.
_FIXED_ZONES = {"Europe/Moscow": 180, "Asia/Seoul": 540, "Asia/Pyongyang": 540, "Asia/Tokyo": 540, "Asia/Shanghai": 480}

# Minutes east of UTC. Abbreviations with two meanings among our sources (IST, AST) are left out.
ABBREVIATIONS = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet", "гринвич"), 0),
    **dict.fromkeys(("cet", "west", "bst", "met"), 60),
    **dict.fromkeys(("eet", "cest", "mest", "калт"), 120),
    **dict.fromkeys(("msk", "мск", "eest", "trt", "fet"), 180),
    **dict.fromkeys(("msd", "samt", "мсд", "gst"), 240),
    **dict.fromkeys(("yekt", "екб", "pkt"), 300),
    **dict.fromkeys(("omst", "almt"), 360),
    **dict.fromkeys(("krat", "novt", "ict", "wib"), 420),
    **dict.fromkeys(("irkt", "hkt", "sgt", "awst", "ulat"), 480),
    **dict.fromkeys(("kst", "jst", "yakt"), 540),
    **dict.fromkeys(("vlat", "aest", "chst"), 600),
    **dict.fromkeys(("magt", "sakt", "sret", "aedt"), 660),
    **dict.fromkeys(("pett", "nzst"), 720),
    "nzdt": 780, "edt": -240, "est": -300, "cdt": -300, "cst": -360, "mdt": -360, "mst": -420, "pdt": -420,
    "pst": -480, "akst": -540, "hst": -600,
}  # fmt: skip


def home_timezone(home: str | None) -> str | None:
    """Return the time zone of a country's newsrooms by its ISO 3166 code; None for a country without an entry."""
    return _HOME_ZONES.get(home or "")


def zone_for(timezone: str | None, language: str | None) -> tzinfo:
    """Return the zone for dates without one: the given zone, else the zone of the language, else UTC.

    A zone that is missing from this machine's time zone data counts as not given.
    """
    short = (language or "").replace("_", "-").partition("-")[0].lower()
    for name in (timezone, _LANGUAGE_ZONES.get(short)):
        if name and (zone := load_zone(name)):
            return zone
    return UTC


def fixed_zone(minutes: int) -> tzinfo:
    """Return the zone so many minutes east of UTC."""
    return timezone(timedelta(minutes=minutes)) if minutes else UTC


@functools.lru_cache(maxsize=64)
def load_zone(name: str) -> tzinfo | None:
    """Return the IANA zone; None when neither the machine nor this module has it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        minutes = _FIXED_ZONES.get(name)
        return None if minutes is None else fixed_zone(minutes)
