"""The matcher over the shipped lexicon."""

from __future__ import annotations

from functools import cache

from pipeline import shipped
from pipeline.flagging.lexicon_index import matcher_of
from pipeline.flagging.matcher import Matcher
from pipeline.settings.lexicon import load_concepts


@cache
def matcher() -> Matcher:
    """Return the matcher over the shipped lexicon."""
    return matcher_of(tuple(load_concepts(shipped.CONFIG / "concepts").values()))
