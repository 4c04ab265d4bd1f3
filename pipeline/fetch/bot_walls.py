"""Bot walls: recognises a page that a bot protection service sent in place of the site. Pure.

Only marks that the service itself writes into headers or markup count, so that an article about such a service is not
taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping

STATUSES = frozenset({202, 401, 403, 405, 406, 418, 429, 503})
_SEARCHED = 64 * 1024

_SERVERS = ("ddos-guard", "stormwall", "qrator", "variti", "servicepipe")
# In a response with any status.
_HEADERS = {"cf-mitigated": "challenge", "sg-captcha": "challenge", "x-amzn-waf-action": ""}
_MARKUP = (
    b'id="anubis_challenge"',
    b"/.within.website/x/cmd/anubis",
    b"_cf_chl_opt",
    b"/.well-known/sgcaptcha/",
    b"/.well-known/ddos-guard/js-challenge",
    b"incapsula incident id",
    b"captcha-delivery.com/c.js",
    b"go-away/challenge",
    b"id='anubis_challenge'",
)
# In an error page; pages of a site may have these too, with status 200.
_ERROR_HEADERS = ("x-datadome", "x-sucuri-block", "x-px-block")
_ERROR_MARKUP = (
    b"/cdn-cgi/challenge-platform/",
    b"/cdn-cgi/styles/cf.errors.css",
    b"cf-chl-",
    b"cf-error-details",
    b"_incapsula_resource",
    b"captcha",
    b"cf-turnstile",
    b"used cloudflare to restrict access",
    b"errors.edgesuite.net",
    b"sucuri website firewall",
    b"you have been blocked",
    b"checking your browser",
)
_RATE_LIMITED = (b"error code: 1015", b"you are being rate limited")
_CLOUDFLARE_CODES = tuple(b"error code: %d" % code for code in (1003, 1005, 1006, 1007, 1008, 1009, 1010, 1012, 1020))


def is_bot_wall(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a bot protection service answered in place of the site.

    Args:
        status: of the response.
        headers: names in lower case.
        body: without content encoding; its start is enough.
    """
    if any(value in headers[name].lower() for name, value in _HEADERS.items() if name in headers):
        return True
    page = body[:_SEARCHED].lower()
    if any(mark in page for mark in _MARKUP):
        return True
    return status in STATUSES and _is_block_page(status, headers, page)


def _is_block_page(status: int, headers: Mapping[str, str], page: bytes) -> bool:
    """Return whether an error page comes from a bot protection service. ``page``: in lower case."""
    server = headers.get("server", "").lower()
    if any(name in server for name in _SERVERS) or any(name in headers for name in _ERROR_HEADERS):
        return True
    if status == 429 and any(mark in page for mark in _RATE_LIMITED):
        return False
    cloudflare = "cloudflare" in server or "cf-ray" in headers
    marks = (*_ERROR_MARKUP, *_CLOUDFLARE_CODES) if cloudflare else _ERROR_MARKUP
    return any(mark in page for mark in marks)
