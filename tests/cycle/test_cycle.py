"""Whole cycles over the loopback world, as ``tumen run`` makes them: real HTTP, real SQLite, real worker processes."""

from __future__ import annotations

import itertools
import os
import random
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import NothingToWatch
from pipeline.text.words import index_terms
from tests.cycle.crash import command, crash

if TYPE_CHECKING:
    from tests.cycle.desk import Desk


def test_every_piece_is_stored_once_flagged_and_told(desk: Desk) -> None:
    report = desk.run()
    urls = [row[0] for row in desk.rows("SELECT url FROM articles")]
    assert len(urls) == len(set(urls)) == report.articles_stored > 24
    assert report.articles_flagged == int(str(desk.rows("SELECT count(DISTINCT article_id) FROM flags")[0][0])) > 8
    assert sum(report.by_topic.values()) == desk.rows("SELECT count(*) FROM flags")[0][0]
    assert {row[0] for row in desk.rows("SELECT language FROM articles")} == {"en", "ru", "ko"}
    assert not desk.rows("SELECT id FROM articles WHERE text = ''")


def test_each_piece_is_found_by_the_terms_that_a_reindex_would_give_it(desk: Desk) -> None:
    """The workers make them, and ``tumen reindex`` compares them with its own."""
    desk.run()
    with closing(sqlite3.connect(desk.database)) as conn, conn:  # one is told anew, with another text
        conn.execute("UPDATE articles SET content_hash = '', text = 'old', search_terms = 'old' WHERE id = 1")
        conn.execute("UPDATE entries SET state = 'new', next_try_at = first_seen_at WHERE article_id = 1")
    assert desk.run().articles_revised == 1
    rows = desk.rows("SELECT title, text, search_terms FROM articles")
    assert all(terms == index_terms(str(title), str(text)) for title, text, terms in rows)
    assert any(terms for _, _, terms in rows)


def test_evidence_stands_in_the_stored_text_where_it_says(desk: Desk) -> None:
    desk.run()
    rows = desk.rows(
        "SELECT iif(e.field = 'title', a.title, a.text), e.start, e.\"end\", e.surface"
        " FROM evidence e JOIN articles a ON a.id = e.article_id"
    )
    assert rows
    for text, start, end, surface in rows:
        assert str(text)[int(str(start)) : int(str(end))] == surface


def test_a_second_cycle_stores_nothing_and_asks_only_conditionally(desk: Desk) -> None:
    desk.run()
    before = len(desk.world.log)
    report = desk.run(force=True)
    asked = desk.world.log[before:]
    assert report.entries_new == report.articles_stored == 0
    healthy = [one for one in asked if one.status != 500]
    assert {one.status for one in healthy} == {304}
    assert len(asked) == report.feeds_polled


def test_inside_the_interval_nothing_is_asked(desk: Desk) -> None:
    desk.run()
    before = len(desk.world.log)
    report = desk.run()
    assert report.feeds_polled == 0
    assert len(desk.world.log) == before


def test_a_tick_brings_just_the_new_pieces(desk: Desk) -> None:
    first = desk.run()
    fresh = desk.world.tick(2)
    report = desk.run(force=True)
    stored = {str(row[0]) for row in desk.rows(f"SELECT url FROM articles WHERE id > {first.articles_stored}")}
    assert report.articles_stored == len(stored) == len(fresh)


def test_what_fails_has_a_reason_and_a_later_try_and_stops_nothing_else(desk: Desk) -> None:
    report = desk.run()
    assert report.feeds_failed == 1
    status, problem, due = desk.rows("SELECT status, problem, due_at FROM feeds WHERE failures > 0")[0]
    assert status == "failing"
    assert "500" in str(problem)
    assert str(due) > datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    state, reason, attempts = desk.rows("SELECT state, reason, attempts FROM entries WHERE state <> 'flagged'")[0]
    assert (state, attempts) == ("failed", 1)
    assert "404" in str(reason)
    assert {trouble.what for trouble in report.troubles} == {"feed", "article"}


def test_the_delay_grows_and_at_the_end_the_feed_s_own_text_stands_in(desk: Desk) -> None:
    waits = []
    desk.run()
    for _ in range(5):
        due = str(desk.rows("SELECT next_try_at FROM entries WHERE state = 'failed'")[0][0])
        at = datetime.strptime(due, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        waits.append(at - (datetime.now(UTC) + desk.later))
        desk.later = at - datetime.now(UTC) + timedelta(seconds=1)
        desk.run()
    assert all(late > 2 * early for early, late in itertools.pairwise(waits))
    assert not desk.rows("SELECT id FROM entries WHERE state IN ('failed', 'new')")
    method, text = desk.rows(
        "SELECT a.method, a.text FROM articles a JOIN entries e ON e.article_id = a.id WHERE e.reason IS NOT NULL"
    )[0]
    assert method == "feed"
    assert text


def test_one_article_for_a_piece_in_two_feeds_and_both_sightings(desk: Desk) -> None:
    desk.run()
    assert desk.rows("SELECT entry_id FROM sightings GROUP BY entry_id HAVING count(*) > 1")


def test_no_feed_is_told_before_anything_is_asked(desk: Desk) -> None:
    (desk.config / "feeds.toml").write_text("", encoding="utf-8")
    with pytest.raises(NothingToWatch, match=r"feeds\.toml"):
        desk.run()
    assert not desk.world.log


@pytest.mark.alone
@pytest.mark.timeout(400)  # 13 whole runs and 12 killed ones
def test_killed_at_any_moment_the_next_run_ends_where_an_undisturbed_one_does(desk: Desk, tmp_path: Path) -> None:
    done = list(crash(desk.world, desk.config, tmp_path, kills=12, rng=random.Random(20180621)))
    assert [one for one in done if one.problem] == []
    assert any(0 < number < 34 for one in done for number in one.articles)  # some fell into the midst of the work
    assert any(one.verdicts for one in done)


def test_a_killed_cycle_leaves_no_worker_behind(desk: Desk, tmp_path: Path) -> None:
    process = subprocess.Popen(command(tmp_path / "x.db", desk.config), process_group=0)
    until = time.monotonic() + 60
    while not any(asked.path.endswith(".html") for asked in desk.world.log):  # a worker has read a feed
        assert time.monotonic() < until, "no page was asked for"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("a worker lives on without its cycle")
