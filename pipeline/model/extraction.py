"""Values of extraction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Wall = Literal["paywall", "consent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The article of a page: its text without furniture, and what the page says about it.

    Attributes:
        text: paragraphs, one a line, in NFC. "" when the page has no article.
        published: aware; None when the page gives no date.
        published_assumed: the page gives no zone (or no time), and UTC was assumed.
        wall: a paywall or a consent page probably stands in the article's place.
        method: source of the text: ``blocks``, ``trafilatura``, ``json-ld``, ``embedded-json``, ``feed``, ``none`` or
            ``refused: REASON``.
        quality: 0…1, the expected F1 of the text against the whole article; lower for short texts and walls.
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
