"""Small promises to operators: quiet cron, ports, alerts that are tried again, OPML that keeps what it had."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from pipeline.alerts.delivery import send_due
from pipeline.cli.demo import _called_as
from pipeline.cli.feeds import _own_attributes
from pipeline.cli.run import command as run
from pipeline.cli.serve import _free_port, _networks
from pipeline.errors import BadValue, LockHeld, Unavailable
from pipeline.feeds.opml import read_opml, write_opml
from pipeline.model import Source
from pipeline.review import same_file
from pipeline.settings import MainFile, Settings
from pipeline.settings.alerts import AlertSettings, Rule, Target
from pipeline.store import open_store, outbox
from pipeline.store.lock import cycle_lock
from pipeline.store.values import to_text

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_quiet_run_beside_another_prints_nothing(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(
        '[[feed]]\nname = "A"\nurl = "http://127.0.0.1:9/"\nlanguage = "ko"\n', encoding="utf-8"
    )
    database = tmp_path / "tumen.db"
    words = ["--db", str(database), "--config", str(tmp_path)]
    with cycle_lock(database, "tumen run"):
        done = CliRunner().invoke(run, [*words, "--quiet"], standalone_mode=False)
        assert (done.output, done.return_value) == ("", 75)
        with pytest.raises(LockHeld):
            run.main(words, standalone_mode=False)


def test_taken_port_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"^127\.0\.0\.1:{port}: cannot be served \(the port is taken\)"):
            _free_port("127.0.0.1", port)
    with pytest.raises(Unavailable, match=r"^300\.1\.1\.1:8001: cannot be served"):
        _free_port("300.1.1.1", 8001)
    assert _free_port("127.0.0.1", 0) > 0


def test_addresses_of_proxies_are_checked() -> None:
    assert _networks("127.0.0.1, 10.1.0.0/16") == ["127.0.0.1", "10.1.0.0/16"]
    with pytest.raises(BadValue, match="--proxy-from foo"):
        _networks("foo")


def test_target_that_refuses_is_reported_once_until_it_accepts(tmp_path: Path) -> None:
    alerts = AlertSettings(target=(Target(name="duty", url="json://h"),), rule=(Rule(name="r", to=("duty",)),))
    settings = Settings(folder=tmp_path, sources=(), alerts=alerts, daemon=MainFile().daemon)
    conn = open_store(tmp_path / "tumen.db")
    answers: list[str | None] = ["refused", "refused", None, "refused"]
    reported = []
    for number, answer in enumerate(answers):
        alert = outbox.Alert(rule="r", target="duty", key=f"k{number}", subject="s", body="b", made_at=to_text(NOW))
        outbox.put(conn, alert)
        conn.execute("UPDATE alerts SET try_at = NULL WHERE state = 'waiting'")

        def sender(target: Target, subject: str, body: str, message: str, *, answer: str | None = answer) -> str | None:
            return answer

        sent = send_due(conn, settings, lambda: NOW, sender)
        assert bool(sent.problems) == (answer is not None)
        reported.append(bool(sent.new_problems))
    assert reported == [True, False, False, True]
    conn.close()


def test_retry_makes_waiting_alerts_due_now(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "tumen.db")
    outbox.put(conn, outbox.Alert(rule="r", target="t", key="k", subject="s", body="b", made_at=to_text(NOW)))
    conn.execute("UPDATE alerts SET try_at = '2026-11-30T16:00:00Z', tries = 4")
    assert outbox.waiting(conn, NOW) == []
    outbox.retry_failed(conn, NOW)
    assert len(outbox.waiting(conn, NOW)) == 1
    conn.close()


def test_opml_keeps_language_home_zone_and_interval(tmp_path: Path) -> None:
    source = Source(
        name="A", url="https://a.example/rss", language="ko", home="KR", kind="agency", timezone="Asia/Seoul",
        interval_minutes=25,
    )  # fmt: skip
    outline = read_opml(write_opml([source], "Tumen", NOW), tmp_path / "x.opml")[0]
    assert outline.language == "ko"
    assert _own_attributes(outline) == {
        "kind": "agency", "home": "KR", "timezone": "Asia/Seoul", "interval_minutes": 25,
    }  # fmt: skip
    foreign = (
        b'<opml><body><outline xmlUrl="https://b.example/" home="Korea" timezone="x" interval="-1"/></body></opml>'
    )
    assert _own_attributes(read_opml(foreign, tmp_path / "y.opml")[0]) == {}


def test_database_that_was_replaced_or_deleted_is_noticed(tmp_path: Path) -> None:
    class Database:
        def __init__(self, path: Path) -> None:
            self.path, self.is_memory = str(path), False

    path = tmp_path / "tumen.db"
    path.write_bytes(b"one")
    desk = SimpleNamespace(databases={"tumen": Database(path)})
    same_file.check(desk)
    path.write_bytes(b"grown")
    same_file.check(desk)
    (tmp_path / "copy.db").write_bytes(b"two")
    (tmp_path / "copy.db").replace(path)
    with pytest.raises(same_file.Replaced, match="was replaced"):
        same_file.check(desk)
    path.unlink()
    with pytest.raises(same_file.Replaced, match="is gone"):
        same_file.check(desk)


def test_next_steps_name_a_command_that_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert _called_as() != "tumen"
    assert _called_as().endswith(("tumen", "-m pipeline"))
