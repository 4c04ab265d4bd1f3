"""The headline: chosen among the page's own candidates, without the site's name."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipeline.extract.head import Head
from pipeline.extract.json_ld import Node, text

_SEPARATOR = re.compile(r"\s+[|\-–—:·•«»>/‖｜~]+\s+|\s*[|｜ㅣ]\s*|\s+::\s+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_INVISIBLE = dict.fromkeys(map(ord, "\xad\u200b\u2060\ufeff"))
_WORD = re.compile(r"[\w’']+")
_MAX_TITLE = 400
_MAX_CLAIM = 20 * _MAX_TITLE
_KICKER = re.compile(r"[:：|»–—-]\W*$")
_MIN_HEADING = 10
_SECTION = re.compile(r"^\s*(?:[|｜ㅣ–—]|--?\s)")


def title(story: Node, head: Head, root: HtmlElement, url: str, site: str | None) -> str | None:
    """Return the headline: JSON-LD's, unless the page shows its readers and its sharers another one.

    Publishers' fields differ: on pages with known titles no single field is right on more than seven of ten.
    """
    shared = [head.first("og:title"), head.first("twitter:title")]
    claims = [cleaned for claim in (_headline(story), *shared, head.title) if (cleaned := clean(claim, site, url))]
    headings, lesser = _headings(root, site, url)
    if not claims:
        return headings[0] if headings else None
    named = clean(head.title, site, url)
    if not any(shared) and claims[0] == named:
        return _inside_title_element(named, headings, lesser) or named
    chosen = claims[0]
    if not _among(chosen, headings + lesser) and (not named or _among(chosen, [named])):
        # a headline that only the title element repeats is written for search engines
        chosen = next((claim for claim in claims[1:] if _among(claim, headings)), chosen)
    elif _among(chosen, headings) and _among(chosen, [named]):
        chosen = _edited_by_hand(chosen, head, site, url) or chosen
    return _without_kicker(chosen, clean(head.first("og:title"), site, url), claims + headings)


def _headline(story: Node) -> str:
    """Return JSON-LD's headline; encyclopedias put a description there, which starts in lower case."""
    headline = text(story, "headline")
    return "" if headline[:1].islower() and " " in headline else headline


def _inside_title_element(named: str, headings: list[str], lesser: list[str]) -> str | None:
    """Return the headline in a title element: a heading that it holds, the only heading, or what precedes a bar."""
    for group in (headings, lesser):
        inside = [line for line in group if len(fold(line)) > 2 and fold(line) in fold(named)]
        if inside:
            return max(inside, key=len)
    if len(headings) == 1 and len(headings[0]) > _MIN_HEADING:
        return headings[0]
    first, _, last = named.rpartition("|")
    return first.strip() if len(first) > len(last) else None


def _headings(root: HtmlElement, site: str | None, url: str) -> tuple[list[str], list[str]]:
    """Return the h1 and h2 headings."""
    found: dict[str, list[str]] = {"h1": [], "h2": []}
    for heading in root.iter(*found):
        if line := clean(heading_text(heading), site, url):
            found[str(heading.tag)].append(line)
    return found["h1"], found["h2"]


def _edited_by_hand(repeated: str, head: Head, site: str | None, url: str) -> str | None:
    """Return ``og:title`` where it alone differs from all other fields.

    Where heading, title element, JSON-LD and ``twitter:title`` agree, the publisher fills them from one field, mostly
    the one for search engines, and writes ``og:title`` by hand: it was nearer to the known title on 11 of 14 pages.
    """
    shared, tweeted = (clean(head.first(f"{name}:title"), site, url) for name in ("og", "twitter"))
    return shared if shared and not _among(shared, [repeated, tweeted]) else None


def _among(claim: str, others: list[str]) -> bool:
    return any(likeness(claim, other) > 0.95 for other in others)


def _without_kicker(chosen: str, shared: str, others: list[str]) -> str:
    """Return the title without a kicker before it or a section behind it, if another field has it so."""
    key, bare = fold(chosen), fold(shared)
    if 12 <= len(bare) < len(key) and key.endswith(bare) and _KICKER.search(chosen[: len(chosen) - len(shared)]):
        return shared
    fits = [
        other
        for other in others
        if 12 <= len(fold(other)) < len(key) and key.startswith(fold(other)) and _SECTION.match(chosen[len(other) :])
    ]
    return min(fits, key=len, default=chosen)


def heading_text(heading: HtmlElement) -> str:
    """Return a heading's words, with a space between elements."""
    return " ".join(" ".join(heading.itertext()).split())


def clean(claim: str, site: str | None, url: str) -> str:
    """Return one line in NFC, entities resolved, the site's name cut off its end or its beginning."""
    return _clean(claim[:_MAX_CLAIM], site, url)


@lru_cache(maxsize=256)  # a page gives the same claim in several fields
def _clean(claim: str, site: str | None, url: str) -> str:
    plain = _TAG.sub("", unescape(unescape(claim)))  # some publishers escape twice, or leave tags in
    line = " ".join(unicodedata.normalize("NFC", plain).translate(_INVISIBLE).split())[:_MAX_TITLE]
    parts = _SEPARATOR.split(line)
    if len(parts) < 2:
        return line
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    names = {fold(name) for name in (site or "", host, host.partition(".")[0]) if name}
    if fold(parts[-1]) in names:
        line = line[: line.rindex(parts[-1])].rstrip(" |-–—:·•«»>/‖｜ㅣ~")
    if fold(parts[0]) in names:
        line = line[len(parts[0]) :].lstrip(" |-–—:·•«»>/‖｜ㅣ~")
    return line


@lru_cache(maxsize=256)
def fold(words: str) -> str:
    """Return letters and digits in lower case, for comparison."""
    return "".join(filter(str.isalnum, words.casefold()))


def likeness(one: str, other: str) -> float:
    """Return the F1 of two sets of words, 0…1."""
    a, b = _bag(one), _bag(other)
    shared = len(a & b)
    return 2 * shared / (len(a) + len(b)) if shared else 0.0


@lru_cache(maxsize=256)  # a page's candidates are compared with each other
def _bag(line: str) -> frozenset[str]:
    return frozenset(_WORD.findall(line.casefold()))
