"""trafilatura's text and authors of a page, through its public functions."""

from __future__ import annotations

import logging

from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.metadata import extract_author

from pipeline.extract.foreign import attempt
from pipeline.extract.tree import is_huge

# trafilatura logs a warning for each page without a text; here an empty text is a normal result
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def main_text(root: HtmlElement) -> str:
    """Return the text that trafilatura finds in a tree; "" if it finds none or fails. The tree is not changed."""
    document = attempt(lambda: bare_extraction(root, fast=True, include_comments=False, with_metadata=False))
    return str(getattr(document, "text", None) or "")


def author_names(root: HtmlElement) -> str:
    """Return the authors that trafilatura finds, separated by ``;``, "" if there are none or the page is huge.

    ``trafilatura.extract_metadata`` would search title, date, site, tags and license, too, for twice the time.
    """
    return "" if is_huge(root) else attempt(lambda: extract_author(root) or "") or ""
