"""``tumen backup`` and ``tumen doctor`` on databases that are sound, in use, damaged, too new."""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli.doctor import _usual_interval
from pipeline.store import open_store, runs, search, transaction, upkeep
from pipeline.store import page_archive as copies
from tests.command import tumen


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "tumen.db"
    conn = open_store(path)
    with conn:
        conn.execute(
            "INSERT INTO feeds (name, url, asked_url, language, kind, added_at)"
            " VALUES ('a', 'https://a.invalid/', 'https://a.invalid/', 'en', 'news', '')"
        )
        conn.executemany(
            "INSERT INTO articles (title, text, feed_id, sorted_at, url, published_url, method, content_hash,"
            " first_seen_at, fetched_at) VALUES (?, ?, 1, '', ?, '', 'feed', '', '', '')",
            [(f"Title {n}", "word " * 300, f"https://a.invalid/{n}") for n in range(300)],
        )
    conn.close()
    return path


def test_backup_of_a_database_in_use_is_complete_and_private(database: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(database)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM articles WHERE id > 100")
    done = tumen("backup", tmp_path / "copies" / "one.db", "--db", database)
    writer.rollback()
    writer.close()
    assert done.returncode == 0, done.stderr
    copy = sqlite3.connect(tmp_path / "copies" / "one.db")
    assert copy.execute("SELECT count(*) FROM articles").fetchone() == (300,)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    assert (tmp_path / "copies" / "one.db").stat().st_mode & 0o077 == 0


def test_backup_during_writes_is_consistent(database: Path, tmp_path: Path) -> None:
    begun, over = threading.Event(), threading.Event()

    def write() -> None:  # text and search index must agree in every copy
        conn = sqlite3.connect(database, timeout=30)
        for number in itertools.count():
            if over.is_set():
                break
            with conn:
                conn.execute("UPDATE articles SET title = ?", (f"Round {number}",))
                conn.execute("INSERT OR REPLACE INTO alert_times VALUES ('round', ?)", (str(number),))
            begun.set()
        conn.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(30)
    try:
        rounds = set()
        for number in range(4):
            done = tumen("backup", tmp_path / f"{number}.db", "--db", database)
            assert done.returncode == 0, done.stderr
            copy = sqlite3.connect(tmp_path / f"{number}.db")
            titles = copy.execute("SELECT DISTINCT title FROM articles").fetchall()
            at = copy.execute("SELECT at FROM alert_times WHERE name = 'round'").fetchone()
            assert titles == [(f"Round {at[0]}",)]
            copy.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")
            rounds.add(at[0])
            copy.close()
    finally:
        over.set()
        writer.join()
    assert len(rounds) > 1  # it was written in between


def test_retention_deletes_requests_and_pages_but_no_article_or_verdict(database: Path) -> None:
    conn = open_store(database)
    now, old = datetime.now(UTC), "2020-01-01T00:00:00Z"
    with transaction(conn):
        conn.execute("UPDATE articles SET first_seen_at = ?, fetched_at = ?, sorted_at = ?", (old, old, old))
        conn.execute(
            "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token)"
            " SELECT id, 'anna', 'not_relevant', ?, 1, id FROM articles", (old,)
        )  # fmt: skip
        conn.executemany(
            "INSERT INTO fetches (feed_id, at, kind, url, outcome) VALUES (1, ?, 'feed', '', 'fetched')",
            [(old,)] * 5000 + [(f"{now:%Y-%m-%dT%H:%M:%SZ}",)] * 3,
        )

    def rest() -> list[list[object]]:
        tables = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'fetches'").fetchall()
        skipped = ("sqlite_", "_sqlite", "articles_fts")
        names = [row[0] for row in tables if not row[0].startswith(skipped)]
        return [[tuple(row) for row in conn.execute(f"SELECT * FROM {name}")] for name in names]

    before = rest()
    assert runs.prune(conn, timedelta(days=90), now) == 5000
    archive = copies.PageArchive.open(copies.path_beside(database))
    for number, at in enumerate((old, f"{now:%Y-%m-%dT%H:%M:%SZ}")):
        archive.put(copies.PageCopy(hash=str(number), url="", fetched_at=at, content_type=None, body=b"page"))
    assert archive.prune(now - timedelta(days=1)) == 1
    archive.close()
    upkeep.tidy(conn)
    assert rest() == before
    assert conn.execute("SELECT count(*) FROM fetches").fetchone()[0] == 3
    assert conn.execute("SELECT count(*) FROM articles WHERE verdict = 'not_relevant'").fetchone()[0] == 300
    conn.close()


def test_failed_backup_keeps_the_previous_one(database: Path, tmp_path: Path) -> None:
    assert "is the database itself" in tumen("backup", database, "--db", database).stderr
    target = tmp_path / "one.db"
    target.write_bytes(b"the last one")
    (tmp_path / "one.db.part").mkdir()
    done = tumen("backup", target, "--db", database)
    assert done.returncode == 73
    assert done.stderr.count("\n") == 1
    assert target.read_bytes() == b"the last one"


def test_doctor_accepts_a_sound_database(database: Path) -> None:
    done = tumen("doctor", "--db", database)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No problems found." in done.stdout


def test_doctor_reports_a_damaged_database_and_what_to_do(database: Path) -> None:
    conn = sqlite3.connect(database)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    with database.open("r+b") as file:
        file.seek(4096 * 60)
        file.write(os.urandom(4096 * 40))
    done = tumen("doctor", "--db", database)
    assert done.returncode == 1
    assert "damaged" in done.stdout
    assert "backup" in done.stdout
    assert "Traceback" not in done.stderr


def test_doctor_reports_a_wrong_search_index(database: Path) -> None:
    conn = sqlite3.connect(database)
    with conn:
        conn.execute("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')")
    conn.close()
    done = tumen("doctor", "--db", database)
    assert done.returncode == 1
    assert "tumen reindex" in done.stdout
    assert tumen("reindex", "--db", database).returncode == 0
    assert tumen("doctor", "--db", database).returncode == 0


def test_doctor_reports_a_clock_set_back_and_a_later_schema(database: Path) -> None:
    conn = sqlite3.connect(database)
    with conn:
        conn.execute("INSERT INTO configs (version, first_used_at) VALUES ('v', '2026-01-01T00:00:00Z')")
        conn.execute(
            "INSERT INTO runs (trigger, config_version, started_at) VALUES ('run', 'v', '2999-01-01T00:00:00Z')"
        )
    conn.close()
    assert "clock" in tumen("doctor", "--db", database).stdout
    conn = sqlite3.connect(database)
    conn.execute("PRAGMA user_version = 9999")
    conn.close()
    assert "created by a newer Tumen" in tumen("doctor", "--db", database).stdout


@pytest.mark.parametrize(
    ("days", "usual"),
    [((1,), 7), ((1, 2), 1), ((1, 8, 15, 22), 7), ((1, 8, 9, 15), 6), ((1, 2, 3, 17, 18), 1), ((1, 1), 1)],
)
def test_interval_of_backups_is_learned_from_the_kept_ones(days: tuple[int, ...], usual: int) -> None:
    copies = [Path(f"tumen-202601{day:02}-0400{second:02}.db") for second, day in enumerate(days)]
    assert round(_usual_interval(copies) / timedelta(days=1)) == usual


def test_other_programs_may_write_while_doctor_checks_the_search_index(database: Path) -> None:
    free = []

    def write() -> int:
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE feeds SET note = note || 'x'")
            other.execute("COMMIT")
        free.append(True)
        return 0

    with closing(open_store(database)) as conn:
        conn.set_progress_handler(write, 1000)
        assert search.check(conn)
        conn.set_progress_handler(None, 0)
        assert free
        assert conn.execute("SELECT count(*) FROM temp.sqlite_schema").fetchone()[0] == 0


def test_housekeeping_keeps_the_configured_number_of_backups(database: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    for day in range(10, 15):
        (copies / f"tumen-202601{day}-000000.db").write_bytes(b"")
    (copies / "tumen-mine.db").write_bytes(b"")
    config = tmp_path / "config"
    config.mkdir()
    (config / "tumen.toml").write_text(
        f'feeds = "shipped"\n[daemon]\nbackup_folder = "{copies}"\nbackups = 3\n', encoding="utf-8"
    )
    done = tumen("doctor", "--housekeeping", "--db", database, "--config", config)
    assert done.returncode == 0, done.stdout + done.stderr
    names = sorted(path.name for path in copies.iterdir())
    assert len(names) == 4
    assert names[0] == "tumen-20260113-000000.db"
    assert "tumen-mine.db" in names
