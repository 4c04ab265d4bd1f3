"""Pages that are submitted to a web archive: how many an hour, how often, and what a stop leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.store import submissions
from tests.store.build import NOW, Rows

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def queue(rows: Rows, count: int) -> list[str]:
    """Queue the pages of some articles, a minute apart, and return their addresses."""
    urls = [f"https://n.example/{number}" for number in range(count)]
    for number, url in enumerate(urls):
        submissions.put(rows.conn, rows.piece(f"Piece {number}"), url, NOW + number * MINUTE)
    return urls


def test_limit_per_hour_counts_every_try_of_the_last_hour(rows: Rows) -> None:
    urls = queue(rows, 4)
    now = NOW + 10 * MINUTE
    assert [row.url for row in submissions.due(rows.conn, now, 2)] == urls[:2]
    first, second = submissions.due(rows.conn, now, 2)
    submissions.sending(rows.conn, first.id, now)
    submissions.sent(rows.conn, first.id, now)
    assert [row.url for row in submissions.due(rows.conn, now, 2)] == urls[1:2]
    submissions.sending(rows.conn, second.id, now)
    submissions.failed(rows.conn, second, "busy", now, retry=False)
    assert submissions.due(rows.conn, now, 2) == []
    assert [row.url for row in submissions.due(rows.conn, now + HOUR + MINUTE, 2)] == urls[2:]


def test_page_is_not_submitted_before_its_time(rows: Rows) -> None:
    urls = queue(rows, 2)
    assert [row.url for row in submissions.due(rows.conn, NOW, 9)] == urls[:1]


@pytest.mark.parametrize("retry", [True, False])
def test_page_is_tried_three_times_if_the_archive_is_busy(rows: Rows, retry: bool) -> None:
    queue(rows, 1)
    tries, now = 0, NOW
    while due := submissions.due(rows.conn, now, 9):
        submissions.sending(rows.conn, due[0].id, now)
        submissions.failed(rows.conn, due[0], "busy", now, retry=retry)
        assert submissions.due(rows.conn, now + MINUTE, 9) == []  # not at once
        tries, now = tries + 1, now + 7 * 24 * HOUR
        assert tries <= 3
    assert tries == (3 if retry else 1)
    assert rows.value("SELECT state FROM submissions") == "failed"
    assert rows.value("SELECT problem FROM submissions") == "busy"


def test_page_of_a_process_that_died_is_not_submitted_twice(rows: Rows) -> None:
    queue(rows, 2)
    (first, _) = submissions.due(rows.conn, NOW + HOUR, 9)
    submissions.sending(rows.conn, first.id, NOW)
    submissions.give_up_interrupted(rows.conn)
    assert [row.id for row in submissions.due(rows.conn, NOW + 48 * HOUR, 9)] != [first.id]
    assert "was stopped" in str(rows.value("SELECT problem FROM submissions WHERE id = ?", first.id))
    assert rows.value("SELECT count(*) FROM submissions WHERE state = 'waiting'") == 1


def test_accepted_page_has_no_problem_any_more(rows: Rows) -> None:
    queue(rows, 1)
    (row,) = submissions.due(rows.conn, NOW, 9)
    submissions.sending(rows.conn, row.id, NOW)
    submissions.failed(rows.conn, row, "busy", NOW, retry=True)
    submissions.sent(rows.conn, row.id, NOW + HOUR)
    assert rows.value("SELECT state FROM submissions") == "sent"
    assert rows.value("SELECT problem FROM submissions") is None
