"""The story page, and stories split and joined by hand."""

from __future__ import annotations

import re
import sqlite3
import urllib.parse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pipeline.cycle.story_stage import StoryStage
from pipeline.model import ArticleId, Signature, Stored
from pipeline.store import open_store, story_decisions, transaction
from pipeline.store.values import from_row
from tests.review.conftest import Served
from tests.review.test_desk import signed_in

if TYPE_CHECKING:
    import urllib.request


def largest(desk: Served) -> tuple[int, list[int]]:
    story = int(str(desk.rows("SELECT id FROM stories ORDER BY articles DESC, id LIMIT 1")[0][0]))
    return story, members(desk, story)


def members(desk: Served, story: int) -> list[int]:
    rows = desk.rows(f"SELECT id FROM articles WHERE story_id = {story} ORDER BY sorted_at, id")
    return [int(str(row[0])) for row in rows]


def post(
    desk: Served, client: urllib.request.OpenerDirector, csrf: str, story: int, **fields: object
) -> tuple[int, str]:
    form = {"csrftoken": csrf, "token": "a-token-of-a-test"} | fields
    return desk.ask(client, f"/-/tumen/story/{story}", urllib.parse.urlencode(form).encode())[:2]


def state(desk: Served) -> list[list[tuple[object, ...]]]:
    """Return everything that a decision changes."""
    return [
        desk.rows("SELECT id, story_id FROM articles ORDER BY id"),
        desk.rows("SELECT article_id, story_id, how, like_article_id, why FROM story_members ORDER BY 1"),
        desk.rows("SELECT id, title, articles, sources, lead_article_id, first_seen_at FROM stories ORDER BY id"),
    ]


def test_timeline_names_the_first_source_the_languages_and_what_each_adds(library: Served) -> None:
    story, ids = largest(library)
    status, page, _ = library.get(f"/-/tumen/story/{story}")
    assert status == 200
    listed = [int(n) for n in re.findall(r'class="what"><a href="/-/tumen/article/(\d+)', page)]
    assert listed == ids
    assert "first seen in" not in page  # the times of publication could contradict the section on who was first
    assert "Who reported first" in page
    assert 'class="adds"' in page
    assert "take out of this story" not in page, "only for analysts"


def test_article_is_taken_out_and_put_back(desk: Served) -> None:
    client, csrf = signed_in(desk)
    story, ids = largest(desk)
    before = state(desk)
    for _ in range(2):  # the same form twice is one decision
        status, page = post(desk, client, csrf, story, action="split", article=ids[1])
        assert status == 200
    assert members(desk, story) == [ids[0], *ids[2:]]
    assert "Changes by hand" in page
    source = desk.rows(f"SELECT f.name FROM articles a JOIN feeds f ON f.id = a.feed_id WHERE a.id = {ids[1]}")[0][0]
    assert f"<b>{source}</b>" not in page.split("Who reported first")[1], "nor in what the last cycle found out"
    assert desk.rows("SELECT article_id, from_story, to_story, analyst FROM story_decisions") == [
        (ids[1], story, None, "anna")
    ]
    batch = desk.rows("SELECT batch FROM story_decisions")[0][0]
    status, _ = post(desk, client, csrf, story, action="undo", batch=batch, token="another-token")
    assert status == 200
    assert state(desk) == before
    assert len(desk.rows("SELECT 1 FROM story_decisions")) == 2
    assert post(desk, client, csrf, story, action="undo", batch=batch, token="third-token")[0] == 409


def test_story_is_joined_with_another_by_the_address_of_an_article(desk: Served) -> None:
    client, csrf = signed_in(desk)
    story, ids = largest(desk)
    other = int(str(desk.rows(f"SELECT id FROM stories WHERE id <> {story} LIMIT 1")[0][0]))
    others = members(desk, other)
    before = state(desk)
    status, page = post(
        desk, client, csrf, story, action="join", article=f"{desk.base}/-/tumen/article/{others[0]}?topic=thaad"
    )
    assert status == 200
    assert set(members(desk, story)) == {*ids, *others}
    assert members(desk, other) == []
    assert "Added by anna." in page
    assert desk.get(f"/-/tumen/story/{other}")[0] == 200
    batch = desk.rows("SELECT batch FROM story_decisions")[0][0]
    assert post(desk, client, csrf, story, action="undo", batch=batch, token="another-token")[0] == 200
    assert state(desk) == before


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"action": "split", "article": 99_999}, 409),
        ({"action": "join", "article": 99_999}, 409),
        ({"action": "join", "article": "somewhere"}, 409),
        ({"action": "undo", "batch": "nothing"}, 409),
        ({"action": "split", "article": 1, "token": "x"}, 400),
    ],
)
def test_odd_change_is_refused_with_a_sentence(desk: Served, fields: dict[str, object], status: int) -> None:
    client, csrf = signed_in(desk)
    story, _ = largest(desk)
    before = state(desk)
    code, page = post(desk, client, csrf, story, **fields)
    assert code == status
    assert "Error" in page
    assert state(desk) == before


def test_reader_cannot_change_a_story(library: Served) -> None:
    story, ids = largest(library)
    client = library.client()
    _, page, _ = library.ask(client, "/-/tumen/login", None)
    (csrf,) = re.findall(r'name="csrf" content="([^"]+)"', page)
    assert post(library, client, csrf, story, action="split", article=ids[0])[0] == 403
    assert library.get("/-/tumen/story/99999")[0] == 404


def test_decisions_are_append_only_and_the_cycle_respects_them(desk: Served) -> None:
    story, ids = largest(desk)
    conn = open_store(desk.database)
    by = story_decisions.By(analyst="anna", at=datetime.now(UTC), batch="a-decision")
    story_decisions.split(conn, ids[1], by)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        conn.execute("UPDATE story_decisions SET analyst = 'x'")
    numbers = conn.execute("SELECT hash FROM sentences WHERE article_id = ?", (ids[1],)).fetchall()
    row = conn.execute("SELECT s.*, a.language FROM signatures s JOIN articles a ON a.id = article_id WHERE a.id = ?",
                       (ids[1],)).fetchone()  # fmt: skip
    signature = from_row(Signature, row, words=unpack(row["words"]), title_words=unpack(row["title_words"]))
    stored = Stored(id=ArticleId(ids[1]), revision=2, what="revised")
    hashes = tuple(number for (number,) in numbers)
    with transaction(conn):
        assert StoryStage().place(conn, stored, hashes, signature, by.at) is None
    conn.execute("DELETE FROM story_decisions")  # without the decision, the article would join again
    with transaction(conn):
        assert StoryStage().place(conn, stored, hashes, signature, by.at) == story
    conn.close()


def unpack(packed: bytes) -> dict[int, float]:
    half = len(packed) // 2
    return dict(zip(memoryview(packed[:half]).cast("I"), memoryview(packed[half:]).cast("f"), strict=True))
