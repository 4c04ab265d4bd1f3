"""What Russian stems catch besides what was meant: the dictionary words that a surface like ``мун*`` finds.

pymorphy3 knows the forms of some 400,000 Russian words; it is asked when an editor checks the lexicon and never while
articles are flagged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.flagging.automaton import LONGEST_TAIL
from pipeline.flagging.fold import fold_literal
from pipeline.settings.lexicon import Concept


def stems(concepts: Sequence[Concept]) -> Iterator[tuple[str, str]]:
    """Each surface that is one Russian stem with a free ending: concept id and surface."""
    for concept in concepts:
        for surface in concept.surfaces.get("ru", ()):
            stem = surface.removesuffix("*")
            if stem != surface and stem.isalpha():
                yield concept.id, surface


def caught_by(surfaces: Sequence[str]) -> list[tuple[str, ...]]:
    """For each stem the dictionary words (base forms) of which it finds some form, shortest first."""
    from pymorphy3 import MorphAnalyzer

    analyser: Any = MorphAnalyzer()
    return [_caught(analyser, fold_literal(surface.removesuffix("*"))) for surface in surfaces]


def _caught(analyser: Any, stem: str) -> tuple[str, ...]:
    words = {
        found.normal_form
        for found in analyser.iter_known_word_parses(stem)
        if len(found.word) <= len(stem) + LONGEST_TAIL
    }
    return tuple(sorted(words, key=lambda word: (len(word), word)))
