"""Checks that Tumen still works: overdue feeds, failed runs, a daemon that has stopped, alerts that no target accepts.

In: the database and the lock files beside it. Out: a ``Watch``, and one sentence per reason to look.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path

from pipeline.store import lock
from pipeline.store.values import to_text, to_time

_LATE_INTERVALS = 3  # a feed that waits for longer than this many cycle intervals is overdue
_UNKNOWN_INTERVAL = timedelta(minutes=20)
_LEAST_INTERVAL = timedelta(minutes=5)
_RUNS = 200  # runs that the usual interval is estimated from
_ACCEPT_WITHIN = timedelta(hours=1)
_BAD = {69: 3, 70: 1, 73: 1, 78: 1}  # exit status of a run: so many in a row are a reason to look
_KILLED = 2  # runs without an end


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Whether feeds are polled, runs succeed and alerts are accepted.

    Attributes:
        last_run_status: exit status of the last run that ended; None if it was killed, or is of an older Tumen.
        last_run_at: start of that run.
        bad_runs: runs in a row, the last included, that ended with this status.
        problem: what stopped the last run, else "".
        overdue_since: since when feeds wait to be polled, if that is too long.
        daemon_gone: the daemon that died without a clean stop, else "".
        alerts_stuck: alerts that no target has accepted for an hour or longer.
        other_config: articles whose flags are of another config than that of the last run.
    """

    last_run_status: int | None = None
    last_run_at: str | None = None
    bad_runs: int = 0
    problem: str = ""
    overdue_since: str | None = None
    daemon_gone: str = ""
    alerts_stuck: int = 0
    other_config: int = 0


def read(conn: sqlite3.Connection, path: Path, now: datetime) -> Watch:
    """Read the state of polls, runs, daemon and alerts."""
    rows = conn.execute(
        "SELECT started_at, finished_at, status, problem, config_version FROM runs ORDER BY id DESC LIMIT ?", (_RUNS,)
    ).fetchall()
    is_active = bool(lock.holder(path))
    ended = rows[1:] if is_active and rows and rows[0]["finished_at"] is None else rows
    last = ended[0] if ended else None
    same = list(takewhile(lambda row: _end_of(row) == _end_of(ended[0]), ended))
    state = lock.daemon_state(path)
    return Watch(
        last_run_status=last["status"] if last else None,
        last_run_at=last["started_at"] if last else None,
        bad_runs=len(same) if last and len(same) >= _limit(last) else 0,
        problem=(last["problem"] or "") if last else "",
        overdue_since=None if is_active else _overdue(conn, rows, state, now),
        daemon_gone="" if state.is_alive else state.text,
        alerts_stuck=_stuck(conn, now),
        other_config=_other_config(conn, rows),
    )


def problems(watch: Watch) -> Iterator[str]:
    """Yield one sentence per reason to look, with what to do."""
    if watch.daemon_gone:
        yield f"The daemon is gone without a clean stop ({watch.daemon_gone}): start it again and look at its log."
    if watch.overdue_since:
        yield f"Feeds are due since {watch.overdue_since} and are not polled: check the daemon, the timer or cron."
    if watch.bad_runs:
        runs = "The last run" if watch.bad_runs == 1 else f"The last {watch.bad_runs} runs"
        reason = f" ({watch.problem})" if watch.problem else ""
        if watch.last_run_status is None:
            yield f"{runs} were killed before their end: check memory, time limits and the system's log."
        elif watch.last_run_status == 69:
            yield f"{runs} could reach nothing: check the network and the name servers of this machine."
        else:
            yield f"{runs} ended with status {watch.last_run_status}{reason}: run “tumen doctor”."
    if watch.alerts_stuck:
        yield (
            f"{watch.alerts_stuck:,} alerts have not been accepted for an hour or longer: see “tumen alerts list”, then"
            " “tumen alerts send --retry”."
        )
    if watch.other_config:
        yield f"{watch.other_config:,} articles have flags of an earlier config: run “tumen reflag”."


def _end_of(row: sqlite3.Row) -> object:
    return "killed" if row["finished_at"] is None else row["status"]


def _limit(row: sqlite3.Row) -> int:
    """Return how many runs in a row with this end are a reason to look."""
    if row["finished_at"] is None and row["status"] is None:
        return _KILLED
    return _BAD.get(row["status"], _RUNS + 1)


def _overdue(conn: sqlite3.Connection, rows: list[sqlite3.Row], state: lock.DaemonState, now: datetime) -> str | None:
    due = conn.execute("SELECT min(due_at) FROM feeds WHERE enabled = 1 AND status <> 'gone'").fetchone()[0]
    if due is None or not rows:
        return None
    since = max(due, rows[0]["started_at"])  # a run polls all feeds that were due when it started
    interval = max(state.interval or _usual_interval(rows), _LEAST_INTERVAL)
    return due if since < to_text(now - _LATE_INTERVALS * interval) else None


def _usual_interval(rows: list[sqlite3.Row]) -> timedelta:
    """Estimate the interval of timer or cron. One long gap is an outage, two are a schedule that pauses at night."""
    starts = [to_time(row["started_at"]) for row in rows]
    gaps = sorted(later - earlier for later, earlier in pairwise(starts))
    return gaps[-2] if len(gaps) >= 2 else _UNKNOWN_INTERVAL


def _stuck(conn: sqlite3.Connection, now: datetime) -> int:
    stuck: int = conn.execute(
        "SELECT count(*) FROM alerts INDEXED BY alerts_open WHERE state <> 'sent' AND state <> 'failed' AND tries >= 2"
        " AND made_at < ?",
        (to_text(now - _ACCEPT_WITHIN),),
    ).fetchone()[0]
    return stuck


def _other_config(conn: sqlite3.Connection, rows: list[sqlite3.Row]) -> int:
    version = next((row["config_version"] for row in rows if row["config_version"]), None)
    if version is None:
        return 0
    other: int = conn.execute(
        "SELECT (SELECT count(*) FROM articles INDEXED BY articles_config)"
        " - (SELECT count(*) FROM articles INDEXED BY articles_config WHERE config_version = ?)",
        (version,),
    ).fetchone()[0]
    return other
