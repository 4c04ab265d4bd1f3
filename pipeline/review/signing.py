"""Signing in and out, by name and password or by the one-time link of ``tumen serve``; choice of the language.

In: a form or a key. Out: Datasette's own signed cookie, valid for 30 days, HttpOnly and SameSite=Lax.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import re
import time
from collections.abc import Callable
from typing import Any

from datasette import Response
from datasette.utils import baseconv

from pipeline.review import analysts, guard, interface, pages
from pipeline.review.fields import read_fields

_DAYS = 30
_OWN_PATH = re.compile(r"/(?!/)[!-\[\]-~]*")  # no backslash, no tab: browsers read “/\host” as “//host”
_MAX_ATTEMPTS, _WINDOW_SECONDS = 5, 60
_failures: dict[str, list[float]] = {}  # client address and name: times of failed attempts
_used_keys: set[str] = set()


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [
        (r"^/-/tumen/login$", login),
        (r"^/-/tumen/enter$", enter),
        (r"^/-/tumen/logout$", logout),
        (r"^/-/tumen/language$", language),
    ]


@pages.errors_as_pages
async def login(datasette: Any, request: Any) -> Any:
    """Show the sign-in form, and check what it posts."""
    if request.method != "POST":
        return pages.page(datasette, request, "login.html", problem="", name="")
    fields = await read_fields(request)
    name, password = _text(fields, "name", 80).strip(), _text(fields, "password", 1000)
    key = f"{guard.peer(request)} {name}"
    recent = [at for at in _failures.get(key, []) if at > time.monotonic() - _WINDOW_SECONDS]
    if len(recent) >= _MAX_ATTEMPTS:
        return _form_again(datasette, request, 429, "Too many attempts. Wait a minute.", name)
    if not await asyncio.to_thread(analysts.verify, guard.analysts_file(datasette), name, password):
        if len(_failures) > 1000:  # names come from outside: bound the memory they take
            _failures.clear()
        _failures[key] = [*recent, time.monotonic()]
        return _form_again(datasette, request, 403, "Wrong name or password.", name)
    _failures.pop(key, None)
    account = analysts.account_key(guard.analysts_file(datasette), name) or ""
    return _signed_in(datasette, request, {"id": name, "via": "password", "key": account})


@pages.errors_as_pages
async def enter(datasette: Any, request: Any) -> Any:
    """Sign in by the printed link, once. GET only shows a button, so that a preview of the link does not use it up."""
    fields = await read_fields(request) if request.method == "POST" else {"key": request.args.get("key")}
    key, given = os.environ.get("TUMEN_ENTRY_KEY", ""), str(fields.get("key") or "")
    if not key or key in _used_keys or not hmac.compare_digest(key.encode(), given.encode("utf-8", "replace")):
        raise pages.RequestError(
            403, "This link was already used, or belongs to an earlier start. Run “tumen serve” again for a new link."
        )
    name = os.environ.get("TUMEN_ENTRY_NAME", "analyst")
    if request.method != "POST":
        return pages.page(datasette, request, "enter.html", key=given, name=name)
    _used_keys.add(key)
    return _signed_in(datasette, request, {"id": name, "via": "link"})


@pages.errors_as_pages
async def logout(datasette: Any, request: Any) -> Any:
    """Sign out: delete the cookie."""
    await read_fields(request)
    response = Response.redirect(datasette.urls.path("/-/tumen"), status=303)
    response.set_cookie("ds_actor", "", expires=0, max_age=0, httponly=True)
    return response


@pages.errors_as_pages
async def language(datasette: Any, request: Any) -> Any:
    """Remember the language that the reader chose, and go back to the page."""
    fields = await read_fields(request)
    back = str(fields.get("back", ""))
    if not _OWN_PATH.fullmatch(back):  # never to another site
        back = datasette.urls.path("/-/tumen")
    response = Response.redirect(back, status=303)
    if (chosen := str(fields.get("language"))) in interface.LANGUAGES:
        response.set_cookie(interface.COOKIE, chosen, max_age=365 * 24 * 3600, samesite="lax")
    return response


def _form_again(datasette: Any, request: Any, status: int, problem: str, name: str) -> Any:
    return pages.page(datasette, request, "login.html", status=status, problem=problem, name=name)


def _signed_in(datasette: Any, request: Any, actor: dict[str, str]) -> Response:
    expires = int(time.time()) + _DAYS * 24 * 3600
    cookie = datasette.sign({"a": actor, "e": baseconv.base62.encode(expires)}, "actor")
    response = Response.redirect(datasette.urls.path("/-/tumen"), status=303)
    response.set_cookie(
        "ds_actor",
        cookie,
        max_age=_DAYS * 24 * 3600,
        httponly=True,
        samesite="lax",
        secure=request.scheme == "https",
    )
    return response


def _text(fields: dict[str, Any], name: str, longest: int) -> str:
    """Return a field as text that can be encoded: JSON may hold half of a surrogate pair."""
    return str(fields.get(name, ""))[:longest].encode("utf-8", "replace").decode()
