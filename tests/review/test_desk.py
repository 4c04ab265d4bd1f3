"""The desk over real HTTP: access, verdicts, bad input, search, Atom feeds."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import feedparser
import pytest

from tests.review.conftest import HOSTILE_TITLE, Served, enter

if TYPE_CHECKING:
    import urllib.request

WITHDRAWN: dict[str, Any] = {"verdict": "withdrawn"}


def signed_in(desk: Served) -> tuple[urllib.request.OpenerDirector, str]:
    """Return a client signed in as anna, and the form token of its pages."""
    client = desk.client()
    page = enter(desk, client)
    token = re.search(r'name="csrf" content="([^"]+)"', page)
    assert token is not None
    return client, token[1]


def give(
    desk: Served, client: urllib.request.OpenerDirector, csrf: str, /, raw: bytes | None = None, **fields: Any
) -> tuple[int, dict[str, Any]]:
    what = {"article": 1, "verdict": "relevant", "token": "a-token-of-a-test", "revision": 1} | fields
    status, body, _ = desk.ask(
        client,
        "/-/tumen/verdict",
        raw if raw is not None else json.dumps(what).encode(),
        content_type="application/json",
        accept="application/json",
        x_csrftoken=csrf,
    )
    return status, json.loads(body)


def test_every_page_opens_for_a_reader_without_verdict_buttons(library: Served) -> None:
    for path in ("", "/article/1", "/search?q=Duma", "/dashboard", "/dashboard?days=365", "/op-ed", "/feeds", "/login"):
        status, page, _ = library.get(f"/-/tumen{path}")
        assert status == 200, path
        assert "Traceback" not in page
        assert '<button name="verdict"' not in page


def test_confirmed_verdict_is_committed_and_leaves_the_queue(desk: Served) -> None:
    client, csrf = signed_in(desk)
    article = desk.rows("SELECT id FROM review_queue LIMIT 1")[0][0]
    status, answer = give(desk, client, csrf, article=article, note=" seen ", topics=["thaad"], flagged="duma_summit")
    assert status == 200
    # a second connection sees it only if it was committed
    assert desk.rows("SELECT analyst, verdict, note, topics FROM reviews") == [
        ("anna", "relevant", "seen", '["thaad"]')
    ]
    assert desk.rows(f"SELECT verdict FROM articles WHERE id = {article}") == [("relevant",)]
    assert answer["today"] == 1
    conn = sqlite3.connect(desk.database, timeout=1)
    conn.execute("BEGIN IMMEDIATE")
    conn.close()


def test_repeated_post_is_one_verdict_and_undo_is_another(desk: Served) -> None:
    client, csrf = signed_in(desk)
    first = give(desk, client, csrf)
    assert give(desk, client, csrf)[1]["review"] == first[1]["review"]
    give(desk, client, csrf, token="another-token-1", **WITHDRAWN)
    assert desk.rows("SELECT verdict FROM reviews ORDER BY id") == [("relevant",), ("withdrawn",)]
    assert desk.rows("SELECT verdict FROM articles WHERE id = 1") == [(None,)]


def test_two_analysts_at_once_keep_all_their_verdicts(desk: Served) -> None:
    for name in ("boris", "chul"):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "analysts", "add", name, "--db", desk.database],
            input="a long password\n", text=True, capture_output=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def work(name: str) -> None:
        client = desk.client()
        _, page, _ = desk.ask(client, "/-/tumen/login", None)
        csrf = re.search(r'name="csrf" content="([^"]+)"', page)
        assert csrf is not None
        form = urllib.parse.urlencode({"name": name, "password": "a long password", "csrftoken": csrf[1]})
        status, page, _ = desk.ask(client, "/-/tumen/login", form.encode())
        assert status == 200
        assert f"<span>{name}</span>" in page
        csrf = re.search(r'name="csrf" content="([^"]+)"', page)
        assert csrf is not None
        for number in range(1, 11):
            verdict = "relevant" if name == "boris" else "escalate"
            assert (
                give(desk, client, csrf[1], article=number, verdict=verdict, token=f"{name}-token-{number}")[0] == 200
            )

    with ThreadPoolExecutor() as pool:
        list(pool.map(work, ("boris", "chul")))
    assert desk.rows("SELECT analyst, count(*) FROM reviews GROUP BY 1 ORDER BY 1") == [("boris", 10), ("chul", 10)]


def test_undo_by_one_analyst_leaves_verdicts_of_others(desk: Served) -> None:
    conn = sqlite3.connect(desk.database)
    with conn:
        for at, (who, verdict) in enumerate([("boris", "escalate"), ("anna", "relevant"), ("anna", "withdrawn")]):
            conn.execute(
                "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token) VALUES (1, ?, ?, ?, 1, ?)",
                (who, verdict, f"2026-01-01T00:00:0{at}Z", f"token-{at}"),
            )
    conn.close()
    assert desk.rows("SELECT verdict FROM articles WHERE id = 1") == [("escalate",)]


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"article": 99_999}, 404, "no article 99999"),
        ({"article": "1; DROP TABLE reviews"}, 400, "which article"),
        ({"verdict": "maybe"}, 400, "one of"),
        ({"token": "x"}, 400, "Reload the page"),
        ({"note": "x" * 10_001}, 413, "10,000"),
        ({"note": "x" * 1_000_000}, 413, "too long"),
        ({"topics": {"a": 1}, "flagged": ""}, 400, "topics"),
        ({"raw": b"{"}, 400, "cannot be read"),
        ({"raw": b"[]"}, 400, "one JSON object"),
        ({"raw": b"\xff"}, 400, "UTF-8"),
    ],
)
def test_bad_verdict_is_refused_with_a_sentence_and_stores_nothing(
    desk: Served, fields: dict[str, Any], status: int, message: str
) -> None:
    client, csrf = signed_in(desk)
    code, answer = give(desk, client, csrf, **fields)
    assert code == status
    assert message in answer["error"]
    assert desk.rows("SELECT * FROM reviews") == []


def test_request_without_sign_in_or_from_another_site_stores_nothing(desk: Served) -> None:
    client, _ = signed_in(desk)
    for headers in ({}, {"cookie": "ds_actor=forged"}):
        status, _, _ = desk.get("/-/tumen/verdict", **headers)
        assert status == 405
    stranger = desk.client()
    _, page, _ = desk.ask(stranger, "/-/tumen/login", None)
    own = re.search(r'name="csrf" content="([^"]+)"', page)
    assert own is not None
    status, answer = give(desk, stranger, own[1])
    assert status == 403
    assert "sign in" in answer["error"]
    status, _, _ = desk.ask(client, "/-/tumen/verdict", b"article=1&verdict=relevant&token=abcdefgh&revision=1")
    assert status == 403, "a form without the page's token is another site's"
    assert desk.rows("SELECT * FROM reviews") == []


def test_sign_in_link_works_once(desk: Served) -> None:
    signed_in(desk)
    status, page, _ = desk.get(desk.link.removeprefix(desk.base))
    assert status == 403
    assert "already used" in page


def test_password_guessing_is_slowed_down(desk: Served) -> None:
    client = desk.client()
    _, page, _ = desk.ask(client, "/-/tumen/login", None)
    csrf = re.search(r'name="csrf" content="([^"]+)"', page)
    assert csrf is not None
    form = urllib.parse.urlencode({"name": "anna", "password": "guess", "csrftoken": csrf[1]}).encode()
    assert [desk.ask(client, "/-/tumen/login", form)[0] for _ in range(6)] == [403] * 5 + [429]


def test_other_sites_cannot_frame_the_desk_or_use_another_host_name(library: Served) -> None:
    for path in ("/-/tumen", "/", "/tumen/articles"):
        _, _, headers = library.get(path)
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in library.get("/-/tumen")[2]["content-security-policy"]
    assert library.get("/-/tumen", host="evil.example")[0] == 421
    assert library.get("/tumen.db")[0] in (403, 404)


@pytest.mark.parametrize("path", ["/-/tumen/article/99999", "/-/tumen/topic/nothing.atom", "/-/tumen/article/0"])
def test_missing_article_or_topic_is_404_with_a_sentence(library: Served, path: str) -> None:
    status, page, _ = library.get(path)
    assert status == 404
    assert "There is no" in page


@pytest.mark.parametrize(
    ("asked", "in_text"),
    [("사드", "사드"), ("Госдума", "госдум"), ("газопроводу", "газопровод"), ("sanction", "sanction")],
)
def test_desk_and_datasette_search_find_a_word_in_any_form(library: Served, asked: str, in_text: str) -> None:
    rows = library.rows("SELECT id, title || ' ' || text FROM articles")
    there = {str(row[0]) for row in rows if re.search(rf"\b{in_text}", str(row[1]).lower())}
    assert there
    quoted = urllib.parse.quote(asked)
    _, body, _ = library.get(f"/tumen/articles.json?_search={quoted}&_shape=array&_size=100")
    found = {str(row["id"]) for row in json.loads(body)}
    assert there <= found < {str(row[0]) for row in rows}
    assert json.loads(library.get("/tumen/articles.json?_search=nowherefound&_shape=array")[1]) == []
    assert 'name="_search"' in library.get("/tumen/articles")[1], "the box is on the page"
    _, page, _ = library.get(f"/-/tumen/search?q={quoted}")
    assert len(set(re.findall(r"/article/(\d+)", page)) & there) == min(len(there), 25), "a page shows 25"


@pytest.mark.parametrize(
    "asked", ['"', "NEAR(", "a AND", "*", "col:x", "-", "(", "\x00", "'; DROP", "x" * 600, "OR OR"]
)
def test_odd_search_syntax_is_not_an_error(library: Served, asked: str) -> None:
    assert library.get(f"/-/tumen/search?q={urllib.parse.quote(asked)}")[0] == 200
    assert library.get(f"/tumen/articles.json?_search={urllib.parse.quote(asked)}")[0] == 200


def test_atom_feed_is_valid_for_a_feed_reader(library: Served) -> None:
    _, body, headers = library.get("/-/tumen/flagged.atom")
    assert "atom+xml" in headers["content-type"]
    feed = feedparser.parse(body)
    assert not feed.bozo
    flagged = library.rows("SELECT count(DISTINCT article_id) FROM flags")[0][0]
    assert len(feed.entries) == flagged
    assert all(one.link.startswith("http") and one.id.startswith("tag:") for one in feed.entries)


def test_ids_of_atom_entries_do_not_depend_on_the_address(library: Served) -> None:
    host, port = library.base.removeprefix("http://").split(":")
    feeds = [
        feedparser.parse(library.get("/-/tumen/flagged.atom", **headers)[1])
        for headers in ({}, {"host": f"localhost:{port}"}, {"x_forwarded_proto": "https"})
    ]
    assert [one.id for one in feeds[0].entries] == [one.id for one in feeds[1].entries]
    assert [one.id for one in feeds[0].entries] == [one.id for one in feeds[2].entries]
    assert len({one.id for one in feeds[0].entries}) == len(feeds[0].entries)
    assert host
    assert feeds[2].entries[0].links[-1].href.startswith("https://")


def test_each_topic_has_its_own_feed(library: Served) -> None:
    for topic, flags in library.rows("SELECT topic, count(*) FROM flags GROUP BY topic"):
        feed = feedparser.parse(library.get(f"/-/tumen/topic/{topic}.atom")[1])
        assert not feed.bozo
        assert len(feed.entries) == flags
        assert all(topic in {tag.term for tag in one.tags} for one in feed.entries)


def test_hostile_title_and_text_are_escaped(library: Served) -> None:
    number = library.rows("SELECT id FROM articles WHERE title LIKE '<script%'")[0][0]
    for path in (f"/-/tumen/article/{number}", "/-/tumen", "/-/tumen/search?q=Seoul"):
        _, page, _ = library.get(path)
        assert "<script>document" not in page
        assert "<img" not in page
        assert "javascript:" not in page
        assert HOSTILE_TITLE not in page


def test_queue_uses_its_own_index(library: Served) -> None:
    plan = library.rows(
        "EXPLAIN QUERY PLAN SELECT a.id FROM articles a INDEXED BY articles_waiting"
        " WHERE a.verdict IS NULL AND a.relevant = 1 ORDER BY a.relevance DESC, a.id DESC LIMIT 60"
    )
    assert "articles_waiting" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
