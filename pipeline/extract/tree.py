"""Text to a tree, once, and away with what no reader sees."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement, HTMLParser

_UNSEEN = (
    "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "canvas", "audio", "video", "math",
    "button", "select", "option", "input", "textarea", "link", "meta", "map", "dialog", "datalist", "progress",
)  # fmt: skip
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")


def parse(text: str) -> HtmlElement | None:
    """The page's tree without comments; None when there is nothing in it. Nesting below 255 levels is cut off."""
    text = _DECLARED.sub("", _FORBIDDEN.sub("", text), count=1)
    parser = HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if isinstance(root, HtmlElement) else None


def strip_unseen(root: HtmlElement) -> None:
    """Take scripts, styles, controls and media away, in place; the text behind them stays."""
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
