"""The database file: creation, migrations, locks and error messages."""

from __future__ import annotations

import os
import sqlite3
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from pipeline.errors import LockHeld, SchemaTooNew, StoreError
from pipeline.store import SCHEMA_VERSION, cycle_lock, open_readonly, open_store, transaction
from pipeline.store.schema import load_migrations, unusable

CONTRACT = {
    "articles",
    "feeds",
    "fetches",
    "runs",
    "flags",
    "evidence",
    "topics",
    "passages",
    "reviews",
    "stories",
}


def test_new_database_has_every_table_of_the_contract(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "new" / "tumen.db")
    names = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names >= CONTRACT
    assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    conn.close()


def test_schema_version_is_the_number_of_the_last_migration(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "tumen.db")
    last = max(step.name for step in load_migrations().applied(Database(conn)))
    assert conn.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION == int(last[1:4])
    conn.close()


def test_failed_migration_leaves_nothing(tmp_path: Path) -> None:
    steps = Migrations("tumen")

    @steps()
    def half(db: Database) -> None:
        db.executescript("CREATE TABLE one (id INTEGER); CREATE TABLE one (id INTEGER);")

    db = Database(tmp_path / "x.db")
    with pytest.raises(sqlite3.OperationalError):
        steps.apply(db)
    assert "one" not in db.table_names()
    assert len(steps.pending(db)) == 1
    db.close()


def test_database_of_newer_tumen_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "tumen.db"
    conn = sqlite3.connect(path)
    conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    conn.close()
    before = path.read_bytes()
    with pytest.raises(SchemaTooNew, match="newer Tumen"):
        open_store(path)
    assert path.read_bytes() == before


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tumen.db"
    path.write_text("this is a letter, and a long one at that" * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="not an SQLite database"):
        open_store(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="choose another place"):
        open_store(tmp_path / "tumen.db")


def test_path_that_cannot_be_a_folder_is_refused() -> None:
    with pytest.raises(StoreError, match="choose another place"):
        open_store(Path("/dev/null/tumen.db"))


def test_reading_needs_an_existing_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="tumen run"):
        open_readonly(tmp_path / "none.db")


def test_failed_savepoint_keeps_the_rest_of_the_transaction(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "tumen.db")
    with transaction(conn):
        conn.execute("INSERT INTO configs VALUES ('a', 't')")
        with pytest.raises(sqlite3.OperationalError), transaction(conn):
            conn.executemany("INSERT INTO configs VALUES (?, nothing(?))", [("b", "t")])
    assert [row[0] for row in conn.execute("SELECT version FROM configs")] == ["a"]
    conn.close()


def test_verdicts_are_append_only(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "tumen.db")
    conn.executescript(
        "INSERT INTO feeds (name, url, asked_url, language, kind, added_at) VALUES ('n', 'u', 'u', 'en', 'daily', 't');"
        "INSERT INTO articles (title, feed_id, sorted_at, url, published_url, method, content_hash, first_seen_at,"
        " fetched_at, text) VALUES ('t', 1, 't', 'u', 'u', 'feed', 'h', 't', 't', 'x');"
        "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token) "
        " VALUES (1, 'a', 'relevant', 't', 1, 'k');"
    )
    assert conn.execute("SELECT verdict FROM articles").fetchone()[0] == "relevant"
    for sql in ("UPDATE reviews SET verdict = 'escalate'", "DELETE FROM reviews"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            conn.execute(sql)
    conn.close()


def test_lock_names_its_holder_and_is_released(tmp_path: Path) -> None:
    database = tmp_path / "tumen.db"
    holder = rf"tumen run \(process {os.getpid()}, since 20.* UTC\)"
    with cycle_lock(database, "tumen run"), pytest.raises(LockHeld, match=holder), cycle_lock(database, "tumen daemon"):
        pytest.fail("two cycles at once")
    with cycle_lock(database, "tumen daemon"):
        pass


def test_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "tumen.db")
    reader = open_readonly(tmp_path / "tumen.db")
    seen: list[int] = []
    with transaction(conn):
        conn.execute("INSERT INTO configs VALUES ('a', 't')")
        thread = threading.Thread(
            target=lambda: seen.append(
                open_readonly(tmp_path / "tumen.db").execute("SELECT count(*) FROM configs").fetchone()[0]
            )
        )
        thread.start()
        thread.join(5)
    assert seen == [0]
    reader.close()
    conn.close()


def _shape(conn: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return tables with their columns, and the other objects, in comparable form."""
    found = set()
    for kind, name in conn.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall():
        if name.startswith("_sqlite_migrations"):
            continue
        found.add((kind, name))
        if kind == "table":
            found |= {(name, row[1]) for row in conn.execute(f"PRAGMA table_info({name})")}
    return found


STEPS = [migration.name for migration in load_migrations().pending(Database(memory=True))]


@pytest.mark.parametrize(("before", "version"), [(step, int(last[1:4])) for last, step in pairwise(STEPS)])
def test_database_of_each_older_schema_is_migrated_with_its_rows(tmp_path: Path, before: str, version: int) -> None:
    old = Database(tmp_path / "old.db")
    load_migrations().apply(old, stop_before=before)
    assert old.execute("PRAGMA user_version").fetchone()[0] == version
    with old.atomic():
        old.execute(
            "INSERT INTO feeds (name, url, asked_url, language, kind, added_at)"
            " VALUES ('a', 'https://a.invalid/', 'https://a.invalid/', 'en', 'news', '')"
        )
        old.execute(
            "INSERT INTO articles (title, text, feed_id, sorted_at, url, published_url, method, content_hash,"
            " first_seen_at, fetched_at) VALUES ('Sanctions', 'A word.', 1, '', 'u', '', 'feed', '', '', '')"
        )
        old.execute(
            "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token)"
            " VALUES (1, 'anna', 'escalate', '2026-01-01T00:00:00Z', 1, 'token')"
        )
    old.close()
    conn = open_store(tmp_path / "old.db")
    assert conn.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    assert tuple(conn.execute("SELECT title, verdict FROM articles").fetchone()) == ("Sanctions", "escalate")
    assert conn.execute("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'sanctions'").fetchone()[0] == 1
    new = open_store(tmp_path / "new.db")
    assert _shape(conn) == _shape(new)
    new.close()
    conn.close()


def test_reader_refuses_an_earlier_schema_in_one_line(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "tumen.db")
    conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
    conn.close()
    with pytest.raises(StoreError, match="created by an older Tumen"):
        open_readonly(tmp_path / "tumen.db")


@pytest.mark.parametrize(
    ("error", "whole"),
    [
        (sqlite3.IntegrityError("UNIQUE constraint failed"), False),  # one row, not the file
        (sqlite3.ProgrammingError("closed"), False),
        (sqlite3.OperationalError("disk I/O error"), True),
        (sqlite3.DatabaseError("database disk image is malformed"), True),
        (ValueError("x"), False),
    ],
)
def test_error_of_one_row_is_not_an_error_of_the_file(error: Exception, whole: bool) -> None:
    assert unusable(error) is whole


def test_new_database_returns_freed_pages_and_keeps_references_whole(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "tumen.db")
    assert conn.execute("PRAGMA auto_vacuum").fetchone()[0] == 2  # incremental
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("INSERT INTO flags (article_id, topic, score, flagged_at) VALUES (99, 'none', 1, '')")
    conn.close()
    again = open_store(tmp_path / "tumen.db")
    assert again.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    again.close()
