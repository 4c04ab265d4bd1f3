"""Edits of pages in the database: what is a change of the layout, and what is reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.model import ArticleId, Change, EditKind
from pipeline.model.edits import EditPart
from pipeline.store import edits, transaction
from tests.store.build import NOW, Rows

HOUR = timedelta(hours=1)


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    """Articles 1 to 7 of Paper, and 8 of Wire."""
    rows = Rows(tmp_path)
    for number in range(1, 9):
        rows.piece(f"Article {number}", feed="Wire" if number == 8 else "Paper")
    yield rows
    rows.close()


def put(rows: Rows, article: int, *parts: tuple[EditKind, int], at: datetime = NOW) -> int:
    """Store an edit with parts of these kinds and keys."""
    feed = rows.value("SELECT feed_id FROM articles WHERE id = ?", article)
    made = tuple(EditPart(kind=kind, old="old", new="new", key=key) for kind, key in parts)
    change = Change(kind=parts[0][0], parts=made)
    with transaction(rows.conn):
        return edits.put(
            rows.conn,
            edits.Edit(
                article=ArticleId(article), feed=int(str(feed)), change=change, seen_at=at, since=at - HOUR, summary="s"
            ),
        )


@pytest.mark.parametrize(
    ("earlier", "layout"),
    [
        ([(2, 0), (3, 0)], {7}),
        ([(2, 0)], set()),
        ([(2, 0), (2, 1)], set()),  # one article twice
        ([(2, 0), (1, 0)], set()),  # the article itself does not count
        ([(2, 0), (8, 0)], set()),  # another source does not count
        ([(2, 0), (3, 24)], {7}),
        ([(2, 0), (3, 25)], set()),  # longer ago than a day
    ],
)
def test_change_that_two_other_articles_of_the_source_had_within_a_day_is_layout(
    rows: Rows, earlier: list[tuple[int, int]], layout: set[int]
) -> None:
    for article, hours in earlier:
        put(rows, article, ("sentence", 7), ("fact", 8), at=NOW - hours * HOUR)
    feed = rows.feeds["Paper"]
    assert edits.layout_keys(rows.conn, 1, feed, [7, 9], NOW) == layout


def test_earlier_edits_become_layout_but_keep_their_facts(rows: Rows) -> None:
    only_layout = put(rows, 1, ("sentence", 7))
    with_fact = put(rows, 2, ("sentence", 7), ("fact", 8))
    long_ago = put(rows, 3, ("sentence", 7), at=NOW - 30 * HOUR)
    elsewhere = put(rows, 8, ("sentence", 7))
    with transaction(rows.conn):
        edits.mark_layout(rows.conn, rows.feeds["Paper"], {7}, NOW)
    kinds = {row[0]: (row[1], row[2]) for row in rows.conn.execute("SELECT id, kind, reported FROM edits")}
    assert kinds == {
        only_layout: ("layout", 0),
        with_fact: ("fact", 1),
        long_ago: ("sentence", 1),
        elsewhere: ("sentence", 1),
    }


def test_lists_show_reported_edits_only(rows: Rows) -> None:
    fact = put(rows, 1, ("fact", 1))
    put(rows, 1, ("cosmetic", 2))
    gone = put(rows, 2, ("gone", 3), at=NOW - HOUR)
    listed = [
        edits.latest(rows.conn),
        edits.latest(rows.conn, kind="gone"),
        edits.latest(rows.conn, before=gone),
        edits.latest(rows.conn, limit=1),
        edits.of_article(rows.conn, 1),
        edits.since(rows.conn, (NOW - HOUR).isoformat().replace("+00:00", "Z")),
        edits.since(rows.conn, NOW.isoformat().replace("+00:00", "Z")),
    ]
    ids = [[edit["id"] for edit in found] for found in listed]
    assert ids == [[gone, fact], [gone], [fact], [gone], [fact], [fact, gone], [fact]]


@pytest.mark.parametrize(
    ("others", "footer"), [([2, 3, 4, 5, 6], {7}), ([2, 3, 4, 5], set()), ([2, 3, 4, 5, 8], set())]
)
def test_sentence_that_five_other_articles_of_the_source_have_is_a_footer(
    rows: Rows, others: list[int], footer: set[int]
) -> None:
    for article in (7, *others):
        rows.conn.execute("INSERT INTO sentences (hash, article_id) VALUES (7, ?)", (article,))
    assert edits.footers(rows.conn, 7, rows.feeds["Paper"], [7, 8]) == footer
