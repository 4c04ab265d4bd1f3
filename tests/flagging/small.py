"""A flagger over a lexicon of a few words, for tests of the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.flagging import Flagger
from pipeline.flagging.model import Model
from pipeline.model import Passage, Reference
from pipeline.settings.lexicon import Concept
from pipeline.settings.topics import RELEVANCE, SeedClause, Topic, TopicSet

WORDS = ("russia", "korea", "japan", "birch", "cedar", "maple", "willow")
IMPLIES = {"willow": ("cedar",), "cedar": ("birch",)}
GROUPS = {"trees": ("birch", "maple"), "ours": ("maple", "home:KR")}


def flagger(
    seed: Sequence[SeedClause] = (),
    *,
    relevance: Sequence[SeedClause] = (),
    requires: tuple[str, ...] = (),
    never: tuple[str, ...] = (),
    model: Model | None = None,
    implies: Mapping[str, tuple[str, ...]] = IMPLIES,
) -> Flagger:
    """Return a flagger with one topic, “wood”."""
    concepts = {
        word: Concept(
            id=word,
            name=word.title(),
            kind="country" if word in WORDS[:3] else "term",
            qid=None,
            surfaces={"en": (word,)},
            implies=implies.get(word, ()),
            exceptions={},
            file=Path(),
        )
        for word in WORDS
    }
    topics = TopicSet(
        topics=(Topic(id="wood", title="Wood", seed=tuple(seed), requires=requires, never=never),),
        relevance=Topic(id=RELEVANCE, title="Relevance", seed=tuple(relevance)),
        groups=GROUPS,
    )
    passages = (Passage(id="p1", part="", digest="", topics=(), concepts=("birch", "russia")),)
    reference = Reference(title="", author="", publication="", published="", url="", passages=passages)
    return Flagger(concepts, topics, reference, "v", lambda _: model or Model())
