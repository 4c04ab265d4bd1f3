"""The matcher over the shipped lexicon."""

from __future__ import annotations

from functools import cache

from pipeline import shipped
from pipeline.flagging import flagger
from pipeline.flagging.matcher import Matcher
from pipeline.settings.lexicon import load_concepts


@cache
def matcher() -> Matcher:
    """Return the matcher over the shipped lexicon."""
    concepts = tuple(load_concepts(shipped.CONFIG / "concepts").values())
    groups = flagger._groups(concepts)
    names = {concept.id for concept in concepts if concept.kind in flagger._NAMES}
    return Matcher([one.id for one in concepts], groups, names)
