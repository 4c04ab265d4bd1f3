"""Stories arranged by hand: taken apart, put together, and undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store import story_decisions, transaction
from pipeline.store.story_decisions import By, NotPossible, is_placed, join, split, undo
from tests.store.build import NOW, Rows


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    """Articles 1 and 2 in story 1, 3 and 4 in story 2, 5 in no story; story 3 was merged away."""
    rows = Rows(tmp_path)
    for number in range(1, 6):
        rows.piece(f"Article {number}")
    with transaction(rows.conn):
        for story, size in ((1, 2), (2, 2), (3, 0)):
            rows.conn.execute(
                "INSERT INTO stories (id, title, articles, first_seen_at, last_seen_at) VALUES (?, 's', ?, '', '')",
                (story, size),
            )
        for article, story in ((1, 1), (2, 1), (3, 2), (4, 2)):
            rows.conn.execute("UPDATE articles SET story_id = ? WHERE id = ?", (story, article))
            rows.conn.execute(
                "INSERT INTO story_members (article_id, story_id, how, like_article_id, why, joined_at)"
                " VALUES (?, ?, 'copy', 1, 'Shares 5 sentences.', '')",
                (article, story),
            )
    yield rows
    rows.close()


def by(batch: str) -> By:
    return By(analyst="kim", at=NOW, batch=batch)


def stories(rows: Rows) -> list[int | None]:
    return [row[0] for row in rows.conn.execute("SELECT story_id FROM articles ORDER BY id")]


def counts(rows: Rows) -> list[int]:
    return [row[0] for row in rows.conn.execute("SELECT articles FROM stories ORDER BY id")]


def why(rows: Rows, article: int) -> object:
    return rows.value("SELECT how || ': ' || why FROM story_members WHERE article_id = ?", article)


def test_split_takes_one_article_out_and_both_stories_are_counted_anew(rows: Rows) -> None:
    split(rows.conn, 2, by("a"))
    assert stories(rows) == [1, None, 2, 2, None]
    assert counts(rows) == [1, 2, 0]
    assert rows.value("SELECT count(*) FROM story_members WHERE article_id = 2") == 0
    assert (is_placed(rows.conn, 2), is_placed(rows.conn, 1)) == (True, False)


def test_join_moves_the_whole_story_and_says_who_did_it(rows: Rows) -> None:
    join(rows.conn, 1, 2, by("a"))
    assert stories(rows) == [2, 2, 2, 2, None]
    assert counts(rows) == [0, 4, 0]
    assert why(rows, 2) == "event: Added by kim."


def test_article_without_a_story_can_be_put_into_one(rows: Rows) -> None:
    join(rows.conn, 5, 1, by("a"))
    assert stories(rows) == [1, 1, 2, 2, 1]
    assert counts(rows) == [3, 2, 0]


def test_undo_restores_stories_counts_and_reasons(rows: Rows) -> None:
    join(rows.conn, 1, 2, by("a"))
    undo(rows.conn, "a", by("b"))
    assert stories(rows) == [1, 1, 2, 2, None]
    assert counts(rows) == [2, 2, 0]
    assert why(rows, 2) == "copy: Shares 5 sentences."


@pytest.mark.parametrize(
    ("decide", "reason"),
    [
        (lambda conn: split(conn, 5, by("x")), "in no story"),
        (lambda conn: join(conn, 99, 1, by("x")), "no such article"),
        (lambda conn: join(conn, 1, 99, by("x")), "no such story"),
        (lambda conn: join(conn, 1, 3, by("x")), "no such story"),  # merged away
        (lambda conn: join(conn, 1, 1, by("x")), "already in this story"),
        (lambda conn: undo(conn, "nothing", by("x")), "no such decision"),
    ],
)
def test_decision_that_does_not_fit_changes_nothing(rows: Rows, decide: object, reason: str) -> None:
    with pytest.raises(NotPossible, match=reason):
        decide(rows.conn)  # type: ignore[operator] # one of the lambdas above
    assert stories(rows) == [1, 1, 2, 2, None]
    assert rows.value("SELECT count(*) FROM story_decisions") == 0


def test_decision_is_undone_once_and_an_undo_cannot_be_undone(rows: Rows) -> None:
    split(rows.conn, 2, by("a"))
    undo(rows.conn, "a", by("b"))
    for batch in ("a", "b"):
        with pytest.raises(NotPossible, match="already undone"):
            undo(rows.conn, batch, by("c"))


def test_old_decision_is_not_undone_over_a_later_one(rows: Rows) -> None:
    split(rows.conn, 2, by("a"))
    join(rows.conn, 2, 2, by("b"))
    with pytest.raises(NotPossible, match="undo the later change first"):
        undo(rows.conn, "a", by("c"))
    assert stories(rows) == [1, 2, 2, 2, None]


@pytest.mark.parametrize("name", ["split", "join", "undo"])
def test_form_that_is_sent_twice_is_one_decision(rows: Rows, name: str) -> None:
    split(rows.conn, 1, by("first"))
    decide = getattr(story_decisions, name)
    arguments = {"split": (2,), "join": (5, 2), "undo": ("first",)}[name]
    decide(rows.conn, *arguments, by("a"))
    after = stories(rows)
    decide(rows.conn, *arguments, by("a"))
    assert stories(rows) == after
    assert rows.value("SELECT count(*) FROM story_decisions WHERE batch = 'a'") == 1
