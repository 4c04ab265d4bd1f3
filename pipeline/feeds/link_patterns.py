"""Patterns of links: which links of a section page lead to articles, learned from the page. Pure.

Articles of a site share the form of their address: a number, a date or a slug at a certain place. Their links have
the length of headlines and stand in a list of equal teasers; menus, tags, authors and banners do not. The learner
groups links by the form of the address and keeps the forms whose links are mostly headlines.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

ENOUGH = 20  # headlines after which a learned pattern is kept

_FEW = 3  # headlines without which a form is not taken for that of articles
_SHARE = 0.15  # of all headlines: a form with fewer is that of a side box
_LISTED = 0.1  # of all headlines: a place in the page with fewer is no list of teasers
_OPEN = 4  # different words at one place of the address after which any word is accepted there
_EXTENSION = re.compile(r"(.+)(\.[a-zA-Z]{2,5})$")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_DATE_PART = re.compile(r"\d{1,2}|(?:19|20)\d\d(?:\d\d){0,2}")
_NUMBER, _SLUG, _WORD = "#", "*", "w"


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link of a page.

    Attributes:
        url: absolute address.
        title: its text.
        place: the elements around it, by name and class; equal for the teasers of a list.
    """

    url: str
    title: str
    place: str = ""

    @property
    def is_headline(self) -> bool:
        """Return whether the text is as long as a headline. Chinese, Japanese and Korean need fewer letters."""
        wide = len(_WIDE.findall(self.title))
        return len(self.title) + wide >= 25 and " " in self.title.strip()


@dataclass(frozen=True, slots=True)
class _Slot:
    """One place of an address: its kind, and the value there."""

    kind: str
    value: str
    before: str  # what stands in front: "/", "?name=" or "&name="
    after: str = ""  # the file's extension


@dataclass(frozen=True, slots=True)
class _Sample:
    """A link as the learner sees it: its places, and whether it is a headline in a list of teasers."""

    slots: list[_Slot]
    is_teaser: bool


def target_of(url: str) -> str:
    """Return path and query of an address, which a pattern must match."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def matches(pattern: str, url: str) -> bool:
    """Return whether an address has the form of an article's."""
    return re.fullmatch(pattern, target_of(url)) is not None


def learn(links: Sequence[PageLink]) -> tuple[str, int]:
    """Return the pattern of the links to articles, and the number of headlines it rests on; "" without a pattern."""
    places = Counter(link.place for link in links if link.is_headline)
    least = max(_FEW, _LISTED * sum(places.values()))
    forms: dict[tuple[tuple[str, str, str], ...], list[_Sample]] = defaultdict(list)
    for link in links:
        slots = _slots(link.url)
        if any(slot.kind != _WORD for slot in slots):
            form = tuple((slot.kind, slot.before, slot.after) for slot in slots)
            forms[form].append(_Sample(slots, link.is_headline and places[link.place] >= least))
    headlines = {form: sum(sample.is_teaser for sample in group) for form, group in forms.items()}
    least = max(_FEW, _SHARE * sum(headlines.values()))
    chosen = [form for form, count in headlines.items() if count >= least and count * 2 >= len(forms[form])]
    patterns = sorted({_pattern(forms[form]) for form in chosen})
    return "|".join(patterns), sum(headlines[form] for form in chosen)


def _slots(url: str) -> list[_Slot]:
    """Split path and query into places with their kinds."""
    path, _, query = target_of(url).partition("?")
    slots = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments):
        extension = _EXTENSION.fullmatch(segment) if place == len(segments) - 1 else None
        stem, after = (extension[1], extension[2]) if extension else (segment, "")
        slots.append(_Slot(_kind(stem), stem, "/", after))
    for place, parameter in enumerate(query.split("&") if query else ()):
        name, equals, value = parameter.partition("=")
        slots.append(_Slot(_kind(value), value, f"{'&' if place else '?'}{name}{equals}"))
    return slots


def _kind(text: str) -> str:
    if text.isdigit():
        return _NUMBER
    marks = sum(text.count(mark) for mark in "-_%")
    digits = any(letter.isdigit() for letter in text)
    return _SLUG if digits or marks >= 2 or len(text) >= 24 or not text.isascii() else _WORD


def _pattern(group: list[_Sample]) -> str:
    """Return the regular expression of one form."""
    parts = []
    for place, first in enumerate(group[0].slots):
        good = Counter(sample.slots[place].value for sample in group if sample.is_teaser)
        every = Counter(sample.slots[place].value for sample in group)
        parts.append(re.escape(first.before) + _place(first.kind, good, every) + re.escape(first.after))
    return "".join(parts)


def _place(kind: str, good: Counter[str], every: Counter[str]) -> str:
    """Return the expression of one place, from its values in headlines and in all links."""
    constant = len(good) == 1 and sum(good.values()) >= _FEW
    only = next(iter(good), "")
    if kind == _WORD:
        kept = [value for value, count in good.items() if count * 2 >= every[value]]
        if len(kept) < _OPEN or "" in good:
            return _any_of(kept or good)
        others = [value for value in every if value not in kept]
        return (f"(?!{_any_of(others)}[/?&]|{_any_of(others)}$)" if others else "") + r"[^/?&#]+"
    if constant and not _DATE_PART.fullmatch(only):
        return re.escape(only)
    return r"\d+" if kind == _NUMBER else r"[^/?&#]+"


def _any_of(values: Iterable[str]) -> str:
    found = sorted(map(re.escape, values))
    return found[0] if len(found) == 1 else f"(?:{'|'.join(found)})"
