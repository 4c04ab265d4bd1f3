"""Accounts of the desk, in ``tumen.analysts.json`` beside the database. Only the file's owner can read it.

In: names and passwords. Out: whether a password is right. Passwords are stored as scrypt digests (RFC 7914; n = 2^14,
r = 8, p = 1: 16 MiB and about 50 ms per attempt), and not in the database, because analysts can read all of it.
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
MIN_PASSWORD_CHARACTERS = 10


def path_beside(database: Path) -> Path:
    """Return the path of the accounts file that belongs to a database."""
    return database.with_name(f"{database.stem}.analysts.json")


def load(path: Path) -> dict[str, str]:
    """Return a digest for each name. Empty if there is no file.

    Raises:
        StoreError: the file cannot be read or is damaged.
    """
    try:
        raw = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}).") from None
    try:
        accounts = json.loads(raw)["analysts"]
        return {str(name): str(digest) for name, digest in accounts.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{path}: damaged. Delete the file and add the analysts again.") from None


def put(path: Path, name: str, password: str) -> None:
    """Add an analyst, or replace the analyst's password.

    Raises:
        BadValue: the name has characters that are not allowed, or the password is too short.
    """
    if not _NAME.fullmatch(name) or name != name.strip():
        raise BadValue(f"“{name}”: a name has at most 60 characters: letters, digits, spaces and . @ _ -")
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise BadValue(f"The password needs at least {MIN_PASSWORD_CHARACTERS} characters.")
    _write(path, load(path) | {name: _digest(password, secrets.token_bytes(16))})


def remove(path: Path, name: str) -> bool:
    """Remove an analyst. The verdicts stay. Return False if there is no analyst of this name."""
    accounts = load(path)
    if accounts.pop(name, None) is None:
        return False
    _write(path, accounts)
    return True


def verify(path: Path, name: str, password: str) -> bool:
    """Return True if this is the analyst's password."""
    # an unknown name costs one digest too, so that the response time does not reveal which names exist
    stored = load(path).get(name, _digest("", b"\0" * 16))
    salt = base64.b64decode(stored.split("$")[1])
    return hmac.compare_digest(stored, _digest(password, salt)) and bool(password)


def account_key(path: Path, name: str) -> str | None:
    """Return a short digest that changes with the account's password, or None if there is no such account."""
    stored = load(path).get(name)
    return None if stored is None else hashlib.sha256(stored.encode()).hexdigest()[:24]


def _digest(password: str, salt: bytes) -> str:
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _write(path: Path, accounts: dict[str, str]) -> None:
    draft = path.with_name(path.name + ".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"analysts": accounts}, file, ensure_ascii=False, indent=1)
    draft.replace(path)
