"""Opens the database: creates or migrates it, sets the pragmas, and says clearly why when it cannot.

In: a path. Out: a ``sqlite3.Connection`` in autocommit mode; writers open their own short ``transaction``.
An up-to-date file is told by its ``user_version`` alone, so that an idle run need not load sqlite-utils.
"""

from __future__ import annotations

import importlib.util
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline import shipped
from pipeline.errors import SchemaTooNew, StoreError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION = 7
BUSY_SECONDS = 15.0
_READ_ONLY = "attempt to write a readonly database"


def open_store(path: Path, *, create: bool = True) -> sqlite3.Connection:
    """Open the database for reading and writing, bringing its schema up to date first.

    Args:
        path: the database file.
        create: make it when it is not there.

    Raises:
        StoreError: it cannot be opened, made, read or written, or is no SQLite database.
        SchemaTooNew: a later Tumen made it.
    """
    if not create and not path.exists():
        raise StoreError(f"{path}: there is no database yet; “tumen run” makes it.")
    if path.exists() and not os.access(path, os.W_OK) and os.access(path, os.R_OK):
        # SQLite would open it all the same, and refuse the first row that is written
        raise StoreError(f"{path}: cannot be used ({why(sqlite3.OperationalError(_READ_ONLY))}).")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # it may be handed to another thread: that only one uses it at a time is its owner's to see
        conn = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        conn.row_factory = sqlite3.Row
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: cannot be opened ({why(error)}); choose another place with --db.") from None
    try:
        _prepare(conn, path)
    except BaseException:
        conn.close()
        raise
    return conn


def open_beside(conn: sqlite3.Connection) -> sqlite3.Connection:
    """Open the same database a second time, to read what is committed while the first is used by another thread."""
    path = conn.execute("PRAGMA database_list").fetchone()["file"]
    reader = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    reader.row_factory = sqlite3.Row
    reader.execute("PRAGMA query_only = ON")
    return reader


def open_readonly(path: Path) -> sqlite3.Connection:
    """Open an existing, up-to-date database for reading only.

    Raises:
        StoreError: as ``open_store``; also when the schema is older than this Tumen's.
    """
    if not path.exists():
        raise StoreError(f"{path}: there is no database yet; “tumen run” makes it.")
    try:
        try:
            conn, version = _opened(path, "mode=ro")
        except sqlite3.OperationalError:
            if not _at_rest(path):
                raise
            # a reader of a database in WAL mode makes two files beside it, which a read-only disk refuses
            conn, version = _opened(path, "immutable=1")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read ({why(error)}).") from None
    if version != SCHEMA_VERSION:
        conn.close()
        _check_age(version, path)
        raise StoreError(f"{path}: was made by an earlier Tumen; “tumen run” brings it up to date.")
    return conn


def _opened(path: Path, how: str) -> tuple[sqlite3.Connection, int]:
    """A connection that reads only, and the schema's version."""
    address = f"{path.absolute().as_uri()}?{how}"
    conn = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    conn.row_factory = sqlite3.Row
    try:
        return conn, conn.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error:
        conn.close()
        raise


def _at_rest(path: Path) -> bool:
    """Whether nobody can write to the database and its file holds everything."""
    waiting = path.with_name(f"{path.name}-wal")
    return not os.access(path.parent, os.W_OK) and not (waiting.exists() and waiting.stat().st_size)


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing. Takes the write lock at once; inside another transaction it is a savepoint of it."""
    nested = conn.in_transaction
    conn.execute("SAVEPOINT step" if nested else "BEGIN IMMEDIATE")
    try:
        yield conn
        conn.execute("RELEASE step" if nested else "COMMIT")
    except BaseException:
        if conn.in_transaction:  # a full disk ends it by itself
            conn.execute("ROLLBACK TO step" if nested else "ROLLBACK")
            if nested:
                conn.execute("RELEASE step")
        raise


@contextmanager
def plain_errors() -> Iterator[None]:
    """A database that fails in the midst of the work (full disk, damaged file, lost drive) is one clear line.

    Raises:
        StoreError: in place of SQLite's own error.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not unusable(error):
            raise
        raise StoreError(f"The database cannot be used any more: {why(error)}.") from error


def unusable(error: BaseException) -> bool:
    """Whether the database is at fault, and not a statement of ours."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _prepare(conn: sqlite3.Connection, path: Path) -> None:
    try:
        version = conn.execute("PRAGMA user_version").fetchone()[0]
        _check_age(version, path)
        if version == 0:
            conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = NORMAL")
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA cache_size = -16000")  # kB: the search index is written a seventh faster than in 2 MB
        conn.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
        if version < SCHEMA_VERSION:
            migrate(conn)
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be used ({why(error)}).") from None


def migrate(conn: sqlite3.Connection) -> None:
    """Apply the steps of ``db/migrations.py`` that this database does not have yet."""
    from sqlite_utils import Database

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
            f"{path}: has schema {version}, made by a later Tumen; this one knows up to {SCHEMA_VERSION}."
            " Install the later Tumen."
        )


def why(error: Exception) -> str:
    """What SQLite or the system said, as a person would say it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error)
    return {
        "database is locked": "another program keeps it locked; try again when it is done",
        _READ_ONLY: "it is read-only; check who owns the file and its folder",
        "unable to open database file": "no permission, or its folder cannot be written",
        "file is not a database": "it is not an SQLite database",
        "database or disk is full": "the disk is full",
        "database disk image is malformed": "it is damaged; “tumen doctor” says more",
    }.get(text, text)
