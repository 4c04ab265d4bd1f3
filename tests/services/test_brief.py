"""Composition of the brief from a small database: which articles, in which section, with which words of an analyst."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.model import Verdict
from pipeline.services.brief import Brief, Item, Which, compose, parse_since
from pipeline.store import brief as brief_rows
from pipeline.store import reviews, transaction
from tests.store.build import NOW, Rows

DAY = timedelta(days=1)


def composed(rows: Rows, which: Which = "not_rejected") -> Brief:
    return compose(rows.conn, NOW + timedelta(hours=1), DAY, which)


def titles(items: tuple[Item, ...]) -> list[str]:
    return [item.article.title for item in items]


def in_story(rows: Rows, *articles: int) -> None:
    rows.conn.execute(
        "INSERT INTO stories (id, title, articles, first_seen_at, last_seen_at) VALUES (1, 's', ?, '', '')",
        (len(articles),),
    )
    for article in articles:
        rows.conn.execute("UPDATE articles SET story_id = 1 WHERE id = ?", (article,))


def judge(rows: Rows, article: int, verdict: Verdict, *, note: str = "", topics: tuple[str, ...] | None = None) -> None:
    token = f"{article} {verdict} {note}"
    new = reviews.NewVerdict(
        article=article, analyst="kim", verdict=verdict, revision=1, token=token, note=note, topics=topics
    )
    reviews.put(rows.conn, new, NOW)


def edit(rows: Rows, what: brief_rows.EditKind, value: str, article: int | None = None) -> None:
    with transaction(rows.conn):
        brief_rows.put_edit(rows.conn, what, value, article=article, analyst="kim", now=NOW)


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("not_rejected", {"Unread", "Relevant", "Escalated"}),
        ("reviewed", {"Relevant", "Escalated"}),
        ("all", {"Unread", "Relevant", "Escalated", "Rejected"}),
    ],
)
def test_verdicts_decide_which_articles_are_in_the_brief(rows: Rows, which: Which, expected: set[str]) -> None:
    verdicts: dict[str, Verdict] = {
        "Relevant": "relevant",
        "Escalated": "escalate",
        "Rejected": "not_relevant",
    }
    for title in ("Unread", "Relevant", "Escalated", "Rejected"):
        article = rows.piece(title, topics={"gas": 0.8})
        if title in verdicts:
            judge(rows, article, verdicts[title])
    assert set(titles(composed(rows, which).items)) == expected


def test_brief_has_no_archived_unflagged_or_earlier_articles(rows: Rows) -> None:
    rows.piece("News", topics={"gas": 0.8})
    rows.piece("Unflagged", relevance=0.9)
    for title, change in (("Archived", "origin = 'archive'"), ("Earlier", "first_seen_at = '2026-11-22T00:00:00Z'")):
        rows.conn.execute(f"UPDATE articles SET {change} WHERE id = ?", (rows.piece(title, topics={"gas": 0.8}),))
    assert titles(composed(rows, "all").items) == ["News"]


def test_earlier_article_that_was_escalated_now_is_news(rows: Rows) -> None:
    for title in ("Escalated", "Relevant"):
        article = rows.piece(title, topics={"gas": 0.8})
        judge(rows, article, "escalate" if title == "Escalated" else "relevant")
    rows.conn.execute("UPDATE articles SET first_seen_at = '2026-11-01T00:00:00Z'")
    assert titles(composed(rows).items) == ["Escalated"]


def test_story_is_one_item_under_its_escalated_article(rows: Rows) -> None:
    first = rows.piece("First", topics={"gas": 0.9, "rails": 0.6}, relevance=0.95)
    second = rows.piece("Second", topics={"gas": 0.7}, relevance=0.6)
    in_story(rows, first, second)
    judge(rows, first, "relevant", note="for the team only")
    (item,) = composed(rows).items
    assert (item.article.title, item.section, item.note) == ("First", "Gas", "")
    judge(rows, second, "escalate", note="call Seoul")
    (item,) = composed(rows).items
    assert (item.article.title, item.section, item.topic, item.note) == ("Second", "Escalated", "Gas", "call Seoul")
    assert [article.title for article in item.also_in] == ["First"]
    assert item.also == ("Rails",)


def test_corrected_topics_decide_the_section_and_rejected_ones_keep_theirs(rows: Rows) -> None:
    corrected = rows.piece("Corrected", topics={"gas": 0.8})
    rejected = rows.piece("Rejected", topics={"gas": 0.8})
    judge(rows, corrected, "relevant", topics=("rails",))
    judge(rows, rejected, "not_relevant")
    sections = {item.article.title: item.section for item in composed(rows, "all").items}
    assert sections == {"Corrected": "Rails", "Rejected": "Gas"}


def test_newest_sentence_of_an_analyst_goes_out_and_an_empty_one_removes_it(rows: Rows) -> None:
    article = rows.piece("Gas talks", topics={"gas": 0.8})
    for sentence in ("A first try.", "The final sentence."):
        edit(rows, "sentence", sentence, article)
    assert composed(rows).items[0].sentence == "The final sentence."
    edit(rows, "sentence", "", article)
    assert not composed(rows).items[0].sentence


def test_story_that_was_left_out_stays_out_when_an_article_joins_it(rows: Rows) -> None:
    first = rows.piece("First", topics={"gas": 0.9})
    edit(rows, "left_out", "1", first)
    in_story(rows, first, rows.piece("Second", topics={"gas": 0.8}))
    brief = composed(rows)
    assert (titles(brief.items), len(brief.left_out)) == ([], 1)
    edit(rows, "left_out", "0", first)
    assert len(composed(rows).items) == 1


def test_order_of_an_analyst_comes_before_sections_which_come_in_the_order_of_the_config(rows: Rows) -> None:
    rows.piece("Rails high", topics={"rails": 0.9}, relevance=0.99)
    low = rows.piece("Gas low", topics={"gas": 0.6}, relevance=0.6)
    rows.piece("Gas high", topics={"gas": 0.9}, relevance=0.9)
    judge(rows, rows.piece("Urgent", topics={"rails": 0.9}, relevance=0.5), "escalate")
    brief = composed(rows)
    assert titles(brief.items) == ["Urgent", "Gas high", "Gas low", "Rails high"]
    assert [title for title, _ in brief.sections()] == ["Escalated", "Gas", "Rails"]
    edit(rows, "order", f"[{low}]")
    brief = composed(rows)
    assert titles(brief.items) == ["Gas low", "Urgent", "Gas high", "Rails high"]
    assert [title for title, _ in brief.sections()] == [""]


def test_words_of_the_first_topic_come_in_the_order_of_the_text_without_parts_of_longer_ones(rows: Rows) -> None:
    article = rows.piece("Gas pipeline", topics={"gas": 0.8, "rails": 0.6})
    evidence = [
        ("gas", "pipeline", "text", 40),
        ("gas", "gas pipeline", "text", 10),
        ("gas", "Gazprom", "title", 30),
        ("gas", "gazprom", "text", 2),
        ("rails", "rails", "title", 0),
    ]
    rows.conn.execute("INSERT INTO concepts (id, name, kind) VALUES ('k', 'k', 'actor')")
    for topic, surface, field, start in evidence:
        rows.conn.execute(
            'INSERT INTO evidence (article_id, topic, clause, concept, surface, field, start, "end")'
            " VALUES (?, ?, 'c', 'k', ?, ?, ?, ?)",
            (article, topic, surface, field, start, start + 5),
        )
    assert [word.lower() for word in composed(rows).items[0].article.words] == ["gazprom", "gas pipeline"]


def test_quiet_topics_and_disabled_feeds(rows: Rows) -> None:
    rows.piece("Gas talks", topics={"gas": 0.8})
    rows.conn.execute("UPDATE feeds SET enabled = 0 WHERE name = 'Wire'")
    brief = composed(rows)
    assert brief.quiet == ("Rails",)
    assert brief.coverage()[0] == "New articles: Russian 1; 1 of 1 feeds work."
    rows.conn.execute("UPDATE feeds SET failures = 1, enabled = 1")
    assert "Failing: 1 of 1 Korean feeds (Wire)." in composed(rows).coverage()


@pytest.mark.parametrize(("text", "hours"), [("24h", 24), ("3d", 72), ("1w", 168)])
def test_period(text: str, hours: int) -> None:
    assert parse_since(text) == timedelta(hours=hours)
