"""The command ``tumen`` as a person or cron calls it: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.demo import write_config
from tests.command import tumen

if TYPE_CHECKING:
    from pipeline.demo import World


@pytest.fixture
def place(world: World, tmp_path: Path) -> list[str | Path]:
    return ["--db", tmp_path / "tumen.db", "--config", write_config(world, tmp_path / "config")]


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the error of a command that stopped: one line, no traceback."""
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("tumen: ")
    return done.stderr


def test_run_prints_figures_and_the_failed_feed(place: list[str | Path]) -> None:
    done = tumen("run", *place)
    assert done.returncode == 1
    assert re.search(r"feeds polled\s+7", done.stdout)
    assert re.search(r"articles stored\s+34", done.stdout)
    assert "Atlantis Wire" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_run_json_is_one_object(place: list[str | Path]) -> None:
    report = json.loads(tumen("run", *place, "--json").stdout)
    for name in (
        "feeds_polled",
        "feeds_failed",
        "entries_new",
        "articles_stored",
        "articles_flagged",
        "articles_failed",
    ):
        assert isinstance(report[name], int)
    assert report["seconds"] > 0


def test_quiet_prints_only_new_failures(place: list[str | Path], world: World) -> None:
    first = tumen("run", *place, "--quiet")
    assert first.stdout == ""
    assert first.stderr.count("\n") == 1
    assert first.stderr.startswith("Feed “Atlantis Wire” fails: ")
    again = tumen("run", *place, "--quiet", "--force")
    assert (again.returncode, again.stdout, again.stderr) == (1, "", "")  # the failure was reported before


def test_json_log_lines_have_the_run(place: list[str | Path]) -> None:
    done = tumen("run", *place, "--quiet", "-v", "--log", "json")
    report = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert "config " in report[0]["message"]
    assert {one["run"] for one in report[1:]} == {1}
    assert any("Atlantis Wire" in one["message"] for one in report)
    assert "done in" in report[-1]["message"]
    assert "run=1 " in tumen("run", *place, "--force", "-v").stderr.replace("run=2 ", "run=1 ")


def test_one_failed_poll_is_shown_but_status_is_healthy(place: list[str | Path], tmp_path: Path) -> None:
    tumen("run", *place)
    conn = sqlite3.connect(tmp_path / "tumen.db")
    with conn:
        conn.execute("UPDATE feeds SET enabled = 0 WHERE failures > 0")
        conn.execute("UPDATE feeds SET failures = 2, problem = 'It timed out.' WHERE id = (SELECT min(id) FROM feeds)")
    done = tumen("status", *place[:2])
    assert done.returncode == 0
    assert "It timed out." in done.stdout
    assert "All is well." in done.stdout
    for sql, message in (
        ("UPDATE feeds SET failures = 3 WHERE failures = 2", "1 feed fails."),
        ("UPDATE runs SET finished_at = '2020-01-01T00:00:00Z'", "No cycle has finished for a day"),
        ("INSERT INTO alert_times VALUES ('copy', '2020-01-01T00:00:00Z')", "The last backup is from 2020-01-01"),
        (
            "INSERT INTO alert_times VALUES ('damage', '2026-01-01T00:00:00Z')",
            "The database was found damaged at 2026-01-01",
        ),
    ):
        with conn:
            conn.execute(sql)
        done = tumen("status", *place[:2])
        assert done.returncode == 1
        assert f"Problem: {message}" in done.stdout
        assert any(
            message in problem for problem in json.loads(tumen("status", *place[:2], "--json").stdout)["problems"]
        )
    conn.close()


def test_wrong_config_is_one_line_with_file_and_key(place: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "config" / "feeds.toml").write_text(
        '[[feed]]\nname = "A"\nurl = "ftp://a/"\nlanguage = "en"\n', "utf-8"
    )
    done = tumen("run", *place)
    assert done.returncode == 78
    assert re.search(r'feeds\.toml: feed "A" › url: must be an address', one_line(done))


def test_invalid_toml_names_the_line(place: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "config" / "tumen.toml").write_text("[fetch]\npage_delay = five\n", "utf-8")
    done = tumen("run", *place)
    assert done.returncode == 78
    assert "tumen.toml: line 2" in one_line(done)


def test_an_unknown_key_gets_a_suggestion(place: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "config" / "tumen.toml").write_text("[fetch]\npage_dealy = 5\n", "utf-8")
    assert "did you mean “page_delay”" in one_line(tumen("run", *place))


def test_unwritable_database_is_one_line(place: list[str | Path]) -> None:
    done = tumen("run", *place, "--db", "/dev/null/tumen.db")
    assert done.returncode == 73
    assert "choose another place" in one_line(done)


def test_no_feed_is_one_line(place: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "config" / "feeds.toml").write_text("", "utf-8")
    done = tumen("run", *place)
    assert done.returncode == 66
    assert "no feed to watch" in one_line(done)


def test_no_network_is_one_line(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "tumen.toml").write_text('[fetch]\nallow_private = ["127.0.0.1:9"]\nfeed_delay = 0\n', "utf-8")
    (config / "feeds.toml").write_text('[[feed]]\nname = "A"\nurl = "http://127.0.0.1:9/"\nlanguage = "en"\n', "utf-8")
    done = tumen("run", "--db", tmp_path / "x.db", "--config", config)
    assert done.returncode == 69
    assert "None of 1 feeds could be reached" in one_line(done)


def test_second_run_names_the_active_run(place: list[str | Path], tmp_path: Path) -> None:
    from pipeline.store import cycle_lock

    with cycle_lock(tmp_path / "tumen.db", "tumen daemon"):
        done = tumen("run", *place)
    assert done.returncode == 75
    assert f"tumen daemon (process {os.getpid()}, since 20" in one_line(done)


def test_demo_needs_no_config_and_prints_next_steps(tmp_path: Path) -> None:
    done = tumen("demo", "--db", tmp_path / "demo.db")
    assert done.returncode == 0, done.stderr
    assert "tumen serve --db" in done.stdout
    flagged = sqlite3.connect(tmp_path / "demo.db").execute("SELECT count(*) FROM flags").fetchone()[0]
    assert flagged > 8


def test_status_exits_1_when_a_feed_fails(place: list[str | Path]) -> None:
    tumen("run", *place)
    done = tumen("status", *place[:2])
    assert done.returncode == 1
    assert "Atlantis Wire" in done.stdout
    assert json.loads(tumen("status", *place[:2], "--json").stdout)["articles"] == 34


def test_status_without_a_database_names_the_command_to_run(tmp_path: Path) -> None:
    done = tumen("status", "--db", tmp_path / "none.db")
    assert done.returncode == 2
    assert "tumen run" in one_line(done)


def test_feeds_check_stores_nothing_and_prints_problems(place: list[str | Path], tmp_path: Path) -> None:
    done = tumen("feeds", "check", *place[2:])
    assert done.returncode == 1
    assert "6 of 7 feeds have entries" in done.stderr
    assert not (tmp_path / "tumen.db").exists()


def test_feeds_history_and_list(place: list[str | Path]) -> None:
    tumen("run", *place)
    assert "500" in tumen("feeds", "history", "Atlantis Wire", *place[:2]).stdout
    assert tumen("feeds", "list", *place[2:]).stdout.count("\n") == 7
    assert tumen("feeds", "history", "nobody", *place[:2]).returncode == 66


def test_at_least_thirty_sources_are_shipped() -> None:
    assert tumen("feeds", "list").stdout.count("\n") >= 30


def test_reference_show_prints_every_passage() -> None:
    shown = tumen("reference", "show").stdout
    assert "Samuel Ramani" in shown
    assert all(re.search(rf"^p{number} ", shown, re.MULTILINE) for number in range(1, 12))


def test_reference_import_aligns_paragraphs_with_passages(place: list[str | Path], tmp_path: Path) -> None:
    from pipeline.settings.reference import load_reference
    from pipeline.shipped import CONFIG

    passages = load_reference(CONFIG / "reference.toml").passages
    text = tmp_path / "original.txt"
    words = [f"{passage.digest} In other words the same again, number {passage.id}." for passage in passages]
    text.write_text("By somebody\n\n" + "\n\n".join(words) + "\n\nSubscribe for more.\n", "utf-8")
    done = tumen("reference", "import", text, *place)
    assert done.returncode == 0, done.stderr
    rows = (
        sqlite3.connect(tmp_path / "tumen.db").execute("SELECT id, original FROM passages ORDER BY position").fetchall()
    )
    assert [row[1] for row in rows] == words


def test_reference_import_of_another_text_is_refused(place: list[str | Path], tmp_path: Path) -> None:
    text = tmp_path / "other.txt"
    text.write_text("A recipe for soup.\n\nBoil water, add salt.\n", "utf-8")
    assert tumen("reference", "import", text, *place).returncode == 66
    assert tumen("reference", "import", tmp_path / "none.txt", *place).returncode == 66


def test_help_imports_no_heavy_modules() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pipeline", "--help"], capture_output=True, text=True, check=True
    )
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"feedparser", "trafilatura", "lxml", "sqlite_utils", "httpcore2", "rich", "datasette"}


def test_idle_run_imports_no_parsers(place: list[str | Path]) -> None:
    tumen("run", *place)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pipeline", "run", *map(str, place), "-q"],
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "pipeline.cycle" in loaded
    assert not loaded & {"feedparser", "trafilatura", "lxml", "sqlite_utils", "datasette", "tldextract"}


def test_datasette_metadata_names_existing_columns(tmp_path: Path) -> None:
    from pipeline.review.tables import describe
    from pipeline.store import open_store

    conn = open_store(tmp_path / "tumen.db")
    database = describe("tumen")["databases"]
    assert isinstance(database, dict)
    for table, described in database["tumen"]["tables"].items():
        columns = {row[1] for row in conn.execute(f"PRAGMA table_info({table})")}
        assert columns, table
        named = {*described.get("columns", {}), *described.get("facets", [])}
        named |= {described[key] for key in ("sort", "sort_desc", "label_column") if key in described}
        assert named <= columns, (table, named - columns)
    for query in database["tumen"]["queries"].values():
        conn.execute(query["sql"], {"article": 1, "story": 1})
    conn.close()
