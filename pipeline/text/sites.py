"""Sites: which addresses belong together, and whether a page's declared address is plausible."""

from __future__ import annotations

import functools
import re
from urllib.parse import SplitResult, urlsplit

from pipeline.text.urls import canonical, resolve, split

_DIGITS = re.compile(r"\d{3,}")
_CALENDAR = re.compile(r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?")


def site_of(url: str) -> str:
    """Return the registrable domain (``yna.co.kr``); for an IP address or a bare name, host and port."""
    parts = split(url)
    if parts is None:
        return ""
    host = parts.hostname or ""
    return _registrable(host) or parts.netloc


def same_site(a: str, b: str) -> bool:
    """Return whether two addresses share a registrable domain (bundled public suffix list with its private part)."""
    parts_a, parts_b = split(a), split(b)
    if parts_a is None or parts_b is None:
        return False
    # The list takes 0.1 s to load, and most addresses are on the same host.
    return parts_a.netloc == parts_b.netloc or site_of(a) == site_of(b)


def accept_canonical(page_url: str, rel_canonical: str) -> str | None:
    """Return the canonical form of the address that a page declares as its own; None when it is not plausible.

    Content systems often declare the section or the home page, or leave out the number of the article. Such an address
    would merge different articles. It must be on the same site, must not be the home page, and must keep one of the
    numbers in the page's address, if there are any.
    """
    page = canonical(page_url)
    address = page if rel_canonical == page_url else canonical(resolve(rel_canonical, [page_url]))
    if not address or not page or not same_site(page, address):
        return None
    if address == page:
        return address
    declared, actual = urlsplit(address), urlsplit(page)
    if declared.path.strip("/").casefold() in {"", "index.html", "index.php", "main", "home"} and not declared.query:
        return None
    numbers, kept = _numbers(actual), _numbers(declared)
    longest = max(numbers, key=len, default="")
    if numbers and (longest not in kept if len(longest) > 4 else not numbers & kept):
        return None
    if not numbers and not _same_last_name(actual.path, declared.path):
        return None
    return address


def _numbers(parts: SplitResult) -> set[str]:
    """Return the numbers in path and query that may name an article: all but years and dates."""
    return {number for number in _DIGITS.findall(f"{parts.path}?{parts.query}") if not _CALENDAR.fullmatch(number)}


def _same_last_name(a: str, b: str) -> bool:
    last = [path.rstrip("/").rsplit("/", 1)[-1].split(".")[0].casefold() for path in (a, b)]
    return last[0] == last[1] != ""


@functools.lru_cache(maxsize=4096)
def _registrable(host: str) -> str:
    return str(_suffixes()(host).top_domain_under_public_suffix)


@functools.lru_cache(maxsize=1)
def _suffixes():  # type: ignore[no-untyped-def]
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
