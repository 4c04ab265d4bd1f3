"""The orders of the queue, its filters, what is new, and the progress of a team."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.store import audit, desk, desk_settings, open_store, progress, queue, reviews
from pipeline.store.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    conn = open_store(tmp_path / "tumen.db")
    conn.execute("INSERT INTO configs VALUES ('c', 't')")
    for name in ("a", "b"):
        conn.execute(
            "INSERT INTO feeds (name, url, asked_url, language, kind, added_at) VALUES (?, ?, 'u', 'en', 'daily', 't')",
            (name, name),
        )
    conn.execute("INSERT INTO topics (id, title, position) VALUES ('pipelines', 'Pipelines', 1)")
    yield conn
    conn.close()


def add(conn: sqlite3.Connection, relevance: float, at: datetime, **more: Any) -> int:
    number = int(conn.execute("SELECT coalesce(max(id), 0) + 1 FROM articles").fetchone()[0])
    columns = {
        "id": number, "title": f"t{number}", "relevance": relevance, "relevant": 1, "topics": '["pipelines"]',
        "feed_id": 1, "sorted_at": to_text(at), "url": f"https://a.invalid/{number}", "published_url": "u",
        "method": "feed", "content_hash": "h", "first_seen_at": to_text(at), "fetched_at": "t", "text": "x",
        "language": "en",
    } | more  # fmt: skip
    names = ", ".join(columns)
    conn.execute(f"INSERT INTO articles ({names}) VALUES ({', '.join('?' * len(columns))})", [*columns.values()])
    return number


def ids(conn: sqlite3.Connection, **filters: Any) -> list[int]:
    return [line.id for line in queue.queue(conn, queue.QueueFilter(**filters), NOW)]


def give(conn: sqlite3.Connection, article: int, analyst: str, verdict: Any, at: datetime = NOW) -> None:
    count = conn.execute("SELECT count(*) FROM reviews").fetchone()[0]
    new = reviews.NewVerdict(
        article=article, analyst=analyst, verdict=verdict, revision=1, token=f"token-{count}", story=False
    )
    assert reviews.put(conn, new, at).refusal is None


@pytest.mark.parametrize("seed", range(4))
def test_order_with_age_equals_a_sort_of_everything(conn: sqlite3.Connection, seed: int) -> None:
    rng = random.Random(seed)
    conn.execute("BEGIN")
    for _ in range(600):
        story = rng.choice((None, None, None, rng.randint(1, 40)))
        if story is not None:
            conn.execute(
                "INSERT OR IGNORE INTO stories (id, title, first_seen_at, last_seen_at) VALUES (?, '', '', '')",
                (story,),
            )
        add(conn, rng.random(), NOW - rng.random() * 60 * DAY, story_id=story)
    conn.execute("COMMIT")
    best: dict[object, tuple[float, int]] = {}
    for row in conn.execute("SELECT id, relevance, sorted_at, story_id FROM articles"):
        key = (row["relevance"] * queue.freshness(row["sorted_at"], NOW), row["id"])
        of = row["story_id"] or f"article {row['id']}"
        best[of] = max(best.get(of, (0.0, 0)), key)
    expected = [number for _, number in sorted(best.values(), reverse=True)][: queue.LIMIT]
    assert ids(conn) == expected


def test_article_of_yesterday_comes_before_a_better_one_of_last_month(conn: sqlite3.Connection) -> None:
    old, fresh = add(conn, 1.0, NOW - 30 * DAY), add(conn, 0.7, NOW - DAY)
    assert ids(conn) == [fresh, old]
    assert ids(conn, sort="best") == [old, fresh]
    assert ids(conn, sort="newest") == [fresh, old]
    assert queue.freshness(to_text(NOW - 2 * DAY), NOW) == 0.5
    assert queue.freshness(to_text(NOW + DAY), NOW) == 1.0


def test_filters_and_lists_show_what_they_name(conn: sqlite3.Connection) -> None:
    one, two, three, four = (add(conn, 0.5, NOW - at * DAY, feed_id=1 + at % 2) for at in range(4))
    give(conn, one, "anna", "escalate")
    give(conn, two, "boris", "not_relevant")
    give(conn, three, "anna", "relevant", NOW - 20 * DAY)
    note = reviews.NewNote(article=four, analyst="anna", note="look again", token="note-token")
    assert reviews.put_note(conn, note, NOW)
    assert ids(conn) == [four]
    assert ids(conn, queue="escalated") == [one]
    assert ids(conn, queue="mine", analyst="anna") == [one, three]
    assert ids(conn, queue="relevant", days=7) == [one]
    assert ids(conn, queue="notes") == [four]
    assert ids(conn, queue="flagged") == [one, two, three, four]
    assert ids(conn, queue="flagged", verdict="waiting") == [four]
    assert ids(conn, verdict="not_relevant") == [two]
    assert ids(conn, queue="flagged", source=2) == [two, four]
    assert ids(conn, queue="flagged", since=to_text(NOW - 2 * DAY)) == [one, two, three]
    assert ids(conn, queue="flagged", source=1) == [one, three]
    give(conn, one, "anna", "withdrawn")
    assert ids(conn, queue="mine", analyst="anna") == [three]


@pytest.mark.parametrize("name", ["main", "flagged"])
def test_articles_of_web_archives_can_be_left_out_or_shown_alone(conn: sqlite3.Connection, name: str) -> None:
    assert not desk.has_archive(conn)
    news, past = add(conn, 0.5, NOW), add(conn, 0.5, NOW - DAY, origin="archive")
    assert desk.has_archive(conn)
    assert ids(conn, queue=name) == [news, past]
    assert ids(conn, queue=name, origin="feed") == [news]
    assert ids(conn, queue=name, origin="archive") == [past]
    assert progress.progress(conn, queue.QueueFilter(origin="feed"), NOW).waiting == 1


def test_audit_sample_is_drawn_from_feeds_only(conn: sqlite3.Connection) -> None:
    week = NOW - 7 * DAY
    heard = add(conn, 0.1, week, relevant=0, topics="[]")
    add(conn, 0.1, week, relevant=0, topics="[]", origin="archive")
    assert audit.sample(conn, NOW) == [heard]
    conn.execute(
        "INSERT INTO reviews (article_id, analyst, verdict, at, token, revision, queue)"
        " VALUES (?, 'anna', 'relevant', 't', 'token-1', 1, 'audit')",
        (heard,),
    )
    assert [count.size for count in audit.counts(conn) if count.part == "audit"] == [1]


@pytest.mark.parametrize("sort", ["age", "newest", "best"])
def test_filter_by_days_counts_back_from_now(conn: sqlite3.Connection, sort: str) -> None:
    shown = [add(conn, 0.9 - at / 10, NOW - at * DAY) for at in range(4)]
    older = add(conn, 0.1, NOW - 3 * DAY - timedelta(seconds=1))
    assert ids(conn, sort=sort) == [*shown, older]
    assert ids(conn, sort=sort, days=3) == shown
    assert ids(conn, sort=sort, days=1) == shown[:2]
    assert progress.progress(conn, queue.QueueFilter(days=3), NOW).waiting == 4


def test_articles_with_one_time_or_relevance_come_newest_first(conn: sqlite3.Connection) -> None:
    first, second, third = (add(conn, 0.5, NOW) for _ in range(3))
    for sort in ("age", "newest", "best"):
        assert ids(conn, sort=sort) == [third, second, first]


def test_filters_offer_the_feeds_that_are_watched_by_name(conn: sqlite3.Connection) -> None:
    conn.execute("UPDATE feeds SET name = 'z' WHERE id = 1")
    assert desk.choices(conn)["source"] == [("2", "b"), ("1", "z")]
    conn.execute("UPDATE feeds SET enabled = 0 WHERE id = 2")
    assert desk.choices(conn)["source"] == [("1", "z")]


def test_counters_leave_out_undone_verdicts_and_count_an_article_once(conn: sqlite3.Connection) -> None:
    one, two = add(conn, 0.5, NOW), add(conn, 0.5, NOW)
    for article, analyst, verdict in (
        (one, "anna", "relevant"), (one, "boris", "relevant"), (two, "anna", "relevant"), (two, "anna", "withdrawn"),
    ):  # fmt: skip
        give(conn, article, analyst, verdict)
    done = progress.progress(conn, queue.QueueFilter(), NOW)
    assert (done.waiting, done.team, done.today) == (1, 1, {"anna": 1, "boris": 1})
    assert progress.progress(conn, queue.QueueFilter(), NOW, day=to_text(NOW + DAY)).team == 0


def test_news_are_new_articles_of_the_list_and_newer_verdicts(conn: sqlite3.Connection) -> None:
    one = add(conn, 0.5, NOW)
    newest, review = progress.newest_ids(conn)
    add(conn, 0.5, NOW)
    add(conn, 0.5, NOW, language="ko")
    add(conn, 0.1, NOW, relevant=0)
    give(conn, one, "boris", "relevant")
    news = progress.news(conn, queue.QueueFilter(), NOW, newest=newest, review=review)
    assert (news.new, news.judged) == (2, ((one, "relevant", "boris"),))
    again = progress.news(conn, queue.QueueFilter(language="ko"), NOW, newest=newest, review=news.review)
    assert (again.new, again.judged) == (1, ())


def test_a_visit_ends_after_a_pause() -> None:
    visit = ""
    for minutes in (0, 10, 20, 30):
        visit = desk_settings.next_visit(visit, NOW + timedelta(minutes=minutes)) or visit
        assert desk_settings.last_visit(visit) is None
    assert desk_settings.next_visit(visit, NOW + timedelta(minutes=30, seconds=20)) is None, "not worth a write"
    visit = desk_settings.next_visit(visit, NOW + DAY) or visit
    assert desk_settings.last_visit(visit) == to_text(NOW + timedelta(minutes=30))
