"""Failures of the machine: full disk, read-only file, no DNS, locked database, wrong clock, killed worker.

Each gives one clear line, and nothing is lost.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.store.schema import BUSY_SECONDS
from tests.cycle.crash import command, contents

if TYPE_CHECKING:
    from tests.cycle.desk import Desk

pytestmark = pytest.mark.alone


@cache
def may_mount() -> bool:
    """Return whether a test may mount file systems in a namespace of its own."""
    try:
        done = subprocess.run(
            ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False, timeout=20
        )
    except OSError:
        return False
    return done.returncode == 0


mounts = pytest.mark.skipif(not may_mount(), reason="needs permission to mount in its own namespace")


def in_namespace(script: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script that may mount file systems, then a command."""
    whole = ["unshare", "-rm", "sh", "-c", f'{script}\nexec "$@"', "sh", *map(str, words)]
    return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=100)


def one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 73, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr


@mounts
@pytest.mark.parametrize("kilobytes", [900, 1300])
def test_full_disk_stops_the_cycle_with_one_line_and_the_next_cycle_continues(
    desk: Desk, tmp_path: Path, kilobytes: int
) -> None:
    desk.run()
    undisturbed = contents(desk.database)
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    script = f"mount -t tmpfs -o size={kilobytes}k tmpfs {disk}"
    run = command(disk / "tumen.db", desk.config)
    keep = f'"$@"; status=$?; cp {disk}/tumen.db* {kept}; exit $status'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f"{script}\n{keep}", "sh", *run], capture_output=True, text=True, check=False
    )
    one_line(done, "the disk is full")
    left = kept / "tumen.db"
    with closing(sqlite3.connect(left)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again = subprocess.run(command(left, desk.config), capture_output=True, text=True, check=False, timeout=100)
    assert again.returncode == 1, again.stderr  # one feed of the world is broken
    assert contents(left) == undisturbed


@mounts
def test_read_only_disk_gives_one_line_and_status_still_works(desk: Desk) -> None:
    desk.run()
    folder = desk.database.parent
    script = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"
    one_line(in_namespace(script, *command(desk.database, desk.config)), "Read-only")
    done = in_namespace(script, sys.executable, "-m", "pipeline", "status", "--db", desk.database)
    assert "Articles" in done.stdout, done.stderr


@pytest.mark.parametrize("words", [["run"], ["status"], ["brief"], ["doctor"], ["reindex"]], ids=" ".join)
def test_damaged_database_gives_one_line_without_a_traceback(desk: Desk, words: list[str]) -> None:
    desk.run()
    whole = desk.database.read_bytes()
    half = len(whole) // 3 // 4096 * 4096  # the first pages, with the schema, stay
    desk.database.write_bytes(whole[:half] + bytes(255 - byte for byte in whole[half:]))
    options: list[str | Path] = ["--config", desk.config] if words == ["run"] else []
    call: list[str | Path] = [sys.executable, "-m", "pipeline", *words, "--db", desk.database, *options]
    done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    assert done.returncode in (1, 2, 73), (done.returncode, done.stdout, done.stderr)
    assert "damaged" in done.stdout + done.stderr


def test_without_dns_the_run_gives_one_line_and_feeds_are_retried(desk: Desk) -> None:
    feeds = desk.config / "feeds.toml"
    feeds.write_text(feeds.read_text(encoding="utf-8").replace("127.0.0.1", "news.invalid"), encoding="utf-8")
    done = subprocess.run(
        [*(["unshare", "-rn"] if may_mount() else []), *command(desk.database, desk.config)],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert "is this machine on the network?" in done.stderr
    assert desk.rows("SELECT count(*) FROM feeds WHERE failures = 0 AND status <> 'failing'") == [(7,)]


@pytest.mark.parametrize("seconds", [BUSY_SECONDS + 5])
def test_run_waits_for_a_locked_database_and_no_feed_counts_as_failed(desk: Desk, seconds: float) -> None:
    process = subprocess.Popen(command(desk.database, desk.config), stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not any(asked.path.endswith(".html") for asked in desk.world.log):  # the cycle is under way
        assert time.monotonic() < until, "no page was asked for"
        time.sleep(0.005)
    with closing(sqlite3.connect(desk.database, isolation_level=None, timeout=20)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        before = conn.execute("SELECT count(*) FROM articles").fetchone()[0]
        time.sleep(seconds)
        conn.execute("ROLLBACK")
    _, said = process.communicate(timeout=100)
    assert before < 34
    assert process.returncode == 1, said
    assert desk.rows("SELECT count(*) FROM articles") == [(34,)]
    assert desk.rows("SELECT count(*) FROM feeds WHERE failures > 0") == [(1,)]  # the broken feed of the world


def test_database_that_stays_locked_gives_one_line(desk: Desk) -> None:
    desk.run()
    with closing(sqlite3.connect(desk.database, isolation_level=None)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        done = subprocess.run(
            command(desk.database, desk.config), capture_output=True, text=True, check=False, timeout=100
        )
    one_line(done, "another program keeps it locked")


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)])
def test_clock_that_jumps_a_day_doubles_no_article_and_stops_no_feed(desk: Desk, jump: timedelta) -> None:
    desk.run()
    before = contents(desk.database)["articles"]
    desk.later = jump
    desk.run()
    after = contents(desk.database)["articles"]
    assert [row for row in after if row in before] == before
    # the page that is not there was tried a second time by then, so its article has the text of the feed
    assert [row[3] for row in after if row not in before] == (["feed"] if jump > timedelta() else [])
    desk.later = timedelta()  # the clock is right again
    fresh = desk.world.tick(2)
    desk.later += timedelta(minutes=20)
    report = desk.run()
    if jump > timedelta():  # everything was polled “tomorrow”; it is due now all the same
        assert report.feeds_polled == 7
        assert report.articles_stored == len(fresh) > 0


def test_every_article_is_stored_although_workers_are_killed_repeatedly(desk: Desk) -> None:
    process = subprocess.Popen(command(desk.database, desk.config), stderr=subprocess.PIPE, text=True)
    over = threading.Event()
    killed: list[int] = []

    def kill() -> None:
        while not over.wait(0.15) and len(killed) < 6:
            for child in _children(process.pid):
                try:
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                killed.append(child)

    thread = threading.Thread(target=kill)
    thread.start()
    _, said = process.communicate(timeout=100)
    over.set()
    thread.join()
    assert killed
    assert process.returncode in (0, 1), said
    again = subprocess.run(command(desk.database, desk.config), capture_output=True, check=False, timeout=100)
    assert again.returncode == 1
    with closing(sqlite3.connect(desk.database)) as conn:
        conn.execute("UPDATE entries SET next_try_at = '2020-01-01T00:00:00Z' WHERE state = 'failed'")
        conn.commit()
    subprocess.run(command(desk.database, desk.config), capture_output=True, check=False, timeout=100)
    assert desk.rows("SELECT count(*) FROM articles WHERE method <> 'feed'") == [(34,)]


def _children(pid: int) -> list[int]:
    """Return the child processes of this one from /proc; empty on systems without it."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found
