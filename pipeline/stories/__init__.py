"""Stories: articles that report the same event. Pure functions; their SQL is in ``pipeline.store.stories``.

In: a title, a text and the concepts in them. Out: what an article is compared by (``fingerprint`` for copies,
``Signature`` for the same event in other words or another language), and the decision. Copies share sentences; other
reports of an event are joined by a learned pair score (``pairs``) and the choice of a story (``clusters``). A wrong
join hides an article from an analyst, a missed one costs a second look: precision comes first.
"""

from pipeline.stories.clusters import COMPARED, LARGE, Match, choose
from pipeline.stories.model import StoryModel, load_model
from pipeline.stories.near_duplicates import Copy, find_original, fingerprint, may_be_copy
from pipeline.stories.numbers import format_number
from pipeline.stories.pairs import score
from pipeline.stories.signature import index_keys, sign
from pipeline.stories.terms import load_terms

__all__ = [
    "COMPARED",
    "LARGE",
    "Copy",
    "Match",
    "StoryModel",
    "choose",
    "find_original",
    "fingerprint",
    "format_number",
    "index_keys",
    "load_model",
    "may_be_copy",
    "preload",
    "score",
    "sign",
]


def preload() -> None:
    """Read the weights and the words of headlines, for a server that forks workers."""
    load_model()
    load_terms()
