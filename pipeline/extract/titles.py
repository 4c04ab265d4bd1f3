"""The headline: which of the page's own candidates, without the site's name."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipeline.extract.head import Head
from pipeline.extract.linked import Node, text

_SEPARATOR = re.compile(r"\s+[|\-–—:·•«»>/‖｜~]+\s+|\s*[|｜]\s*|\s+::\s+")
_WORD = re.compile(r"[\w’']+")
_MAX_TITLE = 400


def title(article: Node, head: Head, root: HtmlElement, url: str, site: str | None) -> str | None:
    """The heading that shares most words with what the page tells machines, else what it tells machines."""
    declared = [
        clean(claim, site, url)
        for claim in (
            text(article, "headline"), head.first("og:title"), head.first("twitter:title"), head.title,
            head.first("title", "dc.title", "headline"),
        )
    ]  # fmt: skip
    declared = [claim for claim in declared if claim]
    headings = [clean(heading_text(h), site, url) for h in root.iter("h1")]
    headings = [heading for heading in headings if heading]
    best = max(
        headings, key=lambda heading: max((likeness(heading, claim) for claim in declared), default=0.0), default=""
    )
    if best and (not declared or max(likeness(best, claim) for claim in declared) >= 0.5):
        return best
    return declared[0] if declared else (best or None)


def heading_text(heading: HtmlElement) -> str:
    """A heading's words, a blank where one element ends and another begins."""
    return " ".join(" ".join(heading.itertext()).split())


def clean(claim: str, site: str | None, url: str) -> str:
    """One line in NFC, entities resolved, the site's name cut off its end or its beginning."""
    line = " ".join(unicodedata.normalize("NFC", unescape(claim)).replace("\xad", "").split())[:_MAX_TITLE]
    parts = _SEPARATOR.split(line)
    if len(parts) < 2:
        return line
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    names = {fold(name) for name in (site or "", host, host.partition(".")[0]) if name}
    if fold(parts[-1]) in names:
        line = line[: line.rindex(parts[-1])].rstrip(" |-–—:·•«»>/‖｜~")
    if fold(parts[0]) in names:
        line = line[len(parts[0]) :].lstrip(" |-–—:·•«»>/‖｜~")
    return line


def fold(words: str) -> str:
    """Letters and digits in lower case: how names are compared."""
    return "".join(c for c in words.casefold() if c.isalnum())


def likeness(one: str, other: str) -> float:
    """F1 of two bags of words, 0…1."""
    a, b = set(_WORD.findall(one.casefold())), set(_WORD.findall(other.casefold()))
    shared = len(a & b)
    return 2 * shared / (len(a) + len(b)) if shared else 0.0
