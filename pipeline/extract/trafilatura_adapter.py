"""trafilatura's text and authors of a page, through its public functions."""

from __future__ import annotations

import logging
from itertools import islice

from lxml.html import HtmlElement
from trafilatura import bare_extraction, extract_metadata

from pipeline.extract.foreign import attempt

_MAX_ELEMENTS = 20_000

# trafilatura logs a warning for each page without a text; here an empty text is a normal result
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def main_text(root: HtmlElement) -> str:
    """Return the text that trafilatura finds in a tree; "" if it finds none or fails. The tree is not changed."""
    document = attempt(lambda: bare_extraction(root, fast=True, include_comments=False, with_metadata=False))
    return str(getattr(document, "text", None) or "")


def author_names(root: HtmlElement, url: str) -> str:
    """Return the authors that trafilatura finds, separated by ``;``, "" if there are none or the page is huge."""
    if next(islice(root.iter(), _MAX_ELEMENTS, None), None) is not None:
        return ""
    document = attempt(lambda: extract_metadata(root, default_url=url, extensive=False))
    return str(getattr(document, "author", None) or "")
