"""``tumen backup`` and ``tumen restore``: only sound copies, only regular files, never under a running process."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli.backup import command as backup_command
from pipeline.cli.doctor import _copy
from pipeline.cli.restore import command as restore_command
from pipeline.errors import LockHeld, NotFound, StoreError
from pipeline.settings.daemon import DaemonSettings
from pipeline.store import open_readonly, open_store, plain_errors, status, upkeep
from pipeline.store.lock import DaemonLock, cycle_lock
from pipeline.store.restore import restore
from pipeline.store.schema import SCHEMA_VERSION

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "tumen.db"
    with closing(open_store(path)) as conn:
        conn.executemany("INSERT INTO runs (started_at, trigger) VALUES (?, 'test')", [("2026",)] * 3000)
    return path


def runs(path: Path) -> int:
    with closing(sqlite3.connect(path)) as conn:
        count: int = conn.execute("SELECT count(*) FROM runs").fetchone()[0]
    return count


def damage(path: Path) -> None:
    """Overwrite a page of a table in the middle of the file."""
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = conn.execute("SELECT max(pageno) FROM dbstat WHERE name = 'runs'").fetchone()[0]
        size = conn.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def back_up(database: Path, target: Path) -> int:
    with closing(open_readonly(database)) as conn:
        return upkeep.backup(conn, target)


def test_copy_of_a_damaged_database_is_kept_apart_and_no_good_one_is_replaced(database: Path, tmp_path: Path) -> None:
    good = tmp_path / "copy.db"
    back_up(database, good)
    before = good.read_bytes()
    damage(database)
    with pytest.raises(StoreError, match=r"^The database is damaged .*copy\.damaged\.db; .*copy\.db was not touched\."):
        back_up(database, good)
    assert good.read_bytes() == before
    assert (tmp_path / "copy.damaged.db").stat().st_mode & 0o077 == 0


def test_housekeeping_rotates_no_good_copy_away_for_a_damaged_one(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    with closing(open_store(database)) as conn:
        _copy(conn, database, DaemonSettings(backup_folder=str(folder), backups=1))
    kept = list(folder.iterdir())
    time.sleep(1.1)  # names of copies have seconds
    damage(database)
    with closing(open_readonly(database)) as conn, pytest.raises((StoreError, sqlite3.DatabaseError)):
        _copy(conn, database, DaemonSettings(backup_folder=str(folder), backups=1))
    assert kept[0].exists()


@pytest.mark.parametrize("kind", ["device", "fifo", "folder", "link", "broken link"])
def test_only_a_regular_file_is_replaced(database: Path, tmp_path: Path, kind: str) -> None:
    import os

    target = tmp_path / "target"
    if kind == "device":
        target = Path("/dev/null")
    elif kind == "fifo":
        os.mkfifo(target)
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(tmp_path / "else")
    if kind == "link":
        (tmp_path / "else").write_text("mine", encoding="ascii")
    with pytest.raises(StoreError, match="is no regular file and is not replaced"):
        back_up(database, target)
    assert target.is_symlink() or target.exists()
    if kind == "link":
        assert (tmp_path / "else").read_text(encoding="ascii") == "mine"


def test_whole_installation_goes_into_an_archive_and_back(database: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "feeds.toml").write_text("# mine\n", encoding="utf-8")
    for name in ("tumen.analysts.json", "tumen.secret"):
        (database.parent / name).write_text(name, encoding="ascii")
    with closing(sqlite3.connect(database.parent / "tumen.pages.db")) as conn:
        conn.execute("CREATE TABLE copies (hash TEXT)")
    target = tmp_path / "all.tar"
    words = [str(target), "--all", "--db", str(database), "--config", str(config)]
    assert "checked." in CliRunner().invoke(backup_command, words, standalone_mode=False).output
    assert target.stat().st_mode & 0o077 == 0
    with tarfile.open(target) as tar:
        names = set(tar.getnames())
    assert names == {
        "tumen.db", "tumen.pages.db", "tumen.analysts.json", "tumen.secret", "config", "config/feeds.toml",
    }  # fmt: skip
    words = [str(target), "--db", str(tmp_path / "new" / "tumen.db"), "--config", str(tmp_path / "new" / "config")]
    done = CliRunner().invoke(restore_command, words, standalone_mode=False)
    assert "tumen.db was restored." in done.output
    assert runs(tmp_path / "new" / "tumen.db") == 3000
    assert (tmp_path / "new" / "tumen.secret").read_text(encoding="ascii") == "tumen.secret"
    assert (tmp_path / "new" / "tumen.secret").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / "config" / "feeds.toml").read_text(encoding="utf-8") == "# mine\n"


def test_restore_overwrites_no_config(database: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "feeds.toml").write_text("# mine\n", encoding="utf-8")
    target = tmp_path / "all.tar"
    words = [str(target), "--all", "--db", str(database), "--config", str(config)]
    CliRunner().invoke(backup_command, words, standalone_mode=False)
    (config / "feeds.toml").write_text("# newer\n", encoding="utf-8")
    with pytest.raises(StoreError, match="is not empty; give a new folder"):
        restore(target, database, config, NOW)
    assert (config / "feeds.toml").read_text(encoding="utf-8") == "# newer\n"


def test_database_of_an_older_tumen_can_be_backed_up_before_the_upgrade(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as conn:
        conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
    words = [str(tmp_path / "before.db"), "--db", str(database)]
    assert "checked." in CliRunner().invoke(backup_command, words, standalone_mode=False).output
    with closing(sqlite3.connect(tmp_path / "before.db")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION - 1,)


def test_backup_of_a_newer_tumen_is_refused(database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as conn:
        conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError, match="made by a newer Tumen; install that one first"):
        restore(tmp_path / "copy.db", database, None, NOW)


def test_log_of_a_damaged_database_is_kept_with_it(database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "copy.db")
    log = database.with_name("tumen.db-wal")
    with closing(open_store(database)) as conn:
        conn.execute("DELETE FROM runs WHERE id > 10")
        rows = log.read_bytes()
    database.write_bytes(b"no database, " * 500)
    log.write_bytes(rows)  # as after a loss of power: the log was not written back
    restore(tmp_path / "copy.db", database, None, NOW)
    assert runs(database) == 3000
    assert database.with_name("tumen.db.before-20261130-120000-wal").read_bytes() == rows


def test_restore_keeps_the_present_database_aside(database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "copy.db")
    with closing(open_store(database)) as conn:
        conn.execute("DELETE FROM runs WHERE id > 10")
    sentences = restore(tmp_path / "copy.db", database, None, NOW)
    kept = database.with_name("tumen.db.before-20261130-120000")
    assert sentences == [f"{database} was restored. The old file is {kept}."]
    assert (runs(database), runs(kept)) == (3000, 10)


def test_restore_replaces_a_damaged_database(database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "copy.db")
    damage(database)
    restore(tmp_path / "copy.db", database, None, NOW)
    assert runs(database) == 3000


@pytest.mark.parametrize("user", ["cycle", "daemon", "desk", "program"])
def test_restore_is_refused_while_the_database_is_used(database: Path, tmp_path: Path, user: str) -> None:
    back_up(database, tmp_path / "copy.db")
    before = database.stat().st_ino
    script = "import os, sys, pathlib; from pipeline.store.lock import hold_desk; hold_desk(pathlib.Path(sys.argv[1]))"
    script += "\nos.execvp('sh', ['sh', '-c', 'echo up; exec sleep 30'])"  # as “tumen serve” becomes Datasette
    command = [sys.executable, "-c", script, str(database)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE) if user == "desk" else None
    other = sqlite3.connect(database)
    lock = DaemonLock(database) if user == "daemon" else None
    try:
        if user == "program":
            other.execute("SELECT count(*) FROM runs").fetchone()
        if user == "cycle":
            with cycle_lock(database, "tumen run"), pytest.raises(LockHeld, match="another run is active"):
                restore(tmp_path / "copy.db", database, None, NOW)
        else:
            if process is not None and process.stdout is not None:
                process.stdout.readline()
            with pytest.raises(LockHeld, match=r"stop (it|the daemon|“tumen serve”) first"):
                restore(tmp_path / "copy.db", database, None, NOW)
    finally:
        other.close()
        if process is not None:
            process.kill()
            process.communicate()
        if lock is not None:
            lock.release()
    assert database.stat().st_ino == before
    assert restore(tmp_path / "copy.db", database, None, NOW)


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"", "holds no database"), (b"\0" * 5000, "holds no database"), (b"text\n" * 900, "is no backup of Tumen")],
)
def test_restore_refuses_what_is_no_sound_backup(database: Path, tmp_path: Path, body: bytes, message: str) -> None:
    (tmp_path / "copy.db").write_bytes(body)
    with pytest.raises(StoreError, match=message):
        restore(tmp_path / "copy.db", database, None, NOW)
    with pytest.raises(NotFound):
        restore(tmp_path / "none.db", database, None, NOW)
    assert runs(database) == 3000
    assert not list(database.parent.glob(".restore-*"))


def test_restore_refuses_a_damaged_backup(database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "copy.db")
    damage(tmp_path / "copy.db")
    with pytest.raises(StoreError, match="is damaged; choose an earlier backup"):
        restore(tmp_path / "copy.db", database, None, NOW)


# ------------------------------------------------------------------------------------------------ damage in one line


@pytest.mark.parametrize("how", [open_store, open_readonly])
def test_device_is_no_database(how: object, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no regular file"):
        how(Path("/dev/null"))  # type: ignore[operator] # both take a path
    assert not Path("/dev/null.lock").exists()


def test_empty_database_is_reported_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "tumen.db"
    path.touch()
    for how in (open_readonly, lambda path: open_store(path, create=False)):
        with pytest.raises(StoreError, match=r"is empty \(0 bytes\)\. Restore a backup"):
            how(path)
    assert path.stat().st_size == 0


def test_damaged_text_is_not_quoted(database: Path) -> None:
    with closing(open_store(database)) as conn:
        conn.execute("UPDATE runs SET trigger = CAST(? AS TEXT)", (b"\xc3\x28" + b"secret text " * 500,))
        with pytest.raises(StoreError) as caught, plain_errors():
            conn.execute("SELECT trigger FROM runs").fetchall()
    assert "secret" not in str(caught.value)
    assert "a text in it is not UTF-8" in str(caught.value)


def test_damage_of_the_schema_is_one_line_in_every_command(database: Path) -> None:
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    body = database.read_bytes()
    assert b"CREATE TABLE runs" in body
    database.write_bytes(body.replace(b"CREATE TABLE runs", b"CREATE \xff\xfe\xffLE runs"))
    for how in (open_store, open_readonly):
        with pytest.raises(StoreError) as caught:
            how(database)
        assert "\n" not in str(caught.value)


def test_many_faults_are_one_line(database: Path) -> None:
    damage(database)
    with closing(sqlite3.connect(database)) as conn:
        faults = upkeep.faults(conn, whole=True)
    assert len(faults) == 1
    assert "\n" not in faults[0].text
    assert len(faults[0].text) < 300


def test_backup_that_fails_shows_in_status(database: Path, tmp_path: Path) -> None:
    with closing(open_store(database)) as conn:
        with pytest.raises(StoreError):
            _copy(conn, database, DaemonSettings(backup_folder=str(tmp_path / "missing" / "copies")))
        problems = status.read(conn, datetime.now(UTC) + timedelta(minutes=1)).problems
    assert any(problem.startswith("The backup of") for problem in problems)
