"""Regressions of the desk: queries and indexes, highlights, stories, sign-in, Datasette pages."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from datasette.app import Datasette

from pipeline.review import plots
from pipeline.review.highlights import paragraphs
from pipeline.review.tables import describe
from pipeline.store import desk as desk_rows
from pipeline.store import open_store
from pipeline.store import queue as lists
from tests.review.conftest import HOSTILE_TITLE, Served, cookies, copy_database, enter, serving
from tests.review.test_desk import WITHDRAWN, give, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.review.desk_server import DeskServer

SQL = "/tumen.json?sql="
SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def plans(conn: sqlite3.Connection, sql: str) -> str:
    return " | ".join(str(row[3]) for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}", {"limit": 60}))


@pytest.fixture
def grown(archive: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The archive plus 20,000 articles, without statistics for the query planner."""
    path = tmp_path / "grown.db"
    copy_database(archive, path)
    conn = open_store(path)
    conn.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " INSERT INTO articles (title, text, relevance, relevant, feed_id, language, sorted_at, url, published_url,"
        " method, content_hash, first_seen_at, fetched_at)"
        " SELECT 't', 'x', i % 97 / 97.0, i % 5 = 0, 1, 'en', '2026-01-01T00:00:00Z', 'https://x.invalid/' || i, '',"
        " 'x', i, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z' FROM n"
    )
    yield conn
    conn.close()


LISTS: list[dict[str, Any]] = [
    {"sort": "age"}, {"sort": "newest"}, {"sort": "best"}, {"queue": "near"}, {"queue": "flagged"}, {"queue": "notes"},
    {"queue": "escalated"}, {"queue": "relevant", "days": 7}, {"queue": "mine", "analyst": "anna"},
    {"topic": "thaad", "language": "ko", "days": 3},
]  # fmt: skip


@pytest.mark.parametrize("analyzed", [False, True])
def test_no_list_sorts_all_articles(grown: sqlite3.Connection, analyzed: bool) -> None:
    if analyzed:
        grown.execute("ANALYZE")
    asked: list[str] = []
    grown.set_trace_callback(asked.append)
    now = datetime.now(UTC)
    for filters in LISTS:
        lists.queue(grown, lists.QueueFilter(**filters), now)
    grown.set_trace_callback(None)
    queue: Any = describe("tumen")["databases"]
    asked = [sql for sql in asked if "ORDER BY" in sql]
    assert len(asked) == len(LISTS)
    for sql in [*asked, queue["tumen"]["queries"]["queue"]["sql"], "SELECT * FROM review_queue LIMIT 60"]:
        plan = plans(grown, sql)
        # the verdicts “relevant” and “escalate” are two ranges of an index, of one week
        plan = plan.replace("USE TEMP B-TREE FOR RIGHT PART OF ORDER BY", "sort equal times")
        assert "TEMP B-TREE" not in plan or "IN ('relevant', 'escalate')" in sql, sql
        assert re.search("articles_(waiting|queue|near|flagged)|standing_|reviews_analyst", plan), sql


def test_default_sort_of_each_table_has_an_index(grown: sqlite3.Connection) -> None:
    database: Any = describe("tumen")["databases"]
    for table, described in database["tumen"]["tables"].items():
        for key, order in (("sort", ""), ("sort_desc", " DESC")):
            if key in described and grown.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 20:
                plan = plans(grown, f"SELECT * FROM {table} ORDER BY {described[key]}{order} LIMIT 101")
                assert "TEMP B-TREE" not in plan, (table, described[key])


def evidence(text: str, surface: str, *, topic: str = "thaad", start: int | None = None) -> dict[str, Any]:
    begin = text.index(surface) if start is None else start
    return {
        "topic": topic, "clause": "a-clause", "surface": surface, "start": begin, "end": begin + len(surface),
        "concept": f"Concept of {surface}", "kind": "term",
    }  # fmt: skip


def marked(text: str, *rows: dict[str, Any]) -> list[list[tuple[str, bool]]]:
    cut = paragraphs(text, rows, {("thaad", "a-clause"): 1.5}, {"thaad": "THAAD"})
    return [[(piece.text, bool(piece.kind)) for piece in many] for many in cut]


def test_evidence_of_an_earlier_text_highlights_no_wrong_words() -> None:
    row = evidence("Envoys spoke of THAAD.", "THAAD")
    assert marked("In Seoul envoys spoke of THAAD.", row) == [
        [("In Seoul envoys spoke of ", False), ("THAAD", True), (".", False)]
    ]
    assert marked("The words are gone now, all of them.", row) == [[("The words are gone now, all of them.", False)]]


def test_highlight_across_paragraphs_is_split() -> None:
    text = "about the State\nDuma today"
    assert marked(text, evidence(text, "State\nDuma")) == [
        [("about the ", False), ("State", True)],
        [("Duma", True), (" today", False)],
    ]


def test_overlapping_highlights_keep_both_topics() -> None:
    text = "the State Duma of Russia"
    rows = [evidence(text, "State Duma"), evidence(text, "Duma of Russia", topic="duma")]
    cut = paragraphs(text, rows, {("thaad", "a-clause"): 1.5}, {"thaad": "THAAD", "duma": "Duma address"})
    (piece,) = [piece for piece in cut[0] if piece.kind]
    assert piece.text == "State Duma of Russia"
    assert piece.why == "THAAD, a clause +1.5; Duma address, a clause"


def test_offsets_count_code_points_beyond_the_basic_plane() -> None:
    text = "🚢🚢 на пароме с THAAD"
    assert marked(text, evidence(text, "THAAD"))[0][1] == ("THAAD", True)


def add_duplicates(database: Path, article: int, copies: int) -> list[int]:
    """Add copies of an article and put them into one story."""
    conn = open_store(database)
    ids = [article]
    conn.execute("DELETE FROM story_members WHERE article_id = ?", (article,))  # the cycle may have found a story
    story = conn.execute(
        "INSERT INTO stories (title, first_seen_at, last_seen_at) VALUES ('s', '2026', '2026') RETURNING id"
    ).fetchone()[0]
    columns = [row[1] for row in conn.execute("PRAGMA table_info(articles)") if row[1] not in ("id", "url")]
    sql = f"INSERT INTO articles ({', '.join(columns)}, url) SELECT {', '.join(columns)}, url || ? FROM articles"
    ids += [conn.execute(f"{sql} WHERE id = ? RETURNING id", (f"?{at}", article)).fetchone()[0] for at in range(copies)]
    for at, one in enumerate(ids):
        conn.execute("UPDATE articles SET story_id = ? WHERE id = ?", (story, one))
        conn.execute(
            "INSERT INTO story_members VALUES (?, ?, ?, NULL, ?, '2026')",
            (one, story, "copy" if at else "first", f"Reason {at}."),
        )
    conn.close()
    return ids


def test_story_with_duplicates_is_one_line_in_the_queue(desk: Served) -> None:
    client, _ = signed_in(desk)
    best = int(str(desk.rows("SELECT id FROM review_queue LIMIT 1")[0][0]))
    ids = add_duplicates(desk.database, best, 6)
    _, page, _ = desk.ask(client, "/-/tumen?sort=best", None)
    listed = re.findall(r'data-id="(\d+)"', page.split('id="queue"')[1].split("</ol>")[0])
    assert len({*map(int, listed)} & set(ids)) == 1
    assert "+6 on this story" in page
    assert "also for the 6 other unreviewed articles of this story (duplicates)" in page
    assert page.count("Reason ") == 7


def test_verdict_for_a_story_is_undone_as_one(desk: Served) -> None:
    client, csrf = signed_in(desk)
    best = int(str(desk.rows("SELECT id FROM review_queue LIMIT 1")[0][0]))
    ids = add_duplicates(desk.database, best, 3)
    assert give(desk, client, csrf, article=ids[1], story=False)[0] == 200
    for _ in range(2):  # the same POST twice
        assert (
            give(desk, client, csrf, article=best, token="for-the-story", story=True, note="all", revision=1)[0] == 200
        )
    assert desk.rows("SELECT article_id, note, batch FROM reviews WHERE token LIKE 'for-the-story%' ORDER BY 1") == [
        (one, "all", "for-the-story") for one in (best, ids[2], ids[3])
    ]
    give(desk, client, csrf, article=ids[2], token="back-again", **WITHDRAWN)
    waiting = desk.rows(f"SELECT id FROM articles WHERE verdict IS NULL AND id IN ({', '.join(map(str, ids))})")
    assert sorted(waiting) == [(best,), (ids[2],), (ids[3],)]
    assert desk.rows("SELECT count(*) FROM reviews") == [(7,)]


def test_verdict_waits_for_a_writer_and_readers_do_not(desk: Served) -> None:
    client, csrf = signed_in(desk)
    writer = sqlite3.connect(desk.database, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    over = threading.Event()

    def end() -> None:
        over.set()
        writer.execute("COMMIT")

    threading.Timer(6.5, end).start()  # longer than the default of five seconds
    assert desk.get("/-/tumen/article/2?part=article")[0] == 200
    assert not over.is_set(), "a reader waited for the writer"
    assert give(desk, client, csrf)[0] == 200
    assert over.is_set()
    assert desk.rows("SELECT verdict FROM reviews") == [("relevant",)]
    writer.close()


def test_verdicts_cannot_be_changed_or_deleted(desk: Served) -> None:
    client, csrf = signed_in(desk)
    give(desk, client, csrf)
    conn = sqlite3.connect(desk.database)
    for sql in ("UPDATE reviews SET verdict = 'escalate'", "DELETE FROM reviews"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            conn.execute(sql)
    conn.close()
    assert desk.rows("SELECT article_id, verdict FROM reviews") == [(1, "relevant")]


def test_verdict_records_revision_and_config_on_the_screen(desk: Served) -> None:
    client, csrf = signed_in(desk)
    conn = sqlite3.connect(desk.database)
    with conn:
        flagged = conn.execute("SELECT min(article_id) FROM flags").fetchone()[0]
        conn.execute("UPDATE articles SET revision = 3 WHERE id = ?", (flagged,))
    version = conn.execute("SELECT config_version FROM articles WHERE id = ?", (flagged,)).fetchone()[0]
    conn.close()
    _, page, _ = desk.ask(client, f"/-/tumen/article/{flagged}", None)
    assert 'name="revision" value="3"' in page
    assert "revised after it was flagged" in page
    give(desk, client, csrf, article=flagged, revision=3)
    assert desk.rows("SELECT revision, config_version FROM reviews") == [(3, version)]


def test_verdict_on_a_deleted_article_is_refused(desk: Served) -> None:
    client, csrf = signed_in(desk)
    conn = sqlite3.connect(desk.database)
    with conn:
        conn.execute("UPDATE entries SET article_id = NULL WHERE article_id = 1")
        conn.execute("DELETE FROM articles WHERE id = 1")
    conn.close()
    status, answer = give(desk, client, csrf)
    assert status == 404
    assert "any more" in answer["error"]
    assert desk.get("/-/tumen/article/1")[0] == 404


def test_disagreements_of_analysts_are_listed(desk: Served) -> None:
    conn = sqlite3.connect(desk.database)
    with conn:
        for at, (article, who, verdict) in enumerate(
            [(1, "anna", "relevant"), (1, "boris", "not_relevant"), (2, "anna", "relevant"), (2, "boris", "relevant"),
             (3, "anna", "relevant"), (3, "boris", "escalate"), (3, "boris", "withdrawn")]
        ):  # fmt: skip
            conn.execute(
                "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token) VALUES (?, ?, ?, ?, 1, ?)",
                (article, who, verdict, f"2026-01-01T00:00:0{at}Z", f"token-{at}"),
            )
    conn.close()
    _, body, _ = desk.get("/tumen/disagreements.json?_shape=array")
    assert [(row["article"], row["verdicts"]) for row in json.loads(body)] == [
        (1, "anna: relevant; boris: not relevant")
    ]


def test_database_without_a_needed_table_is_not_a_desk(archive: Path, tmp_path: Path) -> None:
    conn = sqlite3.connect(shutil.copy(archive, tmp_path / "older.db"))
    assert desk_rows.is_desk(conn)
    conn.execute("DROP TABLE meanings")
    assert not desk_rows.is_desk(conn)
    conn.close()


def test_datasette_without_a_file_shows_an_error_page() -> None:
    answer = asyncio.run(Datasette(memory=True).client.get("/-/tumen"))
    assert answer.status_code == 500
    assert "Tumen failed on this page" in answer.text


def test_every_query_and_table_opens_as_page_json_and_csv(library: Served) -> None:
    database: Any = describe("tumen")["databases"]
    names = [*database["tumen"]["queries"], *database["tumen"]["tables"]]
    sql = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'"
    there = {row[0] for row in library.rows(f"{sql} AND name NOT GLOB 'articles_fts*'")}
    assert there == set(database["tumen"]["tables"]), "a description on each, and on nothing else"
    for name in names:
        more = "?article=1&story=1"
        status, page, _ = library.get(f"/tumen/{name}{more}")
        assert status == 200, name
        assert "Traceback" not in page
        rows = json.loads(library.get(f"/tumen/{name}.json{more}&_shape=array")[1])
        assert isinstance(rows, list), rows
        assert all(isinstance(row, dict) for row in rows), name
        assert library.get(f"/tumen/{name}.csv{more}")[2]["content-type"].startswith("text/plain"), name
    _, page, _ = library.get("/tumen/articles")
    assert "source of the date" in page, "descriptions of columns"
    assert re.search(r'href="/-/tumen/article/\d+"', page), "the way to the desk"
    assert "Feed health" in library.get("/tumen")[1]


def test_datasette_alone_serves_desk_queries_and_search(archive: Path, tmp_path: Path) -> None:
    database = tmp_path / "other.db"
    source, target = sqlite3.connect(archive), sqlite3.connect(database)
    source.backup(target)
    source.close()
    target.close()

    def ask(path: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "datasette", str(database), "--get", path],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.stdout

    assert "to review" in ask("/-/tumen")
    assert "Articles, their flags with all reasons" in ask("/other")
    for words in ("사드", "Госдума", "sanctions"):
        asked = urllib.parse.quote(words)
        assert 0 < len(json.loads(ask(f"/other/articles.json?_search={asked}&_shape=array&_size=200"))) < 20, words
    assert json.loads(ask("/other/queue.json?_shape=array"))


def test_hostile_title_is_escaped_on_datasette_pages(library: Served) -> None:
    number = library.rows("SELECT id FROM articles WHERE title LIKE '<script%'")[0][0]
    for path in ("/tumen/articles?_sort_desc=id", f"/tumen/articles/{number}", "/tumen/queue", "/tumen/review_queue"):
        _, page, _ = library.get(path)
        assert HOSTILE_TITLE not in page
        assert "<script>document" not in page
        assert 'href="javascript:' not in page


def test_slow_query_is_stopped(library: Served) -> None:
    began = time.monotonic()
    status, page, _ = library.get(SQL + urllib.parse.quote(SLOW))
    assert status == 400
    assert time.monotonic() - began < 30  # the limit is 3 s; the machine may be busy
    assert "Traceback" not in page


def test_session_cookie_is_httponly_and_same_site(desk: Served) -> None:
    client = desk.client()
    enter(desk, client)
    (cookie,) = [one for one in cookies(client) if one.name == "ds_actor"]
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert str(cookie.get_nonstandard_attr("SameSite")).lower() == "lax"
    assert not cookie.domain_specified
    mode = stat.S_IMODE((desk.database.parent / "tumen.secret").stat().st_mode)
    assert not mode & 0o077, "only its owner may read what signs the cookies"


def test_content_policy_allows_only_scripts_of_the_desk(library: Served) -> None:
    _, page, headers = library.get("/-/tumen")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page
    assert re.findall(r"<script[^>]*>", page) == re.findall(
        r'<script src="/-/tumen/static/(?:common|desk)\.js\?\w+" defer>', page
    )


def test_form_of_another_site_cannot_sign_in_or_out(desk: Served) -> None:
    client, _ = signed_in(desk)
    for path in ("/-/tumen/logout", "/-/tumen/login", "/-/tumen/verdict"):
        status, _, _ = desk.ask(client, path, b"name=anna&password=x", origin="https://evil.example")
        assert status == 403, path
    assert "<span>anna</span>" in desk.ask(client, "/-/tumen", None)[1]


def test_signed_out_analyst_cannot_give_verdicts(desk: Served) -> None:
    client, csrf = signed_in(desk)
    form = urllib.parse.urlencode({"csrftoken": csrf}).encode()
    status, page, _ = desk.ask(client, "/-/tumen/logout", form)
    assert status == 200
    assert "Sign in to review" in page
    csrf = re.findall(r'name="csrf" content="([^"]+)"', page)[0]
    assert give(desk, client, csrf)[0] == 403


def test_on_other_hosts_only_analysts_run_sql_and_the_file_is_private(
    archive: Path, tmp_path: Path, desk_server: DeskServer
) -> None:
    with serving(archive, tmp_path, "--host", "127.0.0.2", server=desk_server) as desk:
        sql = SQL + urllib.parse.quote("SELECT 1")
        assert desk.get(sql)[0] == 403
        assert desk.get("/tumen/articles.json")[0] == 200
        assert desk.get("/tumen.db")[0] in (403, 404)
        client, _ = signed_in(desk)
        assert desk.ask(client, sql, None)[0] == 200


def test_option_open_opens_the_sign_in_link(archive: Path, tmp_path: Path) -> None:
    seen, browser = tmp_path / "seen", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}.part && mv {seen}.part {seen}\n', encoding="utf-8")
    browser.chmod(0o700)
    with serving(archive, tmp_path, "--open", env=os.environ | {"BROWSER": f"{browser} %s"}) as desk:
        until = time.monotonic() + 20
        while not seen.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert seen.read_text(encoding="utf-8").strip() == desk.link


def test_plot_has_a_description_and_escapes_names() -> None:
    drawn = str(plots.stacks("Weeks", [("<b>", 2, 1), ("w2", 0, 0)], ("reviewed", "to review")))
    assert "<b>" not in drawn
    assert "2 reviewed, 1 to review" in drawn
    assert drawn.count("<rect") == 2
    assert plots.wilson(0, 0) == (0.0, 1.0)
    low, high = plots.wilson(9, 10)
    assert 0.59 < low < 0.60
    assert 0.98 < high < 0.99
