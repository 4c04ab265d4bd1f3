"""Three independent readers of a page: trafilatura, resiliparse and a density reader.

Each reader's text is mapped to the page's blocks, so that readers can be compared block by block.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from lxml.etree import tostring
from lxml.html import HtmlElement

from pipeline.extract.blocks import BITS
from pipeline.extract.density import dense_blocks
from pipeline.extract.layout import LONG, Layout, squeeze
from pipeline.extract.libraries import resiliparse_text, trafilatura_text
from pipeline.extract.tree import is_huge

_MAX_BLOCKS = 6_000
"""Beyond this number trafilatura would take seconds; the other readers are linear in it."""
_MAX_DEPTH = 250
"""Time of trafilatura and resiliparse grows with the square of the nesting."""
_SHORT_KEY = 25
_ENOUGH = 400
_LIST = 3
_COMMENT = BITS["comment"]


@dataclass(frozen=True, slots=True)
class Votes:
    """For each reader, whether it keeps each block."""

    trafilatura: list[bool]
    resiliparse: list[bool]
    density: list[bool]

    def counts(self) -> list[int]:
        """Return how many readers keep each block."""
        return [sum(votes) for votes in zip(self.trafilatura, self.resiliparse, self.density, strict=True)]


def ask_readers(root: HtmlElement, layout: Layout) -> Votes:
    """Run the readers and map their texts to the blocks of the layout. Lists of links are removed from the tree.

    Args:
        root: the tree without scripts and styles.
        layout: the measured blocks of ``root``.
    """
    drop_link_lists(layout)
    texts = ["", ""]
    if layout.blocks and layout.depth() <= _MAX_DEPTH:
        # resiliparse reads the tree, not the source, because libxml2 has bounded its nesting
        page = tostring(root, encoding="unicode", method="html")
        huge = len(layout.blocks) > _MAX_BLOCKS or is_huge(root)
        texts = ["" if huge else trafilatura_text(root), resiliparse_text(page)]
    votes = (*(kept_blocks(layout, text) for text in texts), dense_blocks(layout))
    return Votes(*(_without_comments(layout, kept) for kept in votes))


def drop_link_lists(layout: Layout) -> None:
    """Remove elements that hold links and no paragraph from the tree: half of trafilatura's time goes there."""
    blocks = layout.blocks
    prose = (size >= LONG and link < 0.5 for size, link in zip(layout.sizes, layout.linked, strict=True))
    prose_before = list(accumulate(prose, initial=0))
    text_before = list(accumulate((len(block.text) for block in blocks), initial=0))
    links_before = list(accumulate((block.linked for block in blocks), initial=0))
    done = 0
    for span in layout.spans:
        start, end = span.start, span.end
        if start < done or end - start < _LIST or span.element.tag in ("body", "html"):
            continue
        links, text = links_before[end] - links_before[start], text_before[end] - text_before[start]
        if prose_before[end] == prose_before[start] and links > 0.5 * text:
            span.element.drop_tree()
            done = end


def kept_blocks(layout: Layout, text: str) -> list[bool]:
    """Return for each block whether a reader's text holds it; a short block has to be a line of its own."""
    lines = text.split("\n")
    cells = [cell for line in lines if "|" in line for cell in line.split("|")]  # rows of tables
    short = {squeeze(line).lstrip("-•*") for line in (*lines, *cells) if len(line) < 4 * _SHORT_KEY}
    whole = squeeze(text)
    return [key in whole if len(key) >= _SHORT_KEY else key in short and key != "" for key in layout.keys]


def _without_comments(layout: Layout, kept: list[bool]) -> list[bool]:
    """Drop reader comments where enough text stands elsewhere."""
    inside = [keep and not mark & _COMMENT for keep, mark in zip(kept, layout.marks, strict=True)]
    size = sum(size for keep, size in zip(inside, layout.sizes, strict=True) if keep)
    return inside if size >= _ENOUGH else kept
