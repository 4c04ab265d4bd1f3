"""The analysts who may sign in, in a file beside the database that only its owner can read: ``tumen.analysts.json``.

In: names and passwords. Out: whether they belong together. Passwords are kept as scrypt digests (RFC 7914; n = 2^14,
r = 8, p = 1: 16 MiB and some 50 ms a try), never in the database, which analysts can read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
from pathlib import Path

from pipeline.errors import BadValue, StoreError

_NAME = re.compile(r"[\w.@ -]{1,60}")
_N, _R, _P = 2**14, 8, 1
LEAST_CHARACTERS = 10


def path_beside(database: Path) -> Path:
    """Where a database's analysts are."""
    return database.with_name(f"{database.stem}.analysts.json")


def load(path: Path) -> dict[str, str]:
    """Names with their digests; none when there is no file.

    Raises:
        StoreError: the file is not what ``tumen analysts`` wrote.
    """
    try:
        raw = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}).") from None
    try:
        found = json.loads(raw)["analysts"]
        return {str(name): str(digest) for name, digest in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{path}: is damaged; delete it and add the analysts again.") from None


def put(path: Path, name: str, password: str) -> None:
    """Add an analyst, or give one a new password.

    Raises:
        BadValue: the name or the password cannot be taken.
    """
    if not _NAME.fullmatch(name) or name != name.strip():
        raise BadValue(f"“{name}”: a name has up to 60 letters, digits, spaces and . @ _ -")
    if len(password) < LEAST_CHARACTERS:
        raise BadValue(f"The password needs at least {LEAST_CHARACTERS} characters.")
    _write(path, load(path) | {name: _digest(password, secrets.token_bytes(16))})


def remove(path: Path, name: str) -> bool:
    """Take an analyst off the list; verdicts stay. False when there was none of this name."""
    known = load(path)
    if known.pop(name, None) is None:
        return False
    _write(path, known)
    return True


def verify(path: Path, name: str, password: str) -> bool:
    """Whether this is the analyst's password. Takes as long for a name that is not there."""
    kept = load(path).get(name, _digest("", b"\0" * 16))
    salt = base64.b64decode(kept.split("$")[1])
    return hmac.compare_digest(kept, _digest(password, salt)) and bool(password)


def _digest(password: str, salt: bytes) -> str:
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _write(path: Path, known: dict[str, str]) -> None:
    draft = path.with_name(path.name + ".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"analysts": known}, file, ensure_ascii=False, indent=1)
    draft.replace(path)
