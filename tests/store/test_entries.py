"""The queue of entries: what waits, what is revised, and in which order pages are asked for."""

from __future__ import annotations

from datetime import timedelta

from pipeline.store import entries, transaction
from tests.store.build import NOW, Rows

LATER, WEEK = NOW + timedelta(hours=1), timedelta(days=7)


def test_entry_in_two_feeds_with_different_teasers_is_not_revised_by_each_poll(rows: Rows) -> None:
    assert len(rows.list_entries("Gas talks", feed="Paper", summary="Long teaser.")) == 1
    rows.list_entries("Gas talks", feed="Wire", summary="Short.")
    for _ in range(3):  # each feed is compared with what it said itself
        assert rows.list_entries("Gas talks", feed="Paper", summary="Long teaser.", at=LATER) == []
        assert rows.list_entries("Gas talks", feed="Wire", summary="Short.", at=LATER) == []


def test_edited_entry_is_revised_once(rows: Rows) -> None:
    (entry,) = rows.list_entries("Gas talks", summary="First.")
    rows.store(rows.queued(entry), "Text.")
    assert rows.list_entries("Gas talks", summary="Second.", at=LATER) == [entry]
    rows.store(rows.queued(entry), "Other text.")
    for _ in range(2):
        assert rows.list_entries("Gas talks", summary="Second.", at=LATER) == []


def test_edited_entry_is_due_at_once_whatever_its_old_waiting_time_was(rows: Rows) -> None:
    (entry,) = rows.list_entries("Gas talks", summary="First.")
    with transaction(rows.conn):
        entries.retry(rows.conn, entry, attempts=4, next_try_at=NOW + timedelta(days=2), reason="503")
    assert entries.waiting(rows.conn, LATER, 10, WEEK) == []
    rows.list_entries("Gas talks", summary="Second.", at=LATER)
    assert [row[0] for row in entries.waiting(rows.conn, LATER, 10, WEEK)] == [entry]
    assert (rows.queued(entry).attempts, rows.value("SELECT reason FROM entries")) == (0, None)


def test_entry_revised_while_its_page_was_read_stays_in_the_queue(rows: Rows) -> None:
    (entry,) = rows.list_entries("Gas talks", summary="First.")
    before = rows.queued(entry)
    rows.list_entries("Gas talks", summary="Second.", at=LATER)
    stored = rows.store(before, "Text of the first version.")
    assert rows.value("SELECT state FROM entries") == "new"
    assert rows.queued(entry).article == stored.id


def test_oldest_waiting_page_comes_first_and_ties_are_taken_by_id(rows: Rows) -> None:
    first, second, third = rows.list_entries("One", "Two", "Three")
    with transaction(rows.conn):
        entries.retry(rows.conn, first, attempts=1, next_try_at=LATER, reason="503")
        entries.retry(rows.conn, third, attempts=1, next_try_at=NOW - timedelta(minutes=5), reason="503")
    (fourth,) = rows.list_entries("Four")
    assert [row[0] for row in entries.waiting(rows.conn, NOW, 10, WEEK)] == [third, second, fourth]
    assert [row[0] for row in entries.waiting(rows.conn, NOW, 2, WEEK)] == [third, second]
    assert [row[0] for row in entries.waiting(rows.conn, LATER, 10, WEEK)][-1] == first  # due exactly now


def test_finished_and_dead_entries_do_not_wait(rows: Rows) -> None:
    done, dead, waits = rows.list_entries("One", "Two", "Three")
    rows.store(rows.queued(done), "Text.")
    with transaction(rows.conn):
        entries.give_up(rows.conn, dead, attempts=6, reason="404 Not Found")
    assert [row[0] for row in entries.waiting(rows.conn, LATER, 10, WEEK)] == [waits]
    assert entries.count_waiting(rows.conn) == 1
    assert rows.value("SELECT reason FROM entries WHERE state = 'dead'") == "404 Not Found"


def test_retry_keeps_the_article_that_an_entry_has(rows: Rows) -> None:
    (entry,) = rows.list_entries("One")
    stored = rows.store(rows.queued(entry), "Text.")
    with transaction(rows.conn):
        entries.retry(rows.conn, entry, attempts=1, next_try_at=LATER, reason="503")
    assert rows.queued(entry).article == stored.id


def test_many_entries_come_in_the_order_that_was_asked_for(rows: Rows) -> None:
    one, two, three = rows.list_entries("One", "Two", "Three")
    assert [entry.id for entry in entries.get_many(rows.conn, [three, one, two])] == [three, one, two]


def test_entry_whose_next_try_was_planned_by_a_wrong_clock_is_due(rows: Rows) -> None:
    wrong, late = rows.list_entries("One", "Two")
    with transaction(rows.conn):
        entries.retry(rows.conn, wrong, attempts=1, next_try_at=NOW + timedelta(days=365), reason="503")
        entries.retry(rows.conn, late, attempts=1, next_try_at=NOW + timedelta(days=2), reason="503")
    assert [row[0] for row in entries.waiting(rows.conn, NOW, 10, timedelta(days=3))] == [wrong]
