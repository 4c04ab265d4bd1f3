"""Looks for what is allowed in the lexicon and yet most likely wrong. Pure.

In: the concepts, the topics and a matcher over them. Out: findings. What cannot be loaded at all (an unknown concept, a
clause that can never fire) is an error before it comes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.flagging.dictionary import caught_by, stems
from pipeline.flagging.fold import fold_literal
from pipeline.flagging.matcher import Matcher
from pipeline.settings.lexicon import Concept, Topic

MANY_WORDS = 14  # a stem that catches more dictionary words than this is most likely too short

# Ordinary words that careless surfaces catch; seen in real coverage.
ORDINARY = (
    *("скорее", "вскоре", "ускорение", "думает", "подумать", "мундир", "муниципалитет", "сельский", "пекарня"),
    *("курица", "курильщик", "раджа", "хасанов", "тадж", "прохор", "росинка", "кимберлит"),
    *("поэтому", "рубить", "рубленый", "заводить", "сценарий", "акциз", "годный", "парный", "корь"),
    *(
        "인사드립니다",
        "인사드릴게요",
        "달러",
        "러닝",
        "컬러",
        "문제",
        "문화",
        "문의",
        "북쪽",
        "한류",
        "미래",
        "중요",
    ),
    *("sanctuary", "pipelined", "moonlight", "kimono", "putting", "russet", "seminar", "abeyance", "suganda", "dumas"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a person should look at."""

    where: str
    what: str


def lint(concepts: Sequence[Concept], topics: Sequence[Topic], matcher: Matcher) -> list[Finding]:
    """Look at a lexicon and the topics that use it."""
    return [
        *_twice(concepts),
        *_ordinary(matcher, ORDINARY),
        *_greedy(concepts),
        *_never(concepts, topics),
        *_unused_topics(topics),
    ]


def _twice(concepts: Sequence[Concept]) -> Iterable[Finding]:
    """A surface that stands in two concepts: both count, which is seldom meant."""
    seen: dict[tuple[str, str], str] = {}
    for concept in concepts:
        for language, surfaces in concept.surfaces.items():
            for surface in surfaces:
                key = (language, fold_literal(surface))
                other = seen.setdefault(key, concept.id)
                if other != concept.id:
                    yield Finding(where=f"{concept.id} › {language}", what=f"“{surface}” stands in {other} too")


def _ordinary(matcher: Matcher, words: Iterable[str]) -> Iterable[Finding]:
    """A surface that matches an ordinary word."""
    for word in words:
        for hit in matcher.find(word):
            yield Finding(where=hit.concept, what=f"matches the ordinary word “{word}” (“{word[hit.start : hit.end]}”)")


def _greedy(concepts: Sequence[Concept]) -> Iterable[Finding]:
    """A Russian stem that catches the forms of many dictionary words."""
    found = list(stems(concepts))
    for (concept, surface), words in zip(found, caught_by([surface for _, surface in found]), strict=True):
        if len(words) > MANY_WORDS:
            shown = ", ".join(words[:10])
            yield Finding(where=f"{concept} › ru", what=f"“{surface}” catches {len(words)} words: {shown} …")


def _never(concepts: Sequence[Concept], topics: Sequence[Topic]) -> Iterable[Finding]:
    """A clause whose concepts have no surface, so that nothing can make it fire."""
    implied = {name for concept in concepts for name in concept.implies}
    empty = {concept.id for concept in concepts if not concept.surfaces and concept.id not in implied}
    for topic in topics:
        for clause in topic.clause:
            for item in clause.all or ("|".join(clause.any),):
                if empty.issuperset(item.split("|")):
                    what = f"can never fire: “{item}” has no surface in any language"
                    yield Finding(where=f"topic {topic.id} › clause “{clause.id}”", what=what)


def _unused_topics(topics: Sequence[Topic]) -> Iterable[Finding]:
    for topic in topics:
        if not topic.passages:
            yield Finding(where=f"topic {topic.id}", what="stands for no passage of the reference")
