"""When a feed is polled next: tables of the pure functions of ``schedule``, bounds and neighbours included."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from msgspec import structs

from pipeline.feeds import schedule
from pipeline.feeds.schedule import Timing
from tests.feeds.build import NOW, POLICY, feed, state

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEADY = Timing(now=NOW, policy=structs.replace(POLICY, jitter=0.0), rng=random.Random(1))


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        ("max-age=3600", 3600),
        ('public, MAX-AGE = "600"', 600),
        ("s-maxage=3600", 0),
        ("no-store, max-age=3600", 0),
        ("max-age=3600, no-cache", 0),
        ('no-cache="set-cookie", max-age=3600', 3600),  # it bars one header from a cache, not the response
        ("max-age=-5", 0),
        ("max-age=99999999999", 10**9),
        ("private", 0),
    ],
)
def test_cache_control_says_how_long_a_response_is_fresh(control: str, seconds: int) -> None:
    assert schedule.freshness({"cache-control": control}, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({"expires": NOW + HOUR}, HOUR),
        ({"expires": NOW + HOUR, "age": "600"}, 50 * MINUTE),
        ({"expires": NOW + HOUR, "date": NOW + 20 * MINUTE}, 40 * MINUTE),  # by the server's own clock
        ({"expires": NOW - HOUR}, timedelta()),
        ({"expires": "0"}, timedelta()),
        ({"cache-control": "max-age=600", "expires": NOW + HOUR, "age": "60"}, 9 * MINUTE),
        ({"cache-control": "max-age=600", "age": "²"}, 10 * MINUTE),
        ({}, timedelta()),
    ],
)
def test_expires_and_age_count_too(headers: dict[str, str | datetime], fresh: timedelta) -> None:
    written = {
        name: value if isinstance(value, str) else format_datetime(value, usegmt=True)
        for name, value in headers.items()
    }
    assert schedule.freshness(written, NOW) == fresh


@pytest.mark.parametrize(
    ("ages", "pace"),
    [  # hours before now at which entries appeared; half the usual gap
        ((1, 2), None),  # two dates show no pace
        ((0, 1, 2), 0.5),
        ((0, 1, 2, 10), 0.5),  # the median gap, not the mean
        ((0, 1, 5), 2.0),  # of two gaps the longer
        ((30, 31, 32), 5.0),  # a feed that fell silent slows down
        ((-5, 0, 1, 2), 0.5),  # a date ahead of now does not count
        ((None, 0, 1, 2), 0.5),
        ((*range(20), 1000), 0.5),  # only the newest twenty count
    ],
)
def test_pace_is_half_the_usual_gap(ages: tuple[float | None, ...], pace: float | None) -> None:
    dates = [None if age is None else NOW - age * HOUR for age in ages]
    assert schedule.pace_of(dates, NOW) == (None if pace is None else pace * HOUR)


@pytest.mark.parametrize(
    ("listed", "new", "after"),
    [  # the feed's own pace is two hours; before, it was polled every hour
        (4, 0, 90 * MINUTE),  # nothing new: half as long again
        (4, 1, HOUR),  # a quarter is new: as before, for the pace is slower
        (3, 1, HOUR),  # exactly a third is not yet busy
        (4, 2, 40 * MINUTE),  # more than a third is new: two thirds of the interval
        (4, 4, 20 * MINUTE),  # all are new: a third
    ],
)
def test_interval_follows_the_share_of_new_entries(listed: int, new: int, after: timedelta) -> None:
    parsed = feed(*range(listed), gap=4 * HOUR)
    assert schedule.next_interval(state(interval=HOUR), parsed, new, STEADY) == after


@pytest.mark.parametrize(
    ("changed", "own_minutes", "ceiling"),
    [
        (NOW - 7 * DAY, None, 6 * HOUR),  # seven days are not yet quiet
        (NOW - 7 * DAY - MINUTE, None, DAY),
        (NOW, 720, 12 * HOUR),  # a source's own interval may be above the ceiling
        (NOW - 8 * DAY, 720, DAY),
        (None, None, 6 * HOUR),
    ],
)
def test_longest_interval(changed: datetime | None, own_minutes: int | None, ceiling: timedelta) -> None:
    before = state(changed_at=changed, interval_minutes=own_minutes)
    assert schedule.ceiling_of(before, STEADY) == ceiling


@pytest.mark.parametrize(
    ("failures", "ok_at", "every", "wait"),
    [
        (1, NOW, HOUR, HOUR),
        (3, NOW, HOUR, 3 * HOUR),
        (30, NOW, HOUR, DAY),  # the cap
        (1, NOW, None, 30 * MINUTE),  # the first interval of any feed
        (1, NOW - 30 * DAY, HOUR, HOUR),  # thirty days are not yet dead
        (1, NOW - 31 * DAY, HOUR, 7 * DAY),
        (59, None, HOUR, DAY),  # a feed that never answered: its waits sum up to just under thirty days
        (60, None, HOUR, DAY),
        (61, None, HOUR, 7 * DAY),
    ],
)
def test_wait_after_failures(failures: int, ok_at: datetime | None, every: timedelta | None, wait: timedelta) -> None:
    assert schedule.backoff(state(failures=failures, ok_at=ok_at, interval=every), STEADY) == wait


@pytest.mark.parametrize(
    ("hour", "skipped", "due"),
    [
        (12, set(), 12),
        (12, {11, 13}, 12),
        (12, {12, 13}, 14),
        (12, set(range(24)), 12),  # a feed cannot exclude all hours
        (12, set(range(12, 19)), 12),  # nor more than the cap of six hours
        (12, set(range(12, 18)), 18),
    ],
)
def test_hours_without_polls_are_left_out(hour: int, skipped: set[int], due: int) -> None:
    parsed = replace(feed(1, 2, 3), skip_hours=frozenset(skipped))
    timing = Timing(now=NOW.replace(hour=hour) - HOUR, policy=STEADY.policy, rng=STEADY.rng)
    at = schedule.due_after_success(state(interval=HOUR), {}, parsed, timing)
    assert (at.hour, at.minute) == (due, 0)


def test_publisher_may_ask_for_at_most_six_hours() -> None:
    day = feed(1, 2, 3, ttl=DAY)
    assert schedule.next_interval(state(interval=HOUR), day, 1, STEADY) == 6 * HOUR
    at = schedule.due_after_success(state(interval=HOUR), {"cache-control": "max-age=86400"}, None, STEADY)
    assert at == NOW + 6 * HOUR
