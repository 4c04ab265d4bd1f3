"""Dates as publishers write them, read without guessing.

In: the text of a date in RFC 822, ISO 8601 or one of the ways of Korean, Russian, Japanese and English newsrooms, and
the zone to read it in where it names none. Out: a moment in UTC, or None. A wrong date is worse than none: what can
be read in two ways, lies in the future or before 1996 is not believed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_LENGTH = 100
FUTURE = timedelta(hours=24)
FIRST_YEAR = 1996

_HOME_ZONES = {
    "RU": "Europe/Moscow", "KR": "Asia/Seoul", "KP": "Asia/Pyongyang", "JP": "Asia/Tokyo", "CN": "Asia/Shanghai",
    "UA": "Europe/Kyiv", "KZ": "Asia/Almaty", "BY": "Europe/Minsk", "GB": "Europe/London", "FR": "Europe/Paris",
    "DE": "Europe/Berlin", "US": "America/New_York", "HK": "Asia/Hong_Kong", "TW": "Asia/Taipei",
    "SG": "Asia/Singapore", "IN": "Asia/Kolkata", "MN": "Asia/Ulaanbaatar", "QA": "Asia/Qatar", "TR": "Europe/Istanbul",
}  # fmt: skip
# For a machine without time zone data: zones that have not moved for years, in minutes east of UTC.
_FIXED_ZONES = {"Europe/Moscow": 180, "Asia/Seoul": 540, "Asia/Pyongyang": 540, "Asia/Tokyo": 540, "Asia/Shanghai": 480}
_LANGUAGE_ZONES = {"ko": "Asia/Seoul", "ru": "Europe/Moscow", "ja": "Asia/Tokyo"}

# Minutes east of UTC. Abbreviations that name two zones in our sources' world (IST, BST in Asia, AST) are left out.
_NAMED_ZONES = {
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
_ZONE_NAME = "|".join(sorted(_NAMED_ZONES, key=len, reverse=True))

_MONTHS = {
    **{name: i for i, name in enumerate(str.split("jan feb mar apr may jun jul aug sep oct nov dec"), 1)},
    **{name: i for i, name in enumerate(str.split("янв фев мар апр мая июн июл авг сен окт ноя дек"), 1)},
    **{name: i for i, name in enumerate(str.split("січ лют бер кві тра чер лип сер вер жов лис гру"), 1)},
    "май": 5,
}  # fmt: skip
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|янв(?:ар[ья])?|февр?(?:ал[ья])?|март?а?|апр(?:ел[ья])?|ма[йя]|июн[ья]?|июл[ья]?"
    r"|авг(?:уста?)?|сент?(?:ябр[ья])?|окт(?:ябр[ья])?|ноя(?:бр[ья])?|дек(?:абр[ья])?"
    r"|січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня)\.?(?!\w)"
)

_compiled = functools.cache(re.compile)

# The long way's patterns are compiled when one is first needed (``_compiled``): a run seldom needs any.
_DATES = (
    r"(?P<y>\d{4})\s?[년年]\s?(?P<m>\d{1,2})\s?[월月]\s?(?P<d>\d{1,2})\s?[일日]",
    r"(?<!\d)(?P<y>\d{4})\s?(?P<sep>[-./])\s?(?P<m>\d{1,2})\s?(?P=sep)\s?(?P<d>\d{1,2})(?!\d)\.?",
    r"(?<!\d)(?P<d>\d{1,2})\s?(?P<sep>[-.])\s?(?P<m>\d{1,2})\s?(?P=sep)\s?(?P<y>\d{4})(?!\d)",
    r"(?<!\d)(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d{4})(?!\d)",
    rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s.,/-]*{_MONTH}[\s.,/-]*(?P<y>\d{{4}}|\d{{2}}(?![\d:]))",
    rf"\b{_MONTH}\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:),?\s*(?P<y>\d{{4}})(?!\d)",
    rf"\b{_MONTH}\s*(?P<d>\d{{1,2}})\s(?=\d{{1,2}}:\d\d.*\s(?P<y>\d{{4}})$)",
    r"(?<!\d)(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?=t\d|\d{4}|\s|$)",
)
_TIME = (
    r"(?<![\d:])(?P<h>\d{1,2})(?:[:.](?P<n>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,9})?)?(?!\d)"
    r"|\s?[시時](?:\s?(?P<n2>\d{1,2})\s?[분分])?(?:\s?(?P<s2>\d{1,2})\s?[초秒])?"
    r"|(?=\s?[ap]\.?m\b))"
    r"\s?(?P<half>[ap]\.?m\b\.?)?"
)
_COMPACT_TIME = r"t?(?P<h>\d{2})(?P<n>\d{2})(?P<s>\d{2})?(?:[.,]\d{1,9})?(?!\d)"
_OFFSET = r"(?:(?:utc|gmt|msk|мск)\s?)?(?P<sign>[+\u2212-])(?P<h>\d{1,2})(?::?(?P<n>\d{2}))?(?!\d)(?![-:/]\d)"
_NAME = rf"(?<![\w/])(?P<name>{_ZONE_NAME})(?![\w/])"
_REGION = r"(?<!\w)[a-z]+/[a-z_]+(?:/[a-z_]+)?(?!\w)"
_HALF_WORDS = (
    ("오전|午前|上午|새벽|아침", "am"),
    ("오후|午後|下午|저녁", "pm"),
)


# What nearly all dates of feeds look like, whole and in one reading; any other takes the long way.
_RFC_822 = re.compile(
    r"(?:[a-z]{3}, )?(?P<d>[0-9]{1,2}) (?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) (?P<y>[0-9]{4})"
    r" (?P<time>[0-2][0-9]:[0-5][0-9]:[0-5][0-9]) (?:(?P<sign>[+-])(?P<h>0[0-9]|1[0-4])(?P<n>[0-5][0-9])|gmt|z)",
    re.ASCII | re.IGNORECASE,
)
_ISO_8601 = re.compile(
    r"(?P<y>[0-9]{4})-(?P<m>[01][0-9])-(?P<d>[0-3][0-9])[t ](?P<time>[0-2][0-9]:[0-5][0-9]:[0-5][0-9])(?:\.[0-9]{1,9})?"
    r"(?:(?P<sign>[+-])(?P<h>0[0-9]|1[0-4]):(?P<n>[0-5][0-9])|z)",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date that was read.

    Attributes:
        at: in UTC.
        assumed: the text names no zone (or no time of day), so one was assumed.
    """

    at: datetime
    assumed: bool


def home_timezone(home: str | None) -> str | None:
    """The zone in which a country's newsrooms write, by its ISO 3166 code; None for a country that is not listed."""
    return _HOME_ZONES.get(home or "")


def zone_for(timezone: str | None, language: str | None) -> tzinfo:
    """The zone for dates that name none: the given one, else that of the feed's language, else UTC.

    A zone that this machine's time zone data does not have counts as not given.
    """
    short = (language or "").replace("_", "-").partition("-")[0].lower()
    for name in (timezone, _LANGUAGE_ZONES.get(short)):
        if name and (zone := _load(name)):
            return zone
    return UTC


def read_date(raw: str, zone: tzinfo, now: datetime) -> Moment | None:
    """Read a date and check that it can be true.

    Args:
        raw: as written.
        zone: for a date that names none.
        now: the present time.

    Returns:
        None when the text is no date that we can read in one way only, or when the date lies more than a day ahead of
        ``now`` or before 1996.
    """
    found = parse_date(raw, zone)
    if found is None or found.at.year < FIRST_YEAR or found.at > now + FUTURE:
        return None
    return found


def parse_date(raw: str, zone: tzinfo) -> Moment | None:
    """Read a date, plausible or not."""
    if (match := _ISO_8601.fullmatch(raw) or _RFC_822.fullmatch(raw)) and (moment := _plain(match)):
        return moment
    text = " ".join(raw[:MAX_LENGTH].translate(_WIDE).lower().split())
    if not text:
        return None
    if text.isdigit():
        return _from_digits(text, zone)
    for day, rest in _days(text):
        return _at(day, rest, zone)
    return None


def _plain(match: re.Match[str]) -> Moment | None:
    """The moment of a date in one of the two usual forms; None where it is none."""
    part = match.groupdict()
    month = _MONTHS[part["month"].lower()] if "month" in part else int(part["m"])
    hour, minute, second = map(int, part["time"].split(":"))
    east = int(part["h"]) * 60 + int(part["n"]) if part["sign"] else 0
    try:
        there = datetime(int(part["y"]), month, int(part["d"]), hour, minute, second, tzinfo=UTC)
        return Moment(at=there - timedelta(minutes=-east if part["sign"] == "-" else east), assumed=False)
    except (ValueError, OverflowError):
        return None


_WIDE = {
    ord(wide): ord(plain)
    for wide, plain in zip("０１２３４５６７８９：．／－\u00a0\u3000", "0123456789:./-  ", strict=True)
}


def _from_digits(text: str, zone: tzinfo) -> Moment | None:
    """Seconds or milliseconds since 1970, or year to second (or day) without separators."""
    length = len(text)
    try:
        if length in {14, 12, 8} and text[:2] in {"19", "20"}:
            form = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 8: "%Y%m%d"}[length]
            return _moment(datetime.strptime(text, form), zone, assumed=True)  # noqa: DTZ007 - the zone is the caller's
        if length in {9, 10, 13, 16}:
            seconds = int(text) / {13: 1e3, 16: 1e6}.get(length, 1)
            return Moment(at=datetime.fromtimestamp(seconds, UTC), assumed=False)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _days(text: str) -> Iterator[tuple[date, str]]:
    """The first reading of the day in the text, with the text around it."""
    for pattern in _DATES:
        match = _compiled(pattern).search(text)
        day = _day(match.groupdict()) if match else None
        if match and day:
            yield day, f"{text[: match.start()]} \x00{text[match.end() :]}"
            return


def _day(part: dict[str, str | None]) -> date | None:
    year = int(part["y"] or 0)
    if len(part["y"] or "") == 2:
        year += 2000 if year < 69 else 1900
    if "a" in part:  # 3/4/2026 has two readings
        first, second = int(part["a"] or 0), int(part["b"] or 0)
        if first <= 12 and second <= 12 and first != second:
            return None
        month, day = (second, first) if first > 12 else (first, second)
    else:
        word = part.get("month")
        month = _MONTHS[word[:3]] if word else int(part["m"] or 0)
        day = int(part["d"] or 0)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _at(day: date, rest: str, zone: tzinfo) -> Moment | None:
    """The day with the time and zone that stand around it."""
    before, _, after = rest.partition("\x00")
    match = _compiled(_COMPACT_TIME).match(after) or _compiled(_TIME).search(after) or _compiled(_TIME).search(before)
    if match is None:
        naive = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone is the caller's
        return _moment(naive, zone, assumed=True)
    naive_or_none = _clock(day, match, rest)
    if naive_or_none is None:
        return None
    tail = (after if match.string is after else before)[match.end() :]
    own = _zone(tail) or (_zone_name(rest) if match.string is after else None)
    return _moment(naive_or_none, own or zone, assumed=own is None)


def _clock(day: date, match: re.Match[str], around: str) -> datetime | None:
    """The day at that time of day, without a zone."""
    part = match.groupdict()
    hour = int(part["h"])
    minute = int(part.get("n") or part.get("n2") or 0)
    second = min(int(part.get("s") or part.get("s2") or 0), 59)  # a leap second is the one before it
    half = (part.get("half") or "")[:1] + "m" if part.get("half") else _half(around)
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if (hour, minute, second) == (24, 0, 0):
        return datetime(day.year, day.month, day.day) + timedelta(days=1)  # noqa: DTZ001
    try:
        return datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None


def _half(text: str) -> str | None:
    return next((half for pattern, half in _HALF_WORDS if _compiled(pattern).search(text)), None)


def _zone(tail: str) -> tzinfo | None:
    """The zone that follows a time of day: an offset before a name, since "GMT+3" has both."""
    if offset := _compiled(_OFFSET).search(tail):
        hours, minutes = int(offset["h"]), int(offset["n"] or 0)
        east = hours * 60 + minutes
        if hours <= 14 and minutes < 60:
            if offset[0].startswith(("msk", "мск")):  # Russian practice: MSK+7 is seven hours east of Moscow
                return timezone(timedelta(minutes=180 + (east if offset["sign"] == "+" else -east)))
            return timezone(timedelta(minutes=east if offset["sign"] == "+" else -east))
    return _zone_name(tail)


def _zone_name(text: str) -> tzinfo | None:
    if region := _compiled(_REGION).search(text):
        return _load("/".join(word.title() for word in region[0].split("/")))
    if name := _compiled(_NAME).search(text):
        return timezone(timedelta(minutes=_NAMED_ZONES[name["name"]]))
    return None


def _moment(naive: datetime, zone: tzinfo, *, assumed: bool) -> Moment | None:
    try:
        return Moment(at=naive.replace(tzinfo=zone).astimezone(UTC), assumed=assumed)
    except (ValueError, OverflowError):
        return None


@functools.lru_cache(maxsize=64)
def _load(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        minutes = _FIXED_ZONES.get(name)
        return None if minutes is None else timezone(timedelta(minutes=minutes))
