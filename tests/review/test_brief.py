"""The brief, and health and metrics for machines."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import lxml.html

from pipeline.store import open_readonly, open_store, reviews, status
from tests.command import tumen
from tests.review.test_desk import signed_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.review.conftest import Served


def brief(archive: Path, *words: str) -> str:
    done = tumen("brief", "--db", archive, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def copy(archive: Path, folder: Path) -> Path:
    path = folder / "copy.db"
    source, target = sqlite3.connect(archive), sqlite3.connect(path)
    source.backup(target)
    source.close()
    target.close()
    return path


def sections(archive: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(brief(archive, "--format", "json", *words))["sections"]
    return found


def test_every_flagged_article_is_listed_once_with_its_story_under_its_best_topic(archive: Path) -> None:
    listed = [
        (section["section"], line) for section in sections(archive, "--since", "5d") for line in section["articles"]
    ]
    conn = open_readonly(archive)
    flagged = {row[0] for row in conn.execute("SELECT DISTINCT article_id FROM flags")}
    order = [row[0] for row in conn.execute("SELECT title FROM topics ORDER BY position")]
    best = dict(
        conn.execute(
            "SELECT article_id, t.title FROM (SELECT article_id, topic, max(score) FROM flags GROUP BY article_id) g"
            " JOIN topics t ON t.id = g.topic"
        ).fetchall()
    )
    conn.close()
    ids = [article["id"] for _, line in listed for article in (line, *line["also_in"])]
    assert sorted(ids) == sorted(flagged)
    assert [section for section, line in listed] == [best[line["id"]] for _, line in listed]
    places = [order.index(section) for section, _ in listed]
    assert places == sorted(places)
    assert all(line["evidence"] for _, line in listed)


def judge(path: Path, article: int, verdict: Any, **more: Any) -> None:
    conn = open_store(path)
    new = reviews.NewVerdict(
        article=article, analyst="anna", verdict=verdict, revision=1, token=f"token-{article}-{verdict}", **more
    )
    reviews.put(conn, new, datetime.now(UTC))
    conn.close()


def test_verdicts_notes_and_corrected_topics_decide_the_brief(archive: Path, tmp_path: Path) -> None:
    path = copy(archive, tmp_path)
    lines = [line for section in sections(path) for line in section["articles"] if not line["also_in"]]
    rejected, corrected, escalated = (line["id"] for line in (lines[0], lines[1], lines[-1]))
    judge(path, rejected, "not_relevant")
    judge(path, corrected, "relevant", topics=("third_partner",))
    judge(path, escalated, "escalate", note="call Seoul")
    after = sections(path)
    assert after[0]["section"] == "Escalated"
    assert [(line["id"], line["note"]) for line in after[0]["articles"]] == [(escalated, "call Seoul")]
    where = {line["id"]: section["section"] for section in after for line in section["articles"]}
    assert rejected not in where
    assert where[corrected].startswith("Third partner")
    assert rejected in {line["id"] for section in sections(path, "--which", "all") for line in section["articles"]}
    reviewed = {line["id"] for section in sections(path, "--which", "reviewed") for line in section["articles"]}
    assert reviewed == {corrected, escalated}
    assert "Note: call Seoul" in brief(path)


def test_brief_says_what_was_heard_and_never_contradicts_itself(archive: Path) -> None:
    text = brief(archive)
    assert "Failing: 1 of 3 English feeds (Atlantis Wire)." in text
    data = json.loads(brief(archive, "--format", "json"))
    covered = {
        topic
        for section in data["sections"]
        for line in section["articles"]
        for topic in (line["topic"], *line["also"])
    }
    assert not covered & set(data["no_articles_on"])
    assert ", ".join(data["no_articles_on"]) in text
    assert "1 stories" not in text


def test_times_of_the_brief_are_in_the_asked_zone(archive: Path) -> None:
    line = sections(archive)[0]["articles"][0]
    at = datetime.fromisoformat(line["at"])
    assert f"{at:%Y-%m-%d %H:%M} UTC" in brief(archive)
    seoul = at + timedelta(hours=9)
    assert f"{seoul:%Y-%m-%d %H:%M} KST" in brief(archive, "--zone", "Asia/Seoul")


def edit(desk: Served, client: Any, csrf: str, **fields: Any) -> int:
    return desk.ask(
        client, "/-/tumen/brief/edit", json.dumps(fields).encode(),
        content_type="application/json", accept="application/json", x_csrftoken=csrf,
    )[0]  # fmt: skip


def test_sentence_order_and_left_out_article_are_in_page_and_command(desk: Served) -> None:
    client, csrf = signed_in(desk)
    ids = [line["id"] for section in sections(desk.database) for line in section["articles"]]
    order = ids[::-1]
    assert edit(desk, client, csrf, what="order", value=order) == 200
    assert edit(desk, client, csrf, what="sentence", article=ids[0], value="Watch this\none. <b>") == 200
    assert edit(desk, client, csrf, what="left_out", article=ids[1], value="1") == 200
    _, page, _ = desk.ask(client, "/-/tumen/brief", None)
    shown = [int(number) for number in re.findall(r'<li data-id="(\d+)"', page)]
    assert shown == [number for number in order if number != ids[1]]
    assert "Watch this one. &lt;b&gt;</textarea>" in page
    assert "1 left out" in page
    (only,) = sections(desk.database)
    assert [line["id"] for line in only["articles"]] == shown
    assert only["articles"][-1]["sentence"] == "Watch this one. <b>"
    _, text, headers = desk.ask(client, "/-/tumen/brief.md", None)
    assert "attachment" in headers["content-disposition"]
    assert "Watch this one. \\<b\\>" in text
    assert edit(desk, client, csrf, what="order", value=[]) == 200
    assert len(sections(desk.database)) > 1


def test_bad_edit_of_the_brief_or_reader_stores_nothing(desk: Served) -> None:
    client, csrf = signed_in(desk)
    for fields in ({"what": "order", "value": ["1"]}, {"what": "sentence", "value": "x"}, {"what": "other"}):
        assert edit(desk, client, csrf, **fields) == 400
    assert edit(desk, client, csrf, what="sentence", article=1, value="x" * 1001) == 413
    assert edit(desk, client, csrf, what="sentence", article=99_999, value="x") == 404
    stranger = desk.client()
    _, page, _ = desk.ask(stranger, "/-/tumen/brief", None)
    assert "<textarea" not in page
    own = re.search(r'name="csrf" content="([^"]+)"', page)
    assert own is not None
    assert edit(desk, stranger, own[1], what="sentence", article=1, value="x") == 403
    assert desk.rows("SELECT * FROM brief_edits") == []
    for query in ("since=soon", "since=9999w", "which=best"):
        assert desk.get(f"/-/tumen/brief?{query}")[0] == 400


def test_html_brief_has_no_script_and_no_markup_from_articles(archive: Path, tmp_path: Path) -> None:
    hostile = copy(archive, tmp_path)
    target = sqlite3.connect(hostile)
    with target:
        target.execute("UPDATE articles SET title = '<script>x</script>', url = 'javascript:x' || id")
    target.close()
    page = lxml.html.fromstring(brief(hostile, "--format", "html"))
    assert not page.xpath("//script")
    assert not page.xpath("//a")
    assert "<script>x</script>" in page.text_content()
    assert "](<javascript" not in brief(hostile)


def test_wrong_period_or_zone_is_refused(archive: Path) -> None:
    for words, hint in ((("--since", "soon"), "24h"), (("--zone", "Mars/Base"), "Asia/Seoul")):
        done = tumen("brief", "--db", archive, *words)
        assert done.returncode == 2
        assert hint in done.stderr


def test_output_file_in_a_missing_folder_is_one_line(archive: Path, tmp_path: Path) -> None:
    done = tumen("brief", "--db", archive, "-o", tmp_path / "no" / "x.md")
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
