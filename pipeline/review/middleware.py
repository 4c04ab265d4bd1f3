"""ASGI middleware around Datasette: security headers, checks of host name and origin, removal of stale cookies."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from itsdangerous import BadData

from pipeline.review import guard

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
_REFUSED = (
    b"This host name does not belong to the desk. To allow it, list it in Datasette's metadata:"
    b' {"plugins": {"tumen": {"hosts": ["NAME"]}}}\n'
)
_FOREIGN = b"Only pages of the desk itself may make this request.\n"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
_App = Callable[..., Awaitable[None]]


def wrapper(datasette: Any) -> Callable[[_App], _App]:
    """Return an ASGI wrapper for Datasette, also if it was started without ``tumen serve``."""
    # uvicorn reads this after the wrapper is made. By default it replaces the peer's address by X-Forwarded-For, which
    # breaks sign-in through a proxy and lets a local client pretend to be the proxy.
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
    allowed = set((datasette.plugin_config("tumen") or {}).get("hosts") or ())

    def wrap(app: _App) -> _App:
        async def guarded(scope: dict[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            respond = _with_headers(send, is_desk=scope["path"].startswith(datasette.urls.path("/-/tumen")))
            if not _is_allowed(scope, allowed):
                await _refuse(respond, 421, _REFUSED)
                return
            if _is_foreign(scope) and not datasette.cors:
                await _refuse(respond, 403, _FOREIGN)
                return
            await app(_trusted(datasette, scope), receive, respond)

        return guarded

    return wrap


async def _refuse(respond: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await respond({"type": "http.response.start", "status": status, "headers": headers})
    await respond({"type": "http.response.body", "body": body})


def _is_foreign(scope: dict[str, Any]) -> bool:
    """Return whether a page of another site makes the request, by the Fetch Metadata headers of browsers.

    Following a link from another site is allowed. A frame, an image or a script could run slow SQL unseen.
    """
    if _header(scope, b"sec-fetch-site") not in ("cross-site", "same-site"):
        return False
    followed = _header(scope, b"sec-fetch-mode") == "navigate" and _header(scope, b"sec-fetch-dest") == "document"
    return scope["method"] not in _SAFE_METHODS or not followed


def _with_headers(send: Any, *, is_desk: bool) -> Callable[[dict[str, Any]], Awaitable[None]]:
    """Return a ``send`` that adds the security headers."""
    policy = (b"content-security-policy", _DESK_POLICY if is_desk else _TABLES_POLICY)

    async def respond(event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            present = {name.lower() for name, _ in event.get("headers") or []}
            added = [header for header in [policy, *_HEADERS] if header[0] not in present]
            event = {**event, "headers": [*(event.get("headers") or []), *added]}
        await send(event)

    return respond


def _is_allowed(scope: dict[str, Any], allowed: set[str]) -> bool:
    """Return whether the desk answers to the host name of a request.

    Without a list, a desk that listens on a loopback address answers to loopback names only. This stops DNS rebinding:
    a foreign name that resolves to 127.0.0.1.
    """
    host = _host(scope)
    if allowed:
        return "*" in allowed or host in allowed
    return not _is_loopback(str((scope.get("server") or ("",))[0])) or _is_loopback(host)


def _always_checked(scope: dict[str, Any]) -> dict[str, Any]:
    """Return the scope so that Datasette checks the token of every form that would change something.

    It checks none without a cookie, and none with a header “Authorization: Bearer …”. An analyst whom a proxy signs in
    may have no cookie, and browsers leave out the desk's cookies when another site posts; some proxies add the header.
    """
    if scope["method"] in _SAFE_METHODS:
        return scope
    headers = [header for header in scope["headers"] if header[0] != b"authorization"]
    return {**scope, "headers": headers if _header(scope, b"cookie") else [*headers, (b"cookie", b"tumen_check=1")]}


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host(scope: dict[str, Any]) -> str:
    host = _header(scope, b"host").lower()
    return host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host


def _header(scope: dict[str, Any], wanted: bytes) -> str:
    return next((str(value, "latin-1") for name, value in scope["headers"] if name == wanted), "")


def _trusted(datasette: Any, scope: dict[str, Any]) -> dict[str, Any]:
    """Return the scope with the scheme that a proxy reports, and without the cookie of a removed analyst."""
    scope = _always_checked(scope)
    if _header(scope, b"x-forwarded-proto") == "https":  # only changes links and the cookie of this response
        scope = {**scope, "scheme": "https"}
    if "ds_actor" not in _header(scope, b"cookie"):
        return scope
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(_header(scope, b"cookie"))
        actor = datasette.unsign(cookies["ds_actor"].value, "actor")["a"]
    except (CookieError, KeyError, TypeError, ValueError, BadData):
        return scope  # Datasette ignores such a cookie too
    if guard.is_current(datasette, actor):
        return scope
    del cookies["ds_actor"]
    kept = cookies.output(attrs=[], header="", sep=";").strip().encode("latin-1")
    return {**scope, "headers": [(n, kept if n == b"cookie" else v) for n, v in scope["headers"]]}
