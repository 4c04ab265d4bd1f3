"""A page as a list of blocks: every run of text between two block-level boundaries, with what its markup says of it.

This is the second view of the page beside trafilatura's, taken in one walk over the same tree.
"""

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
_STRONG = frozenset(("b", "strong"))
_BREAK = "\x01"

MARKS = {
    "nav": "nav navigation navbar navi menu submenu breadcrumb breadcrumbs crumb crumbs pagination pager paging"
    " toolbar gnb lnb skip",
    "share": "share sharing shares sharebar social socials sns facebook whatsapp telegram addthis sharethis kakao"
    " follow followus",
    "related": "related relate relations recommend recommended recommendation recommendations more readmore also"
    " seealso popular trending mostread mostpopular ranking rank latest promo promos promotion outbrain taboola recirc"
    " recirculation next prev previous similar carousel slider swiper newslist headlines interesting further inlinelink"
    " crosslink readalso articlelist linkbox linklist topstories relatednews",
    "card": "teaser teasers card cards feed tile tiles grid item items most",
    "comment": "comment comments disqus discussion reply replies respond reaction reactions talkback feedback livere",
    "ad": "ad ads adv advert adverts advertisement advertising sponsor sponsored banner banners dfp gpt adsense adslot"
    " promoted commercial affiliate anzeige werbung shop shopping deal",
    "wall": "newsletter newsletters subscribe subscription subscriptions subscriber paywall paywalled signup register"
    " registration login signin premium piano regwall membership donate donation support offer modal popup overlay"
    " notification notice alert",
    "consent": "cookie cookies consent gdpr onetrust ot privacy cmp didomi",
    "byline": "byline author authors reporter journalist writer writers contributor contributors bio biography profile"
    " autor auteur autore verfasser person avatar",
    "meta": "meta metadata date dateline datetime time timestamp published publish pubdate updated info infos category"
    " categories section source sources kicker rubric label views count counter rating stats tools utility controls"
    " print",
    "tags": "tag tags taglist hashtag keyword keywords topic topics",
    "credit": "credit credits copyright disclaimer license rights",
    "caption": "caption captions figcaption image images img photo photos picture media gallery video player legend"
    " thumbnail thumb",
    "footer": "footer foot bottom colophon",
    "header": "header masthead topbar top",
    "side": "sidebar side aside rail widget widgets secondary complementary right",
    "lead": "lead lede lede intro introduction standfirst summary dek deck subtitle subheadline subhead subheading"
    " excerpt abstract description vorspann ingress chapo chapeau occhiello sommario strapline sapo preamble subtit"
    " anons",
    "body": "body articlebody storybody content articlecontent article story entry post text articletext maintext"
    " newsbody newstext bodytext richtext paragraph paragraphs prose copy detail view main fulltext",
    "box": "box infobox factbox fact facts explainer background faktenbox infokasten chart graphic poll quiz survey",
    "embed": "embed embedded tweet twitter instagram youtube tiktok",
    "quote": "quote pullquote blockquote",
    "hidden": "hidden hide invisible sr screenreader visuallyhidden offscreen noprint accessibility blind",
}
"""What the words in class names and ids suggest, in the languages whose publishers we read."""

_FROM_TAGS = {
    "nav": "tag_nav", "menu": "tag_nav", "header": "tag_header", "footer": "tag_footer", "aside": "tag_aside",
    "figure": "tag_figure", "figcaption": "tag_figure", "form": "tag_form", "table": "tag_table", "ul": "tag_list",
    "ol": "tag_list", "dl": "tag_list", "blockquote": "tag_quote", "article": "tag_article", "main": "tag_main",
}  # fmt: skip
BITS = {
    name: 1 << place for place, name in enumerate((*MARKS, *dict.fromkeys(_FROM_TAGS.values()), "itembody", "unseen"))
}
_TOKENS = {token: BITS[mark] for mark, tokens in MARKS.items() for token in tokens.split()}
_TAG_BITS = {tag: BITS[name] for tag, name in _FROM_TAGS.items()}
_ROLE_BITS = {"navigation": BITS["tag_nav"], "complementary": BITS["tag_aside"], "contentinfo": BITS["tag_footer"]}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_BODY_NAMES = ("articlebody", "storybody", "entrycontent")
_TELLING = frozenset(("class", "id", "role", "itemprop", "style", "hidden"))
_NOT_SHOWN = re.compile(r"display\s*:\s*none")


@dataclass(slots=True)
class Block:
    """A run of text.

    Attributes:
        text: one line, or more where the page breaks lines with ``br``.
        tag: of the nearest block-level element, ``element``.
        linked, strong: characters inside links, and in bold.
        own: bits of ``BITS`` that the element itself shows.
        link_first: it begins with a link.
    """

    text: str
    tag: str
    element: HtmlElement
    linked: int
    strong: int
    own: int
    link_first: bool


@dataclass(slots=True)
class Span:
    """The blocks that a block-level element holds: ``start`` to ``end``, exclusive."""

    element: HtmlElement
    start: int
    end: int
    marks: int


def cut(body: HtmlElement) -> tuple[list[Block], list[Span]]:
    """Blocks in the order of the page, and the spans of its block-level elements, outer before inner."""
    cutter = _Cutter(body)
    enter, leave = cutter.enter, cutter.leave
    for event, element in etree.iterwalk(body, events=("start", "end")):
        if event == "start":
            enter(element)
        else:
            leave(element)
    cutter.flush()
    return cutter.blocks, cutter.spans


class _Cutter:
    """Collects text until a block-level boundary comes."""

    __slots__ = (
        "_body", "_breaks", "_in_link", "_in_strong", "_link_first", "_linked", "_open", "_parts", "_strong", "blocks",
        "spans",
    )  # fmt: skip

    def __init__(self, body: HtmlElement) -> None:
        self.blocks: list[Block] = []
        self.spans: list[Span] = []
        self._body = body
        self._open: list[Span] = []
        self._parts: list[str] = []
        self._linked = self._strong = self._in_link = self._in_strong = self._breaks = 0
        self._link_first = False

    def enter(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            if self._parts:
                self.flush()
            place = len(self.blocks)
            span = Span(element, place, place, _read_marks(element, tag))
            self.spans.append(span)
            self._open.append(span)
        elif tag == "a":
            self._in_link += 1
        elif tag == "br":
            # one line break parts lines, two part paragraphs
            self._breaks += 1
            if self._breaks > 1:
                self.flush()
            self._parts.append(_BREAK)
        elif tag in _STRONG:
            self._in_strong += 1
        if text := element.text:
            self._take(text)

    def leave(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            if self._parts:
                self.flush()
            self._open.pop().end = len(self.blocks)
        elif tag == "a":
            self._in_link -= 1
        elif tag in _STRONG:
            self._in_strong -= 1
        if (text := element.tail) and element is not self._body:
            self._take(text)

    def _take(self, text: str) -> None:
        if text.isspace():
            if self._parts:
                self._parts.append(" ")
            return
        self._breaks = 0
        if not self._parts:
            self._link_first = self._in_link > 0
        size = len(text)
        if self._in_link:
            self._linked += size
        if self._in_strong:
            self._strong += size
        self._parts.append(text)

    def flush(self) -> None:
        raw = "".join(self._parts)
        self._parts.clear()
        if _BREAK in raw:
            text = "\n".join(line for piece in raw.split(_BREAK) if (line := " ".join(piece.split())))
        else:
            text = " ".join(raw.split())
        if text:
            holder = self._open[-1] if self._open else Span(self._body, 0, 0, 0)
            linked, strong = min(self._linked, len(text)), min(self._strong, len(text))
            tag = str(holder.element.tag)
            self.blocks.append(Block(text, tag, holder.element, linked, strong, holder.marks, self._link_first))
        self._linked = self._strong = self._breaks = 0


def _read_marks(element: HtmlElement, tag: str) -> int:
    """Bits of what one element's tag and attributes suggest."""
    marks = _TAG_BITS.get(tag, 0)
    for name, value in element.items():
        if name in _TELLING:
            marks |= _marks_of(name, value)
    return marks


@lru_cache(maxsize=20_000)
def _marks_of(name: str, value: str) -> int:
    """Bits of what one attribute suggests."""
    if name == "role":
        return _ROLE_BITS.get(value, 0)
    if name == "itemprop":
        return BITS["itembody"] if "articleBody" in value else 0
    if name == "style":
        return BITS["unseen"] if _NOT_SHOWN.search(value) else 0
    return BITS["unseen"] if name == "hidden" else _named(value)


def _named(names: str) -> int:
    """Bits of the words in a class or an id."""
    marks = 0
    for word in _WORD.findall(names):
        marks |= _TOKENS.get(word.lower(), 0)
    joined = names.lower().replace("-", "").replace("_", "")
    if any(name in joined for name in _BODY_NAMES):
        marks |= BITS["body"]
    return marks
