"""resiliparse's text of a page: rules of its own on a tree of its own, for a tenth of trafilatura's time."""

from __future__ import annotations

from resiliparse.extract.html2text import extract_plain_text


def main_text(page: str) -> str:
    """Return the text that resiliparse takes for the main content; "" if it fails."""
    try:
        return extract_plain_text(page, main_content=True, alt_texts=False)
    except Exception:  # noqa: BLE001  its errors are not documented; the other readers remain
        return ""
