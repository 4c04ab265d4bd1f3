"""trafilatura, resiliparse and htmldate, through their public functions. A failure of theirs never costs the page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from htmldate import find_date
from lxml.html import HtmlElement
from resiliparse.extract.html2text import extract_plain_text
from trafilatura import bare_extraction
from trafilatura.metadata import extract_author

from pipeline.extract.tree import is_huge

T = TypeVar("T")

# trafilatura logs a warning for each page without a text; here an empty text is a normal result
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def trafilatura_text(root: HtmlElement) -> str:
    """Return the text that trafilatura finds in a tree; "" if it finds none or fails. The tree is not changed."""
    document = _attempt(lambda: bare_extraction(root, fast=True, include_comments=False, with_metadata=False))
    return str(getattr(document, "text", None) or "")


def trafilatura_authors(root: HtmlElement) -> str:
    """Return the authors that trafilatura finds, separated by ``;``, "" if there are none or the page is huge.

    ``trafilatura.extract_metadata`` would search title, date, site, tags and license, too, for twice the time.
    """
    return "" if is_huge(root) else _attempt(lambda: extract_author(root) or "") or ""


def resiliparse_text(page: str) -> str:
    """Return resiliparse's main content, for a tenth of trafilatura's time; "" if it fails."""
    return _attempt(lambda: extract_plain_text(page, main_content=True, alt_texts=False)) or ""


def htmldate_day(root: HtmlElement, url: str, *, extensive: bool) -> str | None:
    """Return the day of first publication that htmldate finds, as ``YYYY-MM-DD``."""
    return _attempt(lambda: find_date(root, original_date=True, url=url, extensive_search=extensive))


def _attempt(call: Callable[[], T]) -> T | None:
    """Return the result of a call, None if it fails: on odd trees these libraries raise exceptions of any kind."""
    try:
        return call()
    except Exception:  # noqa: BLE001 - see above
        return None
