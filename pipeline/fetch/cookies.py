"""Cookies of one chain of redirects: sent within the chain, forgotten after it.

Some servers redirect to the same address until the client sends a cookie back. No cookie survives a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.fetch.address_guard import Target

_MOST = 20
_LONGEST = 4096
_PAIR = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+=[^\x00-\x20\x7f;,\\]*")


@dataclass(frozen=True, slots=True)
class _Cookie:
    pair: str
    domain: str
    exact: bool  # the domain's other hosts do not get it
    path: str
    secure: bool

    def belongs_to(self, target: Target) -> bool:
        """Return whether a request gets this cookie (RFC 6265, 5.4)."""
        host = target.host == self.domain or (not self.exact and target.host.endswith(f".{self.domain}"))
        path = target.path.partition("?")[0]
        within = path == self.path or path.startswith(self.path.rstrip("/") + "/")
        return host and within and (target.scheme == "https" or not self.secure)


@dataclass(slots=True)
class ChainCookies:
    """The cookies of one chain of redirects."""

    _cookies: dict[tuple[str, str, str], _Cookie] = field(default_factory=dict)

    def receive(self, target: Target, lines: Iterable[str]) -> None:
        """Keep the cookies of a response's ``Set-Cookie`` headers; one without a value is deleted."""
        for line in lines:
            pair, *attributes = (part.strip() for part in line.split(";"))
            if len(pair) > _LONGEST or not _PAIR.fullmatch(pair):
                continue
            cookie = _cookie(pair, attributes, target)
            name, _, value = pair.partition("=")
            key = (cookie.domain, cookie.path, name)
            if not value:
                self._cookies.pop(key, None)
            elif key in self._cookies or len(self._cookies) < _MOST:
                self._cookies[key] = cookie

    def header(self, target: Target) -> str:
        """Return the value of the header ``Cookie`` for a request, "" without cookies."""
        return "; ".join(cookie.pair for cookie in self._cookies.values() if cookie.belongs_to(target))


def _cookie(pair: str, attributes: Iterable[str], target: Target) -> _Cookie:
    named = {name.strip().lower(): value.strip() for name, _, value in (text.partition("=") for text in attributes)}
    domain = named.get("domain", "").lower().lstrip(".")
    wider = domain and target.host.endswith(f".{domain}") and "." in domain
    path = named.get("path", "")
    if not path.startswith("/"):
        path = target.path.partition("?")[0].rpartition("/")[0] or "/"
    return _Cookie(pair, domain if wider else target.host, not wider, path, "secure" in named)
