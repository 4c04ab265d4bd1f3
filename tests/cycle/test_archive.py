"""Kept pages: stored as fetched, extracted again later."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pipeline.cli import tumen
from pipeline.errors import NotFound, StoreError
from pipeline.store import page_archive as copies

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cycle.desk import Desk


def keep(desk: Desk, more: str = "") -> None:
    settings = desk.config / "tumen.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + f"\n[archive]\npages = true\n{more}", encoding="utf-8")


def type_(desk: Desk, *words: str) -> str:
    arguments = [*words, "--db", str(desk.database)]
    if words[0] != "page":
        arguments += ["--config", str(desk.config)]
    return CliRunner().invoke(tumen, arguments, catch_exceptions=False).output


def change(desk: Desk, sql: str) -> None:
    conn = sqlite3.connect(desk.database)
    with conn:
        conn.execute(sql)
    conn.close()


def test_page_is_kept_as_fetched_and_its_article_names_it(desk: Desk) -> None:
    keep(desk)
    desk.run()
    rows = desk.rows("SELECT page_hash, page_url, url, method FROM articles")
    archive = copies.PageArchive.open(copies.path_beside(desk.database), create=False)
    for name, address, url, method in rows:
        if method == "feed":
            assert name is None
            continue
        copy = archive.get(str(name))
        assert copy is not None
        assert hashlib.sha256(copy.body).hexdigest() == name
        assert copy.url == address
        assert str(url).split("//")[1].split("/")[0] in str(address)
    archive.close()


def test_without_setting_only_the_digest_of_a_page_is_kept(desk: Desk) -> None:
    with (desk.config / "tumen.toml").open("a", encoding="utf-8") as file:
        file.write("[edits]\nafter_hours = []\n")
    desk.run()
    assert not copies.path_beside(desk.database).exists()
    assert desk.rows("SELECT 1 FROM articles WHERE page_hash IS NOT NULL AND page_url <> ''")
    assert "not kept" in str(CliRunner().invoke(tumen, ["page", "1", "--db", str(desk.database)]).exception)
    with pytest.raises(StoreError, match=r"pages = true"):
        type_(desk, "reextract")


def test_reextract_with_the_same_extraction_changes_nothing(desk: Desk) -> None:
    keep(desk)
    desk.run()
    before = desk.rows("SELECT * FROM articles")
    kept = len(desk.rows("SELECT 1 FROM articles WHERE page_hash IS NOT NULL"))
    output = type_(desk, "reextract")
    assert desk.rows("SELECT * FROM articles") == before
    assert re.search(rf"\b{kept}  unchanged", output), output
    assert not desk.rows("SELECT * FROM revisions")


def test_better_extraction_makes_a_flagged_revision_and_keeps_the_verdict(desk: Desk) -> None:
    keep(desk)
    desk.run()
    before = desk.rows("SELECT id, title, text FROM articles ORDER BY id")
    flags = desk.rows("SELECT article_id, topic FROM flags ORDER BY 1, 2")
    flagged = flags[0][0]
    # as an older version of Tumen may have extracted it
    change(desk, f"UPDATE articles SET text = 'Menu', content_hash = 'x', relevance = 0 WHERE id = {flagged}")
    change(desk, "DELETE FROM flags")
    last = desk.rows("SELECT max(id) FROM articles WHERE page_hash > ''")[0][0]
    change(desk, f"UPDATE articles SET authors = '[\"Menu\"]' WHERE id = {last}")
    change(
        desk,
        "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token)"
        f" VALUES ({flagged}, 'an analyst', 'relevant', '2026-01-01T00:00:00Z', 1, 'a token')",
    )

    output = type_(desk, "reextract", "--dry-run")
    assert "nothing written" in output
    assert desk.rows(f"SELECT text FROM articles WHERE id = {flagged}") == [("Menu",)]

    again = type_(desk, "reextract")
    assert output.splitlines()[1:] == again.splitlines()[1:]
    assert desk.rows("SELECT id, title, text FROM articles ORDER BY id") == before
    assert desk.rows(f"SELECT text FROM revisions WHERE article_id = {flagged}") == [("Menu",)]
    assert desk.rows("SELECT article_id, topic FROM flags ORDER BY 1, 2") == [f for f in flags if f[0] == flagged]
    assert desk.rows(f"SELECT verdict FROM articles WHERE id = {flagged}") == [("relevant",)]


def test_missing_or_damaged_page_changes_nothing(desk: Desk) -> None:
    keep(desk)
    desk.run()
    before = desk.rows("SELECT * FROM articles")
    conn = sqlite3.connect(copies.path_beside(desk.database))
    with conn:
        conn.execute("DELETE FROM copies WHERE rowid % 3 = 0")
        conn.execute("UPDATE copies SET body = x'28b52ffd00' WHERE rowid % 3 = 1")
    conn.close()
    assert "no longer stored" in type_(desk, "reextract")
    assert desk.rows("SELECT * FROM articles") == before


def test_old_copies_are_deleted_after_the_configured_days(desk: Desk) -> None:
    keep(desk, "days = 30\n")
    desk.run()
    conn = sqlite3.connect(copies.path_beside(desk.database))
    with conn:
        conn.execute("UPDATE copies SET fetched_at = '2020-01-01T00:00:00Z' WHERE rowid = 1")
    count = conn.execute("SELECT count(*) FROM copies").fetchone()[0]
    desk.run(force=True)
    assert conn.execute("SELECT count(*) FROM copies").fetchone()[0] == count - 1
    conn.close()


def test_file_that_is_no_archive_costs_the_copies_and_not_the_run(desk: Desk) -> None:
    keep(desk)
    copies.path_beside(desk.database).write_bytes(b"no database " * 400)
    report = desk.run()
    assert report.articles_stored > 30
    assert len([trouble for trouble in report.troubles if "page archive" in trouble.reason]) == 1


def test_kept_page_can_be_written_to_a_file(desk: Desk, tmp_path: Path) -> None:
    keep(desk)
    desk.run()
    number, name, address = desk.rows("SELECT id, page_hash, page_url FROM articles WHERE page_hash > ''")[0]
    output = type_(desk, "page", str(number), "-o", str(tmp_path / "page.html"))
    assert str(address) in output
    assert str(name) in output
    assert hashlib.sha256((tmp_path / "page.html").read_bytes()).hexdigest() == name
    with pytest.raises(NotFound, match="no article"):
        type_(desk, "page", "987654")
