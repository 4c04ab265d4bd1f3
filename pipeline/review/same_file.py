"""Detection of a database that was deleted or replaced under a running desk.

SQLite would go on with the old file, so that verdicts would be lost without an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from pipeline.errors import StoreError
from pipeline.review import guard

_first: WeakKeyDictionary[Any, tuple[int, int]] = WeakKeyDictionary()  # of each Database: device and inode


class Replaced(StoreError):
    """The file is another one than at the first request, or gone."""


def check(datasette: Any) -> None:
    """Compare the file with the one that the desk opened.

    Raises:
        Replaced: it is another file, or gone.
    """
    database = guard.database(datasette)
    path = Path(database.path)
    try:
        found = path.stat()
    except OSError as error:
        problem = f"{path}: the database is gone ({error.strerror}). Restore it and restart the desk."
        raise Replaced(problem) from None
    identity = (found.st_dev, found.st_ino)
    if _first.setdefault(database, identity) != identity:
        raise Replaced(f"{path}: the database was replaced. Restart the desk; nothing was stored.")
