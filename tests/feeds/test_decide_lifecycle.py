"""Poll decisions on moves, failures, dead feeds, rate limits and the spread of due times."""

from __future__ import annotations

import random
from datetime import timedelta
from statistics import pstdev

import pytest

from pipeline.feeds.decide import decide
from pipeline.feeds.identity import keyed
from pipeline.model import FailureKind, FeedState, ParsedFeed, Validators
from pipeline.settings.poll import PollSettings
from tests.feeds.build import NOW, POLICY, URL, failed, feed, fetched, not_modified, poll, remember, state, wait

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NEW = "https://new.example/rss"
HTML = ParsedFeed(title="", entries=(), problem="This is a web page (HTML), not a feed.", alternates=(NEW,))


def test_permanent_move_is_adopted_after_three_polls() -> None:
    current = state()
    for _ in range(2):
        current = poll(current, fetched(url=NEW, moved_to=NEW), feed(1)).state
        assert current.url == URL
    update = poll(current, fetched(url=NEW, moved_to=NEW), feed(1))
    assert update.state.url == NEW
    assert update.state.moved_times == 0
    assert NEW in (update.note or "")
    assert update.state.source.url == URL


def test_304_after_a_move_counts_and_another_target_starts_again() -> None:
    current = poll(state(), fetched(url=NEW, moved_to=NEW, headers={"etag": '"a"'}), feed(1)).state
    current = poll(current, not_modified(url=NEW, moved_to=NEW)).state
    assert current.moved_times == 2
    other = poll(current, fetched(moved_to="https://third.example/rss"), feed(1)).state
    assert (other.url, other.moved_times) == (URL, 1)


def test_temporary_redirect_never_changes_the_address() -> None:
    current = state()
    for _ in range(5):
        current = poll(current, fetched(url=NEW, moved_to=None), feed(1)).state
    assert (current.url, current.moved_to) == (URL, None)


def test_move_to_a_web_page_is_an_error() -> None:
    current = poll(state(), fetched(url=NEW, moved_to=NEW), feed(1)).state
    for _ in range(5):
        current = poll(current, fetched(b"<html>", url=NEW, moved_to=NEW), HTML).state
    assert (current.url, current.status, current.failures) == (URL, "failing", 5)


def test_web_page_between_two_moves_starts_their_count_again() -> None:
    current = state()
    for _ in range(2):
        current = poll(current, fetched(url=NEW, moved_to=NEW), feed(1)).state
    current = poll(current, fetched(b"<html>", url=NEW, moved_to=NEW), HTML).state
    for _ in range(2):
        current = poll(current, fetched(url=NEW, moved_to=NEW), feed(1)).state
    assert (current.url, current.moved_to, current.moved_times) == (URL, NEW, 2)


def test_304_ends_the_problem_of_a_failure_and_keeps_that_of_the_last_document() -> None:
    known = Validators(url=URL, etag='"a"')
    ill = poll(state(validators=known), failed("status")).state
    assert ill.problem
    assert poll(ill, not_modified()).state.problem is None
    partly = state(validators=known, status="ok", problem="3 entries are broken.")
    assert poll(partly, not_modified()).state.problem == "3 entries are broken."


def test_a_410_is_final_after_a_day() -> None:
    first = poll(state(ok_at=NOW - HOUR), failed("gone"))
    assert (first.state.status, first.state.gone_since) == ("failing", NOW)
    soon = poll(first.state, failed("gone"), at=NOW + HOUR)
    assert (soon.state.status, soon.state.gone_since) == ("failing", NOW)
    last = poll(soon.state, failed("gone"), at=NOW + DAY)
    assert (last.state.status, last.state.due_at) == ("gone", None)
    assert last.note


def test_a_410_in_between_is_forgotten() -> None:
    first = poll(state(), failed("gone")).state
    back = poll(first, fetched(), feed(1), at=NOW + HOUR).state
    assert (back.status, back.gone_since) == ("ok", None)
    again = poll(back, failed("gone"), at=NOW + 2 * DAY).state
    assert (again.status, again.gone_since) == ("failing", NOW + 2 * DAY)


def test_a_404_is_soft() -> None:
    current = state()
    at = NOW
    for _ in range(40):
        current = poll(current, failed("not_found"), at=at).state
        assert current.status == "failing"
        assert current.due_at is not None
        at = current.due_at
    assert current.failures == 40


@pytest.mark.parametrize("kind", ["dns", "connect", "tls", "timeout", "broken", "status", "not_found", "redirects"])
def test_failures_back_off_by_one_interval_each_up_to_a_day(kind: FailureKind) -> None:
    current = state(interval=HOUR, ok_at=NOW, validators=Validators(url=URL, etag='"a"'), body_hash="h")
    for number in range(1, 40):
        update = poll(current, failed(kind))
        current = update.state
        expected = min(number * HOUR, DAY)
        assert expected <= wait(update) <= expected * 1.1
        assert current.failures == number
        assert update.note
    assert (current.validators, current.body_hash, current.interval) == (Validators(url=URL, etag='"a"'), "h", HOUR)
    assert poll(current, fetched(), feed(1)).state.failures == 0
    assert poll(current, not_modified()).state.failures == 0


def test_dead_feed_is_still_polled_sometimes() -> None:
    long_ago = poll(state(ok_at=NOW - 31 * DAY, failures=50, interval=HOUR), failed("dns"))
    assert DAY < wait(long_ago) <= 30 * DAY
    never = poll(state(failures=80), failed("dns"))
    assert DAY < wait(never) <= 30 * DAY
    assert wait(poll(state(ok_at=NOW - 3 * DAY, failures=50, interval=HOUR), failed("dns"))) <= 1.1 * DAY


def test_retry_after_is_respected_and_spread() -> None:
    waits = {wait(poll(state(), failed("rate_limited", timedelta(hours=2)), seed=seed)) for seed in range(20)}
    assert len(waits) == 20
    assert 2 * HOUR <= min(waits) <= max(waits) <= 2.2 * HOUR


def test_deferred_poll_changes_the_due_time_only() -> None:
    before = state(status="ok", failures=0, ok_at=NOW, due_at=NOW)
    after = poll(before, failed("deferred", timedelta(seconds=120))).state
    assert after.due_at is not None
    assert timedelta(seconds=120) <= after.due_at - NOW <= timedelta(seconds=132)
    assert (after.status, after.failures, after.polled_at) == ("ok", 0, None)


def test_poll_deferred_without_a_time_waits_ten_minutes() -> None:
    assert 10 * MINUTE <= wait(poll(state(ok_at=NOW, status="ok"), failed("deferred"))) <= 11 * MINUTE


def test_huge_retry_after_is_capped_and_negative_is_ignored() -> None:
    assert 2 * DAY <= wait(poll(state(), failed("rate_limited", timedelta(days=11000)))) <= 2.2 * DAY
    assert 10 * MINUTE <= wait(poll(state(), failed("rate_limited", timedelta(seconds=-5)))) <= 11 * MINUTE


def test_429_without_retry_after_waits_longer_each_time() -> None:
    current, waits = state(interval_minutes=5), []
    for _ in range(4):
        update = poll(current, failed("rate_limited"))
        waits.append(wait(update))
        current = update.state
    assert waits[0] >= 10 * MINUTE
    assert waits == sorted(waits)
    assert waits[3] > 3 * waits[0]


def test_error_with_retry_after_waits_at_least_that_long() -> None:
    assert wait(poll(state(interval=HOUR), failed("status", 5 * HOUR))) >= 5 * HOUR
    assert wait(poll(state(interval=HOUR), failed("status", MINUTE))) >= HOUR


def test_bot_wall_blocks_the_feed_for_hours() -> None:
    first = poll(state(interval=10 * MINUTE), failed("blocked"))
    assert first.state.status == "blocked"
    assert 4 * HOUR <= wait(first) <= 4.4 * HOUR
    assert 8 * HOUR <= wait(poll(first.state, failed("blocked"))) <= 8.8 * HOUR
    assert poll(first.state, fetched(), feed(1)).state.status == "ok"


def test_no_poll_is_due_before_the_floor() -> None:
    for seed in range(50):
        for before in (state(), state(interval=MINUTE)):
            assert wait(poll(before, fetched(), feed(*range(9), gap=timedelta(seconds=1)), seed=seed)) >= 10 * MINUTE
            assert wait(poll(before, not_modified(), seed=seed)) >= 10 * MINUTE
            assert wait(poll(before, failed("connect"), seed=seed)) >= 10 * MINUTE


def test_a_source_has_its_own_floor() -> None:
    patient = state(interval_minutes=90)
    assert wait(poll(patient, fetched(), feed(*range(9), gap=MINUTE))) >= 90 * MINUTE
    eager = state(interval_minutes=5)
    assert 5 * MINUTE <= wait(poll(eager, fetched(), feed(*range(9), gap=MINUTE))) < 10 * MINUTE


@pytest.mark.parametrize("gap", [MINUTE, HOUR, DAY])
def test_hundred_feeds_are_not_polled_at_once(gap: timedelta) -> None:
    rng = random.Random(7)
    feeds: list[FeedState] = [state() for _ in range(100)]
    for _ in range(10):
        feeds = [
            decide(
                f, fetched(b"x"), keyed(feed(*range(10), gap=gap)), (), now=f.due_at or NOW, policy=POLICY, rng=rng
            ).state
            for f in feeds
        ]
    due = [(f.due_at - NOW).total_seconds() for f in feeds if f.due_at]
    interval = sum(f.interval.total_seconds() for f in feeds if f.interval) / 100
    assert pstdev(due) > 0.05 * interval


def test_the_interval_follows_the_feed_between_floor_and_ceiling() -> None:
    quick = poll(state(), fetched(), feed(*range(20), gap=10 * MINUTE)).state
    assert quick.interval == 10 * MINUTE
    slow = poll(state(), fetched(), feed(*range(20), gap=DAY)).state
    assert slow.interval is not None
    assert 5 * HOUR < slow.interval <= 6 * HOUR
    undated = ParsedFeed(title="", entries=tuple(feed(*range(9)).entries[:2]))
    assert poll(state(), fetched(), undated).state.interval == 30 * MINUTE


def test_interval_grows_without_new_entries_and_shrinks_with_many() -> None:
    first = feed(*range(20), gap=2 * HOUR)
    stored = poll(state(), fetched(), first)
    known = remember(stored)
    current, at = stored.state, NOW
    grown = []
    for _ in range(8):
        at += 6 * HOUR
        current = poll(current, fetched(b"y"), first, known, at=at).state
        assert current.interval is not None
        grown.append(current.interval)
    assert grown == sorted(grown)
    assert grown[-1] > 5 * HOUR
    assert grown[-1] <= 6 * HOUR
    renewed = feed(*range(100, 120), gap=2 * HOUR)
    update = poll(current, fetched(b"z"), renewed, at=NOW)
    assert update.state.interval is not None
    assert update.state.interval <= 2 * HOUR


def test_a_quiet_feed_may_wait_a_day() -> None:
    quiet = state(interval=20 * HOUR, changed_at=NOW - 20 * DAY, ok_at=NOW - DAY, full_at=NOW, status="ok")
    assert 15 * HOUR < wait(poll(quiet, not_modified())) <= DAY
    lively = state(interval=20 * HOUR, changed_at=NOW - DAY, ok_at=NOW - DAY, full_at=NOW, status="ok")
    assert wait(poll(lively, not_modified())) <= 6 * HOUR


def test_when_all_entries_are_new_some_may_have_been_missed() -> None:
    first = feed(*range(10))
    stored = poll(state(), fetched(), first)
    assert stored.note is None
    gap = poll(stored.state, fetched(b"2"), feed(*range(50, 60)), at=NOW + HOUR)
    assert "appeared and disappeared" in (gap.note or "")
    half = feed(*range(5, 15))
    assert poll(stored.state, fetched(b"2"), half, remember(stored)).note is None


def test_web_page_instead_of_a_feed_keeps_the_state() -> None:
    before = state(validators=Validators(url=URL, etag='"a"'), body_hash="h", ok_at=NOW - HOUR, status="ok")
    update = poll(before, fetched(b"<html>", {"etag": '"login"'}), HTML)
    assert update.entries == ()
    assert (update.state.validators, update.state.body_hash, update.state.url) == (before.validators, "h", URL)
    assert NEW in (update.state.problem or "")


def test_empty_feed_is_not_a_failure() -> None:
    update = poll(state(), fetched(), ParsedFeed(title="Пусто", entries=(), format="rss20"))
    assert (update.state.status, update.state.failures, update.note) == ("ok", 0, None)


def test_settings_are_applied() -> None:
    policy = PollSettings(floor_minutes=60, jitter=0.0)
    assert wait(poll(state(), fetched(), feed(*range(9), gap=MINUTE), policy=policy)) == HOUR


def test_127_feed_whose_new_address_died_returns_to_the_address_in_the_config() -> None:
    current = state()
    for _ in range(3):
        current = poll(current, fetched(url=NEW, moved_to=NEW), feed(1)).state
    assert current.url == NEW
    for hours in (1, 23):
        current = poll(current, failed("gone"), at=NOW + hours * HOUR).state
        assert current.url == NEW
    update = poll(current, failed("gone"), at=NOW + 25 * HOUR)
    assert (update.state.url, update.state.status) == (URL, "failing")
    assert URL in (update.note or "")
    assert wait(update, NOW + 25 * HOUR) <= HOUR
    assert poll(update.state, fetched(), feed(1), at=NOW + 26 * HOUR).state.status == "ok"


def test_127_feed_at_the_address_in_the_config_stays_there() -> None:
    update = poll(state(ok_at=NOW - 3 * DAY, status="ok"), failed("not_found"))
    assert (update.state.url, update.state.moved_to) == (URL, None)


@pytest.mark.parametrize(
    ("kind", "failures", "minutes"),
    [
        ("blocked", 0, 240),  # evenly longer behind a bot wall
        ("blocked", 2, 720),
        ("blocked", 9, 1440),
        ("rate_limited", 0, 10),  # doubled for a host that limits requests
        ("rate_limited", 1, 20),
        ("rate_limited", 4, 160),
        ("rate_limited", 90, 1440),
    ],
)
def test_wait_grows_with_each_refusal(kind: FailureKind, failures: int, minutes: int) -> None:
    update = poll(state(ok_at=NOW, failures=failures), failed(kind))
    assert minutes * MINUTE <= wait(update) <= 1.1 * minutes * MINUTE
    assert (update.state.failures, update.state.polled_at) == (failures + 1, NOW)
