"""trafilatura's vote on a page: its own steps in its fast mode, on fewer copies of the tree.

The steps and their order are those of ``trafilatura.core.trafilatura_sequence`` without comments, metadata and rival
extractors, and the text is the same. What the short way does not cover goes through ``bare_extraction``: pages whose
text is little of what they show, and releases of trafilatura that are put together otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.kinds import Finder, remembering, remembering_first
from pipeline.extract.voter import load

_CORE, _SETTINGS = load()
_OPTIONS = _SETTINGS.Extractor(output_format="python", fast=True, comments=False)
_STEPS = (
    "prune_unwanted_nodes", "tree_cleaning", "convert_tags", "extract_content", "baseline", "html2txt", "xmltotxt",
    "ESCALATION_MAX_LENGTH", "ESCALATION_PAGE_SHARE",
)  # fmt: skip


def _quicken() -> list[Finder] | None:
    """Let our own trafilatura remember what its paths find; what it prunes first, None if it has other parts."""
    if not all(hasattr(_CORE, step) for step in _STEPS):
        return None
    try:
        inner, texts, lines = (part.__globals__ for part in (_CORE.extract_content, _CORE.baseline, _CORE.load_html))
        pruned = remembering(_CORE.RAW_TREE_PRUNE_XPATH + _CORE.REMOVE_COMMENTS_AND_LISTS_XPATH)
        for name in ("OVERALL_DISCARD_XPATH", "TEASER_DISCARD_XPATH", "DISCARD_IMAGE_ELEMENTS"):
            inner[name] = remembering(inner[name])
        inner["BODY_XPATH"] = [remembering_first(path) for path in inner["BODY_XPATH"]]
        texts["remove_control_characters"] = lines["remove_control_characters"] = _printable_by(
            lines["remove_control_characters"]
        )
    except (AttributeError, KeyError, TypeError, etree.XPathError):
        return None
    return pruned


def _printable_by(remove: Callable[[str], str]) -> Callable[[str], str]:
    """The same as ``remove_control_characters``, which looks at every character of a text with a line break in it."""

    def printable(text: str) -> str:
        return text if text.isprintable() or all(map(str.isprintable, text.split())) else remove(text)

    return printable


_PRUNED = _quicken()


def vote(root: HtmlElement) -> str:
    """The text that trafilatura finds in the tree; "" when it finds none, or fails. The tree may lose its comments."""
    try:
        text = _short_way(root)
    except Exception:  # noqa: BLE001  another trafilatura, or a strange tree: the long way tells which
        text = None
    return _long_way(root) if text is None else text


def _short_way(root: HtmlElement) -> str | None:
    """None where only the long way will do."""
    if _PRUNED is None or next(root.iter("script"), None) is not None:  # which may hold a text, or tell of a forum
        return None
    tree = _CORE.prune_unwanted_nodes(root, _PRUNED)
    cleaned = _CORE.convert_tags(_CORE.tree_cleaning(copy(tree), _OPTIONS), _OPTIONS)
    body, text = _CORE.extract_content(cleaned, _OPTIONS)
    if len(text) < _OPTIONS.min_extracted_size:
        all_of_it, whole, size = _CORE.baseline(tree)
        if size > len(text):
            body, text = all_of_it, whole
    if _is_little(text, tree):
        return None
    return str(_CORE.xmltotxt(body, False)) if len(text) >= _OPTIONS.min_output_size else ""


def _is_little(text: str, tree: HtmlElement) -> bool:
    """Whether trafilatura would try again, with an eye for more, as the text is so little of the page."""
    most = len(text) / _CORE.ESCALATION_PAGE_SHARE
    if not 0 < len(text) < _CORE.ESCALATION_MAX_LENGTH:
        return False
    # html2txt puts two blanks to an element, and takes others away
    likely = len(tree.text_content()) + 2 * sum(1 for _ in tree.iter()) > most
    return likely and bool(len(_CORE.html2txt(tree)) > most)


def _long_way(root: HtmlElement) -> str:
    try:
        document = _CORE.bare_extraction(root, options=_OPTIONS)
    except Exception:  # noqa: BLE001  one voter's failure on a strange tree; the blocks' own evidence goes on
        return ""
    return (getattr(document, "text", None) or "") if document is not None else ""
