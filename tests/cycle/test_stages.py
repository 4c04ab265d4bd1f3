"""Single steps of a cycle over a loopback server, in this process: which addresses are requested, and how often."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cycle.run import run_cycle
from tests.world.server import Answer, Hostile

TEXT = "The envoys agreed to survey the harbour and the line behind it. " * 40
PAGE = f"<html><body><article><h1>Harbour</h1><p>{TEXT}</p></article></body></html>".encode()


class Watched:
    """One feed, “/feed”, of an English-language Korean source, and the cycles that watch it."""

    def __init__(self, server: Hostile, folder: Path) -> None:
        self.server, self.folder, self.database = server, folder, folder / "tumen.db"
        self.at = datetime.now(UTC)
        (folder / "tumen.toml").write_text(
            f'[fetch]\npage_delay = 0\nfeed_delay = 0\nallow_private = ["127.0.0.1:{server.port}"]\n'
        )
        (folder / "feeds.toml").write_text(
            f'[[feed]]\nname = "Paper"\nurl = "{server.url("/feed")}"\nlanguage = "en"\nhome = "KR"\n'
        )

    def publish(self, *items: str, path: str = "/feed") -> None:
        body = "".join(f"<item>{item}</item>" for item in items)
        document = f'<rss version="2.0"><channel><title>T</title>{body}</channel></rss>'
        self.server.answers[path] = Answer(body=document.encode())

    def cycle(self, later: timedelta = timedelta()) -> list[str]:
        """Run a cycle, due or not, and return the paths that it requested."""
        self.at += later
        self.server.log.clear()
        run_cycle(self.database, self.folder, trigger="test", force=True, now=lambda: self.at, rng=random.Random(1))
        return self.server.paths()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        conn = sqlite3.connect(self.database)
        try:
            with conn:
                return conn.execute(sql).fetchall()
        finally:
            conn.close()


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[Watched]:
    with Hostile() as server:
        yield Watched(server, tmp_path)


def whole(link: str, date: str = "") -> str:
    """An item with its whole text, so that no page is requested."""
    return f"<title>Harbour {link}</title><link>{link}</link>{date}<description><![CDATA[<p>{TEXT}</p>]]></description>"


def test_feed_that_has_moved_is_requested_at_its_new_address_only(paper: Watched) -> None:
    paper.publish(whole("/1"), path="/new")
    paper.server.answers["/feed"] = Answer(status=301, headers={"Location": "/new"})
    for _ in range(3):
        assert paper.cycle() == ["/feed", "/new"]
    assert paper.cycle() == ["/new"]


def test_time_without_a_zone_is_read_in_the_country_of_the_source(paper: Watched) -> None:
    paper.publish(whole("/1", "<pubDate>2026-11-20 15:00:00</pubDate>"))
    assert paper.cycle() == ["/feed"]
    assert paper.rows("SELECT published FROM articles") == [("2026-11-20T06:00:00Z",)]


def test_document_that_has_not_changed_is_not_read_again(paper: Watched) -> None:
    paper.publish(whole("/1"), whole("/2"))
    paper.cycle()
    paper.cycle()
    paper.publish(whole("/1"), whole("/2"), whole("/3"))
    paper.cycle()
    assert paper.rows("SELECT entries_total, entries_new FROM fetches ORDER BY id") == [(2, 2), (0, 0), (3, 1)]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("http://127.0.0.1:80/private", "not a public address"),
        ("http://user:word@news.example/", "no address that can be requested"),
    ],
    ids=["private address", "password"],
)
def test_entry_that_links_to_a_forbidden_address_is_given_up_at_once(paper: Watched, link: str, reason: str) -> None:
    paper.publish(f"<title>Harbour</title><link>{link}</link>")
    assert paper.cycle() == ["/feed"]
    [(state, attempts, why)] = paper.rows("SELECT state, attempts, reason FROM entries")
    assert (state, attempts) == ("dead", 1)
    assert reason in str(why)


def test_page_of_an_entry_that_waits_and_is_edited_is_requested_once(paper: Watched) -> None:
    paper.publish("<title>Harbour</title><link>/1</link>")
    assert paper.cycle().count("/1") == 1
    assert paper.rows("SELECT state, attempts FROM entries") == [("failed", 1)]
    paper.publish("<title>Harbour again</title><link>/1</link><description>Edited.</description>")
    paper.server.answers["/1"] = Answer(status=503)
    assert paper.cycle(timedelta(hours=1)).count("/1") == 1


def test_page_is_not_requested_before_the_time_that_its_error_names(paper: Watched) -> None:
    paper.publish("<title>Harbour</title><link>/1</link>")
    paper.server.answers["/1"] = Answer(status=502, headers={"Retry-After": "7200"})
    assert "/1" in paper.cycle()
    assert "/1" not in paper.cycle(timedelta(minutes=110))
    paper.server.answers["/1"] = Answer(body=PAGE, headers={"Content-Type": "text/html"})
    assert "/1" in paper.cycle(timedelta(minutes=15))
    assert paper.rows("SELECT method <> 'feed' FROM articles") == [(1,)]
