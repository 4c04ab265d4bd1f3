"""Values of extraction: what a page says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Wall = Literal["paywall", "consent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What a page says, without its furniture.

    Attributes:
        text: paragraphs, one a line, in NFC. "" when the page has no article.
        published: aware; None when the page gives no date.
        published_assumed: the page gave no zone (or no time) and one was assumed.
        wall: a paywall or a consent page stands in the article's place, as far as one can tell.
        method: how the text was got: ``trafilatura``, ``json-ld``, ``feed`` …
        quality: 0…1, how far the text is to be trusted as the whole article and nothing else.
    """

    text: str = ""
    title: str | None = None
    published: datetime | None = None
    published_assumed: bool = False
    authors: tuple[str, ...] = ()
    language: str | None = None
    site: str | None = None
    canonical_url: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    wall: Wall | None = None
    method: str = ""
    quality: float = 0.0
