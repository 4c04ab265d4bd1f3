"""The lexicon as the matcher and the features need it: by number, surfaces checked, implications resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import ConfigError
from pipeline.flagging.catalogue import Group
from pipeline.flagging.matcher import Matcher
from pipeline.flagging.surfaces import GrammarError, all_sure, read_surface
from pipeline.settings.lexicon import Concept

_NAMES = frozenset({"country", "place", "trap"})  # a hit inside a name of these kinds is dropped


def matcher_of(concepts: Sequence[Concept]) -> Matcher:
    """Build the matcher.

    Raises:
        ConfigError: a surface is not in the grammar.
    """
    names = {concept.id for concept in concepts if concept.kind in _NAMES}
    return Matcher([concept.id for concept in concepts], _groups(concepts), names)


def implied_names(concepts: Mapping[str, Concept]) -> list[tuple[str, ...]]:
    """For each concept, in order, itself and all that it implies, directly or not."""
    return [_implied(name, concepts) for name in concepts]


def _implied(name: str, concepts: Mapping[str, Concept]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        concept = waiting.pop()
        if concept not in found:
            found[concept] = None
            waiting += concepts[concept].implies
    return tuple(found)


def _groups(concepts: Sequence[Concept]) -> list[Group]:
    """All surfaces, then all exceptions."""
    surfaces = [Group(n, *item) for n, concept in enumerate(concepts) for item in concept.surfaces.items()]
    exceptions = [Group(n, *item, True) for n, concept in enumerate(concepts) for item in concept.exceptions.items()]
    groups = surfaces + exceptions
    by_language: dict[str, list[str]] = {}
    for group in groups:
        by_language.setdefault(group.language, []).extend(group.surfaces)
    if not all(all_sure(language, written) for language, written in by_language.items()):
        for group in sorted(groups, key=lambda group: group.concept):
            _check(group, concepts[group.concept])
    return groups


def _check(group: Group, concept: Concept) -> None:
    for surface in group.surfaces:
        if all_sure(group.language, (surface,)):
            continue
        try:
            read_surface(surface, group.language, inside=group.cancels)
        except GrammarError as error:
            key = f"concept.{concept.id} › {'except.' if group.cancels else ''}{group.language}"
            raise ConfigError(concept.file, key, f"“{surface}” {error}.") from None
