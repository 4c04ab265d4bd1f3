"""Single steps of the daemon, in this process: time limits, jumps of the clock, one command at a time."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from pipeline.daemon import Daemon
from pipeline.daemon.child import Children
from pipeline.daemon.schedule import longest_interval
from pipeline.settings import load_settings
from pipeline.shipped import CONFIG
from pipeline.store.lock import DaemonLock


@dataclass
class Clock:
    """A clock that can be set."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return datetime.now(UTC).timestamp() + self.ahead


@dataclass
class Recorder:
    """Takes the place of the child processes, and records the time limit of each command."""

    limits: dict[str, float] = field(default_factory=dict)

    def call(self, *arguments: str, limit: float) -> None:
        self.limits[arguments[0]] = limit


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def daemon(tmp_path: Path, clock: Clock) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path / "tumen.db", CONFIG, load_settings, clock)
    daemon.lock = DaemonLock(daemon.database)
    yield daemon
    daemon.lock.release()
    shutil.rmtree(daemon.copies, ignore_errors=True)


def test_no_cycle_creates_a_database_that_is_gone(daemon: Daemon, caplog: pytest.LogCaptureFixture) -> None:
    children = Recorder()
    daemon.children = children  # type: ignore[assignment]  # only ``call`` is used
    daemon.cycle()
    assert children.limits == {}
    assert "tumen.db is gone: mount its disk" in caplog.text


def test_cycle_may_take_three_times_its_configured_minutes(daemon: Daemon) -> None:
    settings = daemon._adopt(CONFIG)
    daemon.database.touch()
    children = Recorder()
    daemon.children = children  # type: ignore[assignment]  # only ``call`` is used
    daemon.cycle()
    daemon.housekeeping()
    assert children.limits == {"run": settings.cycle.minutes * 180, "doctor": 6 * 3600}
    assert children.limits["run"] >= 1800, "a large list of feeds needs half an hour and more"


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(seconds=70)])
def test_jump_of_the_clock_restarts_the_schedule_once(
    daemon: Daemon, clock: Clock, caplog: pytest.LogCaptureFixture, jump: timedelta
) -> None:
    scheduler = BackgroundScheduler(timezone="UTC")
    daemon._schedule(scheduler, daemon._adopt(CONFIG))
    look: Callable[[], None] = lambda: daemon._check_clock(scheduler)  # noqa: E731
    with caplog.at_level(logging.WARNING):
        look()
        assert caplog.messages == []
        clock.ahead += jump.total_seconds()
        for _ in range(3):
            look()
        assert len(caplog.messages) == 1
        clock.ahead -= jump.total_seconds()
        look()
        look()
    assert [message.split(";")[0] for message in caplog.messages] == [
        f"the clock jumped by {seconds:+.0f} seconds" for seconds in (jump.total_seconds(), -jump.total_seconds())
    ]


def test_correction_of_the_clock_by_seconds_is_no_jump(
    daemon: Daemon, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = BackgroundScheduler(timezone="UTC")
    daemon._schedule(scheduler, daemon._adopt(CONFIG))
    for clock.ahead in (30.0, -20.0):
        daemon._check_clock(scheduler)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_housekeeping_waits_for_the_end_of_a_cycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "tumen"
    command.write_text(f"#!/bin/sh\nmkdir {tmp_path}/busy || exit 9\nsleep 0.1\nrmdir {tmp_path}/busy\n")
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(command))
    children = Children(tmp_path / "tumen.db")
    with ThreadPoolExecutor(3) as threads:
        ended = threads.map(lambda name: children.call(name, limit=60), ("run", "doctor", "run"))
    assert [one and one.status for one in ended] == [0, 0, 0]


_HALF_A_MONTH_AHEAD = (datetime.now(UTC).day + 14) % 28 + 1


@pytest.mark.parametrize(
    ("cron", "least", "most"),
    [("0 3 * * *", 1, 1), ("0 3 * * mon", 7, 7), (f"0 3 {_HALF_A_MONTH_AHEAD} * *", 28, 31)],
    ids=["daily", "weekly", "monthly"],
)
def test_interval_of_a_schedule_does_not_depend_on_the_day_of_the_call(cron: str, least: int, most: int) -> None:
    interval = longest_interval(CronTrigger.from_crontab(cron, timezone=UTC))
    assert timedelta(days=least) <= interval <= timedelta(days=most)
