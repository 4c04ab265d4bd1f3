"""JSON-LD of a page, also where it is slightly broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

Node = dict[str, object]

_ARTICLE_TYPES = frozenset(
    (
        "article", "newsarticle", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle",
        "backgroundnewsarticle", "reviewnewsarticle", "blogposting", "liveblogposting", "socialmediaposting",
        "techarticle", "scholarlyarticle", "satiricalarticle", "advertisercontentarticle", "report",
    )
)  # fmt: skip
_PAGE_TYPES = frozenset(["webpage", "itempage", "medicalwebpage", "aboutpage", "videoobject", "podcastepisode"])
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_WRAPPER = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)
_FIELDS = ("headline", "datePublished", "dateModified", "articleBody", "articleSection", "description", "inLanguage")
_OTHERS_WORK = frozenset(
    ("liveBlogUpdate", "comment", "itemListElement", "mentions", "citation", "relatedLink", "review")
)
_WORD = re.compile(r"\w+")
_FOREIGN = 0.25
"""Share of a headline's words in the page's own titles, up to which it belongs to another story."""
_MAX_BLOCK = 2_000_000
_MAX_NODES = 5_000


def nodes(sources: list[str]) -> list[Node]:
    """Return all objects of the page's JSON-LD in page order, those of ``@graph`` and nested ones included."""
    found: list[Node] = []
    for source in sources:
        if len(source) <= _MAX_BLOCK:
            found.extend(_flatten(_load(source)))
    return found[:_MAX_NODES]


def article(found: list[Node], url: str, titles: list[str]) -> Node:
    """Return the object that describes the page's article best; empty when there is none.

    Args:
        found: all objects of the page.
        url: the page's address: an object that names it is the page's own.
        titles: what else the page calls itself. An object whose headline is unlike all of them, and that does not
            name the address, belongs to another story.
    """
    best: Node = {}
    best_score = 0.0
    for node in found:
        kind = 10 if is_article(node) else 3 if _types(node) & _PAGE_TYPES else 0
        score: float = kind + sum(bool(node.get(key)) for key in ("headline", "datePublished", "author", "articleBody"))
        headline = set(_WORD.findall(text(node, "headline").lower()))
        shared = max((len(headline & set(_WORD.findall(title.lower()))) for title in titles), default=0)
        if headline and titles and shared <= _FOREIGN * len(headline) and not _names(node, url):
            continue
        if shared * 2 > len(headline):
            score += 2.5
        if kind and score > best_score:
            best, best_score = node, score
    return _with_author(best, found)


def _with_author(node: Node, found: list[Node]) -> Node:
    """Return the object with each reference to an author (``{"@id": …}``) replaced by the object that it means."""
    named = {str(other["@id"]): other for other in found if other.get("@id") and other.get("name")}
    author = node.get("author")
    claims = author if isinstance(author, list) else [author]
    resolved = [named.get(str(claim.get("@id")), claim) if isinstance(claim, dict) else claim for claim in claims]
    return {**node, "author": resolved} if author else node


def _names(node: Node, url: str) -> bool:
    """Return whether the object names the page's address as its own."""
    path = urlsplit(url).path.strip("/")
    main = node.get("mainEntityOfPage")
    claims = (node.get("url"), node.get("@id"), main.get("@id") if isinstance(main, dict) else main)
    return bool(path) and any(isinstance(claim, str) and path in claim for claim in claims)


def _types(node: Node) -> set[str]:
    return {name.lower().rpartition("/")[2] for name in strings(node.get("@type"))}


def is_article(node: Node) -> bool:
    """Return whether the object is an article by its type, and no page or video."""
    return bool(_types(node) & _ARTICLE_TYPES)


def strings(value: object) -> list[str]:
    """Return the texts of a value: a string, a list, or objects with a name."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    if isinstance(value, dict):
        return strings(value.get("name") or value.get("@value"))
    return []


def text(node: Node, key: str) -> str:
    """Return the first text under a key, entities resolved; "" if there is none."""
    return unescape(next(iter(strings(node.get(key))), "")).strip()


def _load(source: str) -> object:
    """Parse JSON with the usual faults: comments around it, raw line breaks, trailing commas, a stray end."""
    source = _WRAPPER.sub("", source).strip().rstrip(";")
    for attempt in (source, _TRAILING_COMMA.sub("", source)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    try:
        return json.JSONDecoder(strict=False).raw_decode(source)[0]
    except (ValueError, RecursionError):
        return _salvage(source)


def _salvage(source: str) -> Node:
    """Return single fields of JSON that cannot be parsed as a whole; each search is linear."""
    node: Node = {}
    for field in _FIELDS:
        match = re.search(rf'"{field}"\s*:\s*"((?:[^"\\]++|\\.)*+)"', source, re.DOTALL)
        if match:
            try:
                node[field] = json.loads(f'"{match[1]}"', strict=False)
            except ValueError:
                node[field] = match[1]
    if match := re.search(r'"author"\s*:\s*[\[{][^\]}]{0,300}?"name"\s*:\s*"([^"\\]+)"', source):
        node["author"] = match[1]
    if node:
        node["@type"] = "NewsArticle"
    return node


def _flatten(value: object) -> Iterator[Node]:
    """Yield objects in document order, without recursion."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(
                reversed([v for k, v in item.items() if isinstance(v, dict | list) and k not in _OTHERS_WORK])
            )
        elif isinstance(item, list):
            waiting.extend(reversed(item))
