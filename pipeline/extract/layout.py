"""The layout of a page: how long, how linked and how clean its blocks are, and what stands around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from pipeline.extract.blocks import Block, Span, bits

LONG = 60
"""A block of this visual length may be a paragraph."""

HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
STOPS = tuple('.!?…。！？।"”»’)]')
"""Last characters of a sentence."""

_WIDE_HIGH = bytes((0x30, *range(0x34, 0xA0), *range(0xAC, 0xD8)))
"""The upper halves of kana, Chinese characters and Hangul in UTF-16 …"""
_NARROW = re.compile("[\u3000-\u303f\ud7b0-\ud7ff]")
"""… and the characters with the same upper half that belong to none of them."""

_MAX_LABEL = 40  # characters before the colon
_MAX_MORE = 4  # characters that are neither label nor link: the colon, spaces, quotation marks
FURNITURE = bits("nav share related comment ad wall byline footer side hidden caption consent form figure unseen")
_WRAPPERS = bits("body article itembody table list")
_FIRM = bits("comment consent footer nav")
_UNSEEN = bits("hidden unseen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A page's blocks and their measures; the lists run parallel to ``blocks``.

    Attributes:
        sizes: visual lengths.
        linked: share of the text inside links, 0…1.
        clean: the visual length of a block that may be a paragraph and is not marked as furniture, else 0.
        marks: bits of all elements around the block, without those of elements that hold most of the page.
        keys: the texts without white space, for comparison.
        kinds: tag and class of the block's element and of its parent; a template's line gives blocks of one kind.
    """

    blocks: list[Block]
    spans: list[Span]
    sizes: list[float]
    linked: list[float]
    clean: list[float]
    marks: list[int]
    keys: list[str]
    kinds: list[str]

    def depth(self) -> int:
        """Return how many block-level elements stand inside each other at most."""
        depths = [0] * len(self.spans)
        for n, span in enumerate(self.spans[1:], 1):  # a span stands behind its parent
            depths[n] = depths[span.parent] + 1
        return max(depths)


def is_label_of_link(block: Block) -> bool:
    """Return whether the block is a few words with a colon and then one link: "Read also: …", in any language."""
    label = block.text.find(":")
    return 0 < label < _MAX_LABEL and abs(len(block.text) - label - 2 - block.linked) <= _MAX_MORE


def squeeze(text: str) -> str:
    """Return the text without white space and invisible characters, for comparison."""
    joined = "".join(text.split())
    return joined if joined.isprintable() else "".join(filter(str.isprintable, joined))


def visual(text: str) -> float:
    """Return the length in characters; a Korean, Japanese or Chinese one says more and counts 2.2 times."""
    return len(text) if text.isascii() else len(text) + 1.2 * _wide(text)


def _wide(text: str) -> int:
    """Count kana, Chinese characters and Hangul."""
    high = text.encode("utf-16-be", "surrogatepass")[::2]
    wide = len(high) - len(high.translate(None, _WIDE_HIGH))
    if wide and (b"\x30" in high or b"\xd7" in high):
        wide -= len(_NARROW.findall(text))
    return wide


def measure(blocks: list[Block], spans: list[Span]) -> Layout:
    """Measure a page."""
    sizes = [visual(block.text) for block in blocks]
    linked = [block.linked / len(block.text) for block in blocks]
    good = [
        size if size >= LONG and link < 0.5 and block.tag[0] != "h" else 0.0
        for size, link, block in zip(sizes, linked, blocks, strict=True)
    ]
    marks = _marks(spans, sizes, good)
    return Layout(
        blocks=blocks,
        spans=spans,
        sizes=sizes,
        linked=linked,
        clean=[0.0 if mark & FURNITURE else weight for mark, weight in zip(marks, good, strict=True)],
        marks=marks,
        keys=[squeeze(block.text) for block in blocks],
        kinds=[_kind(spans, block) for block in blocks],
    )


def _marks(spans: list[Span], sizes: list[float], good: list[float]) -> list[int]:
    """Return the bits of the elements around each block.

    A mark says little about an element that holds most of the page, and a class like ``hidden`` or ``paywall`` says
    little about one that holds much prose and hardly anything else: the rest of an article behind a button.
    """
    prose_before = list(accumulate(good, initial=0.0))
    text_before = list(accumulate(sizes, initial=0.0))
    total = prose_before[-1]
    marks = [0] * len(good)
    for span in spans:
        mark = span.marks
        if not mark:
            continue
        prose = prose_before[span.end] - prose_before[span.start]
        if prose > 0.9 * total:
            mark &= _WRAPPERS
        elif prose > 0.25 * total and prose > 0.8 * (text_before[span.end] - text_before[span.start]):
            mark &= _WRAPPERS | _FIRM
        elif prose > 0.5 * total:
            mark &= _WRAPPERS | _FIRM | _UNSEEN
        if mark:
            for n in range(span.start, span.end):
                marks[n] |= mark
    return marks


def _kind(spans: list[Span], block: Block) -> str:
    span = spans[block.span]
    around = spans[span.parent].element.get("class", "") if span.parent >= 0 else ""
    return f"{block.tag}\n{span.element.get('class', '')}\n{around}"
