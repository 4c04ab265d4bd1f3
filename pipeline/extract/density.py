"""A density reader in the manner of Readability, over blocks instead of a tree.

Paragraphs give points to the elements around them; the element with most points, less its share of links, holds the
article, and siblings with enough points belong to it.
"""

from __future__ import annotations

from itertools import accumulate

from pipeline.extract.blocks import bits
from pipeline.extract.layout import Layout

_MIN = 25
_SHARES = (1.0, 0.5, 1 / 3, 0.25)
_GOOD = bits("body article itembody")
_BAD = bits("nav share related comment ad wall footer side consent hidden unseen")
_OUT = bits("nav share related comment ad wall footer consent")
_COMMAS = ",，、،；"


def dense_blocks(layout: Layout) -> list[bool]:
    """Return for each block whether it belongs to the densest part of the page."""
    points = _points(layout)
    if not points:
        return [False] * len(layout.blocks)
    texts = list(accumulate((len(block.text) for block in layout.blocks), initial=0))
    links = list(accumulate((block.linked for block in layout.blocks), initial=0))

    def link_share(place: int) -> float:
        span = layout.spans[place]
        return (links[span.end] - links[span.start]) / max(1, texts[span.end] - texts[span.start])

    scores = {place: value * (1 - link_share(place)) for place, value in points.items()}
    top = max(scores, key=lambda place: scores[place])
    parent = layout.spans[top].parent
    kept = [False] * len(layout.blocks)
    for place in {top, *(place for place in scores if layout.spans[place].parent == parent)}:
        if place == top or scores[place] >= max(10.0, 0.2 * scores[top]):
            for n in range(layout.spans[place].start, layout.spans[place].end):
                kept[n] = True
    low, high = layout.spans[parent].start, layout.spans[parent].end
    for n in range(low, high):  # paragraphs that stand beside the chosen element
        block = layout.blocks[n]
        if not kept[n] and layout.clean[n] and block.tag == "p" and layout.spans[block.span].parent == parent:
            kept[n] = layout.linked[n] < 0.25
    return _without_lists_of_links(layout, kept)


def _points(layout: Layout) -> dict[int, float]:
    points: dict[int, float] = {}
    spans = layout.spans
    for n, block in enumerate(layout.blocks):
        if layout.sizes[n] < _MIN or layout.linked[n] > 0.5 or layout.marks[n] & _BAD:
            continue
        value = 1 + sum(map(block.text.count, _COMMAS)) + min(3.0, layout.sizes[n] / 100)
        # text directly inside a container counts for the container, that of a paragraph for its parent
        place = spans[block.span].parent if block.tag in ("p", "li", "td", "blockquote", "pre", "dd") else block.span
        for share in _SHARES:
            if place < 0:
                break
            if place not in points:
                marks = spans[place].marks
                points[place] = 25.0 * bool(marks & _GOOD) - 25.0 * bool(marks & _BAD)
            points[place] += value * share
            place = spans[place].parent
    return points


def _without_lists_of_links(layout: Layout, kept: list[bool]) -> list[bool]:
    """Drop furniture inside the chosen element."""
    return [
        keep and not layout.marks[n] & _OUT and not (layout.linked[n] > 0.6 and layout.sizes[n] < 200)
        for n, keep in enumerate(kept)
    ]
