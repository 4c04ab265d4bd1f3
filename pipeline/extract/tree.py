"""A page's source to a tree, once, and away with what no reader sees."""

from __future__ import annotations

from lxml import etree
from lxml.html import HtmlElement, HTMLParser

_UNSEEN = (
    "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "canvas", "audio", "video", "math",
    "button", "select", "option", "input", "textarea", "link", "meta", "map", "dialog", "datalist", "progress",
    "img", "source", "track",
)  # fmt: skip
_CHROME = ("nav", "menu", "footer", "aside")
_CHROME_SHARE = 0.25
_INLINE = (
    "span", "em", "i", "u", "font", "small", "big", "sup", "sub", "cite", "abbr", "ins", "mark", "wbr",
)  # fmt: skip

# huge_tree: nesting to 2,047 levels instead of 255; the size is bounded before (``bounds``)
_PARSER = HTMLParser(
    encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False, huge_tree=True
)
# lxml.html looks the class of each element up in Python; with one class for all, a walk takes half the time
_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))


def parse(page: bytes) -> HtmlElement | None:
    """The tree of a page in UTF-8, without comments; None when there is nothing in it.

    libxml2 cuts off what is nested below 2,047 levels.
    """
    try:
        root = etree.fromstring(page, parser=_PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if isinstance(root, HtmlElement) else None


def strip_unseen(root: HtmlElement) -> None:
    """Take scripts, styles, controls and media away, in place; the text behind them stays."""
    etree.strip_elements(root, *_UNSEEN, with_tail=False)


def strip_chrome(root: HtmlElement) -> None:
    """Take menus, footers and asides away, in place, unless they hold the heading or much of the text.

    Where a publisher forgets to close its menu, the article stands inside it.
    """
    limit = _CHROME_SHARE * len(root.text_content())
    for element in list(root.iter(*_CHROME)):
        if len(element.text_content()) < limit and element.find(".//h1") is None:
            element.drop_tree()


def strip_inline(root: HtmlElement) -> None:
    """Dissolve elements that only dress words, in place: half of all elements, and no evidence is in them."""
    etree.strip_tags(root, *_INLINE)
