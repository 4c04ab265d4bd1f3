"""A page as a list of blocks: each run of text between two block-level boundaries, and the elements around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement

_BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
        "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    )
)  # fmt: skip
_BREAK = "\x01"
_INVISIBLE = re.compile("[\xad\u200b\u200e\u200f\u2060\ufeff]")

MARKS = {
    "nav": "nav navigation navbar navi menu submenu breadcrumb breadcrumbs crumb crumbs pagination pager paging"
    " toolbar gnb lnb skip",
    "share": "share sharing shares sharebar social socials sns addthis sharethis follow followus",
    "related": "related relate relations recommend recommended recommendation recommendations readmore"
    " seealso popular trending mostread mostpopular ranking rank latest promo promos promotion outbrain taboola recirc"
    " recirculation next prev previous similar carousel newslist headlines further"
    " inlinelink crosslink readalso linkbox topstories relatednews teaser teasers card cards tile tiles",
    "comment": "comment comments disqus discussion reply replies respond talkback livere",
    "ad": "ad ads adv advert adverts advertisement advertising sponsor sponsored banner banners dfp gpt adsense adslot"
    " promoted affiliate anzeige werbung",
    "wall": "newsletter newsletters subscribe subscription signup register registration login signin membership donate"
    " donation modal popup overlay",
    "consent": "cookie cookies consent gdpr onetrust didomi",
    "byline": "byline author authors reporter journalist writer contributor contributors bio biography autor auteur"
    " autore verfasser",
    "meta": "meta metadata date dateline datetime time timestamp published pubdate updated kicker rubric counter rating"
    " stats tools utility print tag tags taglist hashtag keyword keywords",
    "caption": "credit credits copyright caption captions figcaption gallery video player legend thumbnail",
    "footer": "footer foot bottom colophon disclaimer license",
    "header": "header masthead topbar",
    "side": "sidebar side aside rail widget widgets complementary",
    "lead": "lead lede intro introduction standfirst summary dek deck subtitle subheadline subhead excerpt abstract"
    " vorspann ingress chapo chapeau occhiello sommario strapline sapo preamble anons",
    "body": "body articlebody storybody content articlecontent article story entry post text articletext maintext"
    " newsbody newstext bodytext richtext paragraph prose main fulltext",
    "box": "box infobox factbox fact facts explainer background chart graphic poll quiz survey embed embedded",
    "hidden": "hidden hide invisible sr screenreader visuallyhidden offscreen noprint blind",
}
"""Words in class names and ids, and the role that they suggest. A role is evidence, never the decision alone."""

_FROM_TAGS = {
    "nav": "nav", "menu": "nav", "footer": "footer", "aside": "side", "figure": "figure", "figcaption": "figure",
    "form": "form", "table": "table", "ul": "list", "ol": "list", "dl": "list", "article": "article", "main": "article",
}  # fmt: skip
BITS = {
    name: 1 << place for place, name in enumerate(dict.fromkeys((*MARKS, *_FROM_TAGS.values(), "itembody", "unseen")))
}
_TOKENS = {token: BITS[mark] for mark, tokens in MARKS.items() for token in tokens.split()}
_TAG_BITS = {tag: BITS[name] for tag, name in _FROM_TAGS.items()}
_ROLE_BITS = {"navigation": BITS["nav"], "complementary": BITS["side"], "contentinfo": BITS["footer"]}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NOT_SHOWN = re.compile(r"display\s*:\s*none")


@dataclass(slots=True)
class Block:
    """A run of text.

    Attributes:
        text: one line, or several where the page breaks lines with ``br``.
        tag: tag of the nearest block-level element.
        span: index of that element's span.
        linked: number of characters inside links.
    """

    text: str
    tag: str
    span: int
    linked: int


@dataclass(slots=True)
class Span:
    """A block-level element and the blocks inside it: ``start`` to ``end``, exclusive.

    Attributes:
        parent: index of the span around it, -1 for the outermost.
        marks: bits of ``BITS`` that the element's own tag and attributes suggest.
    """

    element: HtmlElement
    start: int
    end: int
    parent: int
    marks: int = 0


def bits(names: str) -> int:
    """Return the bits of several marks."""
    return sum(BITS[name] for name in names.split())


def cut(body: HtmlElement) -> tuple[list[Block], list[Span]]:
    """Return the blocks in page order, and the spans of the block-level elements with text, outer before inner."""
    cutter = _Cutter(body)
    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = element.tag
        if event == "start":
            text = element.text
            if tag in _BLOCKS:
                cutter.open(element)
            elif tag == "a":
                cutter.in_link += 1
            elif tag == "br":
                cutter.break_line()
        else:
            text = element.tail
            if tag in _BLOCKS:
                cutter.close()
            elif tag == "a":
                cutter.in_link -= 1
        if text:
            cutter.take(text)
    cutter.spans[0].end = len(cutter.blocks)
    return cutter.blocks, cutter.spans


class _Cutter:
    """Collects text until the next block-level boundary."""

    __slots__ = ("_breaks", "_linked", "_open", "_parts", "blocks", "in_link", "spans")

    def __init__(self, body: HtmlElement) -> None:
        self.blocks: list[Block] = []
        self.spans: list[Span] = [Span(body, 0, 0, -1)]
        self.in_link = 0
        self._open = [0]
        self._parts: list[str] = []
        self._linked = self._breaks = 0

    def open(self, element: HtmlElement) -> None:
        if self._parts:
            self._flush()
        place = len(self.blocks)
        self.spans.append(Span(element, place, place, self._open[-1]))
        self._open.append(len(self.spans) - 1)

    def close(self) -> None:
        if self._parts:
            self._flush()
        place = self._open.pop()
        span = self.spans[place]
        span.end = len(self.blocks)
        if span.start == span.end:  # no text: no block refers to it
            del self.spans[place:]
        else:
            span.marks = _read_marks(span.element)

    def break_line(self) -> None:
        """Separate lines; a second break in a row separates paragraphs."""
        self._breaks += 1
        if self._breaks > 1:
            self._flush()
        self._parts.append(_BREAK)

    def take(self, text: str) -> None:
        if text.isspace():
            if self._parts:
                self._parts.append(" ")
            return
        self._breaks = 0
        if self.in_link:
            self._linked += len(text)
        self._parts.append(text)

    def _flush(self) -> None:
        raw = "".join(self._parts)
        self._parts.clear()
        if not raw.isascii():
            raw = _INVISIBLE.sub("", raw)
        if _BREAK in raw:
            text = "\n".join(line for piece in raw.split(_BREAK) if (line := " ".join(piece.split())))
        else:
            text = " ".join(raw.split())
        if text:
            holder = self._open[-1]
            self.blocks.append(Block(text, str(self.spans[holder].element.tag), holder, min(self._linked, len(text))))
        self._linked = self._breaks = 0


def _read_marks(element: HtmlElement) -> int:
    """Return the bits that one element's tag and attributes suggest."""
    marks = _TAG_BITS.get(str(element.tag), 0)
    for name, value in element.items():
        marks |= _marks_of(name, value)
    return marks


@lru_cache(maxsize=20_000)
def _marks_of(name: str, value: str) -> int:
    """Return the bits that one attribute suggests."""
    if name in ("class", "id"):
        marks = 0
        for word in _WORD.findall(value):
            marks |= _TOKENS.get(word.lower(), 0)
        return marks
    if name == "role":
        return _ROLE_BITS.get(value, 0)
    if name == "itemprop":
        return BITS["itembody"] if "articleBody" in value else 0
    if name == "hidden" or (name == "style" and _NOT_SHOWN.search(value)):
        return BITS["unseen"]
    return 0
