"""Opening of the database: creation, migrations, pragmas, transactions, and error messages for people.

In: a path. Out: a ``sqlite3.Connection`` in autocommit mode. Writers open their own short ``transaction``.
An up-to-date file is recognised by its ``user_version``, so that an idle run does not load sqlite-utils.
"""

from __future__ import annotations

import importlib.util
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pipeline import shipped
from pipeline.errors import SchemaTooNew, StoreError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION = 20
BUSY_SECONDS = 15.0
_READ_ONLY = "it is read-only; check the mount, and who owns the file and its folder"
_REASONS = {  # by SQLite's primary result code
    sqlite3.SQLITE_BUSY: "another program keeps it locked; try again later",
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: "no permission, or its folder cannot be written",
    sqlite3.SQLITE_NOTADB: "it is not an SQLite database",
    sqlite3.SQLITE_FULL: "the disk is full; free some space",
    sqlite3.SQLITE_CORRUPT: "it is damaged; run “tumen doctor”",
}


def open_store(path: Path, *, create: bool = True) -> sqlite3.Connection:
    """Open the database for reading and writing, and bring its schema up to date.

    Args:
        path: the database file.
        create: create it if it does not exist.

    Raises:
        StoreError: it cannot be opened, created, read or written, or is not an SQLite database.
        SchemaTooNew: it was created by a newer Tumen.
    """
    _check_file(path, must_exist=not create)
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if file.exists() and not os.access(file, os.W_OK) and os.access(file, os.R_OK):
            # SQLite would open it, and fail at the first write
            raise StoreError(f"{file}: cannot be used ({_READ_ONLY}).")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # the owner may pass it to another thread, and ensures that only one thread uses it at a time
        conn = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        conn.row_factory = sqlite3.Row
    except (OSError, sqlite3.Error) as error:
        raise _failure(error, f"{path}: cannot be opened ({explain(error)}); choose another place with --db.") from None
    with ExitStack() as undo:
        undo.callback(conn.close)
        _prepare(conn, path)
        undo.pop_all()
    return conn


def open_beside(conn: sqlite3.Connection) -> sqlite3.Connection:
    """Open the same database a second time, to read committed rows while another thread uses the first."""
    path = conn.execute("PRAGMA database_list").fetchone()["file"]
    reader = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    reader.row_factory = sqlite3.Row
    reader.execute("PRAGMA query_only = ON")
    return reader


def open_readonly(path: Path, *, older: bool = False) -> sqlite3.Connection:
    """Open an existing, up-to-date database for reading only.

    Args:
        path: the database file.
        older: accept an older schema too: for a backup before an upgrade migrates it.

    Raises:
        StoreError: as ``open_store``; also if the schema is older than that of this Tumen.
    """
    _check_file(path, must_exist=True)
    try:
        try:
            conn, version = _opened(path, "mode=ro")
        except sqlite3.OperationalError:
            if not _at_rest(path):
                raise
            # a reader in WAL mode creates two files beside the database, which fails on a read-only disk
            conn, version = _opened(path, "immutable=1")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _failure(error, f"{path}: cannot be read ({explain(error)}).") from None
    if version != SCHEMA_VERSION and not (older and 0 < version < SCHEMA_VERSION):
        conn.close()
        _check_age(version, path)
        raise StoreError(f"{path}: was created by an older Tumen; “tumen run” brings it up to date.")
    return conn


def _opened(path: Path, how: str) -> tuple[sqlite3.Connection, int]:
    """Return a read-only connection and the version of the schema."""
    address = f"{path.absolute().as_uri()}?{how}"
    conn = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    conn.row_factory = sqlite3.Row
    try:
        return conn, _version(conn)
    except (sqlite3.Error, UnicodeDecodeError):
        conn.close()
        raise


def _version(conn: sqlite3.Connection) -> int:
    """Return the version of the schema. Reads the whole schema, so that damage in it is found now."""
    conn.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    version: int = conn.execute("PRAGMA user_version").fetchone()[0]
    return version


def _check_file(path: Path, *, must_exist: bool) -> None:
    """Refuse a device, and a file that should be a database and is empty.

    Raises:
        StoreError: with what to do.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        if must_exist:
            raise StoreError(f"{path}: does not exist; “tumen run” creates the database.") from None
        return
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened ({error.strerror}); choose another place with --db.") from None
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(f"{path}: is no regular file; choose another place with --db.")
    if must_exist and not found.st_size:
        raise StoreError(
            f"{path}: is empty (0 bytes). Restore a backup with “tumen restore FILE”, or start anew with “tumen run”."
        )


def _at_rest(path: Path) -> bool:
    """Return whether the database is read-only for everyone and the write-ahead log is empty."""
    waiting = path.with_name(f"{path.name}-wal")
    return not os.access(path.parent, os.W_OK) and not (waiting.exists() and waiting.stat().st_size)


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run a block as one transaction, with the write lock from the start. Inside a transaction it is a savepoint."""
    nested = conn.in_transaction
    conn.execute("SAVEPOINT step" if nested else "BEGIN IMMEDIATE")
    with ExitStack() as undo:
        undo.callback(_roll_back, conn, nested=nested)
        yield conn
        conn.execute("RELEASE step" if nested else "COMMIT")
        undo.pop_all()


def _roll_back(conn: sqlite3.Connection, *, nested: bool) -> None:
    if not conn.in_transaction:  # SQLite itself rolls back when the disk is full
        return
    conn.execute("ROLLBACK TO step" if nested else "ROLLBACK")
    if nested:
        conn.execute("RELEASE step")


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn SQLite's errors during the work (full disk, damaged file, lost drive) into one clear line.

    Raises:
        StoreError: in place of SQLite's error.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        plain = plain_error(error)
        if plain is None:
            raise
        raise plain from error


def plain_error(error: Exception) -> StoreError | None:
    """Return an error of the file or the disk as one clear line; None for an error of one of our statements."""
    if not unusable(error):
        return None
    return _failure(error, f"The database cannot be used any more: {explain(error)}.")


def unusable(error: BaseException) -> bool:
    """Return whether the error comes from the file or the disk, and not from one of our statements."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _prepare(conn: sqlite3.Connection, path: Path) -> None:
    try:
        version = _version(conn)
        _check_age(version, path)
        if version == 0:
            conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = NORMAL")
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA cache_size = -16000")  # kB; the search index is written a seventh faster than with 2 MB
        conn.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
        if version < SCHEMA_VERSION:
            migrate(conn)
        conn.execute("BEGIN IMMEDIATE")  # a file that cannot be written is refused now, not within a cycle
        conn.execute("ROLLBACK")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _failure(error, f"{path}: cannot be used ({explain(error)}).") from None


def migrate(conn: sqlite3.Connection) -> None:
    """Apply the steps of ``db/migrations.py`` that this database lacks, all or none.

    The lock comes first: after an upgrade, the daemon and the desk often open the database at the same moment.
    """
    from sqlite_utils import Database

    with transaction(conn):
        load_migrations().apply(Database(conn))


def load_migrations() -> Any:
    """Load the migration set from the checkout or the wheel."""
    spec = importlib.util.spec_from_file_location("tumen_migrations", shipped.MIGRATIONS)
    if spec is None or spec.loader is None:
        raise StoreError(f"{shipped.MIGRATIONS}: is missing; reinstall Tumen.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.migrations


def _check_age(version: int, path: Path) -> None:
    if version > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"{path}: has schema {version}, created by a newer Tumen; this one knows schemas up to {SCHEMA_VERSION}."
            " Install the newer Tumen."
        )


def explain(error: Exception) -> str:
    """Return the reason of an error of SQLite or the system, for people."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if _is_bad_text(error):  # SQLite's message would quote the whole text
        return "it is damaged, a text in it is not UTF-8; run “tumen doctor”"
    return _REASONS.get(_code(error), str(error)[:200])


def _is_bad_text(error: BaseException) -> bool:
    return isinstance(error, UnicodeDecodeError) or str(error).startswith("Could not decode to UTF-8")


def _code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one


def _failure(error: Exception, message: str) -> StoreError:
    return StoreError(message, damaged=_code(error) == sqlite3.SQLITE_CORRUPT or _is_bad_text(error))
