"""The brief, and health and metrics for machines."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import lxml.html

from pipeline.store import open_readonly, status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.review.conftest import Served


def brief(archive: Path, *words: str) -> str:
    command = [sys.executable, "-m", "pipeline", "brief", "--db", str(archive), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_every_flagged_article_is_listed_once_with_its_story_under_its_first_topic(archive: Path) -> None:
    data = json.loads(brief(archive, "--format", "json"))
    conn = open_readonly(archive)
    flagged = {row[0] for row in conn.execute("SELECT DISTINCT article_id FROM flags")}
    order = [row[0] for row in conn.execute("SELECT title FROM topics ORDER BY position")]
    conn.close()
    listed = [article for topic in data["topics"] for article in topic["articles"]]
    ids = [article["id"] for line in listed for article in (line, *line["also_in"])]
    assert sorted(ids) == sorted(flagged)
    assert [topic["topic"] for topic in data["topics"]] == order
    assert all(article["evidence"] for topic in data["topics"] for article in topic["articles"])


def test_html_brief_has_no_script_and_no_markup_from_articles(archive: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.db"
    source, target = sqlite3.connect(archive), sqlite3.connect(hostile)
    source.backup(target)
    source.close()
    with target:
        target.execute("UPDATE articles SET title = '<script>x</script>', url = 'javascript:x' || id")
    target.close()
    page = lxml.html.fromstring(brief(hostile, "--format", "html"))
    assert not page.xpath("//script")
    assert not page.xpath("//a")
    assert "<script>x</script>" in page.text_content()
    assert "](<javascript" not in brief(hostile)


def test_wrong_period_is_refused_and_topics_without_articles_are_named(archive: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "brief", "--db", str(archive), "--since", "soon"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "24h" in done.stderr
    conn = sqlite3.connect(archive)
    quiet = {row[0] for row in conn.execute("SELECT title FROM topics WHERE id NOT IN (SELECT topic FROM flags)")}
    conn.close()
    named = re.search(r"No articles on: (.*)\.$", brief(archive), re.MULTILINE)
    assert (set(named[1].split(", ")) if named else set()) == quiet


def test_output_file_in_a_missing_folder_is_one_line(archive: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "brief", "--db", str(archive), "-o", str(tmp_path / "no" / "x.md")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 73
    assert done.stderr.count("\n") == 1
    assert "Choose another file" in done.stderr


def test_health_is_json_and_metrics_are_prometheus_text(library: Served) -> None:
    code, body, _ = library.get("/-/tumen/health")
    data = json.loads(body)
    assert code == 503  # the demo's broken feed
    assert [feed["name"] for feed in data["failing"]] == ["Atlantis Wire"]
    code, body, headers = library.get("/-/tumen/metrics")
    assert code == 200
    assert headers["content-type"].startswith("text/plain")
    assert "tumen_feeds_failing 1\n" in body
    assert "tumen_alerts_waiting 0\n" in body
    figures = dict(line.split() for line in body.splitlines() if not line.startswith("#"))
    assert int(figures["tumen_disk_free_bytes"]) > 0
    assert int(figures["tumen_next_due_timestamp_seconds"]) > int(figures["tumen_last_cycle_timestamp_seconds"])
    assert all(re.fullmatch(r'# (HELP|TYPE) .+|\w+({state="\w+"})? \d+', line) for line in body.splitlines())


def test_feed_is_silent_relative_to_its_usual_pauses(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "tumen.db"
    source, conn = sqlite3.connect(archive), sqlite3.connect(path)
    source.backup(conn)
    source.close()
    now = datetime.now(UTC)
    feeds = [row[0] for row in conn.execute("SELECT id FROM feeds WHERE failures = 0 LIMIT 2")]
    with conn:
        conn.execute("DELETE FROM sightings")
        conn.execute("DELETE FROM fetches")
        conn.execute("DELETE FROM entries")
        for feed, hours in zip(feeds, (3, 100), strict=True):  # the second one is used to pauses of four days
            for at in range(30, 0, -1):
                seen = (now - timedelta(days=4) - timedelta(hours=at * hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
                name = f"https://a.invalid/{feed}/{at}"
                conn.execute(
                    "INSERT INTO entries (identity, feed_id, guid, url, published_url, title, digest, first_seen_at,"
                    " next_try_at) VALUES (?, ?, '', ?, ?, '', '', ?, ?)",
                    (name, feed, name, name, seen, seen),
                )
    conn.close()
    reader = open_readonly(path)
    silent = status.silent(reader, now)
    names = dict(reader.execute("SELECT id, name FROM feeds").fetchall())
    reader.close()
    assert [feed.name for feed in silent] == [names[feeds[0]]]
    assert silent[0].usual_hours == 3
