"""Signing in and out: by name and password, or by the link that ``tumen serve`` prints, which works once.

In: a form or a key. Out: Datasette's own signed cookie, for 30 days; HttpOnly, SameSite=Lax.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import time
from collections.abc import Callable
from typing import Any

from datasette import Response
from datasette.utils import baseconv

from pipeline.review import analysts, guard, pages
from pipeline.review.verdicts import body

_DAYS = 30
_TRIES, _WAIT_SECONDS = 5, 60
_failures: dict[str, list[float]] = {}
_used: set[str] = set()


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Sign in, the link that works once, sign out."""
    return [
        (r"^/-/tumen/login$", login),
        (r"^/-/tumen/enter$", enter),
        (r"^/-/tumen/logout$", logout),
    ]


@pages.polite
async def login(datasette: Any, request: Any) -> Any:
    """The form, and what it posts."""
    if request.method != "POST":
        return pages.page(datasette, request, "login.html", problem="", name="")
    found = await body(request)
    name, password = str(found.get("name", ""))[:80].strip(), str(found.get("password", ""))[:1000]
    place = f"{(request.scope.get('client') or ('?',))[0]} {name}"
    recent = [one for one in _failures.get(place, []) if one > time.monotonic() - _WAIT_SECONDS]
    if len(recent) >= _TRIES:
        return _again(datasette, request, 429, "Too many tries; wait a minute.", name)
    if not await asyncio.to_thread(analysts.verify, guard.analysts_file(datasette), name, password):
        if len(_failures) > 1000:
            _failures.clear()
        _failures[place] = [*recent, time.monotonic()]
        return _again(datasette, request, 403, "That name and that password do not belong together.", name)
    _failures.pop(place, None)
    return _welcome(datasette, request, {"id": name, "via": "password"})


@pages.polite
async def enter(datasette: Any, request: Any) -> Any:
    """The printed link: it signs in the person at this machine, once."""
    key, given = os.environ.get("TUMEN_ENTRY_KEY", ""), request.args.get("key") or ""
    if not key or key in _used or not hmac.compare_digest(key.encode(), given.encode()):
        raise pages.Refused(
            403, "This link was used already or is of another start; run “tumen serve” again for a new one."
        )
    _used.add(key)
    return _welcome(datasette, request, {"id": os.environ.get("TUMEN_ENTRY_NAME", "analyst"), "via": "link"})


@pages.polite
async def logout(datasette: Any, request: Any) -> Any:
    """Forget the cookie."""
    if request.method != "POST":
        raise pages.Refused(405, "Sign out with the button.")
    await body(request)
    response = Response.redirect(datasette.urls.path("/-/tumen"), status=303)
    response.set_cookie("ds_actor", "", expires=0, max_age=0, httponly=True)
    return response


def _again(datasette: Any, request: Any, status: int, problem: str, name: str) -> Any:
    return pages.page(datasette, request, "login.html", status=status, problem=problem, name=name)


def _welcome(datasette: Any, request: Any, actor: dict[str, str]) -> Response:
    ends = int(time.time()) + _DAYS * 24 * 3600
    cookie = datasette.sign({"a": actor, "e": baseconv.base62.encode(ends)}, "actor")
    response = Response.redirect(datasette.urls.path("/-/tumen"), status=303)
    secure = request.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    response.set_cookie("ds_actor", cookie, max_age=_DAYS * 24 * 3600, httponly=True, samesite="lax", secure=secure)
    return response
