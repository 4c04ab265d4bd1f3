"""When it was published, as the page itself says.

The page's own zone is kept, so that the calendar day is the publisher's. A date without zone (or without time) is
given UTC and marked as assumed: its day is right, its hour is for the caller to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipeline.extract.head import Head
from pipeline.extract.json_ld import Node, text
from pipeline.extract.moments import When, parse

_META = (
    "articlepublishedtime", "articlepublished", "ogarticlepublishedtime", "ogpublishedtime", "datepublished",
    "dateissued", "dcdateissued", "dctermscreated", "dctermsissued", "dcdate", "dctermsdate", "dcdatecreated",
    "parselypubdate", "sailthrudate", "cxenseparserecspublishtime", "cxenseparsepublishtime", "publishdate", "pubdate",
    "publicationdate", "articledateoriginal", "articlepostdate", "originalpublicationdate", "displaydate", "date",
    "datecreated", "created", "ogregdate", "articleregdate", "regdate",
)  # fmt: skip
_LATER_META = ("ogupdatedtime", "articlemodifiedtime", "lastmodified", "datemodified", "lastmod")
"""Names of meta elements, letters and digits only: publishers part them with colons, dots, dashes and underscores."""

_DATE_CLASS = (
    ".//*[self::span or self::div or self::p or self::li or self::em or self::dd or self::td or self::font or self::i]"
    '[contains(@class, "date") or contains(@class, "time") or contains(@class, "publish") or contains(@id, "date")'
    ' or contains(@class, "datum") or contains(@class, "fecha") or contains(@class, "tarih")'
    ' or contains(@class, "meta") or contains(@class, "byline")]'
)
_NEAR_HEADING = "following::text()[string-length(.) < 90][position() < 40]"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ADDRESS = re.compile(r"(?<!\d)((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])")
_STATE = re.compile(
    rb"\"(?:date_?published|published_?(?:at|on|date|time)|publish_?(?:date|time|at)|first_?published\w{0,8}|pub_?date"
    rb"|(?:art_?)?reg(?:ist)?_?(?:date|dt))\\?\"\s*:\s*\\?\"?([\d][\d TZ:.+/-]{7,34})",
    re.IGNORECASE,
)
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


def published(article: Node, head: Head, root: HtmlElement, url: str, page: bytes) -> When | None:
    """The date of first publication, from the most telling source to the least; None when the page gives none.

    Args:
        article: the article's JSON-LD.
        head: the page's meta elements.
        root: the tree.
        url: the page's address, which may hold a date.
        page: the page's source, for the state of its scripts.
    """
    first: When | None = None
    for claim in _claims(article, head, root):
        when = _read(claim)
        if when is None:
            continue
        if first is None:
            first = when
        if not when.assumed and when.at.date() == first.at.date():
            return when
        if not first.assumed:
            break
    return first or _elsewhere(article, head, root, url, page)


def _claims(article: Node, head: Head, root: HtmlElement) -> Iterator[str]:
    """What the page says to machines of its date, the best first."""
    yield text(article, "datePublished")
    metas = {"".join(filter(str.isalnum, name)): values[0] for name, values in reversed(head.metas.items())}
    for name in _META:
        yield metas.get(name, "")
    yield text(article, "dateCreated")
    yield text(article, "uploadDate")
    for element in root.iter("time"):
        what = f"{element.get('itemprop', '')} {element.get('class', '')}".lower()
        if "modif" not in what and "updat" not in what:
            yield element.get("datetime") or element.text_content()
    for element in root.xpath('.//*[@itemprop="datePublished"]'):
        yield element.get("content") or element.get("datetime") or element.text_content()


def _elsewhere(article: Node, head: Head, root: HtmlElement, url: str, page: bytes) -> When | None:
    """What the page shows its readers, its address, its scripts, and at last when it was changed."""
    for claim in _shown(root):
        if (when := _read(claim)) is not None:
            return when
    if (match := _ADDRESS.search(url)) and (when := _read("-".join(match.groups()))):
        return when
    if (key := _STATE.search(page)) and (when := _read(key[1].decode("ascii", "replace"))):
        return when
    metas = {"".join(filter(str.isalnum, name)): values[0] for name, values in reversed(head.metas.items())}
    later = (text(article, "dateModified"), *(metas.get(name, "") for name in _LATER_META))
    return next((when for claim in later if (when := _read(claim)) is not None), None)


def _shown(root: HtmlElement) -> Iterator[str]:
    for element in root.xpath(_DATE_CLASS)[:40]:
        written = element.text_content()
        if 6 <= len(written.strip()) <= 200:
            yield written
    for heading in list(root.iter("h1"))[:2]:
        for line in heading.xpath(_NEAR_HEADING):
            if _YEAR.search(line):
                yield str(line)


def _read(claim: str) -> When | None:
    when = parse(claim) if claim else None
    return when if when is not None and _FIRST_YEAR <= when.at.year <= _LAST_YEAR else None
