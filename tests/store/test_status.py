"""What ``tumen status`` calls healthy: one fault at a time in a database that is otherwise well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.store import outbox, status, upkeep
from pipeline.store.values import to_text
from tests.store.build import NOW, Rows

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    rows = Rows(tmp_path)
    finished(rows, NOW - HOUR / 12)
    rows.conn.execute("UPDATE feeds SET due_at = ?, status = 'ok', ok_at = ?", (to_text(NOW), to_text(NOW - HOUR / 12)))
    yield rows
    rows.close()


def finished(rows: Rows, at: datetime) -> None:
    rows.conn.execute("DELETE FROM runs")
    text = to_text(at)
    rows.conn.execute("INSERT INTO runs (trigger, started_at, finished_at) VALUES ('cron', ?, ?)", (text, text))


def noted(rows: Rows, *times: tuple[str, datetime]) -> None:
    for name, at in times:
        rows.conn.execute("INSERT OR REPLACE INTO alert_times (name, at) VALUES (?, ?)", (name, to_text(at)))


def gave_up(rows: Rows) -> None:
    alert = outbox.Alert(rule="R", target="duty", key="article:1", subject="", body="", made_at=to_text(NOW))
    outbox.put(rows.conn, alert)
    outbox.mark_failed(rows.conn, [1], "refused", None)


def quiet_feed(rows: Rows, *, failing: bool = False) -> None:
    """Thirty entries, one an hour, the last of them four days ago."""
    for number in range(30):
        rows.list_entries(f"Entry {number}", at=NOW - 4 * DAY - number * HOUR)
    if failing:
        rows.conn.execute("UPDATE feeds SET failures = 1 WHERE name = 'Paper'")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda rows: None, None),
        (lambda rows: finished(rows, NOW - 25 * HOUR), "No cycle has finished"),
        (lambda rows: noted(rows, ("damage", NOW)), "found damaged"),
        (lambda rows: noted(rows, ("check", NOW - DAY), ("damage", NOW)), "found damaged"),
        (lambda rows: noted(rows, ("copy", NOW - HOUR), ("copy late", NOW + DAY)), None),
        (lambda rows: noted(rows, ("copy", NOW - 15 * DAY)), None),  # its interval is not known
        (lambda rows: noted(rows, ("copy", NOW - 16 * DAY)), "The last backup is from"),
        (gave_up, "1 alert was given up"),
        (lambda rows: rows.conn.execute("UPDATE feeds SET failures = 2 WHERE name = 'Paper'"), None),
        (lambda rows: rows.conn.execute("UPDATE feeds SET failures = 3 WHERE name = 'Paper'"), "1 feed fails"),
        (lambda rows: rows.conn.execute("UPDATE feeds SET failures = 1, ok_at = NULL"), "2 feeds fail"),
        (lambda rows: rows.conn.execute("UPDATE feeds SET failures = 3, enabled = 0"), None),
        (quiet_feed, "1 feed is silent"),
        (lambda rows: quiet_feed(rows, failing=True), None),  # a feed that fails is not silent
    ],
)
def test_status_names_what_is_wrong(rows: Rows, fault: Callable[[Rows], object], words: str | None) -> None:
    fault(rows)
    read = status.read(rows.conn, NOW)
    disk = [problem for problem in read.problems if "MB are free" in problem]  # of the machine, not of the test
    problems = [problem for problem in read.problems if problem not in disk]
    assert bool(problems) is (words is not None), problems
    if words is not None:
        assert words in " ".join(problems)
        assert not read.healthy


def test_silent_feed_names_its_last_entry_and_its_usual_pause(rows: Rows) -> None:
    quiet_feed(rows)
    (feed,) = status.silent(rows.conn, NOW)
    assert (feed.name, feed.last, feed.usual_hours) == ("Paper", to_text(NOW - 4 * DAY), 1.0)


def test_nineteen_entries_are_too_few_to_know_a_feed_s_pauses(rows: Rows) -> None:
    for number in range(19):
        rows.list_entries(f"Entry {number}", at=NOW - 4 * DAY - number * HOUR)
    assert status.silent(rows.conn, NOW) == ()


def polls(rows: Rows, count: int, pause: timedelta, last: datetime) -> None:
    """Let Paper list one entry per poll; the last poll is at ``last``."""
    for number in range(count):
        rows.list_entries(f"Poll {number}", at=last - (count - 1 - number) * pause)


@pytest.mark.parametrize(
    ("count", "pause", "since", "usual"),
    [
        (30, HOUR, 47 * HOUR, None),  # at least two days
        (30, HOUR, 49 * HOUR, 1.0),
        (30, DAY, 2.9 * DAY, None),  # three times the usual pause
        (30, DAY, 3.1 * DAY, 24.0),
        (19, HOUR, 9 * DAY, None),  # too few entries to know what is usual
        (20, HOUR, 9 * DAY, 1.0),
        (0, HOUR, DAY, None),
    ],
)
def test_feed_is_silent_after_three_usual_pauses(
    rows: Rows, count: int, pause: timedelta, since: timedelta, usual: float | None
) -> None:
    polls(rows, count, pause, NOW - since)
    expected = () if usual is None else (status.SilentFeed(name="Paper", last=to_text(NOW - since), usual_hours=usual),)
    assert status.silent(rows.conn, NOW) == expected


def test_silent_feed_does_not_hide_the_next(rows: Rows) -> None:
    for number in range(30):
        rows.list_entries(f"Wire {number}", feed="Wire", at=NOW - 9 * DAY + number * HOUR)
    assert [feed.name for feed in status.silent(rows.conn, NOW)] == ["Wire"]


def test_figures_of_the_database(rows: Rows) -> None:
    rows.piece("Relevant", topics={"gas": 0.8})
    rows.piece("Other", relevance=0.1)
    rows.list_entries("Waiting")
    rows.conn.execute("UPDATE feeds SET failures = 1, problem = 'refused' WHERE name = 'Wire'")
    outbox.put(rows.conn, outbox.Alert(rule="R", target="duty", key="k", subject="", body="", made_at=to_text(NOW)))
    noted(rows, ("check", NOW - DAY), ("copy", NOW - HOUR), ("copy tried", NOW))
    state = status.read(rows.conn, NOW)
    assert (state.articles, state.relevant, state.unreviewed, state.feeds) == (2, 1, 1, 2)
    assert state.entries == {"flagged": 2, "new": 1}
    assert (state.alerts_waiting, state.alerts_failed) == (1, 0)
    assert (state.checked_at, state.copied_at, state.copy_failed_at) == (
        to_text(NOW - DAY), to_text(NOW - HOUR), to_text(NOW),
    )  # fmt: skip
    assert [(feed.name, feed.failures, feed.problem) for feed in state.stumbling] == [("Wire", 1, "refused")]
    assert (state.failing, state.next_due, state.last_cycle) == ((), to_text(NOW), to_text(NOW - HOUR / 12))
    assert state.size_bytes == rows.path.stat().st_size
    assert state.wal_bytes > 0
    assert state.free_bytes > state.size_bytes
    assert state.as_dict()["articles"] == 2


def test_plan_lists_enabled_feeds_with_the_next_due_first(rows: Rows) -> None:
    rows.conn.execute("UPDATE feeds SET due_at = ?, interval_seconds = 630 WHERE name = 'Wire'", (to_text(NOW - DAY),))
    planned = status.plan(rows.conn)
    assert [(feed.name, feed.next_due) for feed in planned] == [("Wire", to_text(NOW - DAY)), ("Paper", to_text(NOW))]
    assert (planned[0].interval_minutes, planned[0].status) == (10.5, "ok")
    rows.conn.execute("UPDATE feeds SET enabled = 0 WHERE name = 'Wire'")
    assert [feed.name for feed in status.plan(rows.conn)] == ["Paper"]


def test_problems_are_counted_in_whole_sentences(rows: Rows) -> None:
    rows.conn.execute("UPDATE feeds SET failures = 3, problem = 'refused'")
    assert status.read(rows.conn, NOW).problems == ("2 feeds fail.",)
    rows.conn.execute("UPDATE feeds SET enabled = 0 WHERE name = 'Wire'")
    assert status.read(rows.conn, NOW).problems == ("1 feed fails.",)
    rows.conn.execute("DELETE FROM runs")
    assert status.read(rows.conn, NOW).problems == ("No cycle has finished yet.", "1 feed fails.")


def test_backup_is_late_after_the_time_that_the_last_one_set(rows: Rows) -> None:
    upkeep.note_copy(rows.conn, NOW, 7 * DAY)
    assert status.read(rows.conn, NOW + 15 * DAY).copied_at == to_text(NOW)
    for days, late in ((15, False), (16, True)):
        problems = status.read(rows.conn, NOW + days * DAY).problems
        assert any("last backup" in problem for problem in problems) == late
