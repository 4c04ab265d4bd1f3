"""HTML parsing, and removal of elements that hold no text for readers."""

from __future__ import annotations

from itertools import islice

from lxml import etree
from lxml.html import HtmlElement, HTMLParser

_WITHOUT_TEXT = (
    "script", "style", "link", "meta", "img", "input", "source", "track",
    "rt", "rp",  # reading aids in the middle of Japanese words
)  # fmt: skip
_SELDOM_TEXT = (
    "noscript", "template", "button", "dialog", "svg", "iframe", "object", "embed", "canvas", "audio", "video",
    "select", "option", "textarea", "map", "datalist", "progress",
    "amp-user-notification", "amp-consent", "amp-sidebar", "amp-ad",
)  # fmt: skip
_INLINE = (
    "span", "em", "i", "u", "font", "small", "big", "sup", "sub", "cite", "abbr", "ins", "mark", "wbr", "ruby", "rb",
)  # fmt: skip
_PAGE_SHARE = 0.4
_DISSOLVED = "dissolved"
_HUGE = 20_000
_MENU_ITEM = 25  # mean characters of a link, below which a list of links is a menu
_size = etree.XPath("string-length(normalize-space(.))")

# huge_tree: nesting to 2,047 levels instead of 255; the size is bounded before (``bounds``)
_PARSER = HTMLParser(
    encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False, huge_tree=True
)
# lxml.html looks the class of each element up in Python; with one class for all, a walk takes half the time
_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))


def parse(page: bytes) -> HtmlElement | None:
    """Return the tree of a page in UTF-8, without comments, or None if the page holds no element.

    libxml2 cuts off elements that are nested below 2,047 levels.
    """
    try:
        root = etree.fromstring(page, parser=_PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if isinstance(root, HtmlElement) else None


def was_cut() -> bool:
    """Return whether the last page was nested too deeply for libxml2, so that text is missing from its tree."""
    return any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in _PARSER.error_log)


def is_huge(root: HtmlElement) -> bool:
    """Return whether a page has so many elements that trafilatura or htmldate would take seconds."""
    return next(islice(root.iter(), _HUGE, None), None) is not None


def strip_unseen(root: HtmlElement) -> None:
    """Remove scripts, styles, controls and media in place; text behind them stays.

    An element that holds much of the page's text is dissolved instead: an unbalanced tag inside ``noscript`` or
    ``button`` makes libxml2 nest the rest of the page there, and some sites put the article itself into ``noscript``
    or a declarative shadow root.
    """
    etree.strip_elements(root, *_WITHOUT_TEXT, with_tail=False)
    least = _PAGE_SHARE * _size(root)
    for element in reversed(list(root.iter(*_SELDOM_TEXT))):  # inner before outer, which are at least as large
        if element.tag != _DISSOLVED and _size(element) > least:
            for around in element.iterancestors(*_SELDOM_TEXT):
                around.tag = _DISSOLVED
            element.tag = _DISSOLVED
        elif element.get("shadowrootmode"):
            element.tag = _DISSOLVED
    etree.strip_tags(root, _DISSOLVED)  # drop_tag would fail on text that XML forbids, such as U+FFFE
    etree.strip_elements(root, *_SELDOM_TEXT, with_tail=False)


def strip_inline(root: HtmlElement) -> None:
    """Dissolve inline elements in place: half of all elements, and none is needed to find the article."""
    etree.strip_tags(root, *_INLINE)


def drop_menus(root: HtmlElement) -> None:
    """Remove lists of short links: a third of a news page's elements. Longer links may be the article's own."""
    for menu in list(root.iter("ul", "ol")):
        if len(menu) > 2 and 0 <= _linked(menu) < _MENU_ITEM * len(menu):
            menu.drop_tree()


def _linked(menu: HtmlElement) -> int:
    """Return the number of characters in a list of single links, -1 for a list that holds anything else."""
    size = 0
    for item in menu:
        text = item.text
        if item.tag != "li" or len(item) != 1 or (text and not text.isspace()):
            return -1
        link = item[0]
        text, tail = link.text, link.tail
        if link.tag != "a" or (tail and not tail.isspace()):
            return -1
        size += len(text) if text else 0
    return size
