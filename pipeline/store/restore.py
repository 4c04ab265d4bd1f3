"""Restoring of a backup: the copy is checked, the present database is kept aside, then the copy takes its place.

In: a backup, which is a database or an archive of ``tumen backup --all``. Out: the files beside the database, and the
config in a new folder. Refused while anything uses the database.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from pipeline.errors import LockHeld, NotFound, StoreError
from pipeline.store import lock
from pipeline.store.schema import SCHEMA_VERSION, explain

BESIDE = ("pages.db", "analysts.json", "secret")  # endings of the files that belong to a database


def restore(source: Path, database: Path, config: Path | None, now: datetime) -> list[str]:
    """Put a backup in place, and return one sentence per file.

    Args:
        source: the backup.
        database: the database that it replaces.
        config: a new or empty folder for the config of the archive; None to leave the config alone.
        now: part of the name under which the present database is kept.

    Raises:
        NotFound: the backup does not exist.
        StoreError: it is no sound backup, or a file cannot be written.
        LockHeld: a cycle, a daemon, a desk or another program uses the database.
    """
    if not source.is_file():
        raise NotFound(f"{source}: there is no such backup.")
    with lock.cycle_lock(database, "tumen restore"):
        _check_unused(database)
        try:
            with tempfile.TemporaryDirectory(prefix=".restore-", dir=database.parent) as folder:
                unpacked = _unpack(source, Path(folder))
                _check_copy(unpacked / "tumen.db", source)
                return list(_put_in_place(unpacked, database, config, now))
        except (OSError, tarfile.TarError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise StoreError(f"{source}: cannot be restored ({reason}).") from None


def _check_unused(database: Path) -> None:
    if lock.daemon_state(database).is_alive:
        raise LockHeld(f"{database}: the daemon uses it; stop the daemon first.")
    if lock.is_served(database):
        raise LockHeld(f"{database}: a desk serves it; stop “tumen serve” first.")
    if not database.is_file():
        return
    with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as conn:
        try:
            conn.execute("PRAGMA locking_mode = EXCLUSIVE")
            conn.execute("BEGIN EXCLUSIVE")
            conn.execute("ROLLBACK")
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a damaged database may be replaced
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise LockHeld(f"{database}: another program has it open; stop it first.") from None


def _unpack(source: Path, folder: Path) -> Path:
    if not tarfile.is_tarfile(source):
        shutil.copyfile(source, folder / "tumen.db")
        return folder
    with tarfile.open(source) as tar:
        tar.extractall(folder, filter="data")
    return folder


def _check_copy(copy: Path, source: Path) -> None:
    if not copy.is_file() or not copy.stat().st_size:
        raise StoreError(f"{source}: holds no database.")
    with closing(sqlite3.connect(copy)) as conn:
        try:
            version = conn.execute("PRAGMA user_version").fetchone()[0]
            result = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
            conn.execute("SELECT count(*) FROM runs").fetchone()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise StoreError(f"{source}: is no backup of Tumen ({explain(error)}).") from None
    if result != "ok":
        raise StoreError(f"{source}: is damaged; choose an earlier backup.", damaged=True)
    if version > SCHEMA_VERSION:
        raise StoreError(f"{source}: has schema {version}, made by a newer Tumen; install that one first.")


def _put_in_place(unpacked: Path, database: Path, config: Path | None, now: datetime) -> list[str]:
    sentences = []
    own = unpacked / "config"
    if config is not None and own.is_dir():
        if config.exists() and any(config.iterdir()):
            raise StoreError(f"{config}: is not empty; give a new folder for the config of the backup.")
        shutil.copytree(own, config, dirs_exist_ok=True)
        sentences.append(f"The config is in {config}.")
    for end in (*BESIDE, "db"):  # the database last
        if (unpacked / f"tumen.{end}").is_file():
            path = database if end == "db" else database.with_name(f"{database.stem}.{end}")
            kept = _replace(unpacked / f"tumen.{end}", path, now)
            sentences.append(f"{path} was restored.{f' The old file is {kept}.' if kept else ''}")
    return sentences


def _replace(copy: Path, path: Path, now: datetime) -> Path | None:
    """Move a file into its place; keep the file that is there, and return its new name."""
    kept = path.with_name(f"{path.name}.before-{now:%Y%m%d-%H%M%S}") if path.exists() else None
    copy.chmod(path.stat().st_mode & 0o777 if kept else 0o600)
    if os.geteuid() == 0:  # the service's user must be able to write what root restores
        owner = (path if kept else path.parent).stat()
        os.chown(copy, owner.st_uid, owner.st_gid)
    for end in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            log = path.with_name(path.name + end)
            if kept and end == "-wal" and log.stat().st_size:  # of a damaged database
                log.replace(kept.with_name(kept.name + end))
            else:
                log.unlink()
    if kept:
        path.replace(kept)
    copy.replace(path)
    return kept
