"""What people are told, and how often: rules, outbox, mail on loopback, processes that die while they send."""

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
    """A database with a cycle over the loopback world in it."""
    from pipeline.demo import World, running

    folder = tmp_path_factory.mktemp("archive")
    with running(World(now=datetime.now(UTC))) as world:
        desk = Desk(world, folder)
        desk.run()
    return folder


class Told:
    """A database and rules, with a clock."""

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
def told(archive: Path, tmp_path: Path, box: Mailbox) -> Told:
    return Told(archive, tmp_path, box, TROOPS)


def test_each_article_of_the_topic_is_told_once_however_often_it_runs(told: Told) -> None:
    flagged = told.rows("SELECT title FROM articles WHERE topics LIKE '%dprk_russia_military%'")
    first = told.go()
    assert first.sent == len(flagged) > 1
    text = "\n".join(str(message.get_content()) for message in told.box.got)
    for (title,) in flagged:
        assert " ".join(str(title).split()) in text + "\n".join(told.box.subjects)
    count = len(told.box.got)
    told.do("UPDATE flags SET flagged_at = ?", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")  # as a new flagging of the archive does
    assert told.go(later=timedelta(minutes=5)).sent == 0
    assert len(told.box.got) == count


def test_a_message_says_what_where_why_and_by_which_rule(told: Told) -> None:
    told.rules('[[rule]]\nname = "THAAD"\nto = ["duty"]\ntopics = ["thaad"]\nmin_score = 0.5\n')
    (told.config / "alerts.toml").write_text(
        'desk = "https://desk.example"\n' + (told.config / "alerts.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    told.go()
    body = "\n".join(str(message.get_content()) for message in told.box.got)
    assert told.box.subjects[0].startswith("Tumen: ")
    for words in ("Topics: ", "Evidence: ", "http://127.0.0.1", "https://desk.example/-/tumen/article/", "Rule: THAAD"):
        assert words in body


def test_many_at_once_are_one_message(told: Told) -> None:
    told.rules('[[rule]]\nname = "All"\nto = ["duty"]\n')
    done = told.go()
    assert done.sent > 3
    assert len(told.box.got) == 1
    assert told.box.subjects == [f"Tumen: {done.sent} alerts: All"]


def test_a_digest_waits_for_its_time_and_quiet_hours_for_their_end(told: Told) -> None:
    noon = NOW.replace(hour=12, minute=0, second=0)
    later = noon - NOW
    told.rules(TROOPS + 'digest = "0 15 * * *"\n')
    assert told.go(later=later, began=timedelta(days=-1)).sent == 0
    assert told.go(later=later + timedelta(hours=2, minutes=59)).sent == 0
    done = told.go(later=later + timedelta(hours=3))
    assert done.sent == len(told.rows("SELECT 1 FROM articles WHERE topics LIKE '%dprk_russia_military%'"))

    told.do("DELETE FROM alerts")
    told.rules(TROOPS + 'quiet = "11:00-13:30"\n')
    assert told.go(later=later).sent == 0
    assert told.go(later=later + timedelta(hours=1, minutes=30)).sent == done.sent


@pytest.mark.parametrize(
    ("zone", "utc", "quiet"),
    [  # quiet is 22:00-07:00 on the wall
        ("Asia/Seoul", "2026-06-01T12:59:59", False),
        ("Asia/Seoul", "2026-06-01T13:00:00", True),
        ("Asia/Seoul", "2026-06-01T16:30:00", True),  # past midnight there
        ("Asia/Seoul", "2026-06-01T21:59:59", True),
        ("Asia/Seoul", "2026-06-01T22:00:00", False),
        ("Europe/Berlin", "2026-03-28T20:59:00", False),  # 21:59, winter
        ("Europe/Berlin", "2026-03-28T21:00:00", True),
        ("Europe/Berlin", "2026-03-29T04:59:00", True),  # 06:59, summer by then: an hour less of quiet
        ("Europe/Berlin", "2026-03-29T05:00:00", False),
        ("Europe/Berlin", "2026-10-24T20:00:00", True),  # 22:00, summer
        ("Europe/Berlin", "2026-10-25T05:59:00", True),  # 06:59, winter: an hour more
        ("Europe/Berlin", "2026-10-25T06:00:00", False),
    ],
)
def test_quiet_hours_go_over_midnight_by_the_clock_on_the_wall(zone: str, utc: str, quiet: bool) -> None:
    rule = Rule(name="x", to=("duty",), quiet="22:00-07:00")
    assert rule.is_quiet(datetime.fromisoformat(f"{utc}+00:00").astimezone(ZoneInfo(zone))) is quiet


def test_what_comes_up_in_quiet_hours_over_midnight_is_sent_at_their_end(told: Told) -> None:
    night = NOW.replace(hour=23, minute=30, second=0) - NOW
    told.rules(TROOPS + 'quiet = "22:00-07:00"\n')
    assert told.go(later=night, began=timedelta(days=-1)).sent == 0
    assert told.go(later=night + timedelta(hours=7)).sent == 0
    assert told.go(later=night + timedelta(hours=7, minutes=30)).sent > 0


def test_a_digest_keeps_to_the_clock_on_the_wall_when_that_is_put_forward(told: Told) -> None:
    settings = told.config / "tumen.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'{text}\n[daemon]\ntimezone = "Europe/Berlin"\n', encoding="utf-8")
    told.rules(TROOPS + 'digest = "30 7 * * *"\n')
    saturday = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the night after, summer begins: 07:30 is 05:30 UTC
    told.do("UPDATE flags SET flagged_at = ?", f"{saturday:%Y-%m-%dT%H:%M:%SZ}")
    for column in ("sorted_at", "first_seen_at"):
        told.do(f"UPDATE articles SET {column} = ?", f"{saturday:%Y-%m-%dT%H:%M:%SZ}")
    assert told.go(later=saturday - NOW, began=timedelta(days=-1)).sent == 0
    assert told.rows("SELECT count(*) > 0 FROM alerts") == [(1,)]
    assert told.go(later=saturday - NOW + timedelta(hours=17, minutes=29)).sent == 0
    assert told.go(later=saturday - NOW + timedelta(hours=17, minutes=30)).sent > 0


def test_a_rule_hears_only_of_its_sources_languages_and_scores(told: Told) -> None:
    rows = told.rows(
        "SELECT a.id, f.name, a.language, a.relevance FROM articles a JOIN feeds f ON f.id = a.feed_id"
        " WHERE EXISTS (SELECT 1 FROM flags g WHERE g.article_id = a.id)"
    )
    source = str(rows[0][1])
    for extra, wanted in (
        (f'sources = ["{source}"]\n', {r[0] for r in rows if r[1] == source}),
        ('languages = ["ko"]\n', {r[0] for r in rows if r[2] == "ko"}),
        ("min_score = 0.9\n", {r[0] for r in rows if float(str(r[3])) >= 0.9}),
    ):
        told.do("DELETE FROM alerts")
        told.rules(f'[[rule]]\nname = "Some"\nto = ["duty"]\n{extra}')
        told.go()
        assert {row[0] for row in told.rows("SELECT article_id FROM alerts")} == wanted
        assert 0 < len(wanted) < len(rows)


def test_an_escalated_verdict_is_told_with_its_note_and_a_withdrawn_one_is_not(told: Told) -> None:
    told.rules('[[rule]]\nname = "Escalated"\nto = ["duty"]\nwhen = "verdict"\n')
    told.go()
    told.review(1, "escalate", NOW, "call <b>Seoul</b>")
    told.review(2, "relevant", NOW)
    told.review(3, "escalate", NOW)
    told.review(3, "withdrawn", NOW)
    assert told.go(later=timedelta(minutes=1)).sent == 1
    assert "Note: call <b>Seoul</b>" in str(told.box.got[0].get_content())
    assert told.box.subjects[0].startswith("Tumen: Escalated: ")


def test_a_feed_that_dies_falls_silent_and_returns_is_told_once_each(told: Told) -> None:
    told.rules('[[rule]]\nname = "Feeds"\nto = ["duty"]\nwhen = "feed"\n')
    told.go()
    before = len(told.rows("SELECT 1 FROM feed_events"))
    ok, feed = told.rows("SELECT ok_at, id FROM feeds WHERE failures = 0 ORDER BY id")[0]
    told.do("UPDATE feeds SET failures = 2, status = 'failing', problem = 'It timed out.' WHERE id = ?", feed)
    told.go(later=timedelta(hours=1))
    assert len(told.rows("SELECT 1 FROM feed_events")) == before  # twice is no news yet
    told.do("UPDATE feeds SET failures = 3 WHERE id = ?", feed)
    for hour in (2, 3, 4):
        told.go(later=timedelta(hours=hour))
    later = f"{NOW + timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}"
    told.do("UPDATE feeds SET failures = 0, status = 'ok', ok_at = ?, problem = NULL WHERE id = ?", later, feed)
    told.go(later=timedelta(hours=5))
    told.go(later=timedelta(hours=6))
    events = told.rows(f"SELECT what, since FROM feed_events WHERE feed_id = {feed} ORDER BY id")
    assert events == [("failing", ok), ("well", ok)]
    bodies = [str(message.get_content()) for message in told.box.got]
    assert sum("fails: It timed out." in body for body in bodies) == 1
    assert sum("is well again" in body for body in bodies) == 1


def test_silence_is_told_once_and_its_end_too(told: Told) -> None:
    feed = told.rows("SELECT id FROM feeds WHERE failures = 0 ORDER BY id")[0][0]
    told.do("UPDATE entries SET first_seen_at = '2020-01-01T00:00:00Z' WHERE feed_id = ?", feed)
    for number in range(30):  # a piece every six hours, the last ten days ago
        at = f"{NOW - timedelta(days=10, hours=6 * (29 - number)):%Y-%m-%dT%H:%M:%SZ}"
        told.do(
            "INSERT INTO entries"
            " (identity, feed_id, guid, url, published_url, title, digest, first_seen_at, next_try_at)"
            " VALUES (?1, ?2, ?1, ?1, ?1, 'x', '', ?3, ?3)",
            f"x{number}", feed, at,
        )  # fmt: skip
    store = open_store(told.database)
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


def test_a_full_mailbox_keeps_the_alert_and_says_so_without_secrets(told: Told) -> None:
    told.box.full = True
    done = told.go()
    assert done.sent == 0
    assert done.waiting > 0
    assert "mailbox full" in done.problems[0]
    tries = told.rows("SELECT max(tries), count(DISTINCT problem) FROM alerts")
    assert tries == [(1, 1)]
    assert told.go(later=timedelta(seconds=30)).problems == ()  # it is left alone for a minute
    told.box.full = False
    assert told.go(later=timedelta(minutes=2)).sent == done.waiting
    assert told.rows("SELECT count(*) FROM alerts WHERE state <> 'sent'") == [(0,)]


def test_a_target_that_never_answers_is_given_up_after_three_days_and_can_be_taken_up_again(told: Told) -> None:
    told.rules(TROOPS, "json://user:hunter2hunter2@127.0.0.1:9/hook")
    for hours in (0, 1, 2, 6, 24, 48, 71):
        assert told.go(later=timedelta(hours=hours)).failed == 0
    done = told.go(later=timedelta(hours=80))
    assert (done.waiting, done.sent) == (0, 0)
    assert done.failed > 0
    assert "hunter2" not in str(told.rows("SELECT * FROM alerts"))
    told.rules(TROOPS)
    conn = open_store(told.database)
    assert outbox.renew(conn, NOW + timedelta(hours=81)) == done.failed
    conn.close()
    assert told.go(later=timedelta(hours=81)).sent == done.failed


@pytest.mark.parametrize("when", ["before it is taken", "after it was taken"])
def test_a_process_that_is_killed_while_it_sends_loses_nothing_and_says_what_may_be_a_repetition(
    told: Told, when: str
) -> None:
    told.rules(TROOPS)
    expected = told.rows("SELECT count(*) FROM articles WHERE topics LIKE '%dprk_russia_military%'")[0][0]
    conn = open_store(told.database)  # the rule is known, so that “alerts send” finds the flags of an hour ago
    outbox.known_since(conn, "Troops", NOW - timedelta(hours=1), NOW)
    conn.close()
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "alerts",
        "send",
        "--db",
        str(told.database),
        "--config",
        str(told.config),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told.box.at_data(lambda: os.kill(process.pid, signal.SIGKILL), keep=when == "after it was taken")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    kept = len(told.box.got)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert told.rows("SELECT count(*) FROM alerts WHERE state = 'sent'") == [(expected,)]
    repeated = [message for message in told.box.got[kept:] if "may be a repetition" in str(message.get_content())]
    assert len(repeated) == 1
    if kept:
        assert repeated[0]["X-Tumen-Message"] == told.box.got[0]["X-Tumen-Message"]
    assert len({message["X-Tumen-Message"] for message in told.box.got}) == len(told.box.got) - kept


def test_a_hostile_title_stays_one_line_of_text(told: Told) -> None:
    told.do(
        "UPDATE articles SET title = ? WHERE topics LIKE '%dprk_russia_military%'",
        "Troops\r\nBcc: all@example.org\x00<script>alert(1)</script>\u202e",
    )
    told.go()
    for message in told.box.got:
        assert message["Bcc"] is None
        assert "\n" not in str(message["Subject"])
        assert "\x00" not in str(message.get_content())
    assert "<script>alert(1)</script>" in told.box.subjects[0] + str(told.box.got[0].get_content())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\nname = "a"\nto = ["nobody"]\n', 'rule "a" › to: “nobody” is unknown'),
        ('[[rule]]\nname = "a"\nto = []\n', "must name at least one target"),
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
        ('[[target]]\nname = "x"\nurl = "bogus://example"\n', "none that Apprise knows"),
    ],
)
def test_a_mistake_in_alerts_toml_is_one_line_that_names_the_place(told: Told, text: str, said: str) -> None:
    told.rules(text)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "doctor", "--db", told.database, "--config", told.config],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert said in done.stdout
    assert "alerts.toml" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_commands_try_a_target_and_show_the_outbox(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def tumen(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipeline", "alerts", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    done = tumen("test", "--config", str(told.config))
    assert (done.returncode, done.stdout) == (0, "duty: sent\n")
    assert told.box.subjects == ["Tumen: a test"]
    assert tumen("test", "nobody", "--config", str(told.config)).returncode == 66
    told.box.full = True
    refused = tumen("test", "duty", "--config", str(told.config))
    assert refused.returncode == 69
    assert "mailbox full" in refused.stdout
    told.go()
    shown = tumen("list", "--db", str(told.database)).stdout
    assert "waiting" in shown
    assert "mailbox full" in shown
    monkeypatch.delenv("TUMEN_NO_SUCH", raising=False)
    (told.config / "alerts.toml").write_text('[[target]]\nname = "x"\nurl_env = "TUMEN_NO_SUCH"\n', encoding="utf-8")
    assert "TUMEN_NO_SUCH is not set" in tumen("test", "--config", str(told.config)).stdout
