"""How often a changed item is read anew: the table of ``feeds.revisions``, and whole histories of polls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.feeds.decide import body_hash
from pipeline.feeds.identity import corrections
from pipeline.feeds.revisions import PAGES_PER_DAY, first_state, next_states
from pipeline.model import EntryId, KnownEntry, ParsedFeed
from tests.feeds.build import NOW, entry, fetched, poll, remember, state

HOUR = timedelta(hours=1)


def revisions(summaries: Sequence[str], *, gap: timedelta = timedelta(minutes=10), content: str = "") -> list[int]:
    """Poll once per summary; return the polls that read the item anew."""
    feed, known, read = state(), list[KnownEntry](), []
    for number, summary in enumerate(summaries):
        item = entry(1, summary=summary, at=NOW)
        parsed = ParsedFeed(title="", entries=(replace(item, content=content + summary) if content else item,))
        update = poll(feed, fetched(summary.encode()), parsed, known, at=NOW + gap * number)
        read += [number for intent in update.entries if intent.revised]
        feed, known = update.state, remember(update, known)
    return read


def test_text_that_flips_between_two_states_is_read_once_more() -> None:
    assert revisions(["a", "b"] * 20) == [1]


def test_text_that_is_new_at_each_poll_costs_three_pages_a_day() -> None:
    polls = [f"headline {number} of the day" for number in "abcdefghijklmnopqrst"]
    assert PAGES_PER_DAY == 3
    assert revisions(polls) == [1, 2]
    daily = revisions(polls, gap=timedelta(hours=6))
    assert all(sum(start <= number < start + 4 for number in daily) <= PAGES_PER_DAY for start in range(len(polls)))
    assert daily[-1] > 15


def test_correction_that_is_taken_back_is_read_after_a_day() -> None:
    assert revisions(["a", "b", "a", "a", "a"], gap=13 * HOUR) == [1, 3]


def test_whole_text_in_the_feed_is_read_at_each_new_state() -> None:
    text = "Министры обсудили дорогу к порту. " * 60
    assert revisions(list("abcdef"), content=text) == [1, 2, 3, 4, 5]
    assert revisions(list("ababab"), content=text) == [1]


@pytest.mark.parametrize("ahead", [timedelta(days=365), HOUR])
def test_states_of_a_wrong_clock_do_not_delay_a_new_one(ahead: timedelta) -> None:
    states = first_state("a", NOW + ahead) * 5
    assert next_states(states, "b", NOW, whole_text=False) is not None


STORED = KnownEntry(id=EntryId(1), identity="a", published=NOW, authors=("A",), first_seen_at=NOW + 2 * HOUR, own=True)


@pytest.mark.parametrize(
    ("known", "at", "authors", "found"),
    [
        (STORED, NOW, ("A",), ()),
        (STORED, NOW - HOUR, ("A",), ("published",)),
        (STORED, NOW + timedelta(seconds=20), (), ()),
        (STORED, NOW + 3 * HOUR, ("B",), ("authors",)),
        (STORED, None, (), ()),
        (replace(STORED, published=None), NOW, (), ("published",)),
        (replace(STORED, own=False), NOW - HOUR, ("B",), ()),
    ],
)
def test_only_plausible_corrections_of_the_own_feed_count(
    known: KnownEntry, at: datetime | None, authors: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert corrections(known, replace(entry(1, at=at), authors=authors)) == found


def test_change_that_waits_is_read_later_although_link_and_guid_change_meanwhile() -> None:
    feed, known, read = state(), list[KnownEntry](), []
    for number, summary in enumerate("abcdddd"):
        item = entry(1, summary=summary, at=NOW)
        url = f"{item.url}&k={number}" if number > 3 else item.url
        update = poll(
            feed,
            fetched(f"{number}".encode()),
            ParsedFeed(title="", entries=(replace(item, url=url),)),
            known,
            at=NOW + 5 * HOUR * number,
        )
        read += [number for intent in update.entries if intent.revised]
        feed, known = update.state, remember(update, known)
    assert read == [1, 2, 5]
    assert len(known) == 1


def test_feed_with_a_state_that_waits_is_read_whole_at_the_next_poll() -> None:
    feed, known = state(), list[KnownEntry]()
    for number, summary in enumerate("abcd"):
        body = fetched(summary.encode(), {"etag": f'"{summary}"'})
        parsed = ParsedFeed(title="", entries=(entry(1, summary=summary, at=NOW),))
        update = poll(feed, body, parsed, known, at=NOW + HOUR * number)
        feed, known = update.state, remember(update, known)
    assert feed.body_hash == body_hash(b"c")
    assert feed.validators is not None
    assert feed.validators.etag == '"c"'
