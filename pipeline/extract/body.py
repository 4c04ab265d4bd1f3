"""The article's text: trafilatura's vote, weighed with the blocks' own evidence; other sources where both are thin."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from html import unescape

from lxml.html import HtmlElement

from pipeline.extract.blocks import cut
from pipeline.extract.evidence import Claims, chance, collect
from pipeline.extract.furniture import is_furniture
from pipeline.extract.state import paragraphs
from pipeline.extract.trafilatura_adapter import main_text
from pipeline.extract.tree import strip_chrome, strip_inline
from pipeline.extract.view import FOREIGN, LONG, View, fold, measure, take_link_lists, visual
from pipeline.extract.weights import WEIGHTS

_SURE = 0.62
_NEARLY = 0.2
_THIN = 350
"""A text of less visual length may be a stub: other sources are asked."""
_MAX_BLOCKS = 6_000
"""Beyond, trafilatura would take seconds; the blocks' own evidence, linear in their number, decides alone."""
_SAME = 30
_MAX_SEEN = 300_000
_SHOWN = 50_000
_TAG = re.compile(r"<[^<>]{0,2000}>")
_PARAGRAPH_END = re.compile(r"</p\s*>|<br\s*/?>\s*<br\s*/?>|\n\s*\n", re.IGNORECASE)
_LOWER_START = re.compile(r"^[a-zа-яё,;]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The article's text, how it was got, how far to trust it (0…1), and all that the page shows (cut at 50,000)."""

    text: str
    method: str
    quality: float
    shown: str


def text_of(root: HtmlElement, claims: Claims, page: bytes) -> Body:
    """The text of the page's article. The tree is used up.

    Args:
        root: the tree without scripts and styles.
        claims: what the page says of its article elsewhere.
        page: the page's source in UTF-8, for the state of its scripts.
    """
    strip_chrome(root)
    strip_inline(root)
    body = root.find("body")
    view = measure(*cut(body if body is not None else root))
    take_link_lists(view)
    voted = fold(main_text(root)) if len(view.blocks) <= _MAX_BLOCKS else ""
    collected = collect(view, voted, claims)
    chances = settle(view, voted, [chance(found, WEIGHTS) if found else 0.0 for found in collected])
    text = assemble(view, chances, {fold(claims.title), fold(claims.site)})
    shown = "\n".join(block.text for block in view.blocks)[:_SHOWN]
    method = ("trafilatura" if voted else "blocks") if text else "none"
    found = Body(text=text, method=method, quality=_quality(view, chances, text), shown=shown)
    return _fill(found, claims, page)


def settle(view: View, voted: str, chances: list[float]) -> list[float]:
    """Chances after a look at the neighbours: paragraphs of one kind stand and fall together.

    Args:
        view: the page's measure.
        voted: trafilatura's text without white space; what stands among comments or consents and is not in it is out.
        chances: what the evidence on each block alone says, 0 for those without any.
    """
    chances = list(chances)
    for n, marks in enumerate(view.marks):
        if marks & FOREIGN and view.keys[n] not in voted:
            chances[n] = 0.0
    low, high = (view.frame.start, view.frame.end) if view.frame else (0, len(chances))
    kinds: defaultdict[str, list[int]] = defaultdict(list)
    for n in range(low, high):
        if view.sizes[n] >= 40 and view.linked[n] < 0.5 and chances[n]:
            kinds[view.kinds[n]].append(n)
    for members in kinds.values():
        weight = sum(view.sizes[n] for n in members)
        mean = sum(chances[n] * view.sizes[n] for n in members) / weight
        if len(members) >= 3 and mean > 0.5:
            for n in members:
                if chances[n] > _NEARLY:
                    chances[n] = max(chances[n], mean)
    return chances


def assemble(view: View, chances: list[float], names: set[str]) -> str:
    """The blocks that are in, each text once, title and site's name not at all, one paragraph a line."""
    kept: list[str] = []
    seen = ""
    for n, block in enumerate(view.blocks):
        key = view.keys[n]
        if chances[n] <= _SURE or key in names or (len(key) > _SAME and key in seen):
            continue
        if block.tag == "h1" and not seen:
            continue
        if len(seen) < _MAX_SEEN:
            seen += f"\n{key}"
        kept.extend(line for line in _lines(block.text) if not is_furniture(line, view.linked[n]))
    return "\n".join(kept)


def _lines(text: str) -> list[str]:
    """A block's lines; one that goes on in lower case was broken for looks only."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and _LOWER_START.match(line):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return lines


def _quality(view: View, chances: list[float], text: str) -> float:
    """The F1 that the chances let expect, less for a short text: 0 for none."""
    kept = sum(size for size, likely in zip(view.sizes, chances, strict=True) if likely > _SURE)
    right = sum(size * likely for size, likely in zip(view.sizes, chances, strict=True) if likely > _SURE)
    due = sum(size * likely for size, likely in zip(view.sizes, chances, strict=True))
    expected = 2 * right / (kept + due) if kept else 0.0
    return expected * min(1.0, 0.3 + visual(text) / 1000)


def _fill(found: Body, claims: Claims, page: bytes) -> Body:
    """Where the page shows little, what it says to machines: JSON-LD's text, else the state of its scripts."""
    size = visual(found.text)
    claimed = _plain(claims.body)
    if visual(claimed) > max(1.5 * size, LONG) and (size < _THIN or fold(found.text)[:200] in fold(claimed)):
        return replace(found, text=claimed, method="json-ld", quality=0.8 if visual(claimed) >= _THIN else 0.4)
    if size < _THIN:
        state = "\n".join(line for line in paragraphs(page.decode("utf-8", "replace")) if line)
        if visual(state) > max(2 * size, _THIN):
            return replace(found, text=state, method="script-state", quality=0.6)
    return found


def _plain(text: str) -> str:
    """Paragraphs of a text that may hold markup."""
    parted = _PARAGRAPH_END.sub("\n", text)
    lines = (" ".join(unescape(_TAG.sub(" ", line)).split()) for line in parted.split("\n"))
    return "\n".join(line for line in lines if line)
