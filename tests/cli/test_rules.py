"""``explain``, ``topics`` and ``reflag``: what an editor of the rules and an analyst see."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pipeline import shipped
from tests.command import tumen

TEXT = (
    "Moon Jae-in addresses the State Duma\nThe president called for a gas pipeline from Russia through North Korea.\n"
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    assert tumen("demo", "--db", tmp_path / "demo.db").returncode == 0
    return tmp_path / "demo.db"


def test_explain_highlights_words_and_adds_up_terms(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(TEXT, "utf-8")
    output = tumen("explain", path).stdout
    assert "[Moon Jae-in]" in output
    assert "duma_summit" in output
    assert "in all: probability" in output
    assert "\x1b" not in output


def test_explain_writes_a_page_without_scripts(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(
        "<script>alert(1)</script> Moon Jae-in in Moscow\n<img onerror=x> THAAD & Russia, South Korea\n", "utf-8"
    )
    page = tmp_path / "page.html"
    assert tumen("explain", path, "--html", page).returncode == 0
    html = page.read_text("utf-8")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert "<mark" in html


def test_explain_takes_an_id_or_url_and_reports_missing_articles(archive: Path) -> None:
    number, url = sqlite3.connect(archive).execute("SELECT id, url FROM articles WHERE relevant = 1 LIMIT 1").fetchone()
    assert tumen("explain", str(number), "--db", archive).stdout == tumen("explain", url, "--db", archive).stdout
    missing = tumen("explain", "99999", "--db", archive)
    assert missing.returncode == 66
    assert "no article with this id" in missing.stderr


def changed_config(folder: Path) -> Path:
    """The shipped rules with a THAAD topic that requires a word no article has."""
    (folder / "topics").mkdir(parents=True)
    for path in (shipped.CONFIG / "topics").glob("*.toml"):
        text = path.read_text("utf-8")
        if path.name == "thaad.toml":
            text = text.replace('title = "THAAD', 'title = "Changed THAAD', 1)
            text = text.replace("requires = [", 'requires = ["medical_tourism", ')
        (folder / "topics" / path.name).write_text(text, "utf-8")
    return folder


def test_backtest_predicts_reflag_and_second_reflag_changes_nothing(archive: Path, tmp_path: Path) -> None:
    config = changed_config(tmp_path / "config")
    before = sqlite3.connect(archive).execute("SELECT count(*) FROM flags WHERE topic = 'thaad'").fetchone()[0]
    assert before
    backtest = tumen("topics", "backtest", "--db", archive, "--config", config)
    assert backtest.returncode == 0, backtest.stderr
    reflag = tumen("reflag", "--db", archive, "--config", config)
    assert reflag.returncode == 0, reflag.stderr
    assert reflag.stdout.splitlines()[1:] == backtest.stdout.splitlines()[1:]
    conn = sqlite3.connect(archive)
    after = conn.execute("SELECT count(*) FROM flags WHERE topic = 'thaad'").fetchone()[0]
    lost = conn.execute("SELECT count(*) FROM flag_changes WHERE topic = 'thaad' AND change = 'lost'").fetchone()[0]
    assert before - after == lost
    (row,) = [line.split() for line in backtest.stdout.splitlines() if line.startswith("thaad ")]
    assert row == ["thaad", str(after), "0", str(lost)]
    assert conn.execute("SELECT count(DISTINCT config_version) FROM articles").fetchone()[0] == 1
    assert "already" in tumen("reflag", "--db", archive, "--config", config).stdout


def test_mistake_in_a_topic_names_file_topic_and_clause(tmp_path: Path) -> None:
    config = changed_config(tmp_path / "config")
    path = config / "topics" / "thaad.toml"
    path.write_text(path.read_text("utf-8").replace('all = ["', 'all = ["thaadd|', 1), "utf-8")
    done = tumen("topics", "list", "--config", config)
    assert done.returncode == 78
    assert "thaad.toml: topic.thaad" in done.stderr
    assert "thaad" in done.stderr.split("Did you mean")[-1]


def test_lint_loads_the_whole_lexicon_and_counts_it() -> None:
    done = tumen("topics", "lint")
    assert done.returncode in {0, 1}
    assert "concepts" in done.stderr
    assert "matches the ordinary word" not in done.stdout
