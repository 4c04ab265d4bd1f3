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
_ATTRIBUTE = re.compile(r"@([\w-]+)")
_MOST_KINDS = 4_096
_LONGEST = 1_000


def remembering(paths: Iterable[etree.XPath]) -> list[Finder]:
    """Finders that together find what the paths find, in another order.

    A path that looks further is asked itself, but only of trees with an element for which its first predicates hold, if
    these look no further.
    """
    own: list[str] = []
    finders: list[Finder] = []
    for path in paths:
        before, after = _parted(path.path)
        if not before:
            finders.append(path)
        elif after:
            finders.append(_Guarded(path, Kinds([before])))
        else:
            own.append(before)
    return [*finders, Kinds(own)] if own else finders


def remembering_first(path: etree.XPath) -> Finder:
    """A finder of the first element that a path with ``[1]`` at its end finds; of another path, the path."""
    source, counted = _FIRST.subn("", path.path)
    before, after = _parted(source)
    return Kinds([before]).first if counted and before and not after else path


class Kinds:
    """Finds the elements in a tree for which one of several groups of predicates holds."""

    def __init__(self, groups: list[str]) -> None:
        self._names = frozenset(name for group in groups for name in _ATTRIBUTE.findall(_QUOTED.sub("''", group)))
        self._holds = etree.XPath(" | ".join(f"self::*{group}" for group in groups), namespaces=_REGEXPS)
        self._known: dict[_Kind, bool] = {}

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        """All of the elements, in the order of the tree."""
        return list(self._some(tree))

    def first(self, tree: HtmlElement) -> list[HtmlElement]:
        """The first of the elements, or none."""
        return list(islice(self._some(tree), 1))

    def _some(self, tree: HtmlElement) -> Iterator[HtmlElement]:
        names, known = self._names, self._known
        for element in tree.iterdescendants("*"):
            if attributes := element.items():
                kind = (element.tag, *[item for item in attributes if item[0] in names])
                holds = known.get(kind)
                if self._learn(kind, element) if holds is None else holds:
                    yield element

    def _learn(self, kind: _Kind, element: HtmlElement) -> bool:
        holds = bool(self._holds(element))
        if sum(len(value) for _, value in kind[1:]) <= _LONGEST:
            if len(self._known) >= _MOST_KINDS:
                self._known.clear()
            self._known[kind] = holds
        return holds


class _Guarded:
    """A path that is asked only where it may find something."""

    def __init__(self, path: etree.XPath, may_be: Kinds) -> None:
        self._path = path
        self._may_be = may_be

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        return self._path(tree) if self._may_be.first(tree) else []


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
