"""“tumen status” tells of a watch that has stopped: each reason with what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import LockHeld
from pipeline.store import status
from pipeline.store.lock import DaemonLock, cycle_lock, daemon_state, holder
from pipeline.store.values import to_text
from tests.store.build import new_store

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "tumen.db"


@pytest.fixture
def conn(database: Path) -> Iterator[sqlite3.Connection]:
    """A healthy database: a run every five minutes, the last one a minute ago, and one feed that is due soon."""
    conn = new_store(database)
    conn.execute("INSERT INTO configs (version, first_used_at) VALUES ('v1', ?)", (to_text(NOW),))
    conn.execute(
        "INSERT INTO feeds (name, url, asked_url, language, kind, topics, note, enabled, status, failures, ok_at,"
        " due_at, added_at) VALUES ('A', 'u', 'u', 'ko', 'daily', '[]', '', 1, 'ok', 0, ?, ?, ?)",
        (to_text(NOW), to_text(NOW + timedelta(minutes=4)), to_text(NOW)),
    )
    for minutes in range(101, 0, -5):
        add_run(conn, minutes)
    yield conn
    conn.close()


def add_run(
    conn: sqlite3.Connection, minutes: float, ended: int | None = 0, problem: str | None = None, *, killed: bool = False
) -> None:
    at = to_text(NOW - timedelta(minutes=minutes))
    conn.execute(
        "INSERT INTO runs (started_at, finished_at, trigger, config_version, status, problem)"
        " VALUES (?, ?, 'run', 'v1', ?, ?)",
        (at, None if killed else at, ended, problem),
    )


def reasons(conn: sqlite3.Connection, now: datetime = NOW) -> list[str]:
    return list(status.read(conn, now).problems)


def test_watch_that_goes_on_gives_no_reason(conn: sqlite3.Connection) -> None:
    assert reasons(conn) == []


@pytest.mark.parametrize(("minutes", "overdue"), [(17, False), (21, True), (20 * 60, True)])
def test_feeds_that_nobody_polls_are_overdue_after_three_intervals(
    conn: sqlite3.Connection, minutes: int, overdue: bool
) -> None:
    found = reasons(conn, NOW + timedelta(minutes=minutes))
    due = to_text(NOW + timedelta(minutes=4))
    assert found == (
        [f"Feeds are due since {due} and are not polled: check the daemon, the timer or cron."] if overdue else []
    )


def test_feed_that_is_gone_or_disabled_is_never_overdue(conn: sqlite3.Connection) -> None:
    long_ago = to_text(NOW - timedelta(days=9))
    conn.execute("UPDATE feeds SET status = 'gone', due_at = ?", (long_ago,))
    assert not any("due since" in reason for reason in reasons(conn, NOW + timedelta(hours=20)))
    conn.execute("UPDATE feeds SET status = 'ok', enabled = 0")
    assert not any("due since" in reason for reason in reasons(conn, NOW + timedelta(hours=20)))


def test_schedule_that_pauses_every_night_is_no_reason(conn: sqlite3.Connection) -> None:
    conn.execute("DELETE FROM runs")
    for day in (3, 2, 1):
        for minutes in range(0, 16 * 60, 10):  # 06:00 to 22:00
            add_run(conn, day * 1440 - minutes)
    assert reasons(conn, NOW - timedelta(minutes=1)) == []


def test_active_run_is_no_reason(conn: sqlite3.Connection, database: Path) -> None:
    with cycle_lock(database, "tumen run"):
        assert reasons(conn, NOW + timedelta(hours=2)) == []


def test_daemon_says_when_the_next_cycle_is_expected(conn: sqlite3.Connection, database: Path) -> None:
    daemon = DaemonLock(database)
    daemon.write(timedelta(hours=8))
    assert daemon_state(database).interval == timedelta(hours=8)
    assert reasons(conn, NOW + timedelta(hours=8)) == []
    with pytest.raises(LockHeld, match="another daemon is active: process"):
        DaemonLock(database)
    daemon.release()
    assert reasons(conn) == []


def test_holder_of_a_lock_is_seen_from_another_container_and_a_dead_one_is_not(database: Path) -> None:
    import os

    path = database.with_name("tumen.db.lock")
    with cycle_lock(database, "tumen run"):
        path.write_text("tumen run (process 4194300, since 2026-11-30 09:14:00 UTC)", encoding="utf-8")
        assert holder(database).startswith("tumen run (process 4194300")
    path.write_text(
        f"tumen run (process {os.getpid()}, since …)", encoding="utf-8"
    )  # the number belongs to another now
    assert holder(database) == ""


def test_daemon_that_was_killed_is_reported(conn: sqlite3.Connection, database: Path) -> None:
    import os

    daemon = DaemonLock(database)
    daemon.write(timedelta(minutes=5))
    os.close(daemon._handle)  # what the system does when a process is killed
    assert [reason.partition(" (process")[0] for reason in reasons(conn)] == ["The daemon is gone without a clean stop"]


@pytest.mark.parametrize(
    ("ended", "times", "reason"),
    [
        (73, 1, "The last run ended with status 73 (the disk is full): run “tumen doctor”."),
        (73, 3, "The last 3 runs ended with status 73 (the disk is full): run “tumen doctor”."),
        (70, 1, "The last run ended with status 70 (the disk is full): run “tumen doctor”."),
        (69, 2, None),
        (69, 3, "The last 3 runs could reach nothing: check the network and the name servers of this machine."),
        (1, 5, None),
    ],
)
def test_runs_that_end_badly_are_reported(conn: sqlite3.Connection, ended: int, times: int, reason: str | None) -> None:
    for number in range(times):
        add_run(conn, 0.9 - number / 100, ended, "the disk is full")
    assert reasons(conn) == ([reason] if reason else [])
    add_run(conn, 0, 0)
    assert reasons(conn) == []


def test_runs_that_are_killed_are_reported(conn: sqlite3.Connection) -> None:
    add_run(conn, 0.9, None, killed=True)
    assert reasons(conn) == []
    add_run(conn, 0.8, None, killed=True)
    assert reasons(conn) == [
        "The last 2 runs were killed before their end: check memory, time limits and the system's log."
    ]


def test_run_of_an_older_tumen_has_no_status_and_is_no_reason(conn: sqlite3.Connection) -> None:
    add_run(conn, 0.5, None)
    assert reasons(conn) == []


@pytest.mark.parametrize(("tries", "hours", "stuck"), [(3, 2, True), (1, 2, False), (3, 0.5, False)])
def test_alerts_that_nobody_accepts_are_reported_after_an_hour(
    conn: sqlite3.Connection, tries: int, hours: float, stuck: bool
) -> None:
    conn.execute(
        "INSERT INTO alerts (rule, target, key, subject, body, made_at, state, tries)"
        " VALUES ('r', 't', 'k', 's', 'b', ?, 'waiting', ?)",
        (to_text(NOW - timedelta(hours=hours)), tries),
    )
    assert any("not been accepted for an hour" in reason for reason in reasons(conn)) == stuck


def test_failed_backup_is_reported_until_one_succeeds(conn: sqlite3.Connection) -> None:
    for name, at in (("copy", NOW - timedelta(days=1)), ("copy tried", NOW)):
        conn.execute("INSERT INTO alert_times (name, at) VALUES (?, ?)", (name, to_text(at)))
    assert [reason.partition(" failed")[0] for reason in reasons(conn)] == [f"The backup of {to_text(NOW)}"]
    conn.execute("UPDATE alert_times SET at = ? WHERE name = 'copy'", (to_text(NOW),))
    assert reasons(conn) == []
