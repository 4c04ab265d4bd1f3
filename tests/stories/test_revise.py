"""Stories that are merged or split as evidence comes."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.model import Candidate, Signature, Telling
from pipeline.store import open_store, story_changes, transaction
from pipeline.stories.revise import find_merge, find_outlier

HOUR = 3_600.0
NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
EMPTY: frozenset[str] = frozenset()
SIGNATURE = Signature(
    language="en", concepts=EMPTY, title_concepts=EMPTY, acts=EMPTY, title_acts=EMPTY, numbers=EMPTY, words={},
    title_words={}, characters=500, digest=False,
)  # fmt: skip


def telling(article: int, hours: float = 0.0, story: int = 1) -> Telling:
    return Telling(article=article, source=article, at=hours * HOUR, story=story, signature=SIGNATURE)


def story(*members: Telling) -> Candidate:
    return Candidate(min(one.at for one in members), max(one.at for one in members), len(members), members)


def like(*groups: set[int]):  # type: ignore[no-untyped-def] # a score for the tests below
    """Articles of one group are alike."""

    def score(one: Telling, other: Telling) -> float:
        return 0.9 if any({one.article, other.article} <= group for group in groups) else 0.05

    return score


def test_two_stories_whose_articles_are_all_alike_are_merged() -> None:
    one, other = story(telling(1), telling(2)), story(telling(3, story=2), telling(4, story=2))
    found = find_merge(one, [other], like({1, 2, 3, 4}), 0.4)
    assert found is not None
    assert found[0] is other
    assert find_merge(one, [other], like({1, 2}, {3, 4}, {2, 3}), 0.4) is None


def test_stories_that_would_span_more_than_the_window_are_not_merged() -> None:
    one, other = story(telling(1), telling(2)), story(telling(3, 70), telling(4, 70))
    assert find_merge(one, [other], like({1, 2, 3, 4}), 0.4) is None


def test_article_unlike_all_others_is_split_off_unless_it_shares_sentences() -> None:
    members = [telling(1), telling(2), telling(3)]
    found = find_outlier(members, set(), like({1, 2}), 0.4)
    assert found is not None
    assert found[0].article == 3
    assert find_outlier(members, {3}, like({1, 2}), 0.4) is None
    assert find_outlier(members[:2], set(), like(), 0.4) is None


@pytest.fixture
def conn(tmp_path: Path) -> sqlite3.Connection:
    conn = open_store(tmp_path / "tumen.db")
    conn.execute(
        "INSERT INTO feeds (name, url, asked_url, language, kind, added_at) VALUES ('f', 'u', 'u', 'en', 'x', '')"
    )
    for number in (1, 2):
        conn.execute(
            f"INSERT INTO stories (title, first_seen_at, last_seen_at, articles) VALUES ('{number}', '', '', 2)"
        )
    for number in range(1, 5):
        conn.execute(
            "INSERT INTO articles (title, text, feed_id, sorted_at, url, published_url, method, content_hash,"
            " first_seen_at, fetched_at, story_id) VALUES ('t', 'x', 1, ?, ?, '', 'x', '', '', '', ?)",
            (f"2026-11-0{number}", str(number), (number + 1) // 2),
        )
        conn.execute(
            "INSERT INTO story_members (article_id, story_id, how, why, joined_at) VALUES (?, ?, 'event', 'w.', '')",
            (number, (number + 1) // 2),
        )
    return conn


def test_merge_moves_every_article_and_keeps_the_reason_for_ever(conn: sqlite3.Connection) -> None:
    with transaction(conn):
        story_changes.merge(conn, 2, 1, "Merged with story 1.", NOW)
    assert [row[0] for row in conn.execute("SELECT story_id FROM articles ORDER BY id")] == [1, 1, 1, 1]
    assert [tuple(row) for row in conn.execute("SELECT id, articles, last_seen_at FROM stories")] == [
        (1, 4, "2026-11-04"),
        (2, 0, ""),
    ]
    assert conn.execute("SELECT why FROM story_members WHERE article_id = 3").fetchone()[0] == "w. Merged with story 1."
    assert tuple(conn.execute("SELECT what, story_id, into_id, articles FROM story_changes").fetchone()) == (
        "merged",
        2,
        1,
        "[3, 4]",
    )
    for change in ("DELETE FROM story_changes", "UPDATE story_changes SET why = ''"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            conn.execute(change)
    conn.close()


def test_split_takes_one_article_out(conn: sqlite3.Connection) -> None:
    with transaction(conn):
        story_changes.split(conn, 1, 2, "Other event.", NOW)
    assert [row[0] for row in conn.execute("SELECT story_id FROM articles ORDER BY id")] == [1, None, 2, 2]
    assert conn.execute("SELECT articles FROM stories WHERE id = 1").fetchone()[0] == 1
    assert conn.execute("SELECT count(*) FROM story_members").fetchone()[0] == 3
    conn.close()


def test_article_placed_by_an_analyst_is_recognised(conn: sqlite3.Connection) -> None:
    assert not story_changes.by_hand(conn, [1])
    conn.execute("INSERT INTO story_decisions (article_id, analyst, at, batch) VALUES (1, 'anna', '', 'b')")
    assert story_changes.by_hand(conn, [1, 2])
    assert not story_changes.by_hand(conn, [3])
    conn.close()
