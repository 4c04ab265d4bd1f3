"""Acts and roles in the words of headlines: what people do, and phrases that stand for a person.

In: a text. Out: ids of acts (``call``, ``visit``) and concepts that a role stands for. They make tellings in two
languages comparable by more than names. The words are in ``config/story_terms.toml``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache

from pipeline import shipped


@dataclass(frozen=True, slots=True)
class Role:
    """Phrases that stand for a concept from a year on."""

    concept: str
    pattern: re.Pattern[str]
    since: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The compiled words.

    Attributes:
        acts: has one group per act.
    """

    acts: re.Pattern[str]
    roles: tuple[Role, ...]

    def acts_in(self, text: str) -> frozenset[str]:
        """Return the acts that a text in lower case names."""
        return frozenset(str(match.lastgroup) for match in self.acts.finditer(text))

    def roles_in(self, text: str, year: int) -> frozenset[str]:
        """Return the concepts that the roles in a text in lower case stand for in a year."""
        return frozenset(role.concept for role in self.roles if year >= role.since and role.pattern.search(text))


@lru_cache(maxsize=1)
def load_terms() -> Terms:
    """Return the shipped words."""
    table = tomllib.loads((shipped.CONFIG / "story_terms.toml").read_text(encoding="utf-8"))
    acts = (f"(?P<{act}>{_alternatives(phrases)})" for act, phrases in table["acts"].items())
    roles = (
        Role(role["concept"], re.compile(_alternatives(role["phrases"])), role.get("since", 0))
        for role in table["role"]
    )
    return Terms(re.compile("|".join(acts)), tuple(roles))


def _alternatives(phrases: str) -> str:
    """Return a pattern for phrases in the grammar of the file: Korean before the first bar, then other languages."""
    korean, _, others = phrases.partition("|")
    found = [r"\s?".join(map(re.escape, phrase.split(":"))) for phrase in korean.split()]
    starts = [r"\w*\s+".join(map(re.escape, phrase.split(":"))) for phrase in others.replace("|", " ").split()]
    return "|".join([*found, rf"\b(?:{'|'.join(starts)})"])
