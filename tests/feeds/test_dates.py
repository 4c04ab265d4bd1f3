"""Scenario 57: dates as newsrooms write them."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.feeds import parse
from pipeline.text import dates
from pipeline.text.dates import home_timezone, parse_date, read_date, zone_for
from tests.feeds.build import NOW, URL, item, rss

SEOUL = ZoneInfo("Asia/Seoul")
MOSCOW = ZoneInfo("Europe/Moscow")
MONTHS = str.split("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")


@pytest.mark.parametrize(
    "text",
    """Mon, 23 Nov 2026 10:00:00 +0300
Mon,23 Nov 2026 10:00:00 +0300
23 Nov 26 10:00 +0300
Mon, 23 Nov 2026 10:00:00 +03:00
Mon, 23 Nov 2026 10:00:00 MSK
Mon, 23 Nov 2026 10:00:00 мск
Mon, 23 Nov 2026 16:00:00 KST
Mon, 23 Nov 2026 16:00:00 JST
Mon, 23 Nov 2026 09:00:00 EET
Mon, 23 Nov 2026 02:00:00 EST
Mon, 23 Nov 2026 07:00:00 GMT
Mon, 23 Nov 2026 07:00:00 -0000
Mon, 23 Nov 2026 07:00:00 Z
Mon, 23 Nov 2026 10:00:00 UTC+3
Mon, 23 Nov 2026 16:00:00 GMT+0900
Mon, 23 Nov 2026 10:00:00 +0300 (MSK)
Mon, 23 Nov 2026 10:00:00 Europe/Moscow
Monday, 23 November 2026 10:00:00 +0300
Mon Nov 23 10:00:00 +0300 2026
Mon Nov 23 16:00:00 KST 2026
Пн, 23 ноя 2026 10:00:00 +0300
понедельник, 23 ноября 2026 г. 10:00 (МСК)
23.11.2026 10:00 МСК
2026-11-23T07:00:00Z
2026-11-23T07:00:00.000Z
2026-11-23T10:00:00+03:00
2026-11-23T10:00:00+0300
2026-11-23T10:00+03
2026-11-23 10:00:00 +0300
20261123T070000Z
2026-11-23T02:00:00-05:00
November 23, 2026 2:00 AM EST
Nov 23, 2026, 07:00 UTC
1795417200
1795417200000""".splitlines(),
)
def test_57_dates_that_name_a_zone(text: str) -> None:
    found = parse_date(text, SEOUL)
    assert found is not None
    assert (found.at, found.assumed) == (datetime(2026, 11, 23, 7, tzinfo=UTC), False)


@pytest.mark.parametrize(
    "text",
    """2026-11-23 15:10:00
2026-11-23T15:10:00
2026.11.23 15:10
2026. 11. 23. 15:10
2026. 11. 23. 오후 3:10
2026/11/23 15:10
2026-11-23 오후 3:10:00
2026-11-23 오후 03:10
2026년 11월 23일 15:10
2026년 11월 23일 (월)요일 15:10
2026년 11월 23일 오후 3시 10분
2026년11월23일 15시10분
2026年11月23日 15時10分
20261123151000
202611231510
23.11.2026 15:10
23-11-2026 15:10
23-Nov-2026 15:10
23 ноября 2026, 15:10
15:10, 23 ноября 2026
23/11/2026 15:10
11/23/2026 3:10 PM
November 23, 2026 3:10 p.m.""".splitlines(),
)
def test_57_dates_without_a_zone_are_read_in_the_given_one(text: str) -> None:
    found = parse_date(text, SEOUL)
    assert found is not None
    assert (found.at, found.assumed) == (datetime(2026, 11, 23, 6, 10, tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("오전 12:05", 0), ("오전 11:05", 11), ("오후 12:05", 12), ("오후 11:05", 23), ("새벽 1:05", 1)],
)
def test_57_the_korean_twelve_hour_clock(text: str, hour: int) -> None:
    found = parse_date(f"2026-11-23 {text}", UTC)
    assert found is not None
    assert (found.at.hour, found.at.minute) == (hour, 5)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "0000-00-00 00:00:00", "Mon, 32 Nov 2026 10:00:00 GMT", "2026-13-01", "2026-02-30 10:00", "garbage",
        "3 hours ago", "вчера", "3/4/2026", "2026-11", "2026", "12:00", "99999999999999", "²⁰²⁶", "2026-11-23 25:00",
        "1e9", "-1795417200",
    ],
)  # fmt: skip
def test_57_what_is_no_date_or_two_is_none(text: str) -> None:
    assert parse_date(text, UTC) is None


def test_57_a_day_alone_is_its_midnight() -> None:
    for text in ("2026-11-23", "20261123", "23 ноября 2026", "2026년 11월 23일"):
        found = parse_date(text, SEOUL)
        assert found is not None
        assert (found.at, found.assumed) == (datetime(2026, 11, 22, 15, tzinfo=UTC), True)


@pytest.mark.parametrize("text", ["Thu, 01 Jan 1970 00:00:00 GMT", "1995-12-31", "Mon, 23 Nov 2099 10:00:00 +0300"])
def test_57_the_future_and_the_far_past_are_not_believed(text: str) -> None:
    assert read_date(text, UTC, NOW) is None
    parsed = parse(rss(item(extra=f"<pubDate>{text}</pubDate>")).encode(), URL, now=NOW)
    assert (parsed.entries[0].published, parsed.entries[0].published_raw) == (None, text)


def test_57_a_day_ahead_is_believed() -> None:
    soon = NOW + timedelta(hours=23)
    found = read_date(soon.isoformat(), UTC, NOW)
    assert found is not None
    assert found.at == soon


def test_57_the_feeds_language_gives_the_zone() -> None:
    def of(language: str, timezone: str | None = None) -> datetime | None:
        channel = f"<title>a</title><language>{language}</language>"
        document = rss(item(extra="<pubDate>2026-11-23 15:00:00</pubDate>"), channel=channel)
        return parse(document.encode(), URL, timezone=timezone, now=NOW).entries[0].published

    assert of("ko-KR") == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert of("ru") == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert of("ja") == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert of("en-us") == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert of("en", "Asia/Vladivostok") == datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert of("ko", "No/Such_Zone") == datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_57_a_country_has_a_zone() -> None:
    assert home_timezone("KR") == "Asia/Seoul"
    assert home_timezone("XX") is None
    assert zone_for(home_timezone("RU"), None) == MOSCOW


def test_57_the_zones_that_matter_do_not_need_the_machines_data() -> None:
    code = (
        "import zoneinfo; zoneinfo.reset_tzpath([]); import sys; sys.modules['tzdata'] = None\n"
        "from datetime import UTC; from pipeline.text.dates import parse_date, zone_for\n"
        "print(*(parse_date('2026-11-23 15:00', zone_for(None, x)).at.hour for x in ('ko', 'ru', 'ja', 'en')))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["6", "12", "6", "15"]


def test_57_publication_goes_before_update_and_a_bad_one_behind_it() -> None:
    def of(published: str, updated: str) -> tuple[str, datetime | None]:
        extra = f"<pubDate>{published}</pubDate><dc:date>{updated}</dc:date>"
        found = parse(rss(item(extra=extra)).encode(), URL, now=NOW).entries[0]
        return found.published_raw, found.published

    good, later = "Mon, 23 Nov 2026 07:00:00 GMT", "2026-11-23T08:00:00Z"
    assert of(good, later) == (good, datetime(2026, 11, 23, 7, tzinfo=UTC))
    assert of("soon", later) == (later, datetime(2026, 11, 23, 8, tzinfo=UTC))
    assert of("soon", "later") == ("soon", None)


FIRST, LAST = datetime.fromisoformat("1996-01-02"), datetime.fromisoformat("2037-01-01")
moments = st.datetimes(min_value=FIRST, max_value=LAST).map(lambda moment: moment.replace(microsecond=0))
offsets = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@given(moments, offsets)
def test_57_round_trip_with_offset(naive: datetime, offset: timezone) -> None:
    at = naive.replace(tzinfo=offset)
    for text in (format_datetime(at), at.isoformat(), at.strftime("%a %b %d %H:%M:%S %z %Y"), at.isoformat(" ")):
        found = parse_date(text, SEOUL)
        assert found is not None, text
        assert (found.at, found.assumed) == (at, False), text


@given(moments)
def test_57_round_trip_without_zone(naive: datetime) -> None:
    half = "오전" if naive.hour < 12 else "오후"
    hour = naive.hour % 12 or 12
    for text in (
        naive.strftime("%Y%m%d%H%M%S"),
        naive.strftime("%Y.%m.%d %H:%M:%S"),
        naive.strftime("%d.%m.%Y %H:%M:%S"),
        f"{naive.day} {MONTHS[naive.month - 1]} {naive.year} {naive:%H:%M:%S}",
        f"{naive.year}년 {naive.month}월 {naive.day}일 {half} {hour}시 {naive.minute}분 {naive.second}초",
        f"{naive.year}. {naive.month}. {naive.day}. {half} {hour}:{naive:%M:%S}",
    ):
        found = parse_date(text, MOSCOW)
        assert found is not None, text
        assert (found.at, found.assumed) == (naive.replace(tzinfo=MOSCOW), True), text


@given(st.text(max_size=200))
def test_57_any_text_is_a_date_or_none(text: str) -> None:
    found = read_date(text, SEOUL, NOW)
    assert found is None or found.at.tzinfo is UTC


CLOCKS = st.from_regex(r"[0-2][0-9]:[0-6][0-9]:[0-6][0-9]", fullmatch=True)
ZONES = st.from_regex(r"(\.[0-9]{1,3})?( ?[+-][01][0-9]:?[0-6][0-9]|Z| GMT| EST|)", fullmatch=True)
DAYS = st.from_regex(r"(Mon, |mon )?[0-3]?[0-9] (Jan|Feb|MAY|Dec) (20[0-9]{2}|0001|9999) ", fullmatch=True)
ISO_DAYS = st.from_regex(r"(20[0-9]{2}|0001|9999)-[01][0-9]-[0-3][0-9][T ]", fullmatch=True)


@settings(max_examples=500, deadline=None)
@example("18 \u017fep 2026 10:00:00 GMT")
@given(st.builds(lambda *parts: "".join(parts), DAYS | ISO_DAYS, CLOCKS, ZONES))
def test_57_the_usual_forms_are_read_as_on_the_long_way(text: str) -> None:
    quick = parse_date(text, SEOUL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dates, "_plain", lambda _match: None)
        assert parse_date(text, SEOUL) == quick
