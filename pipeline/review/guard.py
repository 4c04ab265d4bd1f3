"""Who may do what at the desk, and the headers that keep other sites out of it.

In: a request with the actor that Datasette made of its cookie. Out: the analyst's name, or None. Everybody who can
reach the desk may read; only analysts may give verdicts.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pipeline.review import analysts

_DESK = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    b" form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ELSEWHERE = b"frame-ancestors 'none'; base-uri 'self'; object-src 'none'"
_HEADERS = [
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-robots-tag", b"noindex, nofollow"),
]


def analyst(datasette: Any, request: Any) -> str | None:
    """The name under which this request may give verdicts; None: it may only read."""
    actor = request.actor or {}
    name = actor.get("id")
    if not isinstance(name, str) or not name:
        return None
    if actor.get("via") == "password" and name not in analysts.load(analysts_file(datasette)):
        return None
    return name


def analysts_file(datasette: Any) -> Path:
    """Where the analysts of the served database are."""
    return analysts.path_beside(Path(database(datasette).path))


def database(datasette: Any) -> Any:
    """Datasette's database that is Tumen's: the first attached one that is a file."""
    for one in datasette.databases.values():
        if one.path and not one.is_memory:
            return one
    raise LookupError("no database file is attached")


def form_token(request: Any) -> str:
    """Return the token for a page's forms. Datasette checks it on every POST, so other sites cannot post forms."""
    return str(request.scope["csrftoken"]())


def served(datasette: Any) -> str | None:
    """The name under which Datasette serves Tumen's database; None: it serves none."""
    try:
        return str(database(datasette).name)
    except LookupError:
        return None


def proxied(datasette: Any, request: Any) -> dict[str, str] | None:
    """The actor named by the header of a proxy that the plugin's config trusts, and by nobody else."""
    config = datasette.plugin_config("tumen") or {}
    header, trusted = config.get("proxy_header"), config.get("proxy_from") or []
    client = (request.scope.get("client") or ("", 0))[0]
    if not header or not client:
        return None
    name = request.headers.get(str(header).lower(), "").strip()
    try:
        known = any(ipaddress.ip_address(client) in ipaddress.ip_network(one) for one in trusted)
    except ValueError:
        return None
    return {"id": name[:80], "via": "proxy"} if known and name else None


def wrapper(datasette: Any) -> Callable[[Any], Any]:
    """An ASGI wrapper that adds the headers, and refuses a host name that was not meant (DNS rebinding)."""
    hosts = {one for one in os.environ.get("TUMEN_HOSTS", "").split(",") if one}

    def wrap(app: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def guarded(scope: dict[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            desk = scope["path"].startswith(datasette.urls.path("/-/tumen"))
            policy = (b"content-security-policy", _DESK if desk else _ELSEWHERE)

            async def answer(event: dict[str, Any]) -> None:
                if event["type"] == "http.response.start":
                    have = {name.lower() for name, _ in event.get("headers") or []}
                    more = [one for one in [policy, *_HEADERS] if one[0] not in have]
                    event = {**event, "headers": [*(event.get("headers") or []), *more]}
                await send(event)

            if hosts and _host(scope) not in hosts:
                await answer(
                    {"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]}
                )
                await answer({"type": "http.response.body", "body": b"This desk is not served under that name.\n"})
                return
            await app(scope, receive, answer)

        return guarded

    return wrap


def _host(scope: dict[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            host = str(value, "latin-1").lower()
            return host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return ""
