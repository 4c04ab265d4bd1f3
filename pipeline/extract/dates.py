"""The date of first publication, as the page itself states it.

Sources in this order: structured data and meta elements; the ``time`` of the article's own header; dates beside the
heading and in elements named after dates; htmldate, which searches address, markup and text; script state; the date of
the last change.
The page's own zone is kept, so that the calendar day is the publisher's. A date without zone (or without time) is
given in UTC and marked as assumed: its day is right, its hour is for the caller to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipeline.extract.head import Head
from pipeline.extract.json_ld import Node, text
from pipeline.extract.libraries import htmldate_day
from pipeline.extract.tree import is_huge
from pipeline.text.dates import ParsedDate, parse_date

_META = (
    "articlepublishedtime", "articlepublished", "ogarticlepublishedtime", "ogpublishedtime", "datepublished",
    "dateissued", "dcdateissued", "dctermscreated", "dctermsissued", "dcdate", "dctermsdate", "dcdatecreated",
    "parselypubdate", "sailthrudate", "cxenseparserecspublishtime", "cxenseparsepublishtime", "publishdate", "pubdate",
    "publicationdate", "articledateoriginal", "articlepostdate", "originalpublicationdate", "displaydate", "date",
    "datecreated", "created", "ogregdate", "articleregdate", "regdate",
)  # fmt: skip
_LATER_META = ("ogupdatedtime", "articlemodifiedtime", "lastmodified", "datemodified", "lastmod")
"""Names of meta elements, letters and digits only: publishers separate them by colons, dots, dashes and underscores."""

_DATE_TAGS = ("span", "div", "p", "li", "em", "dd", "td", "font", "i", "strong", "small", "h2", "h3", "h4", "h5", "a")
_NAMED_AFTER_DATE = re.compile(r"date|time|publish|datum|fecha|tarih|byline|meta|posted", re.IGNORECASE)
_MAX_NAMED = 40
_NEAR_HEADING = (
    "following::text()[string-length(.) < 90][position() < 40]",
    "preceding::text()[string-length(.) < 90][position() < 12]",
)
_AT_THE_TOP = "descendant::text()[string-length(.) < 40][position() < 80]"
_ELSEWHERE = re.compile(
    r"widget|sidebar|related|ticker|embed|comment|recommend|teaser|card|popular|latest|event|footer|next|list",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?<!\d)((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SLASHED = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_AMERICAN = re.compile(r"^en(?:[-_]us)?$", re.IGNORECASE)
_STATE = re.compile(
    rb"\"(?:date_?published|published_?(?:at|on|date|time)|publish_?(?:date|time|at)|first_?published\w{0,8}|pub_?date"
    rb"|(?:art_?)?reg(?:ist)?_?(?:date|dt))\\?\"\s*:\s*\\?\"?([\d][\d TZ:.+/-]{7,34})",
    re.IGNORECASE,
)
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_SAME_TIME = timedelta(minutes=1)
_MAX_WORDS = 8
"""of a line beside the heading. A longer line with a date is a sentence, or names another event or article."""
_MAX_SEARCHED = 2_000_000
"""Characters of a page that htmldate searches; its patterns would take seconds on more."""


def published(story: Node, head: Head, root: HtmlElement, url: str, page: bytes) -> ParsedDate | None:
    """Return the date of first publication, None when the page gives none.

    Args:
        story: the article's JSON-LD.
        head: the page's meta elements.
        root: the tree, before anything was removed from it.
        url: the page's address, which may hold a date.
        page: the page's source, for the state of its scripts.
    """
    locale = head.first("og:locale") or head.language
    stated = [date for claim in _stated(story, head) if (date := _read(claim, locale)) is not None]
    if stated:
        return _on_the_day_of(url, _best(_shown_first(stated, root, locale)))
    lines = (line for line in _beside_heading(root) if len(line.split()) <= _MAX_WORDS)
    shown = [*_header_times(root), *_other_times(root), *lines, *_named_after_date(root)]
    day = next((date for claim in shown if (date := _read(claim, locale)) is not None), None)
    day = day or _searched(root, url, page, extensive=False)
    if day is None:
        return _last_resort(story, head, url, page) or _searched(root, url, page, extensive=True)
    return _on_the_day_of(url, _with_hour(day, shown, locale))


def _on_the_day_of(url: str, date: ParsedDate) -> ParsedDate:
    """Return a time in UTC in the zone of the publisher, whose own day the address may show."""
    match = _ADDRESS.search(urlsplit(url).path)
    if match is None or date.at.utcoffset():
        return date
    midnight = datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC) + timedelta(days=int(match[3]) - 1)
    ahead = midnight - date.at
    if timedelta(0) < ahead <= timedelta(hours=12):  # the publisher's day had begun
        offset = -(-ahead // timedelta(hours=1))
    elif timedelta(days=-1, hours=-12) <= ahead <= timedelta(days=-1):  # it had not ended
        offset = (ahead + timedelta(days=1)) // timedelta(hours=1) - 1
    else:
        return date
    return replace(date, at=date.at.astimezone(timezone(timedelta(hours=offset))))


def _shown_first(stated: list[ParsedDate], root: HtmlElement, locale: str) -> list[ParsedDate]:
    """Return the stated dates; where they differ and the page shows the day of some to its readers, only these."""
    if len({date.at.date() for date in stated}) == 1:
        return stated
    claims = (*_beside_heading(root), *_header_times(root), *_named_after_date(root))
    days = {date.at.date() for claim in claims if (date := _read(claim, locale)) is not None}
    return [date for date in stated if date.at.date() in days] or stated


def _best(dates: list[ParsedDate]) -> ParsedDate:
    """Return the first date, in the publisher's zone where a later one of the same time names it."""
    first = dates[0]
    zoned = (date for date in dates if not date.assumed)
    if first.assumed:
        return next((date for date in zoned if date.at.date() == first.at.date()), first)
    if first.at.utcoffset():
        return first
    return next((date for date in zoned if date.at.utcoffset() and abs(date.at - first.at) < _SAME_TIME), first)


def _stated(story: Node, head: Head) -> Iterator[str]:
    """What the page states for machines, the best first."""
    yield text(story, "datePublished")
    metas = _by_letters(head)
    yield from (metas.get(name, "") for name in _META)
    yield text(story, "dateCreated")
    yield text(story, "uploadDate")


def _by_letters(head: Head) -> dict[str, str]:
    return {"".join(filter(str.isalnum, name)): values[0] for name, values in reversed(head.metas.items())}


def _header_times(root: HtmlElement) -> Iterator[str]:
    """Times that are marked as the date of publication, and the first ``time`` behind the heading."""
    for element in root.xpath('.//*[@itemprop="datePublished"]'):
        yield _written(element)
    times = [element for element in root.iter("time") if _may_be_first(element)]
    yield from (_written(element) for element in times if "publish" in element.get("class", "").lower())
    heading = next(root.iter("h1"), None)
    if heading is not None:
        after = heading.xpath("following::time[position() < 4] | ancestor::header//time | preceding-sibling::*//time")
        yield from (_written(element) for element in after if _may_be_first(element))


def _other_times(root: HtmlElement) -> Iterator[str]:
    for element in root.iter("time"):
        if _may_be_first(element):
            yield _written(element)


def _may_be_first(element: HtmlElement) -> bool:
    """Return whether a ``time`` stands for the article's first publication, not for an update or another story."""
    role = f"{element.get('itemprop', '')} {element.get('class', '')}".lower()
    if "publish" not in role and ("modif" in role or "updat" in role):
        return False
    for around in element.iterancestors():
        if around.tag in ("article", "main", "body"):
            return True
        if around.tag in ("aside", "nav", "footer", "li") or _ELSEWHERE.search(
            f"{around.get('class', '')} {around.get('id', '')}"
        ):
            return around.find(".//h1") is not None
    return True


def _written(element: HtmlElement) -> str:
    stated = element.get("datetime") or element.get("content") or ""
    return stated if any(map(str.isdigit, stated)) else element.text_content()


def _beside_heading(root: HtmlElement) -> Iterator[str]:
    """Short texts with a year around the headings, or at the top of a page without any."""
    for heading in list(root.iter("h1"))[:2] or list(root.iter("body"))[:1]:
        for path in _NEAR_HEADING if heading.tag == "h1" else (_AT_THE_TOP,):
            yield from (str(line) for line in heading.xpath(path) if _YEAR.search(line))


def _named_after_date(root: HtmlElement) -> Iterator[str]:
    named = (
        element
        for element in root.iter(*_DATE_TAGS)
        if _NAMED_AFTER_DATE.search(f"{element.get('class', '')} {element.get('id', '')}") and _may_be_first(element)
    )
    for element in islice(named, _MAX_NAMED):
        written = element.text_content()
        if 6 <= len(written.strip()) <= 200:
            yield written


def _searched(root: HtmlElement, url: str, page: bytes, *, extensive: bool) -> ParsedDate | None:
    """Return the day that htmldate finds.

    The extensive search loads dateparser's languages, which takes a new worker process up to 3 s of CPU time. So it
    comes last, for the few pages that show no other date.
    """
    if len(page) > _MAX_SEARCHED or is_huge(root):
        return None
    day = htmldate_day(root, url, extensive=extensive)
    # htmldate makes 1 January of a bare year, mostly that of a copyright line
    return _read(day, "") if day and not day.endswith("-01-01") else None


def _with_hour(day: ParsedDate, claims: list[str], locale: str) -> ParsedDate:
    """Return the date with hour and zone from elsewhere on the page, where it has none."""
    if day.at.hour or day.at.minute:
        return day
    for claim in claims:
        date = _read(claim, locale)
        if date is not None and date.at.date() == day.at.date() and (date.at.hour or date.at.minute):
            return date
    return day


def _last_resort(story: Node, head: Head, url: str, page: bytes) -> ParsedDate | None:
    """Return the date in the address, in the page's scripts, or of the last change."""
    if (match := _ADDRESS.search(url)) and (date := _read("-".join(match.groups()), "")):
        return date
    if (key := _STATE.search(page)) and (date := _read(key[1].decode("ascii", "replace"), "")):
        return date
    metas = _by_letters(head)
    later = (text(story, "dateModified"), *(metas.get(name, "") for name in _LATER_META))
    return next((date for claim in later if (date := _read(claim, "")) is not None), None)


def _read(claim: str, locale: str) -> ParsedDate | None:
    if not claim:
        return None
    if locale and not _AMERICAN.match(locale):  # everywhere else the day comes first
        claim = _SLASHED.sub(r"\1.\2.\3", claim)
    date = parse_date(claim, UTC)
    return date if date is not None and _FIRST_YEAR <= date.at.year <= _LAST_YEAR else None
