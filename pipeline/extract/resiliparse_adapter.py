"""resiliparse's text of a page: rules of its own on a tree of its own, for a tenth of trafilatura's time."""

from __future__ import annotations

from resiliparse.extract.html2text import extract_plain_text

from pipeline.extract.foreign import attempt


def main_text(page: str) -> str:
    """Return the text that resiliparse takes for the main content; "" if it fails."""
    return attempt(lambda: extract_plain_text(page, main_content=True, alt_texts=False)) or ""
