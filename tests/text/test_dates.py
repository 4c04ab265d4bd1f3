"""Dates as newsrooms and machines write them, in feeds and on pages."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.dates import parse_date, read_date
from pipeline.text.zones import home_timezone, zone_for

NOW = datetime(2026, 11, 24, tzinfo=UTC)
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
23.11.2026 10:00 мск
Nov 23, 2026, 2:00 a.m. EST
November 23, 2026 at 4:00 PM KST
2026-11-23 16:00 (GMT+9)
16:00 KST, 23 November 2026
23 листопада 2026 09:00 EET
1795417200
1795417200000""".splitlines(),
)
def test_date_with_a_zone(text: str) -> None:
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
23 листопада 2026 15:10
23 de noviembre de 2026 15:10
23 nov 2026 15:10:00
понедельник, 23 ноября 2026 г. в 15:10
입력 2026.11.23. 오후 3:10
2026-11-23(월) 오후 3시 10분 | 정치
23.11.26 | 15:10
15:10, 23 ноября 2026
23/11/2026 15:10
11/23/2026 3:10 PM
November 23, 2026 3:10 p.m.""".splitlines(),
)
def test_date_without_a_zone_is_read_in_the_given_zone(text: str) -> None:
    found = parse_date(text, SEOUL)
    assert found is not None
    assert (found.at, found.assumed) == (datetime(2026, 11, 23, 6, 10, tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("오전 12:05", 0), ("오전 11:05", 11), ("오후 12:05", 12), ("오후 11:05", 23), ("새벽 1:05", 1)],
)
def test_korean_twelve_hour_clock(text: str, hour: int) -> None:
    found = parse_date(f"2026-11-23 {text}", UTC)
    assert found is not None
    assert (found.at.hour, found.at.minute) == (hour, 5)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "0000-00-00 00:00:00", "Mon, 32 Nov 2026 10:00:00 GMT", "2026-13-01", "2026-02-30 10:00", "garbage",
        "3 hours ago", "вчера", "3/4/2026", "2026-11", "2026", "12:00", "99999999999999", "²⁰²⁶", "2026-11-23 25:00",
        "1e9", "-1795417200", "978307200", "20 decades 2026", "5 jui 2026",
        "yesterday", "04/05/2026", "31.02.2026",
    ],
)  # fmt: skip
def test_text_without_a_date_of_one_meaning_gives_none(text: str) -> None:
    assert parse_date(text, UTC) is None


def test_day_without_time_is_its_midnight() -> None:
    for text in ("2026-11-23", "20261123", "23 ноября 2026", "2026년 11월 23일"):
        found = parse_date(text, SEOUL)
        assert found is not None
        assert (found.at, found.assumed) == (datetime(2026, 11, 22, 15, tzinfo=UTC), True)


@pytest.mark.parametrize("text", ["Thu, 01 Jan 1970 00:00:00 GMT", "1995-12-31", "Mon, 23 Nov 2099 10:00:00 +0300"])
def test_future_and_far_past_are_not_believed(text: str) -> None:
    assert read_date(text, UTC, NOW) is None


@pytest.mark.parametrize(
    ("written", "zone", "read"),
    [
        (f"{NOW + timedelta(minutes=10):%a, %d %b %Y %H:%M:%S} GMT", SEOUL, (NOW + timedelta(minutes=10), False)),
        (f"{NOW + timedelta(hours=8):%a, %d %b %Y %H:%M:%S} GMT", SEOUL, (NOW - timedelta(hours=1), True)),
        (f"{NOW + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}", MOSCOW, (NOW - timedelta(hours=1), True)),
        (f"{NOW + timedelta(hours=6):%Y-%m-%dT%H:%M:%SZ}", MOSCOW, (NOW, True)),
        (f"{NOW + timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}", UTC, (NOW, True)),
        (f"{NOW + timedelta(hours=12):%Y-%m-%dT%H:%M:%S}+09:00", SEOUL, (NOW, True)),
        (f"{NOW + timedelta(hours=30):%Y-%m-%dT%H:%M:%SZ}", UTC, None),
    ],
)
def test_date_ahead_of_now_is_read_as_local_time_or_as_now(
    written: str, zone: tzinfo, read: tuple[datetime, bool] | None
) -> None:
    found = read_date(written, zone, NOW)
    assert (found and (found.at, found.assumed)) == read


def test_country_has_a_zone() -> None:
    assert home_timezone("KR") == "Asia/Seoul"
    assert home_timezone("XX") is None
    assert zone_for(home_timezone("RU"), None) == MOSCOW


@pytest.mark.parametrize(
    ("given", "language", "zone"),
    [
        (None, "ko", SEOUL), (None, "ko-KR", SEOUL), (None, "ko_KR", SEOUL), (None, "RU_ru", MOSCOW), (None, "en", UTC),
        (None, None, UTC), ("Europe/Moscow", "ko", MOSCOW), ("Mars/Olympus", "ko", SEOUL), ("Mars/Olympus", None, UTC),
    ],
)  # fmt: skip
def test_zone_of_dates_without_one_follows_the_source_then_its_language(
    given: str | None, language: str | None, zone: tzinfo
) -> None:
    assert zone_for(given, language) == zone


@pytest.mark.parametrize(
    ("ahead", "believed"), [(timedelta(hours=24), True), (timedelta(hours=24, seconds=1), False)], ids=["day", "more"]
)
def test_date_is_believed_up_to_a_day_ahead(ahead: timedelta, believed: bool) -> None:
    assert (read_date((NOW + ahead).isoformat(), UTC, NOW) is not None) is believed


def test_main_zones_work_without_time_zone_data_on_the_machine() -> None:
    code = (
        "import zoneinfo; zoneinfo.reset_tzpath([]); import sys; sys.modules['tzdata'] = None\n"
        "from datetime import UTC; from pipeline.text.dates import parse_date\n"
        "from pipeline.text.zones import zone_for\n"
        "for language in ('ko', 'ru', 'ja', 'en'):\n"
        "    print(parse_date('2026-11-23 15:00', zone_for(None, language)).at.astimezone(UTC).hour)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["6", "12", "6", "15"]


@pytest.mark.parametrize(
    ("text", "iso", "assumed"),
    [
        ("2026-11-20T09:05:00Z", "2026-11-20T09:05:00+00:00", False),
        ("2026-11-20T09:05:00.123+0900", "2026-11-20T09:05:00+09:00", False),
        ("2026-11-20 09:05:00 +03:00", "2026-11-20T09:05:00+03:00", False),
        ("2026-11-20 09:05 KST", "2026-11-20T09:05:00+09:00", False),
        ("2026-11-20", "2026-11-20T00:00:00+00:00", True),
        ("20261120", "2026-11-20T00:00:00+00:00", True),
        ("20261120090500", "2026-11-20T09:05:00+00:00", True),
        ("1795338300", "2026-11-22T09:05:00+00:00", False),
        ("1795338300123", "2026-11-22T09:05:00+00:00", False),
        ("Fri, 20 Nov 2026 09:05:00 +0300", "2026-11-20T09:05:00+03:00", False),
        ("2026년 11월 20일 오후 3시 20분", "2026-11-20T15:20:00+00:00", True),
        ("입력 2026.11.20. 오전 12:05", "2026-11-20T00:05:00+00:00", True),
        ("2026. 11. 20.", "2026-11-20T00:00:00+00:00", True),
        ("2026年11月20日 15時20分", "2026-11-20T15:20:00+00:00", True),
        ("20 ноября 2026, 09:05", "2026-11-20T09:05:00+00:00", True),
        ("20.11.2026 09:05", "2026-11-20T09:05:00+00:00", True),
        ("20.11.26 | 09:05", "2026-11-20T09:05:00+00:00", True),
        ("20-11-2026", "2026-11-20T00:00:00+00:00", True),
        ("November 20, 2026 at 9:05 p.m.", "2026-11-20T21:05:00+00:00", True),
        ("20th Nov 2026", "2026-11-20T00:00:00+00:00", True),
        ("20. März 2026", "2026-03-20T00:00:00+00:00", True),
        ("11/20/2026", "2026-11-20T00:00:00+00:00", True),
        ("20/11/2026 09:05", "2026-11-20T09:05:00+00:00", True),
        ("3/3/2026", "2026-03-03T00:00:00+00:00", True),
        ("12/12/2026", "2026-12-12T00:00:00+00:00", True),
        ("2026-12-31 23:59:60", "2026-12-31T23:59:59+00:00", True),
        ("2026-12-31T24:00:00Z", "2027-01-01T00:00:00+00:00", False),
        ("2026-12-31 24:00", "2027-01-01T00:00:00+00:00", True),
        ("2026-11-20 16:05 MSK+7", "2026-11-20T16:05:00+10:00", False),
        ("20.11.2026 16:05 (МСК-1)", "2026-11-20T16:05:00+02:00", False),
    ],
)
def test_date_keeps_the_offset_that_it_names(text: str, iso: str, assumed: bool) -> None:
    found = parse_date(text, UTC)
    assert found is not None
    assert (found.at.isoformat(), found.assumed) == (iso, assumed)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026.11.20 수정 2026.11.21 10:00", "2026-11-20T00:00:00"),
        ("20.11.2026 - 21.11.2026", "2026-11-20T00:00:00"),
        ("20 ноября 2026 10 человек", "2026-11-20T00:00:00"),
        ("20 Nov 2026 09:05 by Est Westwood", "2026-11-20T09:05:00"),
        ("20 Nov 2026 09:05 - 12 comments", "2026-11-20T09:05:00"),
    ],
)
def test_text_after_the_date_is_not_its_time_or_zone(text: str, iso: str) -> None:
    found = parse_date(text, UTC)
    assert found is not None
    assert (found.at.isoformat(), found.assumed) == (f"{iso}+00:00", True)


FIRST, LAST = datetime.fromisoformat("1996-01-02"), datetime.fromisoformat("2037-01-01")
moments = st.datetimes(min_value=FIRST, max_value=LAST).map(lambda moment: moment.replace(microsecond=0))
offsets = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@given(moments, offsets)
def test_round_trip_with_offset(naive: datetime, offset: timezone) -> None:
    at = naive.replace(tzinfo=offset)
    for text in (format_datetime(at), at.isoformat(), at.strftime("%a %b %d %H:%M:%S %z %Y"), at.isoformat(" ")):
        found = parse_date(text, SEOUL)
        assert found is not None, text
        assert (found.at, found.assumed) == (at, False), text


@given(moments)
def test_round_trip_without_zone(naive: datetime) -> None:
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
        # Moscow's clock showed some hours twice. Python calls no two such times of different zones equal.
        assert (found.at.astimezone(UTC), found.assumed) == (naive.replace(tzinfo=MOSCOW).astimezone(UTC), True), text


@given(st.text(max_size=200))
def test_any_text_gives_a_date_in_utc_or_none(text: str) -> None:
    found = read_date(text, SEOUL, NOW)
    assert found is None or found.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("13/12/2026 10:00", "2026-12-13T10:00:00+09:00"),  # only one order is possible
        ("12/13/2026 10:00", "2026-12-13T10:00:00+09:00"),
        ("12/12/2026 10:00", "2026-12-12T10:00:00+09:00"),
        ("12/11/2026 10:00", None),
        ("11/12/2026 10:00", None),
        ("24 Nov 68 10:00 GMT", "2068-11-24T10:00:00+00:00"),  # RFC 2822 and POSIX
        ("24 Nov 69 10:00 GMT", "1969-11-24T10:00:00+00:00"),
        ("24 Nov 99 10:00 GMT", "1999-11-24T10:00:00+00:00"),
        ("2026-11-24T10:00:00+14:00", "2026-11-24T10:00:00+14:00"),
        ("2026-11-24T10:00:00-03:30", "2026-11-24T10:00:00-03:30"),
        ("2026-11-24T10:00:00+15:00", "2026-11-24T10:00:00+09:00"),  # no such zone
        ("2026-11-24T10:00:00+05:60", "2026-11-24T10:00:00+09:00"),
        ("2026-11-24 10:00 europe/moscow", "2026-11-24T10:00:00+03:00"),
        ("1764000000123456", "2025-11-24T16:00:00+00:00"),  # microseconds
    ],
)
def test_neighbours_of_what_can_be_read(text: str, at: str | None) -> None:
    found = parse_date(text, SEOUL)
    assert (found and found.at.isoformat()) == at


def test_dates_are_returned_in_utc_and_the_bounds_belong_to_what_is_believed() -> None:
    found = read_date("2026-11-23 10:00", SEOUL, NOW)
    assert found is not None
    assert found.at.isoformat() == "2026-11-23T01:00:00+00:00"
    assert read_date("1996-06-01T00:00:00Z", UTC, NOW) is not None
    assert read_date("1995-12-31T00:00:00Z", UTC, NOW) is None
