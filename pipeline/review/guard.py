"""Access control: who is the analyst, and which headers protect the desk from other sites.

In: a request with the actor that Datasette read from the cookie. Out: the analyst's name, or None. Everybody who can
reach the desk can read it; only analysts can give verdicts.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pipeline.review import analysts

_DESK_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    b" form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_TABLES_POLICY = b"frame-ancestors 'none'; base-uri 'self'; object-src 'none'"
_HEADERS = [
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-robots-tag", b"noindex, nofollow"),
]


def analyst(datasette: Any, request: Any) -> str | None:
    """Return the analyst of this request, or None if the request may only read."""
    actor = request.actor or {}
    name = actor.get("id")
    if not isinstance(name, str) or not name:
        return None
    # the cookie outlives the account: a removed analyst is signed out at once
    if actor.get("via") == "password" and name not in analysts.load(analysts_file(datasette)):
        return None
    return name


def analysts_file(datasette: Any) -> Path:
    """Return the accounts file of the served database."""
    return analysts.path_beside(Path(database(datasette).path))


def database(datasette: Any) -> Any:
    """Return Tumen's database: the first attached database that is a file."""
    for attached in datasette.databases.values():
        if attached.path and not attached.is_memory:
            return attached
    raise LookupError("no database file is attached")


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
    client = (request.scope.get("client") or ("", 0))[0]
    if not header or not client:
        return None
    name = request.headers.get(str(header).lower(), "").strip()
    try:
        is_proxy = any(ipaddress.ip_address(client) in ipaddress.ip_network(network) for network in trusted)
    except ValueError:
        return None
    return {"id": name[:80], "via": "proxy"} if is_proxy and name else None


def wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Return an ASGI wrapper that adds the headers and refuses unknown host names.

    The host check stops DNS rebinding: a foreign name that resolves to 127.0.0.1.
    """
    hosts = {host for host in os.environ.get("TUMEN_HOSTS", "").split(",") if host}

    def wrap(app: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def guarded(scope: dict[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            is_desk = scope["path"].startswith(datasette.urls.path("/-/tumen"))
            policy = (b"content-security-policy", _DESK_POLICY if is_desk else _TABLES_POLICY)

            async def respond(event: dict[str, Any]) -> None:
                if event["type"] == "http.response.start":
                    present = {name.lower() for name, _ in event.get("headers") or []}
                    added = [header for header in [policy, *_HEADERS] if header[0] not in present]
                    event = {**event, "headers": [*(event.get("headers") or []), *added]}
                await send(event)

            if hosts and _host(scope) not in hosts:
                await respond(
                    {"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]}
                )
                await respond({"type": "http.response.body", "body": b"This host name does not belong to the desk.\n"})
                return
            await app(scope, receive, respond)

        return guarded

    return wrap


def _host(scope: dict[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            host = str(value, "latin-1").lower()
            return host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return ""
