"""The choice between the block model's text and trafilatura's, and the removal of labels without content."""

from __future__ import annotations

from pipeline.extract.layout import HEADINGS, STOPS, Layout, is_label_of_link

_SURE = 0.5
_FRAGMENT = 500  # visual length (``visual``) below which a text may be a fragment
_FEW, _MANY = 0.1, 0.5  # share of a text in blocks that end like a sentence
_LABEL = 60  # characters of a label at most
_LINKED = 0.5  # share of a block's text in links
_ITEMS = ("li", "td", "dd")
_COLONS = (":", "：")


def choose(layout: Layout, trafilatura: list[bool], probabilities: list[float]) -> tuple[str, list[bool]]:
    """Return the name of the better text and the blocks that it keeps.

    On most pages that is the block model's text. trafilatura's wins where the model keeps a fragment, or text that
    hardly holds a sentence, such as a table of forecasts.
    """
    blocks = [p > _SURE for p in probabilities]
    ours, theirs = _size(layout, blocks), _size(layout, trafilatura)
    is_fragment = ours < _FRAGMENT and theirs > 2 * ours
    if is_fragment or (_sentences(layout, blocks) < _FEW * ours and _sentences(layout, trafilatura) > _MANY * theirs):
        return "trafilatura", trafilatura
    return "blocks", blocks


def without_labels(layout: Layout, kept: list[bool]) -> list[bool]:
    """Drop labels whose content is left out or is a link to another page.

    These are short lines that end with a colon before a block that is left out, headings behind all other text, and
    labels of one link, except in lists and tables.
    """
    kept = list(kept)
    is_last = True
    for n in reversed(range(len(kept))):
        if not kept[n]:
            continue
        block = layout.blocks[n]
        announces = block.text.endswith(_COLONS) and len(block.text) < _LABEL and not any(kept[n + 1 : n + 2])
        points = layout.linked[n] > _LINKED and block.tag not in _ITEMS and is_label_of_link(block)
        if announces or points or (is_last and block.tag in HEADINGS):
            kept[n] = False
        else:
            is_last = False
    return kept


def _size(layout: Layout, kept: list[bool]) -> float:
    return sum(size for size, keep in zip(layout.sizes, kept, strict=True) if keep)


def _sentences(layout: Layout, kept: list[bool]) -> float:
    """Return the size of the kept blocks that end like a sentence."""
    rows = zip(layout.sizes, layout.blocks, kept, strict=True)
    return sum(size for size, block, keep in rows if keep and block.text.endswith(STOPS))
