"""Rules against events, without a mail server: which rule reports what, and when a message is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import pytest

from pipeline.alerts.delivery import send_due
from pipeline.alerts.rules import collect
from pipeline.model import Change, EditKind
from pipeline.settings import Settings, load_settings
from pipeline.settings.alerts import Target
from pipeline.store import edits, health, outbox, reviews, search_results, transaction
from pipeline.store.values import to_text
from tests.store.build import NOW, Rows

TARGETS = (
    '[[target]]\nname = "duty"\nurl = "json://127.0.0.1:9"\n[[target]]\nname = "desk"\nurl = "json://127.0.0.1:9"\n'
)


@dataclass
class Inbox:
    """A sender that keeps what it was given; ``problem`` is its answer."""

    got: list[tuple[str, str]] = field(default_factory=list)
    problem: str | None = None

    def __call__(self, target: Target, subject: str, body: str, message: str) -> str | None:
        self.got.append((target.name, subject))
        return self.problem


def settings(rows: Rows, rules: str, *, daemon: str = "") -> Settings:
    folder = rows.path.parent / "config"
    folder.mkdir(exist_ok=True)
    (folder / "tumen.toml").write_text(daemon)
    feeds = "".join(
        f'[[feed]]\nname = "{name}"\nurl = "https://{name.lower()}.example/rss"\nlanguage = "{language}"\n'
        for name, language in (("Paper", "ru"), ("Wire", "ko"))
    )
    (folder / "feeds.toml").write_text(feeds)
    (folder / "alerts.toml").write_text(TARGETS + rules)
    return load_settings(folder)


def reported(rows: Rows, rules: str) -> set[str]:
    """Events that these rules put into the outbox, without a target."""
    collect(rows.conn, settings(rows, rules).alerts, NOW, NOW)
    return {row[0] for row in rows.conn.execute("SELECT key FROM alerts")}


RULE = '[[rule]]\nname = "R"\nto = ["duty"]\n'


@pytest.mark.parametrize(
    ("rule", "articles"),
    [
        ("", {"gas", "rails", "korean"}),
        ("min_score = 0.9\n", {"gas", "rails"}),  # a score that equals the bound is reported
        ("min_score = 0.91\n", {"rails"}),
        ('sources = ["Wire"]\n', {"korean"}),
        ('languages = ["ko"]\n', {"korean"}),
        ('languages = ["en"]\n', set()),
    ],
)
def test_rule_reports_articles(rows: Rows, rule: str, articles: set[str]) -> None:
    known = {
        "gas": rows.piece("Gas talks", topics={"gas": 0.8}, relevance=0.9),
        "rails": rows.piece("Rails", topics={"rails": 0.6}, relevance=0.95),
        "korean": rows.piece("가스 협상", feed="Wire", topics={"gas": 0.5}, relevance=0.7),
    }
    assert reported(rows, RULE + rule) == {f"article:{known[name]}" for name in articles}


def test_rule_with_topics_compares_the_score_of_the_topic(rows: Rows) -> None:
    rows.conn.execute("INSERT INTO topics (id, title, position) VALUES ('thaad', 'THAAD', 9)")
    rows.conn.execute("INSERT INTO topics (id, title, position) VALUES ('pipelines', 'Pipelines', 9)")
    high = rows.piece("High", topics={"thaad": 0.8}, relevance=0.9)
    low = rows.piece("Low", topics={"thaad": 0.79}, relevance=0.99)
    other = rows.piece("Other", topics={"pipelines": 0.9}, relevance=0.99)
    assert reported(rows, RULE + 'topics = ["thaad"]\nmin_score = 0.8\n') == {f"article:{high}"}
    assert {low, other}.isdisjoint({high})


def test_rule_that_sends_at_once_comes_before_a_digest(rows: Rows) -> None:
    rows.piece("Gas talks", topics={"gas": 0.8})
    digest = '[[rule]]\nname = "Digest"\nto = ["duty"]\ndigest = "30 7 * * *"\n'
    reported(rows, digest + '[[rule]]\nname = "Now"\nto = ["duty"]\n')
    assert rows.value("SELECT rule FROM alerts") == "Now"


def test_second_target_of_another_rule_is_told_too(rows: Rows) -> None:
    rows.piece("Gas talks", topics={"gas": 0.8})
    both = '[[rule]]\nname = "Both"\nto = ["duty", "desk"]\n'
    reported(rows, RULE + both)
    assert {tuple(row) for row in rows.conn.execute("SELECT target, rule FROM alerts")} == {
        ("duty", "R"),
        ("desk", "Both"),
    }


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("", True),
        ('verdicts = ["relevant"]\n', False),
        ('sources = ["Wire"]\n', False),
        ('sources = ["Paper"]\n', True),
        ('topics = ["thaad"]\n', True),
        ('topics = ["pipelines"]\n', False),
    ],
)
def test_verdict_rule_follows_its_filters(rows: Rows, rule: str, expected: bool) -> None:
    for topic in ("thaad", "pipelines"):
        rows.conn.execute("INSERT INTO topics (id, title, position) VALUES (?, ?, 9)", (topic, topic))
    article = rows.piece("THAAD talks", topics={"thaad": 0.8})
    new = reviews.NewVerdict(article=article, analyst="kim", verdict="escalate", revision=1, token="t")
    reviews.put(rows.conn, new, NOW)
    assert bool(reported(rows, f'{RULE}when = "verdict"\n{rule}')) is expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("", True),
        ('sources = ["Paper"]\n', True),
        ('sources = ["Wire"]\n', False),
        ('health = ["silent"]\n', False),
        ('health = ["failing", "well"]\n', True),
    ],
)
def test_feed_rule_follows_its_filters(rows: Rows, rule: str, expected: bool) -> None:
    rows.conn.execute("UPDATE feeds SET failures = 3, problem = 'refused' WHERE name = 'Paper'")
    health.record(rows.conn, NOW)
    assert bool(reported(rows, f'{RULE}when = "feed"\n{rule}')) is expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("", {"fact"}),  # a change of the layout is no news
        ('edits = ["gone", "headline"]\n', set()),
        ('edits = ["fact"]\n', {"fact"}),
        ('sources = ["Wire"]\n', set()),
        ('languages = ["ru"]\n', {"fact"}),
        ('languages = ["ko"]\n', set()),
        ("min_score = 0.9\n", {"fact"}),
        ("min_score = 0.91\n", set()),
        ('topics = ["thaad"]\nmin_score = 1\n', {"fact"}),  # the article is flagged for it
        ('topics = ["pipelines"]\n', {"fact"}),  # it was, before the edit
        ('topics = ["sanctions"]\n', set()),
    ],
)
def test_rule_for_edits_follows_its_filters(rows: Rows, rule: str, expected: set[str]) -> None:
    article = rows.piece("THAAD talks", topics={"gas": 0.8}, relevance=0.9)
    rows.conn.execute("UPDATE articles SET topics = '[\"thaad\"]'")
    made: list[tuple[EditKind, tuple[str, ...]]] = [("fact", ("pipelines",)), ("layout", ())]
    for kind, lost in made:
        edit = edits.Edit(
            article=article,
            feed=rows.feeds["Paper"],
            change=Change(kind=kind),
            seen_at=NOW,
            since=NOW,
            summary=kind,
            flags_lost=lost,
        )
        edits.put(rows.conn, edit)
    known = {f"edit:{row[0]}": row[1] for row in rows.conn.execute("SELECT id, kind FROM edits")}
    assert {known[key] for key in reported(rows, f'{RULE}when = "edited"\n{rule}')} == expected


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("talks", {"gas", "unflagged"}),  # words, as on the search page
        ("Envoys", {"rails"}),  # the name of a saved search
        ("nothing", set()),
    ],
)
def test_rule_with_a_search_reports_new_articles_with_these_words(rows: Rows, search: str, expected: set[str]) -> None:
    known = {
        "gas": rows.piece("Gas talks", topics={"gas": 0.8, "rails": 0.6}),
        "rails": rows.piece("Rails", topics={"rails": 0.6}),
        "unflagged": rows.piece("Other talks", relevance=0.1),
        "old": rows.piece("Old talks", at=NOW - timedelta(days=1)),
    }
    search_results.save(rows.conn, "Envoys", "q=rails", "kim", NOW)
    assert reported(rows, f'{RULE}search = "{search}"\n') == {f"article:{known[name]}" for name in expected}


def test_alert_names_its_article_and_links_to_the_desk(rows: Rows) -> None:
    article = rows.piece("Gas talks", topics={"gas": 0.8})
    reviews.put(
        rows.conn, reviews.NewVerdict(article=article, analyst="kim", verdict="escalate", revision=1, token="t"), NOW
    )
    rules = settings(rows, RULE + RULE.replace('"R"', '"V"') + 'when = "verdict"\n').alerts
    for _ in range(2):  # the second time adds nothing
        collect(rows.conn, msgspec.structs.replace(rules, desk="https://desk.example/"), NOW, NOW)
    alerts = rows.conn.execute("SELECT rule, article_id, body FROM alerts ORDER BY rule").fetchall()
    assert [(rule, known) for rule, known, _ in alerts] == [("R", article), ("V", article)]
    assert all(f"https://desk.example/-/tumen/article/{article}" in body for _, _, body in alerts)


def test_event_that_one_rule_has_reported_does_not_hide_the_next(rows: Rows) -> None:
    rows.piece("Gas talks", topics={"gas": 0.8})
    second = rows.piece("More gas talks", topics={"gas": 0.8})
    outbox.put(
        rows.conn,
        outbox.Alert(rule="R", target="duty", key="article:1", subject="", body="", made_at=to_text(NOW)),
    )
    assert f"article:{second}" in reported(rows, RULE)


def deliver(rows: Rows, rule: str, at: datetime, inbox: Inbox, *, zone: str = "UTC") -> int:
    chosen = settings(rows, RULE + rule, daemon=f'[daemon]\ntimezone = "{zone}"\n')
    return send_due(rows.conn, chosen, lambda: at, inbox).sent


def put(rows: Rows, *keys: str, made_at: datetime = NOW) -> None:
    for key in keys:
        alert = outbox.Alert(rule="R", target="duty", key=key, subject=key, body="", made_at=to_text(made_at))
        with transaction(rows.conn):
            outbox.put(rows.conn, alert)


def test_quiet_hours_are_those_of_the_desk_s_time_zone(rows: Rows) -> None:
    put(rows, "article:1")
    noon_in_seoul = NOW.replace(hour=3)
    assert deliver(rows, 'quiet = "02:00-05:00"\n', noon_in_seoul, Inbox(), zone="Asia/Seoul") == 1
    put(rows, "article:2")
    assert deliver(rows, 'quiet = "11:00-13:00"\n', noon_in_seoul, Inbox(), zone="Asia/Seoul") == 0


def test_digest_is_not_put_off_by_later_news(rows: Rows) -> None:
    put(rows, "article:1", made_at=NOW)
    put(rows, "article:2", made_at=NOW + timedelta(hours=5))  # after the digest's time, which is 15:00
    assert deliver(rows, 'digest = "0 15 * * *"\n', NOW + timedelta(hours=2), Inbox()) == 0
    inbox = Inbox()
    assert deliver(rows, 'digest = "0 15 * * *"\n', NOW + timedelta(hours=5), inbox) == 2
    assert len(inbox.got) == 1  # a digest is one message


@pytest.mark.parametrize(("count", "messages"), [(1, 1), (3, 3), (4, 1), (51, 2)])
def test_many_alerts_are_combined(rows: Rows, count: int, messages: int) -> None:
    put(rows, *(f"article:{number}" for number in range(count)))
    inbox = Inbox()
    assert deliver(rows, "", NOW, inbox) == count
    assert len(inbox.got) == messages


def test_target_that_fails_is_tried_once_a_cycle_with_growing_delays_and_given_up_after_three_days(rows: Rows) -> None:
    put(rows, "article:1", "article:2")
    inbox, at, delays = Inbox(problem="refused"), NOW, []
    for _ in range(30):
        tried = len(inbox.got)
        assert deliver(rows, "", at, inbox) == 0
        assert len(inbox.got) == tried + 1  # not once per message
        if not (next_try := rows.value("SELECT try_at FROM alerts WHERE state = 'waiting' OR id = 1")):
            break
        wait = datetime.fromisoformat(str(next_try)) - at
        delays.append(int(wait.total_seconds() / 60))
        at += wait
    assert delays[:6] == [1, 5, 15, 60, 240, 240]
    assert timedelta(days=3) < at - NOW < timedelta(days=3, hours=5)
    assert outbox.counts(rows.conn) == (0, 2)


def test_alert_of_a_removed_rule_is_given_up_with_the_reason(rows: Rows) -> None:
    put(rows, "article:1")
    chosen = settings(rows, RULE.replace('"R"', '"Other"'))
    assert send_due(rows.conn, chosen, lambda: NOW, Inbox()).failed == 1
    assert "rule “R” is no longer" in str(rows.value("SELECT problem FROM alerts"))


def test_message_that_was_interrupted_is_sent_again_with_its_id_and_a_remark(rows: Rows) -> None:
    put(rows, "article:1")
    sent: list[tuple[str, str, str]] = []

    def sender(target: Target, subject: str, body: str, message: str) -> str | None:
        sent.append((subject, body, message))
        return None

    chosen = settings(rows, RULE)
    send_due(rows.conn, chosen, lambda: NOW, sender)
    rows.conn.execute("UPDATE alerts SET state = 'sending'")  # as after a stop while it was being sent
    send_due(rows.conn, chosen, lambda: NOW, sender)
    (subject, body, message), (again, repeated, same) = sent
    assert (subject, again, same) == ("Tumen: article:1", subject, message)
    assert "repetition" in repeated
    assert "repetition" not in body
    assert message


def test_target_that_begins_to_fail_is_named_once_with_its_problem(rows: Rows) -> None:
    chosen = settings(rows, '[[rule]]\nname = "R"\nto = ["duty", "desk"]\n')
    sentence = "target “duty”: Refused."
    results = []
    for minute, problem in enumerate((None, "Refused.", "Refused.")):
        put(rows, f"article:{minute}")
        results.append(send_due(rows.conn, chosen, lambda: NOW, Inbox(problem=problem)))
    assert [(sent.problems, sent.new_problems) for sent in results] == [
        ((), ()),
        ((sentence,), (sentence,)),
        ((sentence,), ()),
    ]
    assert [(sent.sent, sent.waiting) for sent in results] == [(1, 0), (0, 1), (0, 2)]
    assert rows.value("SELECT DISTINCT problem FROM alerts WHERE state = 'waiting'") == "Refused."


def test_alerts_of_a_removed_target_and_of_a_quiet_rule_hold_up_no_others(rows: Rows) -> None:
    for target, rule in (("desk", "Quiet"), ("gone", "R"), ("duty", "R")):
        alert = outbox.Alert(rule=rule, target=target, key="k", subject="s", body="", made_at=to_text(NOW))
        with transaction(rows.conn):
            outbox.put(rows.conn, alert)
    quiet = '[[rule]]\nname = "Quiet"\nto = ["desk"]\nquiet = "11:00-13:00"\n'
    result = send_due(rows.conn, settings(rows, RULE + quiet), lambda: NOW, Inbox())
    assert (result.sent, result.waiting, result.failed) == (1, 1, 1)
    assert "target “gone” is no longer" in str(rows.value("SELECT problem FROM alerts WHERE target = 'gone'"))
