"""Pages to articles: bytes in, :class:`pipeline.model.Extraction` out, no network and no clock.

``extract`` is a cascade around trafilatura. A page is bounded (``bounds``), decoded once (``decode``) and parsed once
(``tree``); its head and structured data are read (``head``, ``linked``); its text is cut into blocks (``blocks``);
trafilatura and the blocks' own evidence decide together which of them are the article (``body``); leftovers go
(``furniture``); and the rest of the record is read from the same tree (``titles``, ``dates``, ``people``,
``language``). ``docs/extraction.md`` tells the whole with its figures.

Importing this package is cheap: lxml and trafilatura come with the first page.
"""

from __future__ import annotations

from pipeline.model import Extraction

__all__ = ["extract"]


def extract(html: bytes, url: str, *, content_type: str | None = None) -> Extraction:
    """Read one page.

    Args:
        html: the page as it came, decoded from its content encoding and nothing else.
        url: the address it came from; relative addresses are read against it.
        content_type: the HTTP header of that name, for its charset.

    Returns:
        The article. A page that is refused (empty, binary, beyond the bounds) and a page without an article give
        an empty ``text``; the refusal stands in ``method`` as ``refused: REASON``. ``published`` keeps the zone that
        the page wrote, so that its calendar day is the publisher's.
    """
    from pipeline.extract.cascade import read  # late: an idle cycle saves 0.3 s

    return read(html, url, content_type)


def preload() -> None:
    """Import what the first page would: for a server that forks workers."""
    from pipeline.extract import cascade  # noqa: F401
