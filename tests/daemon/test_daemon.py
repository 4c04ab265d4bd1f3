"""``tumen daemon`` as systemd starts it: real processes, signals, notify socket, and the demo's sites on loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.daemon import Daemon
from pipeline.daemon.child import Children
from pipeline.daemon.schedule import triggers
from pipeline.demo import write_config
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from pipeline.settings.daemon import DaemonSettings
from pipeline.shipped import CONFIG
from tests.cycle.crash import left

if TYPE_CHECKING:
    from pipeline.demo import World

pytestmark = pytest.mark.alone


class Running:
    """A daemon, its log lines, and its messages to systemd."""

    def __init__(
        self, database: Path, config: Path, socket_path: Path, *arguments: str, command: list[str] | None = None
    ) -> None:
        self.database = database
        self.config = config
        self.lines: list[str] = []
        self.messages: list[str] = []
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.channel.bind(str(socket_path))
        self.channel.settimeout(0.2)
        default = [
            sys.executable,
            "-m",
            "pipeline",
            "daemon",
            "--db",
            str(database),
            "--config",
            str(config),
            *arguments,
        ]
        self.process = subprocess.Popen(
            command or default,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | {"NOTIFY_SOCKET": str(socket_path), "WATCHDOG_USEC": "2000000"},
        )
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._read_log), threading.Thread(target=self._read_messages)]
        for thread in self.threads:
            thread.start()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())

    def _read_messages(self) -> None:
        while not self.ended.is_set():
            try:
                self.messages += self.channel.recv(4096).decode().splitlines()
            except TimeoutError:
                continue

    def wait(self, text: str, where: str = "lines", seconds: float = 60) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for line in list(getattr(self, where)):
                if text in line:
                    return str(line)
            time.sleep(0.05)
        raise AssertionError(f"{text!r} is not in {getattr(self, where)}")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.ended.set()
        for thread in self.threads:
            thread.join()
        if self.process.stderr is not None:
            self.process.stderr.close()
        self.channel.close()


@pytest.fixture
def daemon(world: World, tmp_path: Path) -> Iterator[Running]:
    config = write_config(world, tmp_path / "config")
    running = Running(tmp_path / "tumen.db", config, tmp_path / "notify")
    yield running
    running.end()


def test_daemon_runs_cycles_notifies_systemd_and_stops_in_time(daemon: Running) -> None:
    daemon.wait("READY=1", "messages")
    line = daemon.wait("cycle run=")
    assert "articles_stored=34" in line
    daemon.wait("feed “Atlantis Wire” fails")
    daemon.wait("WATCHDOG=1", "messages")
    start = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(10) == 0
    assert time.monotonic() - start < 10
    daemon.wait("STOPPING=1", "messages", 2)


def test_stop_with_pages_in_flight_loses_nothing_and_leaves_no_process(world: World, tmp_path: Path) -> None:
    slow = next(iter(world.origins))
    world.fault(slow, "hang", where="page")
    running = Running(tmp_path / "tumen.db", write_config(world, tmp_path / "config"), tmp_path / "notify")
    try:
        until = time.monotonic() + 60
        while not any(request.site == slow and ".xml" not in request.path for request in world.log):
            assert time.monotonic() < until, "no page was requested"
            time.sleep(0.05)
        time.sleep(0.3)
        start = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(10) == 0
        assert time.monotonic() - start < 10
        running.wait("the running job was stopped")
        assert left(running.process.pid) == []
    finally:
        running.end()
    world.fault(slow, None, where="page")
    arguments = ["run", "--force", "--json", "--db", str(running.database), "--config", str(running.config)]
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    conn = sqlite3.connect(running.database)
    assert conn.execute("SELECT count(*) FROM articles").fetchone() == (34,)
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    conn.close()


def _set_every(config: Path, minutes: float) -> None:
    settings = config / "tumen.toml"
    text = settings.read_text(encoding="utf-8").partition("\n[daemon]")[0]
    settings.write_text(f"{text}\n[daemon]\nevery_minutes = {minutes}\n", encoding="utf-8")


def _cycles(running: Running) -> int:
    return sum("cycle run=" in line for line in running.lines)


def test_runs_missed_during_suspend_become_one(world: World, tmp_path: Path) -> None:
    config = write_config(world, tmp_path / "config")
    _set_every(config, 0.1)
    running = Running(tmp_path / "tumen.db", config, tmp_path / "notify")
    try:
        running.wait("cycle run=2 ")
        running.process.send_signal(signal.SIGSTOP)
        time.sleep(20)  # three runs are missed
        before = _cycles(running)
        awake = time.monotonic()
        running.process.send_signal(signal.SIGCONT)
        running.wait(f"cycle run={before + 3} ")
        # One run replaces those missed, the next due one may follow at once, and the one after it six seconds later.
        assert time.monotonic() - awake > 5
        assert not any("was missed by" in line or "Traceback" in line for line in running.lines)
    finally:
        running.end()


@pytest.mark.parametrize("jump", [86_400, -86_400])
def test_cycles_continue_after_clock_jumps_by_a_day(world: World, tmp_path: Path, jump: int) -> None:
    config, ahead = write_config(world, tmp_path / "config"), tmp_path / "ahead"
    _set_every(config, 60)
    ahead.write_text("0", encoding="ascii")
    script = (
        "import sys, time; from pathlib import Path; from pipeline.daemon import Daemon\n"
        "from pipeline.cli import logs; from pipeline.store import open_store; logs.to_stderr('text', 20)\n"
        "database, config, ahead = map(Path, sys.argv[1:]); open_store(database).close()\n"
        "from pipeline.settings import load_settings\n"
        "Daemon(database, config, load_settings, lambda: time.time() + float(ahead.read_text())).run()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "tumen.db"), str(config), str(ahead)]
    running = Running(tmp_path / "tumen.db", config, tmp_path / "notify", command=command)
    try:
        running.wait("cycle run=1 ")
        ahead.write_text(str(jump), encoding="ascii")
        running.wait("the clock jumped by")
        running.wait("cycle run=2 ")
    finally:
        running.end()


def test_hanging_command_is_killed_and_none_starts_after_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    children = Children(tmp_path / "none.db")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(tmp_path / "nothing"))
        unable = children.call("run", limit=60)
    assert unable is not None
    assert (unable.status, unable.last_line) == (71, "no process could be started (No such file or directory)")
    ended = children.call("run", limit=0.02)
    assert ended is not None
    assert ended.too_long
    missing = children.call("backup", str(tmp_path / "copy.db"), limit=60)
    assert missing is not None
    assert (missing.status, missing.too_long) == (73, False)
    assert "does not exist" in missing.last_line
    assert not children.stop()
    assert children.call("run", limit=60) is None


@pytest.mark.parametrize(
    ("zone", "before", "expected"),
    [
        ("Europe/Berlin", "2026-03-28T05:00+01:00", ["2026-03-29T04:20+02:00", "2026-03-30T04:20+02:00"]),
        ("Europe/Berlin", "2026-10-24T05:00+02:00", ["2026-10-25T04:20+01:00", "2026-10-26T04:20+01:00"]),
        ("Asia/Seoul", "2026-03-28T05:00+09:00", ["2026-03-29T04:20+09:00", "2026-03-30T04:20+09:00"]),
    ],
)
def test_cron_expression_follows_local_time(zone: str, before: str, expected: list[str]) -> None:
    cycles, _ = triggers(DaemonSettings(cron="20 4 * * *", timezone=zone))
    at: datetime | None = None
    found, now = [], datetime.fromisoformat(before)
    for _ in expected:
        at = cycles.get_next_fire_time(at, now)
        assert at is not None
        found.append(at.isoformat(timespec="minutes"))
        now = at + timedelta(seconds=1)
    assert found == expected


def test_log_lines_name_their_run_and_contain_no_secrets_or_texts(world: World, tmp_path: Path) -> None:
    config = write_config(world, tmp_path / "config")
    (config / "alerts.toml").write_text(
        '[[target]]\nname = "hook"\nurl = "json://desk:hunter2hunter2@127.0.0.1:9/a-token-of-ours?-x=another-token"\n'
        '[[rule]]\nname = "All"\nto = ["hook"]\n[[rule]]\nname = "Feeds"\nto = ["hook"]\nwhen = "feed"\n',
        encoding="utf-8",
    )
    running = Running(tmp_path / "tumen.db", config, tmp_path / "notify", "--log", "json")
    try:
        running.wait("alerts not sent: target")
        entries = [json.loads(line) for line in list(running.lines)]
        for text in ("cycle run=1", "feed “Atlantis Wire” fails", "alerts not sent"):
            assert [entry["run"] for entry in entries if text in entry["message"]][:1] == [1]
        whole = "\n".join(running.lines)
        for secret in ("hunter2", "a-token-of-ours", "another-token"):
            assert secret not in whole
        for title, text in sqlite3.connect(running.database).execute("SELECT title, text FROM articles"):
            assert title not in whole
            assert text[:40] not in whole
    finally:
        running.end()


def test_reload_refuses_wrong_config_and_accepts_right_one(daemon: Running) -> None:
    daemon.wait("cycle run=")
    settings = daemon.config / "tumen.toml"
    right = settings.read_text(encoding="utf-8")
    settings.write_text(right + "\n[daemon\n", encoding="utf-8")  # a half-written file
    daemon.process.send_signal(signal.SIGHUP)
    line = daemon.wait("the old one stays in use")
    assert str(settings) in line
    settings.write_text(right + '\n[daemon]\ntimezone = "Mars/Olympus"\n', encoding="utf-8")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait("is not a time zone")
    settings.write_text(right + "\n[daemon]\nevery_minutes = 0.1\n", encoding="utf-8")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait("config reloaded")
    count = sum("cycle run=" in line for line in daemon.lines)
    until = time.monotonic() + 20
    while sum("cycle run=" in line for line in daemon.lines) == count and time.monotonic() < until:
        time.sleep(0.1)
    assert sum("cycle run=" in line for line in daemon.lines) > count
    assert daemon.process.poll() is None


def test_config_copy_of_running_cycle_survives_reload(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path / "tumen.db", CONFIG, load_settings)
    copies = []
    for _ in range(3):
        daemon._adopt(CONFIG)
        copies.append(daemon.config)
        assert (daemon.config / "feeds.toml").exists()
    assert [copy.exists() for copy in copies] == [False, True, True]
    (tmp_path / "tumen.toml").write_text('[daemon]\ncron = "never"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="is not a cron expression"):
        daemon._adopt(tmp_path)
    assert daemon.config == copies[-1]
    assert sorted(daemon.copies.iterdir()) == copies[1:]
    shutil.rmtree(daemon.copies)


@pytest.mark.parametrize(
    ("key", "text"),
    [("[daemon] › cron", '[daemon]\ncron = "x"\n'), ("[flagging] › semantic", '[flagging]\nsemantic = "x"\n')],
)
def test_wrong_config_at_start_is_one_line_and_status_78(tmp_path: Path, key: str, text: str) -> None:
    (tmp_path / "tumen.toml").write_text(f'feeds = "shipped"\n{text}', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "daemon", "--db", tmp_path / "x.db", "--config", tmp_path],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert key in done.stderr
    assert str(tmp_path / "tumen.toml") in done.stderr, (
        "the message must name the file that people edit, not the daemon's copy"
    )


def test_json_log_has_one_object_per_line(world: World, tmp_path: Path) -> None:
    config = write_config(world, tmp_path / "config")
    running = Running(tmp_path / "tumen.db", config, tmp_path / "notify", "--log", "json")
    try:
        running.wait("cycle run=")
        entries = [json.loads(line) for line in list(running.lines)]
        cycle = next(entry for entry in entries if "run" in entry)
        assert cycle["run"] == 1
        assert cycle["articles_stored"] == 34
        assert {"at", "level", "message"} <= cycle.keys()
    finally:
        running.end()
