"""Dates as people and machines write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.moments import parse


@pytest.mark.parametrize(
    ("written", "iso", "assumed"),
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
    ],
)
def test_written_dates(written: str, iso: str, assumed: bool) -> None:
    found = parse(written)
    assert found is not None
    assert (found.at.isoformat(), found.assumed) == (iso, assumed)


@pytest.mark.parametrize(
    "written", ["", "yesterday", "12:30", "2026-13-45", "04/05/2026", "31.02.2026", "99999999999999"]
)
def test_what_is_no_date_or_could_be_two(written: str) -> None:
    assert parse(written) is None


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)
def test_iso_dates_come_back_as_written(at: datetime, zone: timezone) -> None:
    aware = at.replace(tzinfo=zone, microsecond=0)
    found = parse(aware.isoformat())
    assert found is not None
    assert found.at.isoformat() == aware.isoformat()


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(written: str) -> None:
    found = parse(written)
    assert found is None or found.at.tzinfo is not None
