"""The measure of a page: how long, how linked and how clean its blocks are, and where most of its paragraphs stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from pipeline.extract.blocks import BITS, Block, Span

LONG = 60
"""From this visual length on a block may be a paragraph."""

_WIDE_HIGH = bytes((0x30, *range(0x34, 0xA0), *range(0xAC, 0xD8)))
"""The upper halves of kana, Chinese characters and Hangul in UTF-16 …"""
_NARROW = re.compile("[\u3000-\u303f\ud7b0-\ud7ff]")
"""… and what has the same upper half and is none of them."""
_WORDS = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\\W\u3040-\u30ff\u3400-\u9fff]+")
_ASCII_WORDS = re.compile(r"\w+", re.ASCII)
_FRAME_SHARE = 0.95


def _bits(names: str) -> int:
    return sum(BITS[name] for name in names.split())


FURNITURE = _bits(
    "nav share related comment ad wall consent byline footer side hidden tags credit caption"
    " tag_nav tag_footer tag_aside tag_form tag_figure unseen"
)
FOREIGN = _bits("comment consent")
_WRAPPERS = _bits("body tag_article tag_main itembody tag_table tag_list")
_FIRM = _bits("consent comment hidden unseen tag_footer tag_nav")


@dataclass(slots=True, kw_only=True)
class View:
    """A page's blocks, and what is measured over all of them; the lists run parallel to ``blocks``.

    Attributes:
        sizes: visual lengths.
        linked: share of the text inside links, 0…1.
        clean: the visual length of what may be a paragraph and stands in no furniture, else 0.
        marks: bits of all elements around the block, without those of elements that hold most of the page.
        keys: the texts without white space, to compare by.
        kinds: tag, class and parent's class: blocks of one kind are made by one line of a template.
        parents, grandparents: numbers for the elements around; the same number is the same element.
        gone: inside an element that is taken away before trafilatura looks.
        frame: the smallest element that holds nearly all clean paragraphs.
    """

    blocks: list[Block]
    spans: list[Span]
    sizes: list[float]
    linked: list[float]
    clean: list[float]
    marks: list[int]
    keys: list[str]
    kinds: list[str]
    parents: list[int]
    grandparents: list[int]
    gone: list[bool]
    frame: Span | None


def fold(text: str) -> str:
    """Without white space: how texts are compared."""
    return "".join(text.split())


def words(text: str) -> set[str]:
    """The words of a text in lower case; each Chinese character and kana is one."""
    pattern = _ASCII_WORDS if text.isascii() else _WORDS
    return set(pattern.findall(text.lower()))


def visual(text: str) -> float:
    """Length in characters; a Korean, Japanese or Chinese one counts 2.2 times, as it says that much more."""
    return len(text) if text.isascii() else len(text) + 1.2 * _wide(text)


def _wide(text: str) -> int:
    """How many characters are kana, Chinese or Hangul."""
    high = text.encode("utf-16-be", "surrogatepass")[::2]
    wide = len(high) - len(high.translate(None, _WIDE_HIGH))
    if wide and (b"\x30" in high or b"\xd7" in high):
        wide -= len(_NARROW.findall(text))
    return wide


def measure(blocks: list[Block], spans: list[Span]) -> View:
    """Measure a page; the tree must still be whole."""
    sizes = [visual(block.text) for block in blocks]
    linked = [block.linked / len(block.text) for block in blocks]
    good = [
        size if size >= LONG and link < 0.5 and block.tag[0] != "h" else 0.0
        for size, link, block in zip(sizes, linked, blocks, strict=True)
    ]
    marks = _marks(spans, good)
    clean = [0.0 if mark & FURNITURE else weight for mark, weight in zip(marks, good, strict=True)]
    keys = [block.text.replace(" ", "").replace("\n", "") for block in blocks]  # a block has no other white space
    parents, grandparents, kinds = _families(blocks)
    return View(
        blocks=blocks, spans=spans, sizes=sizes, linked=linked, clean=clean, marks=marks, keys=keys, kinds=kinds,
        parents=parents, grandparents=grandparents, gone=[False] * len(blocks), frame=_frame(spans, clean),
    )  # fmt: skip


def take_link_lists(page: View) -> None:
    """Take elements that hold links and no paragraph out of the tree: half of trafilatura's work is to do so."""
    blocks = page.blocks
    may_be = (size >= LONG and link < 0.5 for size, link in zip(page.sizes, page.linked, strict=True))
    long = list(accumulate(may_be, initial=0))
    text = list(accumulate((len(block.text) for block in blocks), initial=0))
    links = list(accumulate((block.linked for block in blocks), initial=0))
    done = 0
    for span in page.spans:
        if span.start < done or span.end - span.start < 3 or span.element.tag in ("body", "html"):
            continue
        if long[span.end] == long[span.start] and links[span.end] - links[span.start] > 0.5 * (
            text[span.end] - text[span.start]
        ):
            span.element.drop_tree()
            page.gone[span.start : span.end] = [True] * (span.end - span.start)
            done = span.end


def _marks(spans: list[Span], good: list[float]) -> list[int]:
    """What the elements around each block suggest; an element that holds most of the page suggests little."""
    sums = list(accumulate(good, initial=0.0))
    half, most = 0.5 * sums[-1], 0.9 * sums[-1]
    marks = [0] * len(good)
    for span in spans:
        mark = span.marks
        if not mark:
            continue
        holds = sums[span.end] - sums[span.start]
        if holds > half:
            mark &= _WRAPPERS if holds > most else _WRAPPERS | _FIRM
        if mark:
            for n in range(span.start, span.end):
                marks[n] |= mark
    return marks


def _frame(spans: list[Span], clean: list[float]) -> Span | None:
    sums = list(accumulate(clean, initial=0.0))
    wanted = _FRAME_SHARE * sums[-1]
    frame: Span | None = None
    low, high = 0, len(clean)
    if wanted:
        for span in spans:
            if span.start >= low and span.end <= high and sums[span.end] - sums[span.start] >= wanted:
                frame, low, high = span, span.start, span.end
    return frame


def _families(blocks: list[Block]) -> tuple[list[int], list[int], list[str]]:
    """Numbers for parents and grandparents, and the kind of each block."""
    numbers: dict[object, int] = {None: 0}
    parents, grandparents, kinds = [], [], []
    for block in blocks:
        parent = block.element.getparent()
        grandparent = parent.getparent() if parent is not None else None
        parents.append(numbers.setdefault(parent, len(numbers)))
        grandparents.append(numbers.setdefault(grandparent, len(numbers)))
        around = parent.get("class", "") if parent is not None else ""
        kinds.append(f"{block.tag}\n{block.element.get('class', '')}\n{around}")
    return parents, grandparents, kinds
