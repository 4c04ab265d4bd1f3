"""Dates as people and machines write them, in the languages of the sources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:(?:\s*[T@,|·]\s*|\s+)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?)?"
    r"\s*(Z\b|UTC|GMT|KST|JST|MSK|CEST|CET|EST|EDT|[+-]\d{2}:?\d{2}|[+-]\d{2}\b)?"
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?(Z|[+-]\d{2}:?\d{2})?$")
_CJK = re.compile(
    r"(\d{4})\s*[년年]\s*(\d{1,2})\s*[월月]\s*(\d{1,2})\s*[일日]"
    r"(?:\D{0,8}?(오전|오후|午前|午後|上午|下午)?\s*(\d{1,2})\s*[:시時时]\s*(\d{1,2})?)?"
)
_DOTTED_KOREAN = re.compile(r"(\d{4})\.\s*(\d{1,2})\.\s*(\d{1,2})\.?\s*(오전|오후)?\s*(?:(\d{1,2}):(\d{2}))?")
_DAY_FIRST = re.compile(r"\b(\d{1,2})([.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(?:\D{1,12}?(\d{1,2})[:.](\d{2}))?")
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b(?:\D{1,12}?(\d{1,2}):(\d{2})\s*([ap]\.?m)?)?", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:de\s+)?([^\W\d_]{3,12})\.?,?\s+(?:de\s+)?(\d{4})\b"
    r"(?:\D{1,12}?(\d{1,2}):(\d{2})\s*([ap]\.?m)?)?",
    re.IGNORECASE,
)
_NAMED_FIRST = re.compile(
    r"\b([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b(?:\D{1,12}?(\d{1,2}):(\d{2})\s*([ap]\.?m)?)?",
    re.IGNORECASE,
)
_MONTH_STEMS = (
    "jan янв ene gen sty led janv", "feb фев fév únor lut fev", "mar мар mär mrt břez", "apr апр abr avr kwi dub",
    "may май мая mai maj mei mag", "jun июн giu juin cze červn", "jul июл juil lug lip červe",
    "aug авг ago aoû sie srp", "sep сен set wrz zář", "oct окт okt ott paź říj out", "nov ноя lis list",
    "dec дек dez dic gru pros déc",
)  # fmt: skip
_MONTHS = {stem: number for number, stems in enumerate(_MONTH_STEMS, 1) for stem in stems.split()}
_ZONES = {"KST": 9, "JST": 9, "MSK": 3, "CET": 1, "CEST": 2, "EST": -5, "EDT": -4, "Z": 0, "UTC": 0, "GMT": 0}


@dataclass(frozen=True, slots=True)
class When:
    """A date and whether its zone (or its time) had to be assumed."""

    at: datetime
    assumed: bool


def parse(claim: str) -> When | None:
    """A date as people and machines write it, in the languages of the sources; None when there is none in it."""
    claim = " ".join(claim.split())[:200]
    if not any(c.isdigit() for c in claim):
        return None
    for reader in (_iso, _compact, _epoch, _cjk, _mail, _korean_dots, _day_first, _slashed, _named):
        if (when := reader(claim)) is not None:
            return when
    return None


def _iso(claim: str) -> When | None:
    match = _ISO.search(claim)
    if not match or (match[4] is None and ("오전" in claim or "오후" in claim)):
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    return _when(year, month, day, hour, minute, second, zone)


def _compact(claim: str) -> When | None:
    match = _COMPACT.match(claim)
    return _when(*match.groups()) if match else None


def _epoch(claim: str) -> When | None:
    if claim.isascii() and claim.isdigit() and len(claim) in (10, 13):
        return When(datetime.fromtimestamp(int(claim[:10]), UTC), False)
    return None


def _mail(claim: str) -> When | None:
    try:
        at = parsedate_to_datetime(claim)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return When(at, False) if at.tzinfo else When(at.replace(tzinfo=UTC), True)


def _cjk(claim: str) -> When | None:
    match = _CJK.search(claim)
    if not match:
        return None
    year, month, day, half, hour, minute = match.groups()
    return _when(year, month, day, _hour(hour, half), minute if hour else None)


def _korean_dots(claim: str) -> When | None:
    match = _DOTTED_KOREAN.search(claim)
    if not match:
        return None
    year, month, day, half, hour, minute = match.groups()
    return _when(year, month, day, _hour(hour, half), minute)


def _day_first(claim: str) -> When | None:
    match = _DAY_FIRST.search(claim)
    if not match or (len(match[4]) == 2 and match[2] == "-"):
        return None
    return _when(f"20{match[4]}"[-4:], match[3], match[1], match[5], match[6])


def _slashed(claim: str) -> When | None:
    """Day and month in either order, where one of them can be no month; else nobody knows."""
    match = _SLASHED.search(claim)
    if not match or (int(match[1]) <= 12 and int(match[2]) <= 12 and match[1] != match[2]):
        return None
    month, day = (match[1], match[2]) if int(match[2]) > 12 else (match[2], match[1])
    return _when(match[3], month, day, _hour(match[4], match[6]), match[5])


def _named(claim: str) -> When | None:
    for pattern, day_at, month_at in ((_NAMED, 1, 2), (_NAMED_FIRST, 2, 1)):
        for match in pattern.finditer(claim):
            if month := _month(match[month_at]):
                return _when(match[3], str(month), match[day_at], _hour(match[4], match[6]), match[5])
    return None


def _month(word: str) -> int | None:
    word = word.casefold()
    return next((number for size in (5, 4, 3) if (number := _MONTHS.get(word[:size]))), None)


def _hour(hour: str | None, half: str | None) -> str | None:
    if hour is None or half is None:
        return hour
    afternoon = half in ("오후", "午後", "下午") or half[0] in "pP"
    return str(int(hour) % 12 + (12 if afternoon else 0))


def _when(  # noqa: PLR0917  the parts of a date, in their order
    year: str, month: str, day: str, hour: str | None = None, minute: str | None = None, second: str | None = None,
    zone: str | None = None,
) -> When | None:  # fmt: skip
    try:
        at = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=_zone(zone)
        )
    except ValueError:
        return None
    return When(at, zone is None or hour is None)


def _zone(zone: str | None) -> timezone:
    if zone is None:
        return UTC
    if zone in _ZONES:
        return timezone(timedelta(hours=_ZONES[zone])) if _ZONES[zone] else UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if zone[0] == "-" else offset)
