"""Poll decisions on caching: validators, body hashes, freshness, the publisher's hints."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.feeds import parse
from pipeline.feeds.decide import body_hash, body_unchanged
from pipeline.feeds.problems import CUT_SHORT
from pipeline.model import ParsedFeed, Validators
from tests.feeds.build import NOW, URL, feed, fetched, item, not_modified, poll, remember, rss, state, wait

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_both_validators_are_kept_exactly() -> None:
    update = poll(state(), fetched(headers={"etag": '"a"', "last-modified": "X"}), feed(1))
    assert update.state.validators == Validators(url=URL, etag='"a"', last_modified="X")


@pytest.mark.parametrize("tag", ['W/"x:y--gzip"', "abc", '"пример"'])
def test_unusual_etag_is_kept_exactly(tag: str) -> None:
    update = poll(state(), fetched(headers={"etag": tag}), feed(1))
    assert update.state.validators == Validators(url=URL, etag=tag)


def test_unusual_last_modified_is_not_rewritten() -> None:
    value = "Mon, 23 Nov 2026 10:00:00 +0300"
    update = poll(state(), fetched(headers={"last-modified": value}), feed(1))
    assert update.state.validators == Validators(url=URL, last_modified=value)


def test_response_without_validators_is_recognised_by_its_body() -> None:
    first = poll(state(), fetched(b"body"), feed(1))
    assert first.state.validators is None
    assert body_unchanged(first.state, fetched(b"body"))
    assert not body_unchanged(first.state, fetched(b"other"))
    second = poll(first.state, fetched(b"body"), at=NOW + HOUR)
    assert second.entries == ()
    assert second.state.changed_at == first.state.changed_at
    assert second.state.ok_at == NOW + HOUR


def test_a_200_replaces_both_validators() -> None:
    before = state(validators=Validators(url=URL, etag='"a"', last_modified="X"))
    update = poll(before, fetched(headers={"etag": '"b"'}), feed(1))
    assert update.state.validators == Validators(url=URL, etag='"b"', last_modified=None)


def test_a_304_keeps_validators_and_takes_a_new_tag() -> None:
    before = state(validators=Validators(url=URL, etag='"a"', last_modified="X"))
    assert poll(before, not_modified()).state.validators == before.validators
    after = poll(before, not_modified({"etag": '"b"'})).state.validators
    assert after == Validators(url=URL, etag='"b"', last_modified="X")
    after = poll(before, not_modified({"last-modified": "Y"})).state.validators
    assert after == Validators(url=URL, etag='"a"', last_modified="Y")


def test_304_of_another_address_leaves_the_validators_alone() -> None:
    before = state(validators=Validators(url=URL, etag='"a"', last_modified="X"))
    other = not_modified({"etag": '"b"', "last-modified": "Y"}, url="https://new.example/rss")
    assert poll(before, other).state.validators == before.validators


def test_body_that_is_not_a_feed_keeps_validators_and_hash() -> None:
    before = state(validators=Validators(url=URL, etag='"a"'), body_hash="old", interval=HOUR)
    broken = ParsedFeed(title="", entries=(), problem="This is neither XML nor JSON.")
    after = poll(before, fetched(b"<<<", {"etag": '"b"'}), broken).state
    assert (after.validators, after.body_hash) == (before.validators, "old")
    assert (after.status, after.failures, after.problem) == ("failing", 1, "This is neither XML nor JSON.")


def test_after_a_week_of_304_one_full_request_follows() -> None:
    current = poll(state(), fetched(headers={"etag": '"a"'}), feed(1, 2, 3)).state
    unconditional = 0
    at = NOW
    while at < NOW + timedelta(days=7.5):
        assert current.due_at is not None
        at = current.due_at
        if current.validators is None:
            unconditional += 1
            assert at - NOW <= timedelta(days=7)
            current = poll(current, fetched(headers={"etag": '"a"'}), feed(1, 2, 3), at=at).state
        else:
            current = poll(current, not_modified(), at=at).state
    assert unconditional == 1


def test_304_to_an_unconditional_request_is_reported() -> None:
    after = poll(state(), not_modified(), at=NOW).state
    assert after.status == "ok"
    assert "without conditions" in (after.problem or "")


def test_interval_grows_while_the_body_stays_the_same() -> None:
    first = poll(state(), fetched(b"same"), feed(1, 2, 3, gap=HOUR)).state
    second = poll(first, fetched(b"same"), at=NOW + HOUR)
    assert second.entries == ()
    assert first.interval is not None
    assert second.state.interval is not None
    assert second.state.interval > first.interval


def test_new_build_date_or_counter_updates_no_entry() -> None:
    def document(date: str, comments: int) -> ParsedFeed:
        channel = f"<title>Вестник</title><lastBuildDate>{date}</lastBuildDate>"
        summary = f"<description>Коротко о деле. Комментарии: {comments}</description>"
        return parse(rss(item(1, extra=summary), channel=channel).encode(), URL, now=NOW)

    first = document("Mon, 23 Nov 2026 10:00:00 GMT", 3)
    stored = poll(state(), fetched(), first)
    assert len(stored.entries) == 1
    again = poll(stored.state, fetched(b"2"), document("Tue, 24 Nov 2026 10:00:00 GMT", 17), remember(stored))
    assert again.entries == ()
    assert again.state.changed_at == stored.state.changed_at


def test_the_same_tag_with_another_body_is_another_document() -> None:
    first = poll(state(), fetched(b"one", {"etag": '"a"'}), feed(1))
    assert not body_unchanged(first.state, fetched(b"two", {"etag": '"a"'}))
    second = poll(first.state, fetched(b"two", {"etag": '"a"'}), feed(1, 2), remember(first))
    assert [intent.identity for intent in second.entries] == ["https://news.example/a?idxno=2"]


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"cache-control": "max-age=3600"}, 60 * MINUTE, 66 * MINUTE),
        ({"cache-control": "public, MAX-AGE=3600"}, 60 * MINUTE, 66 * MINUTE),
        ({"cache-control": "max-age=31536000"}, 6 * HOUR, 6 * HOUR),
        ({"cache-control": "max-age=99999999999999999999"}, 10 * MINUTE, 6 * HOUR),
        ({"cache-control": "max-age=0, no-store"}, 10 * MINUTE, 11 * MINUTE),
        ({"cache-control": "no-cache, max-age=3600"}, 10 * MINUTE, 11 * MINUTE),
        ({}, 10 * MINUTE, 11 * MINUTE),
    ],
)
def test_freshness_is_a_lower_bound_up_to_six_hours(headers: dict[str, str], least: timedelta, most: timedelta) -> None:
    for seed in range(20):
        update = poll(state(), fetched(headers=headers), feed(*range(5), gap=MINUTE), seed=seed)
        assert least <= wait(update) <= most


def test_validators_of_a_no_store_response_are_used() -> None:
    update = poll(state(), fetched(headers={"cache-control": "no-store", "etag": '"a"'}), feed(1))
    assert update.state.validators == Validators(url=URL, etag='"a"')


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        ({"expires": "Mon, 23 Nov 2020 10:00:00 GMT"}, 10 * MINUTE),
        ({"expires": "0"}, 10 * MINUTE),
        ({"expires": "-1", "age": "x"}, 10 * MINUTE),
        ({"cache-control": "max-age=900", "age": "600"}, 10 * MINUTE),
        ({"cache-control": "max-age=9000", "age": "1800"}, 120 * MINUTE),
        ({"date": "Tue, 24 Nov 2026 09:00:00 GMT", "expires": "Tue, 24 Nov 2026 11:00:00 GMT"}, 120 * MINUTE),
        ({"cache-control": "max-age=900", "age": "-5"}, 15 * MINUTE),
    ],
)
def test_expires_and_age_are_read_without_a_crash(headers: dict[str, str], least: timedelta) -> None:
    update = poll(state(), fetched(headers=headers), feed(*range(5), gap=MINUTE))
    assert least <= wait(update) <= least * 1.11


def test_ttl_is_a_lower_bound_also_after_a_304() -> None:
    first = poll(state(), fetched(), feed(*range(5), gap=MINUTE, ttl=timedelta(minutes=120)))
    assert 120 * MINUTE <= wait(first) <= 132 * MINUTE
    assert wait(poll(first.state, not_modified(), at=NOW + 3 * HOUR), NOW + 3 * HOUR) >= 120 * MINUTE
    assert wait(poll(state(), fetched(), feed(1, 2, 3, ttl=timedelta(days=9)))) <= 7 * HOUR


def test_ttl_syndication_period_and_skipped_hours_are_read() -> None:
    def of(channel: str) -> ParsedFeed:
        return parse(rss(item(), channel=f"<title>a</title>{channel}").encode(), URL, now=NOW)

    assert of("<ttl>120</ttl>").ttl == timedelta(minutes=120)
    hourly = "<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
    assert of(hourly).ttl == timedelta(minutes=15)
    assert of("<ttl>often</ttl>").ttl is None
    assert of("<ttl>-5</ttl>").ttl is None
    hours = "<skipHours><hour>0</hour><hour>13</hour><hour>24</hour><hour>x</hour></skipHours>"
    assert of(hours).skip_hours == {0, 13}


def test_a_poll_is_not_due_in_a_skipped_hour() -> None:
    parsed = ParsedFeed(title="", entries=feed(1, 2, 3, gap=MINUTE).entries, skip_hours=frozenset({12, 13}))
    due = poll(state(), fetched(), parsed).state.due_at
    assert due is not None
    assert due.hour == 14
    never = ParsedFeed(title="", entries=parsed.entries, skip_hours=frozenset(range(1, 24)))
    assert wait(poll(state(), fetched(), never)) < 2 * HOUR


def test_incomplete_document_keeps_entries_but_not_validators() -> None:
    before = state(validators=Validators(url=URL, etag='"a"'), body_hash="old")
    for update in (
        poll(before, fetched(b"x", {"etag": '"b"'}, truncated=True), feed(1, 2)),
        poll(before, fetched(b"x", {"etag": '"b"'}), feed(1, 2, problem=CUT_SHORT)),
    ):
        assert len(update.entries) == 2
        assert (update.state.validators, update.state.body_hash) == (before.validators, "old")
        assert update.state.status == "ok"
        assert update.state.problem
        assert update.note
    assert not body_unchanged(state(body_hash=body_hash(b"x")), fetched(b"x", truncated=True))


def test_feed_with_a_small_problem_is_ok_and_keeps_the_problem() -> None:
    update = poll(state(), fetched(b"x", {"etag": '"b"'}), feed(1, problem="The XML is not well-formed."))
    assert update.state.status == "ok"
    assert update.state.problem == "The XML is not well-formed."
    assert update.state.validators == Validators(url=URL, etag='"b"')
    assert poll(update.state, not_modified()).state.problem == "The XML is not well-formed."


def test_16_days_to_skip_are_read_and_poll_waits_as_long_as_the_cap_allows() -> None:
    days = "<skipDays><day>Tuesday</day><day> sunday </day><day>Someday</day></skipDays>"
    parsed = parse(rss(item(), channel=f"<title>a</title>{days}").encode(), URL, now=NOW)
    assert parsed.skip_days == {1, 6}
    tuesday = ParsedFeed(title="", entries=feed(1, 2, 3, gap=MINUTE).entries, skip_days=frozenset({1}))
    assert NOW.weekday() == 1
    assert 6 * HOUR <= wait(poll(state(), fetched(), tuesday)) <= 7 * HOUR
    evening = NOW.replace(hour=21)
    due = poll(state(), fetched(), tuesday, at=evening).state.due_at
    assert due is not None
    assert (due.weekday(), due.hour) == (2, 0)


def test_feed_above_the_size_limit_names_the_settings_and_keeps_its_entries() -> None:
    update = poll(state(), fetched(truncated=True, over_limit=1000, headers={"etag": '"a"'}), feed(1, 2))
    assert len(update.entries) == 2
    assert "1,000 bytes" in (update.state.problem or "")
    assert "max_feed_bytes" in (update.note or "")
    assert update.state.validators is None
