"""Acts and roles in the words of headlines: what people do, and phrases that stand for a person.

In: a text. Out: ids of acts (``call``, ``visit``) and concepts that a role stands for. They make tellings in two
languages comparable by more than names. The words are in ``config/story_terms.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ahocorasick_rs import AhoCorasick

from pipeline import shipped

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Role:
    """Phrases that stand for a concept from a year on."""

    concept: str
    pattern: re.Pattern[str]
    since: int


class Terms:
    """The compiled words.

    Args:
        acts: a phrase, as it stands in the text of ``_spaced``, and its act.
        roles: phrases that stand for persons.
    """

    def __init__(self, acts: Sequence[tuple[str, str]], roles: Sequence[Role]) -> None:
        self._acts = [act for _, act in acts]
        self._find = AhoCorasick([phrase for phrase, _ in acts]).find_matches_as_indexes
        self.roles = tuple(roles)

    def acts_in(self, text: str) -> frozenset[str]:
        """Return the acts that a text in lower case names."""
        found = self._find(_spaced(text), overlapping=True)
        return frozenset([self._acts[number] for number, _, _ in found])

    def roles_in(self, text: str, year: int) -> frozenset[str]:
        """Return the concepts that the roles in a text in lower case stand for in a year."""
        return frozenset(role.concept for role in self.roles if year >= role.since and role.pattern.search(text))


@lru_cache(maxsize=1)
def load_terms() -> Terms:
    """Return the shipped words."""
    table = tomllib.loads((shipped.CONFIG / "story_terms.toml").read_text(encoding="utf-8"))
    acts = [
        (("" if "가" <= phrase[0] <= "힣" else " ") + phrase.replace(":", " "), act)
        for act, phrases in table["acts"].items()
        for phrase in phrases.replace("|", " ").split()
    ]
    roles = [
        Role(role["concept"], re.compile(_alternatives(role["phrases"])), role.get("since", 0))
        for role in table["role"]
    ]
    return Terms(acts, roles)


def _spaced(text: str) -> str:
    """Return the words with one space before each, so that a phrase with a space before it begins a word."""
    return " " + " ".join(_WORD.findall(text.replace("ё", "е")))


def _alternatives(phrases: str) -> str:
    """Return a pattern: Korean phrases before the first bar match anywhere, others match beginnings of words."""
    korean, _, others = phrases.partition("|")
    found = [r"\s?".join(map(re.escape, phrase.split(":"))) for phrase in korean.split()]
    starts = [r"\w*\s+".join(map(re.escape, phrase.split(":"))) for phrase in others.replace("|", " ").split()]
    return "|".join([*found, rf"\b(?:{'|'.join(starts)})"])
