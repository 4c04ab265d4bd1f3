"""Lint: findings in a lexicon and its topics that are allowed and most likely wrong. Pure.

In: concepts, topics and a matcher over them. Out: findings. What cannot be loaded at all (an unknown concept, a clause
that can never hold) is an error before that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.flagging.dictionary import caught_by, stems
from pipeline.flagging.fold import fold_literal
from pipeline.flagging.lexicon_index import implied_names
from pipeline.flagging.matcher import Matcher
from pipeline.settings.lexicon import Concept
from pipeline.settings.topics import SeedClause, Topic, TopicSet

MANY_WORDS = 14  # a stem that catches more dictionary words than this is most likely too short
STATES = frozenset({"russia", "korea", "south_korea", "north_korea", "japan", "united_states", "china", "ukraine"})
# Kinds of concepts that are ordinary words: the things that they name exist in every country.
ORDINARY_KINDS = frozenset({"term", "trap"})
# One letter that is a word, or the end of one behind an apostrophe, and digits: “a 50 per cent tariff”, “с 400 рублей”.
_DIGITS_AND_LETTER = re.compile(r"[aisdмtаивкосуя][ -]\d+\*?")

# Ordinary words that careless surfaces match; seen in real coverage.
ORDINARY = (
    *("скорее", "вскоре", "ускорение", "думает", "подумать", "мундир", "муниципалитет", "сельский", "пекарня"),
    *("курица", "курильщик", "раджа", "хасанов", "тадж", "прохор", "росинка", "кимберлит", "шестеро", "бюджет"),
    *("поэтому", "рубить", "рубленый", "заводить", "сценарий", "акциз", "годный", "парный", "корь", "суд", "поезд"),
    *("인사드립니다", "인사드릴게요", "달러", "러닝", "컬러", "문제", "문화", "문의", "북쪽", "한류", "미래", "중요"),
    *("sanctuary", "pipelined", "moonlight", "kimono", "putting", "russet", "seminar", "abeyance", "suganda", "dumas"),
    *("a 50 per cent tariff", "battlegroup north", "fifty", "the president", "the budget"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a person should look at."""

    where: str
    what: str


def lint(concepts: Sequence[Concept], topics: TopicSet, matcher: Matcher) -> list[Finding]:
    """Check a lexicon and the topics that use it."""
    every = [*topics.topics, topics.relevance]
    by_id = {concept.id: concept for concept in concepts}
    return [
        *_twice(concepts),
        *_ordinary(matcher, {concept.id for concept in concepts if concept.kind == "trap"}),
        *_implying(concepts, matcher),
        *_digits_and_letter(concepts),
        *_greedy(concepts),
        *_never(concepts, topics, every),
        *_single(by_id, topics, every),
        *_without_passage(topics.topics),
    ]


def _twice(concepts: Sequence[Concept]) -> Iterable[Finding]:
    """A surface in two concepts: both count, which is seldom meant."""
    seen: dict[tuple[str, str], str] = {}
    for concept in concepts:
        for language, surfaces in concept.surfaces.items():
            for surface in surfaces:
                key = (language, fold_literal(surface))
                other = seen.setdefault(key, concept.id)
                if other != concept.id:
                    yield Finding(where=f"{concept.id} › {language}", what=f"“{surface}” is in {other} too")


def _ordinary(matcher: Matcher, traps: Collection[str]) -> Iterable[Finding]:
    """A concept that matches an ordinary word. Traps may: they are there to catch such words."""
    for word in ORDINARY:
        for hit in matcher.find(word):
            if hit.concept not in traps and word not in _EXPECTED.get(hit.concept, ()):
                what = f"matches the ordinary word “{word}” (“{word[hit.start : hit.end]}”)"
                yield Finding(where=hit.concept, what=what)


_EXPECTED: Mapping[str, tuple[str, ...]] = {
    "railway": ("поезд",),
    "trade_dispute": ("a 50 per cent tariff",),
    "trade_words": ("a 50 per cent tariff",),
}


def _implying(concepts: Sequence[Concept], matcher: Matcher) -> Iterable[Finding]:
    """A concept of ordinary words that implies a state: it supplies a country that the text does not name."""
    implied = dict(zip((c.id for c in concepts), implied_names({c.id: c for c in concepts}), strict=True))
    for concept in concepts:
        states = STATES.intersection(implied[concept.id]) - {concept.id}
        if concept.kind == "trap" and states:
            yield Finding(where=concept.id, what=f"is a trap and implies {_listed(states)}; a trap implies no state")
        elif concept.kind == "term" and states:
            for language, surface in _literals(concept):
                hits = [*matcher.find(surface), *matcher.find(surface.upper())]
                others = {hit.concept for hit in hits} - {concept.id}
                if not any(states.intersection(implied[other]) for other in others):
                    what = f"“{surface}” implies {_listed(states)} and names no state"
                    yield Finding(where=f"{concept.id} › {language}", what=what)


def _literals(concept: Concept) -> Iterable[tuple[str, str]]:
    """Each surface as a text in which it is found."""
    for language, surfaces in concept.surfaces.items():
        for surface in surfaces:
            yield language, surface.lstrip("=~").replace("*", "")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _digits_and_letter(concepts: Sequence[Concept]) -> Iterable[Finding]:
    """A surface such as “A-50” in any case: “a 50 per cent tariff” folds to the same."""
    for concept in concepts:
        for language, surfaces in concept.surfaces.items():
            for surface in surfaces:
                if _DIGITS_AND_LETTER.fullmatch(surface):
                    what = f"“{surface}” is one letter and digits, as in “{fold_literal(surface)} per cent”"
                    yield Finding(where=f"{concept.id} › {language}", what=f"{what}; add a word or =")


def _greedy(concepts: Sequence[Concept]) -> Iterable[Finding]:
    """A Russian stem that matches the forms of many dictionary words."""
    found = list(stems(concepts))
    for (concept, surface), words in zip(found, caught_by([surface for _, surface in found]), strict=True):
        if len(words) > MANY_WORDS:
            shown = ", ".join(words[:10])
            yield Finding(where=f"{concept} › ru", what=f"“{surface}” matches {len(words)} words: {shown} …")


def _never(concepts: Sequence[Concept], topics: TopicSet, every: Sequence[Topic]) -> Iterable[Finding]:
    """A clause whose concepts have no surface, so that it can never hold."""
    implied = {name for concept in concepts for name in concept.implies}
    empty = {concept.id for concept in concepts if not concept.surfaces and concept.id not in implied}
    for topic in every:
        for clause in topic.seed:
            for item in clause.all:
                if empty.issuperset(topics.members(item)):
                    what = f"can never hold: “{item}” has no surface in any language"
                    yield Finding(where=_where(topic, clause), what=what)


def _single(concepts: Mapping[str, Concept], topics: TopicSet, every: Sequence[Topic]) -> Iterable[Finding]:
    """A clause of several items that one concept meets alone, because it implies all of them."""
    names = list(concepts)
    implied = dict(zip(names, implied_names(concepts), strict=True))
    for topic in every:
        for clause in topic.seed:
            items = [frozenset(topics.members(item)) for item in clause.all]
            if len(items) < 2:
                continue
            alone = [name for name in names if all(item.intersection(implied[name]) for item in items)]
            ordinary = [name for name in alone if concepts[name].kind in ORDINARY_KINDS]
            if ordinary:
                what = f"is met by one concept alone: {', '.join(sorted(ordinary)[:5])}"
                yield Finding(where=_where(topic, clause), what=what)


def _where(topic: Topic, clause: SeedClause) -> str:
    return f"topic {topic.id} › clause “{clause.id}”"


def _without_passage(topics: Sequence[Topic]) -> Iterable[Finding]:
    for topic in topics:
        if not topic.passages:
            yield Finding(where=f"topic {topic.id}", what="names no passage of the reference")
