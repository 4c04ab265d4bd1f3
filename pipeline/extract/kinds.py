"""XPaths that look at an element's own tag and attributes only, asked once for each kind of element.

trafilatura chooses and prunes by regular expressions on class names, for which XPath calls back into Python, element by
element. The elements of a site's pages are of few kinds: what the paths say of a kind is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

_Kind = tuple[Any, ...]
Finder = Callable[[HtmlElement], list[HtmlElement]]

_REGEXPS = {"re": "http://exslt.org/regular-expressions"}
_PATH = re.compile(r"\s*(?P<open>\(\s*)?\.//\*\s*(?P<predicates>\[.*\])\s*(?(open)\)\s*)", re.DOTALL)
_FIRST = re.compile(r"\[1\]\s*$")
_QUOTED = re.compile(r"'[^']*'")
_OWN = re.compile(
    r"(?:self::[\w-]+|@[\w-]+|re:test|contains|starts-with|translate|not|or|and|''|[()\[\],=|]|\s+)++", re.DOTALL
)
"""What a predicate that asks for an element's tag and attributes only is made of, when its strings are emptied."""
_TAG = re.compile(r"self::([\w-]+)")
_ONLY_TAGS = re.compile(r"\[\s*self::[\w-]+(?:\s+or\s+self::[\w-]+)*\s*\]")
_ATTRIBUTE = re.compile(r"@([\w-]+)")
_MOST_KINDS = 4_096
_LONGEST = 1_000


def remembering(paths: Iterable[etree.XPath]) -> list[Finder]:
    """Finders that together find what the paths find, in another order.

    A path that looks further is asked itself, but only of trees with an element for which its first predicates hold, if
    these look no further.
    """
    own: list[str] = []
    guarded: dict[str, etree.XPath] = {}
    others: list[Finder] = []
    for path in paths:
        before, after = _parted(path.path)
        if not before:
            others.append(path)
        elif after:
            guarded[before] = path
        else:
            own.append(before)
    return [*others, _Together(own, guarded)] if own else list(paths)


def remembering_first(path: etree.XPath) -> Finder:
    """A finder of the first element that a path with ``[1]`` at its end finds; of another path, the path."""
    source, counted = _FIRST.subn("", path.path)
    before, after = _parted(source)
    return _First(before) if counted and before and not after else path


class _Kinds:
    """Tells for the elements of a tree which of several groups hold for each: of a group, one of its predicates."""

    def __init__(self, *groups: list[str]) -> None:
        paths = [" | ".join(f"self::*{predicates}" for predicates in group) for group in groups]
        self._names = frozenset(name for path in paths for name in _ATTRIBUTE.findall(_QUOTED.sub("''", path)))
        self._tags = _tags(predicates for group in groups for predicates in group)
        self._holds = [etree.XPath(path, namespaces=_REGEXPS) for path in paths]
        self._known: dict[_Kind, tuple[int, ...]] = {}

    def some(self, tree: HtmlElement) -> Iterator[tuple[HtmlElement, tuple[int, ...]]]:
        """The elements for which a group holds, in the order of the tree, with the places of those groups."""
        names, known = self._names, self._known
        for element in tree.iterdescendants(*self._tags):
            if attributes := element.items():
                kind = (element.tag, *[item for item in attributes if item[0] in names])
                if (groups := known.get(kind)) is None:
                    groups = self._learn(kind, element)
                if groups:
                    yield element, groups

    def _learn(self, kind: _Kind, element: HtmlElement) -> tuple[int, ...]:
        groups = tuple(place for place, holds in enumerate(self._holds) if holds(element))
        if sum(len(value) for _, value in kind[1:]) <= _LONGEST:
            if len(self._known) >= _MOST_KINDS:
                self._known.clear()
            self._known[kind] = groups
        return groups


class _Together:
    """Finds what own predicates hold for, and what further paths find, in one walk where these find nothing."""

    def __init__(self, own: list[str], guarded: dict[str, etree.XPath]) -> None:
        self._kinds = _Kinds(own, *([guard] for guard in guarded))
        self._guarded = list(guarded.values())

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        some = list(self._kinds.some(tree))
        found = [element for element, groups in some if groups[0] == 0]
        for place, path in enumerate(self._guarded, 1):
            if any(place in groups for _, groups in some):
                found += path(tree)
        return found


class _First:
    """Finds the first element that the predicates hold for."""

    def __init__(self, predicates: str) -> None:
        self._kinds = _Kinds([predicates])

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        return [element for element, _ in islice(self._kinds.some(tree), 1)]


def _tags(groups: Iterable[str]) -> set[str]:
    """The tags that the predicates hold for at most, or a star: most begin with a choice of tags."""
    tags: set[str] = set()
    for predicates in groups:
        choice = _ONLY_TAGS.match(predicates.lstrip())
        if not choice:
            return {"*"}
        tags.update(_TAG.findall(choice[0]))
    return tags


def _parted(source: str) -> tuple[str, str]:
    """The first predicates of a path ``.//*[…][…]`` that can be remembered, and those after them; "" for none."""
    form = _PATH.fullmatch(source)
    if not form:
        return "", source
    predicates = list(_predicates(form["predicates"]))
    count = next((n for n, predicate in enumerate(predicates) if not _is_own(predicate)), len(predicates))
    before = "".join(predicates[:count])
    if not before or _needs_no_attribute(before):
        return "", source
    return before, "".join(predicates[count:])


def _predicates(source: str) -> Iterator[str]:
    """``[…]`` and ``[…]`` one by one."""
    depth = start = 0
    for match in re.finditer(r"'[^']*'|[\[\]]", source):
        depth += {"[": 1, "]": -1}.get(match[0], 0)
        if match[0] == "]" and not depth:
            yield source[start : match.end()]
            start = match.end()


def _is_own(predicate: str) -> bool:
    return bool(_OWN.fullmatch(_QUOTED.sub("''", predicate)))


def _needs_no_attribute(predicates: str) -> bool:
    """Whether the predicates hold for an element without attributes: such elements are never looked at."""
    holds = etree.XPath(f"self::*{predicates}", namespaces=_REGEXPS)
    return any(holds(etree.Element(tag)) for tag in ("x", *_TAG.findall(_QUOTED.sub("''", predicates))))
