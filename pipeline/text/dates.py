"""Dates as publishers write them, in feeds and on pages.

Reads RFC 822, ISO 8601, Unix time and the usual forms of Korean, Russian, Japanese, English and other European
newsrooms. Text may stand around the date. A wrong date is worse than none: a form with two readings ("3/4/2026")
gives no date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from pipeline.text.zones import ABBREVIATIONS, fixed_zone, load_zone

MAX_LENGTH = 200
FUTURE = timedelta(hours=24)
CLOCK_ERROR = timedelta(minutes=15)
FIRST_YEAR = 1996

_MONTHS = """\
january январь января січень січня januar janvier enero gennaio janeiro januari styczeń stycznia leden ledna
february февраль февраля лютий лютого februar février febrero febbraio fevereiro februari luty lutego únor února
march март марта березень березня märz mars marzo março maart mrt marzec marca březen března
april апрель апреля квітень квітня avril abril aprile kwiecień kwietnia duben dubna
may май мая травень травня mai mayo maggio maio mei maj maja květen května
june июнь июня червень червня juni juin junio giugno junho czerwiec czerwca červen června
july июль июля липень липня juli juillet julio luglio julho lipiec lipca červenec července
august август августа серпень серпня août agosto augustus sierpień sierpnia srpen srpna
september сентябрь сентября вересень вересня septembre septiembre setiembre settembre setembro wrzesień września září
october октябрь октября жовтень жовтня oktober octobre octubre ottobre outubro październik października říjen října
november ноябрь ноября листопад листопада novembre noviembre novembro listopad listopada listopadu
december декабрь декабря грудень грудня dezember décembre diciembre dicembre dezembro grudzień grudnia prosinec prosince
""".splitlines()

# Patterns are strings, which ``re`` compiles at their first use and keeps: an idle run reads no date.
_MONTH = r"(?P<month>[^\W\d_]{3,12})"
_YEAR = r"(?P<y>\d{4}|\d\d(?= \d{1,2}:\d\d|$))"
_DATES = (
    r"(?P<y>\d{4})\s?[년年]\s?(?P<m>\d{1,2})\s?[월月]\s?(?P<d>\d{1,2})\s?[일日]",
    r"(?<!\d)(?P<y>\d{4})\s?(?P<sep>[-./])\s?(?P<m>\d{1,2})\s?(?P=sep)\s?(?P<d>\d{1,2})(?!\d)\.?",
    r"(?<!\d)(?P<d>\d{1,2})\s?(?P<sep>[-.])\s?(?P<m>\d{1,2})\s?(?P=sep)\s?(?P<y>\d{4})(?!\d)",
    r"(?<![\d.])(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{2})(?![\d.:])",
    r"(?<!\d)(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d{4})(?!\d)",
    rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s.,/-]*(?:de )?{_MONTH}[\s.,/-]*(?:de )?{_YEAR}(?!\d)",
    rf"\b{_MONTH}\.?\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:),?\s*(?P<y>\d{{4}})(?!\d)",
    rf"\b{_MONTH}\s*(?P<d>\d{{1,2}})\s(?=\d{{1,2}}:\d\d.*\s(?P<y>\d{{4}})$)",
    r"(?<!\d)(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?=t\d|\d{4}|\s|$)",
)
_COMPACT_TIME = r"t?(?P<h>\d{2})(?P<n>\d{2})(?P<s>\d{2})?(?:[.,]\d{1,9})?(?!\d)"
_TIME = (
    r"(?:(?P<am>오전|午前|上午|새벽|아침)|(?P<pm>오후|午後|下午|저녁))?\s?(?<![\d:])(?P<h>\d{1,2})"
    r"(?:[:.](?P<n>\d{2})(?:[:.](?P<s>\d{1,2})(?:[.,]\d{1,9})?)?(?!\d|[.:]\d)"
    r"|\s?[시時](?:\s?(?P<n2>\d{1,2})\s?[분分])?(?:\s?(?P<s2>\d{1,2})\s?[초秒])?"
    r"|(?=\s?[ap]\.?m\b))"
    r"\s?(?P<half>[ap]\.?m\b\.?)?"
)
_TIME_AFTER = r"\D{0,24}?" + _TIME  # between a day and its time stands "г.,", "(월)요일", "at"
_BEFORE = 40  # characters before a day that may hold its time
_OPENING = r"[\s,(\[]*"
_OFFSET = r"(?:(?:utc|gmt|msk|мск)\s?)?(?P<sign>[+\u2212-])(?P<h>\d{1,2})(?::?(?P<n>\d{2}))?(?!\d)(?![-:/]\d)"
_ZONE_NAME = rf"(?P<name>{'|'.join(sorted(ABBREVIATIONS, key=len, reverse=True))})(?![\w/])"
_REGION = r"[a-z]+/[a-z_]+(?:/[a-z_]+)?(?!\w)"
_FULL_WIDTH = str.maketrans("０１２３４５６７８９：．／－\u00a0\u3000", "0123456789:./-  ")


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """A date that was read.

    Attributes:
        at: the time in the zone that the text names, else in the zone that was assumed.
        assumed: the text names no zone or no time of day.
    """

    at: datetime
    assumed: bool


def read_date(raw: str, zone: tzinfo, now: datetime) -> ParsedDate | None:
    """Read a date in UTC and check that it is plausible.

    Some publishers write local time and call it UTC: a UTC time ahead of ``now`` is read in ``zone``. No date stays
    ahead of ``now``, where it would lead all lists for hours.

    Args:
        raw: the date as written.
        zone: the zone of a date that names none.
        now: the present time.

    Returns:
        None for text without a date of one meaning, and for a date before 1996 or more than a day ahead of ``now``.
    """
    parsed = parse_date(raw, zone)
    try:
        at = parsed.at.astimezone(UTC) if parsed else None
    except OverflowError:
        return None
    if parsed is None or at is None or at.year < FIRST_YEAR or at > now + FUTURE:
        return None
    if at <= now + CLOCK_ERROR:
        return ParsedDate(at, parsed.assumed)
    local = at.replace(tzinfo=zone).astimezone(UTC) if not parsed.at.utcoffset() else at
    return ParsedDate(local if local <= now + CLOCK_ERROR else now, assumed=True)


def parse_date(raw: str, zone: tzinfo) -> ParsedDate | None:
    """Read the first date in a text, plausible or not."""
    text = " ".join(raw[:MAX_LENGTH].translate(_FULL_WIDTH).lower().split())
    if text.isdigit():
        return _from_digits(text, zone)
    found = _first_day(text)
    return _with_time(*found, zone) if found else None


def _from_digits(text: str, zone: tzinfo) -> ParsedDate | None:
    """Read digits only: Unix time in seconds, milli- or microseconds, or year to day, minute or second."""
    length = len(text)
    try:
        if length in {14, 12, 8} and text[:2] in {"19", "20"}:
            form = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 8: "%Y%m%d"}[length]
            return ParsedDate(datetime.strptime(text, form).replace(tzinfo=zone), assumed=True)
        if length in {10, 13, 16}:
            return ParsedDate(datetime.fromtimestamp(int(text[:10]), UTC), assumed=False)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _first_day(text: str) -> tuple[date, str, str] | None:
    """Return the day that the text names, with the text before and after it. The order of the forms decides."""
    for pattern in _DATES:
        for match in re.finditer(pattern, text):
            if day := _day(match.groupdict()):
                return day, text[: match.start()], text[match.end() :]
    return None


def _day(part: dict[str, str | None]) -> date | None:
    year = int(part["y"] or 0)
    if len(part["y"] or "") == 2:
        year += 2000 if year < 69 else 1900
    if part.get("a"):  # with slashes: day and month in either order
        first, second = int(part["a"] or 0), int(part["b"] or 0)
        if first <= 12 and second <= 12 and first != second:
            return None
        month, day = (second, first) if first > 12 else (first, second)
    else:
        word = part.get("month")
        month = _month(word) if word else int(part["m"] or 0)
        day = int(part["d"] or 0)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(word: str) -> int:
    """Return the number of the month that the word names in full or cut short; 0 for any other or ambiguous word."""
    numbers = [i for i, names in enumerate(_MONTHS, 1) if f" {word}" in f" {names}"]
    return numbers[0] if len(numbers) == 1 else 0


def _with_time(day: date, before: str, after: str, zone: tzinfo) -> ParsedDate | None:
    """Add the time of day and the zone that stand beside the day, after it or before it."""
    beside = after
    match = re.match(_COMPACT_TIME, after) or re.match(_TIME_AFTER, after)
    if match is None:
        beside = before[-_BEFORE:]
        match = re.search(_TIME, beside)
    if match is None:
        return ParsedDate(datetime(day.year, day.month, day.day, tzinfo=zone), assumed=True)
    own = _zone(beside[match.end() :])
    at = _at(day, match.groupdict(), own or zone)
    return ParsedDate(at, assumed=own is None) if at else None


def _at(day: date, part: dict[str, str | None], zone: tzinfo) -> datetime | None:
    hour = int(part["h"] or 0)
    minute = int(part.get("n") or part.get("n2") or 0)
    second = min(int(part.get("s") or part.get("s2") or 0), 59)  # a leap second counts as the second before it
    half = part.get("half") or ""
    if 1 <= hour <= 12 and (half or part.get("am") or part.get("pm")):
        hour = hour % 12 + (12 if half.startswith("p") or part.get("pm") else 0)
    try:
        if (hour, minute, second) == (24, 0, 0):
            return datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
        return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _zone(tail: str) -> tzinfo | None:
    """Return the zone that follows a time of day. An offset goes before a name, as "GMT+3" has both."""
    start = re.match(_OPENING, tail)
    tail = tail[start.end() :] if start else tail
    if offset := re.match(_OFFSET, tail):
        hours, minutes = int(offset["h"]), int(offset["n"] or 0)
        if hours <= 14 and minutes < 60:
            east = (hours * 60 + minutes) * (1 if offset["sign"] == "+" else -1)
            # Russian practice: MSK+7 is seven hours east of Moscow.
            return fixed_zone(east + 180 if tail.startswith(("msk", "мск")) else east)
    if region := re.match(_REGION, tail):
        return load_zone("/".join(word.title() for word in region[0].split("/")))
    name = re.match(_ZONE_NAME, tail)
    return fixed_zone(ABBREVIATIONS[name["name"]]) if name else None
