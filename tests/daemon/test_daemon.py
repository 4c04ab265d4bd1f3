"""``tumen daemon`` as systemd calls it: real processes, signals, the notify socket, the demo's world on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.demo import write_config

if TYPE_CHECKING:
    from pipeline.demo import World


class Running:
    """A daemon, its log lines and what it told systemd."""

    def __init__(self, database: Path, config: Path, socket_path: Path, *arguments: str) -> None:
        self.database = database
        self.config = config
        self.lines: list[str] = []
        self.told: list[str] = []
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.channel.bind(str(socket_path))
        self.channel.settimeout(0.2)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "daemon", "--db", str(database), "--config", str(config), *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"NOTIFY_SOCKET": str(socket_path), "WATCHDOG_USEC": "2000000"},
        )
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._read), threading.Thread(target=self._listen)]
        for thread in self.threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())

    def _listen(self) -> None:
        while not self.over.is_set():
            try:
                self.told += self.channel.recv(4096).decode().splitlines()
            except TimeoutError:
                continue

    def wait(self, words: str, where: str = "lines", seconds: float = 30) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for line in list(getattr(self, where)):
                if words in line:
                    return str(line)
            time.sleep(0.05)
        raise AssertionError(f"{words!r} was not said in {getattr(self, where)}")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.over.set()
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


def test_it_works_tells_systemd_and_stops_in_time(daemon: Running) -> None:
    daemon.wait("READY=1", "told")
    line = daemon.wait("cycle run=")
    assert "articles_stored=34" in line
    daemon.wait("feed “Atlantis Wire” fails")
    daemon.wait("WATCHDOG=1", "told")
    began = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(10) == 0
    assert time.monotonic() - began < 10
    daemon.wait("STOPPING=1", "told", 2)


def test_a_stop_in_the_middle_of_a_cycle_loses_nothing(daemon: Running, world: World) -> None:
    daemon.wait("watching")
    time.sleep(0.8)
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(10) == 0
    again = ["run", "--force", "--json", "--db", str(daemon.database), "--config", str(daemon.config)]
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *again],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    conn = sqlite3.connect(daemon.database)
    assert conn.execute("SELECT count(*) FROM articles").fetchone() == (34,)
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    conn.close()


def test_a_wrong_config_is_refused_and_a_right_one_taken(daemon: Running) -> None:
    daemon.wait("cycle run=")
    settings = daemon.config / "tumen.toml"
    right = settings.read_text(encoding="utf-8")
    settings.write_text(right + "\n[daemon\n", encoding="utf-8")  # half-written
    daemon.process.send_signal(signal.SIGHUP)
    line = daemon.wait("refused, the old one stays")
    assert str(settings) in line
    settings.write_text(right + '\n[daemon]\ntimezone = "Mars/Olympus"\n', encoding="utf-8")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait("is no time zone")
    settings.write_text(right + "\n[daemon]\nevery_minutes = 0.1\n", encoding="utf-8")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait("config read anew")
    count = sum("cycle run=" in line for line in daemon.lines)
    until = time.monotonic() + 20
    while sum("cycle run=" in line for line in daemon.lines) == count and time.monotonic() < until:
        time.sleep(0.1)
    assert sum("cycle run=" in line for line in daemon.lines) > count
    assert daemon.process.poll() is None


def test_a_wrong_config_at_the_start_is_one_line_and_status_78(tmp_path: Path) -> None:
    (tmp_path / "tumen.toml").write_text('[daemon]\ncron = "every day"\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "daemon", "--db", tmp_path / "x.db", "--config", tmp_path],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert "[daemon] › cron" in done.stderr


def test_the_log_as_json_has_an_object_a_line(world: World, tmp_path: Path) -> None:
    config = write_config(world, tmp_path / "config")
    running = Running(tmp_path / "tumen.db", config, tmp_path / "notify", "--log", "json")
    try:
        running.wait("cycle run=")
        told = [json.loads(line) for line in list(running.lines)]
        cycle = next(one for one in told if "run" in one)
        assert cycle["run"] == 1
        assert cycle["articles_stored"] == 34
        assert {"at", "level", "message"} <= cycle.keys()
    finally:
        running.end()
