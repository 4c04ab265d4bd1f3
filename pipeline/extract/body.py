"""The article's text: chosen among whole candidates, then trimmed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import unescape

from lxml.html import HtmlElement

from pipeline.extract.blocks import cut
from pipeline.extract.choose import choose, without_labels
from pipeline.extract.embedded_json import paragraphs
from pipeline.extract.features import Claims, Features, collect, level, probability
from pipeline.extract.furniture import without_address
from pipeline.extract.layout import LONG, Layout, measure, squeeze, visual
from pipeline.extract.readers import Votes, ask_readers
from pipeline.extract.tree import drop_menus, strip_inline
from pipeline.extract.weights import BLOCK_WEIGHTS

_THIN = 350
"""A text of less visual length may be a stub: JSON-LD and scripts are read, too."""
_NOTHING = 100
_SAME = 30
_ENOUGH = 400
_LINKS = 0.5
_SHOWN = 50_000
_MAX_BLOCKS = 30_000
_TAG = re.compile(r"<[^<>]{0,2000}>")
_PARAGRAPH_END = re.compile(r"</p\s*>|<br\s*/?>\s*<br\s*/?>|\n\s*\n", re.IGNORECASE)
_LOWER_START = re.compile(r"^[a-zа-яё,;]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The article's text, its source, its quality (0…1), and all text of the page (cut at 50,000 characters)."""

    text: str
    method: str
    quality: float
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A page's blocks with the readers' votes and the features of each block."""

    layout: Layout
    votes: Votes
    features: list[Features | None]
    claims: Claims


def find_text(root: HtmlElement, claims: Claims, page: bytes) -> Body:
    """Return the text of the page's article. Inline elements and menus of the tree are removed.

    Args:
        root: the tree without scripts and styles.
        claims: what the page says about its article elsewhere.
        page: the page's source in UTF-8, for the JSON in its scripts.
    """
    reading = read_blocks(root, claims)
    if reading is None:
        return Body(text="", method=f"refused: more than {_MAX_BLOCKS:,} blocks of text", quality=0.0, shown="")
    return decide(reading, BLOCK_WEIGHTS, page)


def read_blocks(root: HtmlElement, claims: Claims) -> Reading | None:
    """Return the blocks of a page with all that speaks for and against them; None for a page of too many blocks."""
    strip_inline(root)
    drop_menus(root)
    body = root.find("body")
    layout = measure(*cut(body if body is not None else root))
    if len(layout.blocks) > _MAX_BLOCKS:
        return None
    votes = ask_readers(root, layout)
    return Reading(layout=layout, votes=votes, features=collect(layout, votes, claims), claims=claims)


def decide(reading: Reading, weights: dict[str, float], page: bytes) -> Body:
    """Return the text that the weights and the rules of trimming give."""
    layout, claims = reading.layout, reading.claims
    probabilities = level(layout, [probability(found, weights) if found else 0.0 for found in reading.features])
    method, kept = choose(layout, reading.votes.trafilatura, probabilities)
    kept = _without_other_articles(layout, without_labels(layout, kept), squeeze(claims.title))
    if not any(clean and keep for clean, keep in zip(layout.clean, kept, strict=True)) and _is_links(layout, kept):
        method, kept = "none", [False] * len(kept)
    text = assemble(layout, kept, {squeeze(claims.title), squeeze(claims.site)})
    found = Body(
        text=text,
        method=method if text else "none",
        quality=_quality(layout, kept, probabilities) * min(1.0, 0.3 + visual(text) / 1000),
        shown="\n".join(block.text for block in layout.blocks)[:_SHOWN],
    )
    return _fill(found, claims, page)


def assemble(layout: Layout, kept: list[bool], names: set[str]) -> str:
    """Return the kept blocks as text, one paragraph per line.

    A block that repeats an earlier one is dropped, and so are the title and the site's name.

    Args:
        layout: the page.
        kept: which blocks to use.
        names: title and site, squeezed.
    """
    lines: list[str] = []
    seen: dict[str, tuple[int, str]] = {}
    for n, block in enumerate(layout.blocks):
        key = layout.keys[n]
        if not kept[n] or key in names or (block.tag == "h1" and not lines):
            continue
        place = (layout.spans[block.span].parent, layout.kinds[n])
        # a refrain repeats inside one element; a copy for another screen stands in another one
        if len(key) > _SAME and seen.setdefault(key, place) != place:
            continue
        lines.extend(line for raw in _lines(block.text) if (line := without_address(raw, layout.linked[n])))
    return "\n".join(lines)


def _without_other_articles(layout: Layout, kept: list[bool], title: str) -> list[bool]:
    """Drop what stands in an ``article`` beside the one with the page's headline and enough text."""
    articles = [span for span in layout.spans if span.element.tag == "article"]
    headed = [span for span in articles if title and title in layout.keys[span.start : span.end]]
    inside = [False] * len(kept)
    others = [False] * len(kept)
    for span in articles:
        target = inside if span in headed else others
        target[span.start : span.end] = [True] * (span.end - span.start)
    own = [keep and (mine or not other) for keep, mine, other in zip(kept, inside, others, strict=True)]
    held = sum(size for size, keep, mine in zip(layout.sizes, kept, inside, strict=True) if keep and mine)
    return own if held >= _ENOUGH else kept


def _is_links(layout: Layout, kept: list[bool]) -> bool:
    """Return whether most of the kept text is links: then the page lists articles and is none."""
    blocks = [block for block, keep in zip(layout.blocks, kept, strict=True) if keep]
    return sum(block.linked for block in blocks) > _LINKS * sum(len(block.text) for block in blocks)


def _lines(text: str) -> list[str]:
    """Return a block's lines; a line that starts in lower case continues the one before."""
    lines: list[list[str]] = []
    for line in text.split("\n"):
        if lines and _LOWER_START.match(line):
            lines[-1].append(line)
        else:
            lines.append([line])
    return list(map(" ".join, lines))


def _quality(layout: Layout, kept: list[bool], probabilities: list[float]) -> float:
    """Return the F1 that the probabilities let expect, 0 if no block is kept."""
    size = sum(size for size, keep in zip(layout.sizes, kept, strict=True) if keep)
    right = sum(size * p for size, keep, p in zip(layout.sizes, kept, probabilities, strict=True) if keep)
    due = sum(size * p for size, p in zip(layout.sizes, probabilities, strict=True))
    return 2 * right / (size + due) if size else 0.0


def _fill(found: Body, claims: Claims, page: bytes) -> Body:
    """Return JSON-LD's text or the text in scripts where the page itself shows little."""
    size = visual(found.text)
    claimed = _plain(claims.body)
    if visual(claimed) > max(1.5 * size, LONG) and (size < _THIN or squeeze(found.text)[:200] in squeeze(claimed)):
        return replace(found, text=claimed, method="json-ld", quality=0.8 if visual(claimed) >= _THIN else 0.4)
    if size < (_THIN if claims.is_article else _NOTHING):  # a front page's scripts hold its teasers
        embedded = "\n".join(paragraphs(page.decode("utf-8", "replace")))
        if visual(embedded) > max(2 * size, _THIN):
            return replace(found, text=embedded, method="embedded-json", quality=0.6)
    return found


def _plain(text: str) -> str:
    """Return the paragraphs of a text that may hold markup."""
    lines = (" ".join(unescape(_TAG.sub(" ", line)).split()) for line in _PARAGRAPH_END.sub("\n", text).split("\n"))
    return "\n".join(line for line in lines if line)
