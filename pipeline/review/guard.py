"""Access control: who is the analyst of a request.

In: a request with the actor that Datasette read from the cookie. Out: the analyst's name, or None. Everybody who can
reach the desk can read it; only analysts can give verdicts. ``middleware`` drops the cookie of a removed analyst.
"""

from __future__ import annotations

import ipaddress
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pipeline.review import analysts

T = TypeVar("T")


def analyst(datasette: Any, request: Any) -> str | None:
    """Return the analyst of this request, or None if the request may only read."""
    actor = request.actor or {}
    name = actor.get("id")
    return name if isinstance(name, str) and name else None


def is_current(datasette: Any, actor: dict[str, Any]) -> bool:
    """Return whether the account of a signed cookie still exists, with the password that the analyst signed in with.

    The cookie outlives the account. Without this check, a removed analyst could run SQL for 30 days, and a name that
    is added again would revive old cookies.
    """
    if actor.get("via") != "password":
        return True
    key = analysts.account_key(analysts_file(datasette), str(actor.get("id")))
    return key is not None and actor.get("key") == key


def analysts_file(datasette: Any) -> Path:
    """Return the accounts file of the served database."""
    return analysts.path_beside(Path(database(datasette).path))


def database(datasette: Any) -> Any:
    """Return Tumen's database: the first attached database that is a file."""
    for attached in datasette.databases.values():
        if attached.path and not attached.is_memory:
            return attached
    raise LookupError("no database file is attached")


async def read(datasette: Any, query: Callable[[sqlite3.Connection], T]) -> T:
    """Run a query in one of Datasette's reading threads."""
    found: T = await database(datasette).execute_fn(query)
    return found


async def write(datasette: Any, change: Callable[[sqlite3.Connection], T]) -> T:
    """Run a change in Datasette's writing thread."""
    result: T = await database(datasette).execute_write_fn(change)
    return result


def peer(request: Any) -> str:
    """Return the address at the other end of the connection. No header changes it (see ``middleware.wrapper``)."""
    return str((request.scope.get("client") or ("",))[0])


def form_token(request: Any) -> str:
    """Return the token for a page's forms. Datasette checks it on every POST, so other sites cannot post forms."""
    return str(request.scope["csrftoken"]())


def served(datasette: Any) -> str | None:
    """Return the name under which Datasette serves Tumen's database, or None if it serves no file."""
    try:
        return str(database(datasette).name)
    except LookupError:
        return None


def proxied(datasette: Any, request: Any) -> dict[str, str] | None:
    """Return the actor that a trusted proxy names in its header, or None."""
    config = datasette.plugin_config("tumen") or {}
    header, trusted = config.get("proxy_header"), config.get("proxy_from") or []
    client = peer(request)
    if not header or not client:
        return None
    name = _as_utf8(request.headers.get(str(header).lower(), "")).strip()
    try:
        is_proxy = any(ipaddress.ip_address(client) in ipaddress.ip_network(network) for network in trusted)
    except ValueError:
        return None
    return {"id": name[:80], "via": "proxy"} if is_proxy and name else None


def _as_utf8(header: str) -> str:
    """Return a header that a proxy sent in UTF-8. Datasette decodes headers as Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
