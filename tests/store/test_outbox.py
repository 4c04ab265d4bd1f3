"""The outbox: which events a rule still has to report, and when a waiting alert is due."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

import pytest

from pipeline.model import Verdict
from pipeline.store import outbox, reviews
from pipeline.store.outbox import Alert
from pipeline.store.values import to_text
from tests.store.build import NOW, Rows

DAY = timedelta(days=1)


def alert(key: str, *, target: str = "duty", made_at: datetime = NOW) -> Alert:
    return Alert(rule="Gas", target=target, key=key, subject="Subject", body="Body", made_at=to_text(made_at))


def judge(rows: Rows, article: int, analyst: str, verdict: Verdict, at: datetime = NOW) -> None:
    new = reviews.NewVerdict(
        article=article, analyst=analyst, verdict=verdict, revision=1, token=f"{article} {analyst} {verdict} {at}"
    )
    reviews.put(rows.conn, new, at)


@pytest.mark.parametrize(
    ("first_seen", "began", "since"),
    [
        (NOW - DAY, NOW, NOW - DAY),  # a rule reports what came since the cycle that first saw it
        (NOW, NOW, NOW),
        (NOW + DAY, NOW, NOW),  # the clock was set back: events are reported again at once
        (NOW - 10 * DAY, NOW, NOW - 3 * DAY),  # after a long stop nobody gets old news
    ],
)
def test_rule_reports_events_since(rows: Rows, first_seen: datetime, began: datetime, since: datetime) -> None:
    outbox.known_since(rows.conn, "Gas", first_seen, first_seen)
    assert outbox.known_since(rows.conn, "Gas", began, NOW) == to_text(since)


def test_article_is_reported_until_every_target_has_it(rows: Rows) -> None:
    article = rows.piece("Gas talks", topics={"gas": 0.8})

    def left(*targets: str) -> list[int]:
        return [row.article for row in outbox.flagged(rows.conn, to_text(NOW), targets)]

    assert left("duty", "desk") == [article]
    outbox.put(rows.conn, alert(f"article:{article}"))
    assert left("duty", "desk") == [article]  # the second target has not heard of it
    assert left("duty") == []
    outbox.put(rows.conn, alert(f"article:{article}", target="desk"))
    assert left("duty", "desk") == []


def test_only_recent_flags_of_recent_articles_are_reported(rows: Rows) -> None:
    fresh = rows.piece("Gas talks", topics={"gas": 0.8})
    old_flag = rows.piece("Old flag", topics={"gas": 0.8})
    old_article = rows.piece("Old article", topics={"gas": 0.8})
    rows.conn.execute("UPDATE flags SET flagged_at = ? WHERE article_id = ?", (to_text(NOW - DAY), old_flag))
    rows.conn.execute("UPDATE articles SET sorted_at = ? WHERE id = ?", (to_text(NOW - 4 * DAY), old_article))
    assert [row.article for row in outbox.flagged(rows.conn, to_text(NOW), ["duty"])] == [fresh]


def test_verdict_has_the_corrected_topics(rows: Rows) -> None:
    article = rows.piece("Gas talks", topics={"gas": 0.8, "rails": 0.7})
    new = reviews.NewVerdict(
        article=article, analyst="kim", verdict="relevant", revision=1, token="t", topics=("rails",)
    )
    reviews.put(rows.conn, new, NOW)
    assert [one.topics for one in outbox.verdicts(rows.conn, to_text(NOW))] == [("rails",)]


def test_verdict_stands_until_its_own_analyst_replaces_it(rows: Rows) -> None:
    article = rows.piece("Gas talks", topics={"gas": 0.8, "rails": 0.7})
    judge(rows, article, "kim", "escalate")
    judge(rows, article, "anna", "not_relevant", NOW + timedelta(minutes=1))
    assert [(one.analyst, one.verdict) for one in outbox.verdicts(rows.conn, to_text(NOW))] == [
        ("kim", "escalate"),
        ("anna", "not_relevant"),
    ]
    assert set(outbox.verdicts(rows.conn, to_text(NOW))[0].topics) == {"gas", "rails"}
    judge(rows, article, "kim", "withdrawn", NOW + timedelta(minutes=2))
    assert [one.analyst for one in outbox.verdicts(rows.conn, to_text(NOW))] == ["anna"]
    assert outbox.verdicts(rows.conn, to_text(NOW + DAY)) == []


@pytest.mark.parametrize(
    ("try_at", "due"),
    [
        (None, True),
        (NOW, True),
        (NOW + timedelta(seconds=1), False),
        (NOW + 3 * DAY, False),
        (NOW + 4 * DAY, True),  # no delay is that long: the clock was set back
    ],
)
def test_waiting_alert_is_due(rows: Rows, try_at: datetime | None, due: bool) -> None:
    outbox.put(rows.conn, alert("article:1"))
    rows.conn.execute("UPDATE alerts SET try_at = ?", (None if try_at is None else to_text(try_at),))
    assert bool(outbox.waiting(rows.conn, NOW)) is due


def test_alert_that_was_given_up_is_tried_anew_from_the_first_delay(rows: Rows) -> None:
    outbox.put(rows.conn, alert("article:1", made_at=NOW - 5 * DAY))
    outbox.put(rows.conn, alert("article:2"))
    (first, second) = (one.id for one in outbox.waiting(rows.conn, NOW))
    for _ in range(5):
        outbox.mark_failed(rows.conn, [first], "refused", NOW)
    outbox.mark_failed(rows.conn, [first], "refused", None)
    assert outbox.counts(rows.conn) == (1, 1)
    assert outbox.retry_failed(rows.conn, NOW) == 1
    renewed = next(one for one in outbox.waiting(rows.conn, NOW) if one.id == first)
    assert (renewed.tries, renewed.made_at) == (0, to_text(NOW))
    assert {one.id for one in outbox.waiting(rows.conn, NOW)} == {first, second}


def test_retry_makes_waiting_alerts_due_at_once(rows: Rows) -> None:
    outbox.put(rows.conn, alert("article:1"))
    outbox.mark_failed(rows.conn, [1], "refused", NOW + timedelta(hours=1))
    assert outbox.waiting(rows.conn, NOW) == []
    assert outbox.retry_failed(rows.conn, NOW) == 0
    assert [one.tries for one in outbox.waiting(rows.conn, NOW)] == [1]


def test_target_that_refuses_is_reported_once_until_it_accepts(rows: Rows) -> None:
    answers = ["full", "full", None, None, "full"]
    reported = [outbox.report_target(rows.conn, "duty", answer, NOW) for answer in answers]
    assert reported == [True, False, False, False, True]
    assert outbox.report_target(rows.conn, "other", "full", NOW)


def test_search_with_many_results_reports_the_newest(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_MOST_FOUND", 2)
    pieces = [rows.piece(title) for title in ("Harbour", "Old harbour", "A walk to the harbour", "From one harbour on")]
    for age, piece in enumerate(reversed(pieces)):
        at = to_text(NOW - timedelta(hours=age))
        rows.conn.execute("UPDATE articles SET sorted_at = ?, fetched_at = ? WHERE id = ?", (at, to_text(NOW), piece))
    found = outbox.found(rows.conn, to_text(NOW), "harbour")
    assert [row.article for row in found] == pieces[2:]


def test_message_of_a_process_that_died_is_sent_again_under_its_id(rows: Rows) -> None:
    outbox.put(rows.conn, alert("article:1"))
    outbox.mark_sending(rows.conn, [1], "m1")
    assert outbox.waiting(rows.conn, NOW) == []
    assert outbox.counts(rows.conn) == (1, 0)
    outbox.requeue_interrupted(rows.conn)
    assert [one.message for one in outbox.waiting(rows.conn, NOW)] == ["m1"]
    outbox.mark_sent(rows.conn, [1], NOW)
    outbox.requeue_interrupted(rows.conn)
    assert (outbox.waiting(rows.conn, NOW), outbox.counts(rows.conn)) == ([], (0, 0))


def test_one_target_has_one_alert_for_an_event(rows: Rows) -> None:
    for _ in range(2):
        outbox.put(rows.conn, alert("article:1"))
    outbox.put(rows.conn, alert("article:1", target="desk"))
    assert rows.value("SELECT count(*) FROM alerts") == 2
    assert outbox.is_queued(rows.conn, "desk", "article:1")
    assert not outbox.is_queued(rows.conn, "desk", "article:2")


def test_people_see_open_alerts_first_and_the_newest_of_them_on_top(rows: Rows) -> None:
    for number in range(4):
        outbox.put(rows.conn, alert(f"article:{number}"))
    outbox.mark_sent(rows.conn, [4], NOW)
    listed: list[sqlite3.Row] = outbox.latest(rows.conn, 3)
    assert [row["id"] for row in listed] == [3, 2, 1]


def test_message_names_the_best_topic_first_and_six_words_in_the_order_of_the_text(rows: Rows) -> None:
    article = rows.piece("Gas talks", topics={"rails": 0.6, "gas": 0.8})
    assert outbox.load_article(rows.conn, article).topics == "Gas · Rails"
