"""Alerts: rules, outbox, mail over loopback, and processes that die while they send."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.alerts import Sent, after_cycle
from pipeline.settings import load_settings
from pipeline.settings.alerts import Rule
from pipeline.store import health, open_store, outbox
from tests.alerts.mailbox import Mailbox, mailbox
from tests.command import tumen
from tests.cycle.desk import Desk

NOW = datetime.now(UTC).replace(microsecond=0)
TROOPS = """
[[rule]]
name = "Troops"
to = ["duty"]
topics = ["dprk_russia_military"]
"""


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as server:
        yield server


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database after one cycle over the loopback world."""
    from pipeline.demo import World, running

    folder = tmp_path_factory.mktemp("archive")
    with running(World(now=datetime.now(UTC))) as world:
        desk = Desk(world, folder)
        desk.run()
    return folder


class Alerts:
    """A database with alert rules and a clock."""

    def __init__(self, archive: Path, folder: Path, box: Mailbox, rules: str) -> None:
        self.database = folder / "tumen.db"
        source = sqlite3.connect(archive / "tumen.db")
        source.execute("VACUUM INTO ?", (str(self.database),))
        source.close()
        self.config = folder / "config"
        self.config.mkdir()
        for name in ("tumen.toml", "feeds.toml"):
            (self.config / name).write_bytes((archive / "config" / name).read_bytes())
        self.box = box
        self.rules(rules)
        self.now = NOW

    def rules(self, text: str, url: str | None = None) -> None:
        target = f'[[target]]\nname = "duty"\nurl = "{url or self.box.address}"\n'
        (self.config / "alerts.toml").write_text(target + text, encoding="utf-8")

    def go(self, *, later: timedelta = timedelta(), began: timedelta = timedelta(hours=-1)) -> Sent:
        self.now = NOW + later
        conn = open_store(self.database)
        try:
            return after_cycle(conn, load_settings(self.config), self.now + began, lambda: self.now)
        finally:
            conn.close()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        conn = sqlite3.connect(self.database)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()

    def do(self, sql: str, *values: object) -> None:
        conn = sqlite3.connect(self.database)
        conn.execute(sql, values)
        conn.commit()
        conn.close()

    def review(self, article: int, verdict: str, at: datetime, note: str = "") -> None:
        self.do(
            "INSERT INTO reviews (article_id, analyst, verdict, note, at, revision, token)"
            " VALUES (?, ?, ?, ?, ?, 1, ?)",
            article, "kim", verdict, note, f"{at:%Y-%m-%dT%H:%M:%SZ}", os.urandom(8).hex(),
        )  # fmt: skip


@pytest.fixture
def alerts(archive: Path, tmp_path: Path, box: Mailbox) -> Alerts:
    return Alerts(archive, tmp_path, box, TROOPS)


def test_each_article_of_the_topic_is_sent_once(alerts: Alerts) -> None:
    flagged = alerts.rows("SELECT title FROM articles WHERE topics LIKE '%dprk_russia_military%'")
    first = alerts.go()
    assert first.sent == len(flagged) > 1
    text = "\n".join(str(message.get_content()) for message in alerts.box.got)
    for (title,) in flagged:
        assert " ".join(str(title).split()) in text + "\n".join(alerts.box.subjects)
    count = len(alerts.box.got)
    alerts.do("UPDATE flags SET flagged_at = ?", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")  # as a reflag of the archive does
    assert alerts.go(later=timedelta(minutes=5)).sent == 0
    assert len(alerts.box.got) == count


def test_message_has_title_source_evidence_link_and_rule(alerts: Alerts) -> None:
    alerts.rules('[[rule]]\nname = "THAAD"\nto = ["duty"]\ntopics = ["thaad"]\nmin_score = 0.5\n')
    (alerts.config / "alerts.toml").write_text(
        'desk = "https://desk.example"\n' + (alerts.config / "alerts.toml").read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    alerts.go()
    body = "\n".join(str(message.get_content()) for message in alerts.box.got)
    assert alerts.box.subjects[0].startswith("Tumen: ")
    for words in ("Topics: ", "Evidence: ", "http://127.0.0.1", "https://desk.example/-/tumen/article/", "Rule: THAAD"):
        assert words in body


def test_many_alerts_at_once_are_one_message(alerts: Alerts) -> None:
    alerts.rules('[[rule]]\nname = "All"\nto = ["duty"]\n')
    done = alerts.go()
    assert done.sent > 3
    assert len(alerts.box.got) == 1
    assert alerts.box.subjects == [f"Tumen: {done.sent} alerts: All"]


def test_digest_waits_for_its_time_and_quiet_hours_for_their_end(alerts: Alerts) -> None:
    noon = NOW.replace(hour=12, minute=0, second=0)
    later = noon - NOW
    alerts.rules(TROOPS + 'digest = "0 15 * * *"\n')
    assert alerts.go(later=later, began=timedelta(days=-1)).sent == 0
    assert alerts.go(later=later + timedelta(hours=2, minutes=59)).sent == 0
    done = alerts.go(later=later + timedelta(hours=3))
    assert done.sent == len(alerts.rows("SELECT 1 FROM articles WHERE topics LIKE '%dprk_russia_military%'"))

    alerts.do("DELETE FROM alerts")
    alerts.rules(TROOPS + 'quiet = "11:00-13:30"\n')
    assert alerts.go(later=later).sent == 0
    assert alerts.go(later=later + timedelta(hours=1, minutes=30)).sent == done.sent


@pytest.mark.parametrize(
    ("zone", "utc", "quiet"),
    [  # quiet hours are 22:00-07:00 local time
        ("Asia/Seoul", "2026-06-01T12:59:59", False),
        ("Asia/Seoul", "2026-06-01T13:00:00", True),
        ("Asia/Seoul", "2026-06-01T16:30:00", True),  # after midnight in Seoul
        ("Asia/Seoul", "2026-06-01T21:59:59", True),
        ("Asia/Seoul", "2026-06-01T22:00:00", False),
        ("Europe/Berlin", "2026-03-28T20:59:00", False),  # 21:59, winter
        ("Europe/Berlin", "2026-03-28T21:00:00", True),
        ("Europe/Berlin", "2026-03-29T04:59:00", True),  # 06:59 in summer time, one quiet hour less
        ("Europe/Berlin", "2026-03-29T05:00:00", False),
        ("Europe/Berlin", "2026-10-24T20:00:00", True),  # 22:00, summer
        ("Europe/Berlin", "2026-10-25T05:59:00", True),  # 06:59 in winter time, one quiet hour more
        ("Europe/Berlin", "2026-10-25T06:00:00", False),
    ],
)
def test_quiet_hours_cross_midnight_in_local_time(zone: str, utc: str, quiet: bool) -> None:
    rule = Rule(name="x", to=("duty",), quiet="22:00-07:00")
    assert rule.is_quiet(datetime.fromisoformat(f"{utc}+00:00").astimezone(ZoneInfo(zone))) is quiet


def test_alert_from_quiet_hours_is_sent_at_their_end(alerts: Alerts) -> None:
    night = NOW.replace(hour=23, minute=30, second=0) - NOW
    alerts.rules(TROOPS + 'quiet = "22:00-07:00"\n')
    assert alerts.go(later=night, began=timedelta(days=-1)).sent == 0
    assert alerts.go(later=night + timedelta(hours=7)).sent == 0
    assert alerts.go(later=night + timedelta(hours=7, minutes=30)).sent > 0


def test_digest_keeps_local_time_when_summer_time_begins(alerts: Alerts) -> None:
    settings = alerts.config / "tumen.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'{text}\n[daemon]\ntimezone = "Europe/Berlin"\n', encoding="utf-8")
    alerts.rules(TROOPS + 'digest = "30 7 * * *"\n')
    saturday = datetime(2026, 3, 28, 12, tzinfo=UTC)  # summer time begins the next night, so 07:30 is 05:30 UTC
    alerts.do("UPDATE flags SET flagged_at = ?", f"{saturday:%Y-%m-%dT%H:%M:%SZ}")
    for column in ("sorted_at", "first_seen_at"):
        alerts.do(f"UPDATE articles SET {column} = ?", f"{saturday:%Y-%m-%dT%H:%M:%SZ}")
    assert alerts.go(later=saturday - NOW, began=timedelta(days=-1)).sent == 0
    assert alerts.rows("SELECT count(*) > 0 FROM alerts") == [(1,)]
    assert alerts.go(later=saturday - NOW + timedelta(hours=17, minutes=29)).sent == 0
    assert alerts.go(later=saturday - NOW + timedelta(hours=17, minutes=30)).sent > 0


def test_rule_filters_by_source_language_and_score(alerts: Alerts) -> None:
    rows = alerts.rows(
        "SELECT a.id, f.name, a.language, a.relevance FROM articles a JOIN feeds f ON f.id = a.feed_id"
        " WHERE EXISTS (SELECT 1 FROM flags g WHERE g.article_id = a.id)"
    )
    source = str(rows[0][1])
    for extra, wanted in (
        (f'sources = ["{source}"]\n', {r[0] for r in rows if r[1] == source}),
        ('languages = ["ko"]\n', {r[0] for r in rows if r[2] == "ko"}),
        ("min_score = 0.9\n", {r[0] for r in rows if float(str(r[3])) >= 0.9}),
    ):
        alerts.do("DELETE FROM alerts")
        alerts.rules(f'[[rule]]\nname = "Some"\nto = ["duty"]\n{extra}')
        alerts.go()
        assert {row[0] for row in alerts.rows("SELECT article_id FROM alerts")} == wanted
        assert 0 < len(wanted) < len(rows)


def test_rule_follows_a_search_by_words_or_by_its_saved_name(alerts: Alerts) -> None:
    alerts.do(
        "INSERT INTO saved_searches (name, query, analyst, saved_at) VALUES ('Shields', 'q=THAAD', 'anna', '2026')"
    )
    named = {row[0] for row in alerts.rows("SELECT article_id FROM evidence WHERE concept = 'thaad'")}
    sent = []
    for words in ("THAAD", "Shields"):
        alerts.do("DELETE FROM alerts")
        alerts.rules(f'[[rule]]\nname = "Found"\nto = ["duty"]\nsearch = "{words}"\n')
        alerts.go()
        sent.append({row[0] for row in alerts.rows("SELECT article_id FROM alerts")})
    assert sent[0] == sent[1] >= named
    alerts.do("DELETE FROM alerts")
    alerts.rules('[[rule]]\nname = "None"\nto = ["duty"]\nsearch = "-THAAD"\n')
    assert alerts.go().sent == 0


def test_escalated_verdict_is_sent_with_its_note_and_withdrawn_one_is_not(alerts: Alerts) -> None:
    alerts.rules('[[rule]]\nname = "Escalated"\nto = ["duty"]\nwhen = "verdict"\n')
    alerts.go()
    alerts.review(1, "escalate", NOW, "call <b>Seoul</b>")
    alerts.review(2, "relevant", NOW)
    alerts.review(3, "escalate", NOW)
    alerts.review(3, "withdrawn", NOW)
    assert alerts.go(later=timedelta(minutes=1)).sent == 1
    assert "Note: call <b>Seoul</b>" in str(alerts.box.got[0].get_content())
    assert alerts.box.subjects[0].startswith("Tumen: Escalated: ")


def test_feed_that_fails_falls_silent_and_recovers_is_reported_once_each(alerts: Alerts) -> None:
    alerts.rules('[[rule]]\nname = "Feeds"\nto = ["duty"]\nwhen = "feed"\n')
    alerts.go()
    before = len(alerts.rows("SELECT 1 FROM feed_events"))
    ok, feed = alerts.rows("SELECT ok_at, id FROM feeds WHERE failures = 0 ORDER BY id")[0]
    alerts.do("UPDATE feeds SET failures = 2, status = 'failing', problem = 'It timed out.' WHERE id = ?", feed)
    alerts.go(later=timedelta(hours=1))
    assert len(alerts.rows("SELECT 1 FROM feed_events")) == before  # two failures are not reported
    alerts.do("UPDATE feeds SET failures = 3 WHERE id = ?", feed)
    for hour in (2, 3, 4):
        alerts.go(later=timedelta(hours=hour))
    later = f"{NOW + timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}"
    alerts.do("UPDATE feeds SET failures = 0, status = 'ok', ok_at = ?, problem = NULL WHERE id = ?", later, feed)
    alerts.go(later=timedelta(hours=5))
    alerts.go(later=timedelta(hours=6))
    events = alerts.rows(f"SELECT what, since FROM feed_events WHERE feed_id = {feed} ORDER BY id")
    assert events == [("failing", ok), ("well", ok)]
    bodies = [str(message.get_content()) for message in alerts.box.got]
    assert sum("fails: It timed out." in body for body in bodies) == 1
    assert sum("is well again" in body for body in bodies) == 1


def test_silence_and_its_end_are_reported_once(alerts: Alerts) -> None:
    feed = alerts.rows("SELECT id FROM feeds WHERE failures = 0 ORDER BY id")[0][0]
    alerts.do("UPDATE entries SET first_seen_at = '2020-01-01T00:00:00Z' WHERE feed_id = ?", feed)
    for number in range(30):  # one entry every six hours, the last one ten days ago
        at = f"{NOW - timedelta(days=10, hours=6 * (29 - number)):%Y-%m-%dT%H:%M:%SZ}"
        alerts.do(
            "INSERT INTO entries"
            " (identity, feed_id, guid, url, published_url, title, digest, first_seen_at, next_try_at)"
            " VALUES (?1, ?2, ?1, ?1, ?1, 'x', '', ?3, ?3)",
            f"x{number}", feed, at,
        )  # fmt: skip
    store = open_store(alerts.database)
    for hour in (0, 1, 7, 14):
        health.record(store, NOW + timedelta(hours=hour))
    assert [event.what for event in health.events(store)][-1] == "silent"
    assert [event.what for event in health.events(store)].count("silent") == 1
    now = f"{NOW + timedelta(hours=15):%Y-%m-%dT%H:%M:%SZ}"
    store.execute("UPDATE entries SET first_seen_at = ? WHERE id = (SELECT max(id) FROM entries)", (now,))
    health.record(store, NOW + timedelta(hours=16))
    health.record(store, NOW + timedelta(hours=24))
    assert [event.what for event in health.events(store)][-2:] == ["silent", "well"]
    store.close()


def test_full_mailbox_keeps_the_alert_and_hides_secrets(alerts: Alerts) -> None:
    alerts.box.full = True
    done = alerts.go()
    assert done.sent == 0
    assert done.waiting > 0
    assert "mailbox full" in done.problems[0]
    tries = alerts.rows("SELECT max(tries), count(DISTINCT problem) FROM alerts")
    assert tries == [(1, 1)]
    assert alerts.go(later=timedelta(seconds=30)).problems == ()  # the next attempt is due after a minute
    alerts.box.full = False
    assert alerts.go(later=timedelta(minutes=2)).sent == done.waiting
    assert alerts.rows("SELECT count(*) FROM alerts WHERE state <> 'sent'") == [(0,)]


def test_alert_is_given_up_after_three_days_and_can_be_retried(alerts: Alerts) -> None:
    alerts.rules(TROOPS, "json://user:hunter2hunter2@127.0.0.1:9/hook")
    for hours in (0, 1, 2, 6, 24, 48, 71):
        assert alerts.go(later=timedelta(hours=hours)).failed == 0
    done = alerts.go(later=timedelta(hours=80))
    assert (done.waiting, done.sent) == (0, 0)
    assert done.failed > 0
    assert "hunter2" not in str(alerts.rows("SELECT * FROM alerts"))
    alerts.rules(TROOPS)
    conn = open_store(alerts.database)
    assert outbox.retry_failed(conn, NOW + timedelta(hours=81)) == done.failed
    conn.close()
    assert alerts.go(later=timedelta(hours=81)).sent == done.failed


@pytest.mark.parametrize("when", ["before it is accepted", "after it was accepted"])
def test_process_killed_while_sending_loses_no_alert_and_marks_repetitions(alerts: Alerts, when: str) -> None:
    alerts.rules(TROOPS)
    expected = alerts.rows("SELECT count(*) FROM articles WHERE topics LIKE '%dprk_russia_military%'")[0][0]
    conn = open_store(alerts.database)  # the rule is an hour old, so that “alerts send” finds the flags since then
    outbox.known_since(conn, "Troops", NOW - timedelta(hours=1), NOW)
    conn.close()
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "alerts",
        "send",
        "--db",
        str(alerts.database),
        "--config",
        str(alerts.config),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    alerts.box.at_data(lambda: os.kill(process.pid, signal.SIGKILL), keep=when == "after it was accepted")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    kept = len(alerts.box.got)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert alerts.rows("SELECT count(*) FROM alerts WHERE state = 'sent'") == [(expected,)]
    repeated = [message for message in alerts.box.got[kept:] if "may be a repetition" in str(message.get_content())]
    assert len(repeated) == 1
    if kept:
        assert repeated[0]["X-Tumen-Message"] == alerts.box.got[0]["X-Tumen-Message"]
    assert len({message["X-Tumen-Message"] for message in alerts.box.got}) == len(alerts.box.got) - kept


def test_hostile_title_stays_one_line_of_text(alerts: Alerts) -> None:
    alerts.do(
        "UPDATE articles SET title = ? WHERE topics LIKE '%dprk_russia_military%'",
        "Troops\r\nBcc: all@example.org\x00<script>alert(1)</script>\u202e",
    )
    alerts.go()
    for message in alerts.box.got:
        assert message["Bcc"] is None
        assert "\n" not in str(message["Subject"])
        assert "\x00" not in str(message.get_content())
    assert "<script>alert(1)</script>" in alerts.box.subjects[0] + str(alerts.box.got[0].get_content())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[rule]]\nname = "a"\nto = ["nobody"]\n', 'rule "a" › to: “nobody” is unknown'),
        ('[[rule]]\nname = "a"\nto = []\n', "must name at least one target"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\nwhen = "edited"\nedits = []\n', "edits: must name at least one"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\nwhen = "verdict"\nverdicts = []\n', "verdicts: must name at least one"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\ntopics = ["thad"]\n', "did you mean “thaad”?"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\nsources = ["Nobody"]\n', "“Nobody” is unknown"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\nmin_score = 80\n', "must be from 0 to 1"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\nquiet = "10pm"\n', "22:00-07:00"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\ndigest = "daily"\n', "is not a cron expression"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\nwhen = "moon"\n', "when"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\ntopic = ["thaad"]\n', "did you mean “topics”?"),
        ('[[rule]]\nname = "a"\nto = ["duty"]\n' * 2, "appears twice"),
        ('[[target]]\nname = "x"\n', "needs either url or url_env"),
        ('[[target]]\nname = "x"\nurl = "desk@example.org"\n', "must be an Apprise address"),
        ('[[target]]\nname = "x"\nurl = "bogus://example"\n', "Apprise does not know this form of address"),
    ],
)
def test_mistake_in_alerts_toml_is_reported_with_its_key(alerts: Alerts, text: str, message: str) -> None:
    alerts.rules(text)
    done = tumen("doctor", "--db", alerts.database, "--config", alerts.config)
    assert message in done.stdout
    assert "alerts.toml" in done.stdout


def test_commands_test_a_target_and_show_the_outbox(alerts: Alerts, monkeypatch: pytest.MonkeyPatch) -> None:
    done = tumen("alerts", "test", "--config", alerts.config)
    assert (done.returncode, done.stdout) == (0, "duty: sent\n")
    assert alerts.box.subjects == ["Tumen: test"]
    assert tumen("alerts", "test", "nobody", "--config", alerts.config).returncode == 66
    alerts.box.full = True
    refused = tumen("alerts", "test", "duty", "--config", alerts.config)
    assert refused.returncode == 69
    assert "mailbox full" in refused.stdout
    alerts.go()
    shown = tumen("alerts", "list", "--db", alerts.database).stdout
    assert "waiting" in shown
    assert "mailbox full" in shown
    monkeypatch.delenv("TUMEN_NO_SUCH", raising=False)
    (alerts.config / "alerts.toml").write_text('[[target]]\nname = "x"\nurl_env = "TUMEN_NO_SUCH"\n', encoding="utf-8")
    assert "TUMEN_NO_SUCH is not set" in tumen("alerts", "test", "--config", alerts.config).stdout
