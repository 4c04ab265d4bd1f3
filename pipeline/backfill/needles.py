"""Needles of the byte test: literals of the lexicon, one of which any page that can become relevant contains.

In: the lexicon and the topics. Out: literals with the sides that they stand for. The sides come from the config: what
the first and the second item of the clauses of relevance ask for (Russia; Korea, Japan or Asia), with the alternatives
that topics accept in ``requires``, and all concepts that imply one of those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.flagging.lexicon_index import implied_names
from pipeline.flagging.surfaces import spellings
from pipeline.settings.lexicon import Concept
from pipeline.settings.topics import TopicSet

FIRST, SECOND = 1, 2
BOTH = FIRST | SECOND
_LANGUAGES = ("en", "ru", "ko")
_SHORTEST = {"en": 4, "ru": 4, "ko": 2}  # characters; shorter literals stand in every second page by chance
_HOMES = {"RU": "russia", "KR": "south_korea", "KP": "north_korea", "JP": "japan"}


def sides(topics: TopicSet) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that the two sides ask for: concepts, and homes such as ``home:RU``."""
    found: list[set[str]] = [set(), set()]
    for clause in topics.relevance.seed:
        for side, item in zip(found, clause.all, strict=False):
            side.update(topics.members(item))
    for topic in topics.topics:
        for members in map(topics.members, topic.requires):
            for side in found:
                if not side.isdisjoint(members):
                    side.update(members)
    return frozenset(found[0]), frozenset(found[1])


def needles(concepts: Mapping[str, Concept], topics: TopicSet) -> dict[str, int]:
    """Return each literal with the sides it stands for: ``FIRST``, ``SECOND`` or ``BOTH``.

    A literal that contains another one of the same side is left out: the shorter one finds both.
    """
    literals: dict[str, int] = {}
    for concept, side in _concepts(concepts, topics):
        for literal in _literals(concept, whole=side == BOTH):
            literals[literal] = literals.get(literal, 0) | side
    shortest: dict[str, int] = {}
    for literal in sorted(literals, key=len):
        if literals[literal] & ~_covered(literal, shortest):
            shortest[literal] = literals[literal]
    return shortest


def home_sides(concepts: Mapping[str, Concept], topics: TopicSet) -> dict[str, int]:
    """Return the side that a source's home stands for: a Russian paper need not name Russia."""
    asked = sides(topics)
    implied = dict(zip(concepts, implied_names(concepts), strict=True))
    found: dict[str, int] = {}
    for home, concept in _HOMES.items():
        names = {f"home:{home}", *implied.get(concept, ())}
        found[home] = sum(side for side, wanted in zip((FIRST, SECOND), asked, strict=True) if names & wanted)
    return found


def _concepts(concepts: Mapping[str, Concept], topics: TopicSet) -> Iterator[tuple[Concept, int]]:
    asked = sides(topics)
    for concept, implied in zip(concepts.values(), implied_names(concepts), strict=True):
        side = sum(side for side, wanted in zip((FIRST, SECOND), asked, strict=True) if not wanted.isdisjoint(implied))
        if side:
            yield concept, side


def _covered(literal: str, shortest: Mapping[str, int]) -> int:
    """Return the sides of all needles inside a literal."""
    found = 0
    for start in range(len(literal)):
        for end in range(start + 2, len(literal) + 1):
            found |= shortest.get(literal[start:end], 0)
    return found


def _literals(concept: Concept, *, whole: bool) -> Iterator[str]:
    """Yield the literals of a concept's surfaces in all letter cases that a page may use.

    Args:
        concept: the concept.
        whole: leave out surfaces of several stems (“japan* russia*”): their first word alone stands for one side only.
    """
    for language in _LANGUAGES:
        for surface in concept.surfaces.get(language, ()):
            exact = surface.startswith(("=", "~"))
            literal, star, rest = surface.lstrip("=~").partition("*")
            if whole and star and rest:
                continue
            for form in _forms(literal.strip(" -"), language, exact=exact):
                if len(form) >= (4 if form.isascii() else _SHORTEST[language]):
                    yield form


def _forms(literal: str, language: str, *, exact: bool) -> set[str]:
    if language == "ko":
        return set(spellings(literal))
    if language == "en":  # names begin with a capital; a lower-case literal would match in code and addresses
        return {literal} if exact else {literal.title().replace("'S", "'s"), literal.upper()}
    forms = {literal}
    if not exact:
        forms |= {literal.lower(), literal[:1].upper() + literal[1:], literal.upper(), literal.title()}
    return forms | {form.replace("ё", "е").replace("Ё", "Е") for form in forms}
