"""Scenarios that need whole runs: processes over real sockets. Numbers are those of ``docs/scenarios.md``."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import tumen
from tests.world.server import Answer, Hostile

TEXT = "<p>The envoys agreed to survey the harbour and the line behind it.</p>" * 30


def feed(*links: str) -> bytes:
    items = "".join(
        f"<item><title>Piece {link}</title><link>{link}</link><description><![CDATA[{TEXT}]]></description></item>"
        for link in links
    )
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


class Place:
    """A server, a config folder that watches some of its paths, and a database."""

    def __init__(self, server: Hostile, folder: Path, database: Path) -> None:
        self.server, self.folder, self.database = server, folder, database
        self.allow(seconds=2)

    def allow(self, *, seconds: int) -> None:
        (self.folder / "tumen.toml").write_text(
            f"[fetch]\npage_delay = 0\nfeed_delay = 0\ndeadline_seconds = {seconds}\n"
            f'allow_private = ["127.0.0.1:{self.server.port}"]\n'
        )

    def watch(self, *paths: str) -> None:
        (self.folder / "feeds.toml").write_text(
            "".join(f'[[feed]]\nname = "Feed {p}"\nurl = "{self.server.url(p)}"\nlanguage = "en"\n' for p in paths)
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a run as a process of its own."""
        command = [sys.executable, "-m", "pipeline", *self._words(arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        done = tumen(*self._words(arguments))
        return done.returncode, json.loads(done.stdout) if done.stdout else {}

    def _words(self, arguments: tuple[str, ...]) -> list[str]:
        return ["run", "--json", "--db", str(self.database), "--config", str(self.folder), *arguments]

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        conn = sqlite3.connect(self.database)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()

    def polls(self, path: str = "/feed") -> list[dict[str, str]]:
        return [asked.headers for asked in self.server.log if asked.path == path]


@pytest.fixture
def place(tmp_path: Path, config_folder: Path) -> Iterator[Place]:
    with Hostile() as server:
        server.answers["/feed"] = Answer(body=feed("/1", "/2"), headers={"ETag": '"a"'})
        made = Place(server, config_folder, tmp_path / "tumen.db")
        made.watch("/feed")
        yield made


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_08_next_process_sends_the_stored_validators(place: Place) -> None:
    place.run()
    place.start("--force").communicate()
    first, second = place.polls()
    assert "if-none-match" not in first
    assert second["if-none-match"] == '"a"'


def test_cycle_does_not_outlast_its_minutes_by_a_pause_between_two_pages(place: Place) -> None:
    (place.folder / "tumen.toml").write_text(
        f'[fetch]\npage_delay = 6\nallow_private = ["127.0.0.1:{place.server.port}"]\n'
        "[cycle]\nminutes = 0.1\nfeed_text_characters = 1000000\n"
    )
    _, report = place.run()
    assert report["seconds"] < 5  # the second page may be asked for after six
    assert place.rows("SELECT count(*) FROM fetches WHERE kind = 'page'") == [(1,)]
    assert ("new",) in place.rows("SELECT state FROM entries")


def test_09_crash_between_download_and_commit_loses_no_entry(place: Place) -> None:
    place.watch("/other")
    place.run()  # creates the database and stores no entry
    place.watch("/feed")
    place.server.answers["/feed"].wait = 1
    process = place.start()
    wait_for(place.polls)
    writer = sqlite3.connect(place.database, isolation_level=None, timeout=20)
    writer.execute("BEGIN IMMEDIATE")  # from now on nothing can be committed
    time.sleep(2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    writer.execute("ROLLBACK")
    writer.close()
    assert place.rows("SELECT etag FROM feeds WHERE name = 'Feed /feed'") == [(None,)]
    place.server.answers["/feed"].wait = 0
    _, report = place.run()
    assert "if-none-match" not in place.polls()[-1]
    assert report["entries_new"] == 2


def test_18_content_location_is_the_base_of_links_and_not_the_address_of_the_feed(place: Place) -> None:
    place.server.answers["/feed"] = Answer(
        body=feed("a/1"), headers={"Content-Location": "/rss/ko/index.xml", "Vary": "User-Agent"}
    )
    place.server.answers["/away"] = Answer(
        body=feed("a/2"), headers={"Content-Location": "http://elsewhere.example/rss/index.xml"}
    )
    place.watch("/feed", "/away")
    place.run()
    urls = {row[0] for row in place.rows("SELECT published_url FROM entries")}
    assert urls == {place.server.url("/rss/ko/a/1"), place.server.url("/a/2")}
    assert {row[0] for row in place.rows("SELECT asked_url FROM feeds")} == {
        place.server.url("/feed"),
        place.server.url("/away"),
    }


def test_34_one_of_two_processes_started_together_polls(place: Place) -> None:
    place.server.answers["/feed"].wait = 1
    both = [place.start(), place.start()]
    for process in both:
        process.communicate(timeout=60)
    assert sorted(process.returncode for process in both) in ([0, 75], [0, 0])
    assert len(place.polls()) == 1


def test_66_one_bad_feed_among_fifty_does_not_affect_the_others(place: Place) -> None:
    good = [f"/good/{number}" for number in range(49)]
    for path in good:
        place.server.answers[path] = Answer(body=feed(f"{path}/1"))
    place.watch(*good[:20], "/gzip-bomb", *good[20:])
    place.allow(seconds=15)  # a busy machine may need more than two to send the bomb
    status, report = place.run()
    assert status == 1
    assert (report["feeds_polled"], report["feeds_failed"], report["articles_stored"]) == (50, 1, 49)
    [trouble] = report["troubles"]
    assert trouble["name"] == "Feed /gzip-bomb"
    assert report["seconds"] < 20
