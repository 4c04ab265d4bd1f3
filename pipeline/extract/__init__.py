"""Extraction of articles: page bytes in, :class:`pipeline.model.Extraction` out, without network access.

The steps (``cascade``): refuse hostile input (``bounds``), decode (``decode``), parse (``tree``); read title, date,
authors and site (``head``, ``json_ld``, ``titles``, ``dates``, ``authors``); cut the page into blocks (``blocks``,
``layout``); ask three independent readers which blocks are the article (``readers``); weigh their votes per block
(``features``, ``weights``) and choose between the model's text and trafilatura's (``choose``); trim the chosen text
(``body``, ``furniture``); recognise walls (``paywall``) and the language (``language``). ``docs/extraction.md`` has
the figures.

Importing this package is cheap: lxml and trafilatura are imported with the first page.
"""

from __future__ import annotations

from pipeline.model import Extraction

__all__ = ["extract"]


def extract(html: bytes, url: str, *, content_type: str | None = None) -> Extraction:
    """Extract the article of one page.

    Args:
        html: the body of the response, with its content encoding undone.
        url: its address; relative addresses are resolved against it.
        content_type: the HTTP header of that name, for its charset.

    Returns:
        The article. A page that is refused (empty, binary, beyond the bounds) and a page without an article have an
        empty ``text``; ``method`` holds the refusal as ``refused: REASON``. ``published`` keeps the zone that the page
        names, so that its calendar day is the publisher's.
    """
    from pipeline.extract.cascade import read  # late: an idle cycle saves 0.3 s

    return read(html, url, content_type)


def preload() -> None:
    """Import what the first page needs: for a server that forks workers."""
    from pipeline.extract import cascade  # noqa: F401
