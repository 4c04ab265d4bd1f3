"""Whole cycles over the loopback world, as ``tumen run`` runs them: real HTTP, real SQLite, real worker processes."""

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


def test_every_article_is_stored_once_flagged_and_reported(desk: Desk) -> None:
    report = desk.run()
    urls = [row[0] for row in desk.rows("SELECT url FROM articles")]
    assert len(urls) == len(set(urls)) == report.articles_stored > 24
    assert report.articles_flagged == int(str(desk.rows("SELECT count(DISTINCT article_id) FROM flags")[0][0])) > 8
    assert sum(report.by_topic.values()) == desk.rows("SELECT count(*) FROM flags")[0][0]
    assert {row[0] for row in desk.rows("SELECT language FROM articles")} == {"en", "ru", "ko"}
    assert not desk.rows("SELECT id FROM articles WHERE text = ''")


def test_stored_search_terms_equal_those_of_a_reindex(desk: Desk) -> None:
    """The workers compute the terms, and ``tumen reindex`` compares them with its own."""
    desk.run()
    with closing(sqlite3.connect(desk.database)) as conn, conn:  # one article is replaced, with another text
        conn.execute("UPDATE articles SET content_hash = '', text = 'old', search_terms = 'old' WHERE id = 1")
        conn.execute("UPDATE entries SET state = 'new', next_try_at = first_seen_at WHERE article_id = 1")
    assert desk.run().articles_revised == 1
    rows = desk.rows("SELECT title, text, search_terms FROM articles")
    assert all(terms == index_terms(str(title), str(text)) for title, text, terms in rows)
    assert any(terms for _, _, terms in rows)


def test_offsets_of_evidence_are_right_in_the_stored_text(desk: Desk) -> None:
    desk.run()
    rows = desk.rows(
        "SELECT iif(e.field = 'title', a.title, a.text), e.start, e.\"end\", e.surface"
        " FROM evidence e JOIN articles a ON a.id = e.article_id"
    )
    assert rows
    for text, start, end, surface in rows:
        assert str(text)[int(str(start)) : int(str(end))] == surface


def test_second_cycle_stores_nothing_and_sends_conditional_requests(desk: Desk) -> None:
    desk.run()
    before = len(desk.world.log)
    report = desk.run(force=True)
    asked = desk.world.log[before:]
    assert report.entries_new == report.articles_stored == 0
    healthy = [one for one in asked if one.status != 500]
    assert {one.status for one in healthy} == {304}
    assert len(asked) == report.feeds_polled


def test_no_request_within_the_interval(desk: Desk) -> None:
    desk.run()
    before = len(desk.world.log)
    report = desk.run()
    assert report.feeds_polled == 0
    assert len(desk.world.log) == before


def test_cycle_after_news_fetches_only_new_pages(desk: Desk) -> None:
    first = desk.run()
    fresh = desk.world.tick(2)
    report = desk.run(force=True)
    stored = {str(row[0]) for row in desk.rows(f"SELECT url FROM articles WHERE id > {first.articles_stored}")}
    assert report.articles_stored == len(stored) == len(fresh)


def test_failed_page_has_a_reason_and_a_retry_and_does_not_affect_others(desk: Desk) -> None:
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


def test_delay_grows_and_the_text_of_the_feed_is_used_meanwhile(desk: Desk) -> None:
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


def test_article_in_two_feeds_is_stored_once_with_both_sightings(desk: Desk) -> None:
    desk.run()
    assert desk.rows("SELECT entry_id FROM sightings GROUP BY entry_id HAVING count(*) > 1")


def test_config_without_feeds_is_reported_before_any_request(desk: Desk) -> None:
    (desk.config / "feeds.toml").write_text("", encoding="utf-8")
    with pytest.raises(NothingToWatch, match=r"feeds\.toml"):
        desk.run()
    assert not desk.world.log


@pytest.mark.alone
@pytest.mark.timeout(400)
def test_run_after_a_kill_ends_like_an_undisturbed_run(desk: Desk, tmp_path: Path) -> None:
    """Kill six runs, and more until one was killed in the middle; ``python -m tests.cycle.crash`` kills hundreds."""
    in_the_middle = verdicts = 0
    for number, one in enumerate(crash(desk.world, desk.config, tmp_path, kills=24, rng=random.Random(20180621)), 1):
        assert not one.problem
        in_the_middle += any(0 < articles < 34 for articles in one.articles)
        verdicts += bool(one.verdicts)
        if number >= 2 and in_the_middle and verdicts:  # three kills each
            break
    assert in_the_middle
    assert verdicts


def test_killed_cycle_leaves_no_worker(desk: Desk, tmp_path: Path) -> None:
    process = subprocess.Popen(command(tmp_path / "x.db", desk.config), process_group=0)
    until = time.monotonic() + 60
    while not any(asked.path.endswith(".html") for asked in desk.world.log):  # a worker has parsed a feed
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
