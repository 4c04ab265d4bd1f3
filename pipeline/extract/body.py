"""The article's text: trafilatura on the tree that is there already."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.html import HtmlElement
from trafilatura import bare_extraction

from pipeline.extract.linked import Node, text

_THIN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The article's text, how it was got, and how far to trust it (0…1)."""

    text: str
    method: str
    quality: float


def text_of(root: HtmlElement, story: Node) -> Body:
    """The text by trafilatura; the structured data's own where that is thin."""
    document = bare_extraction(root, fast=True, include_comments=False, with_metadata=False)
    found = (getattr(document, "text", None) or "") if document is not None else ""
    claimed = text(story, "articleBody")
    if len(found) < _THIN and len(claimed) > 2 * len(found):
        return Body(text=claimed, method="json-ld", quality=0.7)
    return Body(
        text=found,
        method="trafilatura" if found else "none",
        quality=0.8 if len(found) >= _THIN else 0.3 if found else 0.0,
    )
