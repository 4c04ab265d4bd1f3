"""What ``tumen status`` calls healthy: one fault at a time in a database that is otherwise well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.store import outbox, status
from pipeline.store.lock import DaemonLock
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
        (lambda rows: noted(rows, ("copy", NOW - HOUR)), None),
        (lambda rows: noted(rows, ("copy", NOW - 7 * DAY)), "The last backup is from"),
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


def test_weekly_backup_is_late_after_two_weeks_and_a_day(rows: Rows) -> None:
    path = Path(rows.conn.execute("PRAGMA database_list").fetchone()[2])
    daemon = DaemonLock(path)
    daemon.write(HOUR, 7 * DAY)
    noted(rows, ("copy", NOW - 14 * DAY))
    on_time = status.read(rows.conn, NOW).problems
    noted(rows, ("copy", NOW - 16 * DAY))
    late = status.read(rows.conn, NOW).problems
    daemon.release()
    assert not any("last backup" in problem for problem in on_time)
    assert any("last backup" in problem for problem in late)
