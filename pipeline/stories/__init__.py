"""Stories: articles that report the same event. Pure functions; their SQL is in ``pipeline.store.stories``.

In: a title, a text and the concepts of its evidence. Out: what it is compared by (``fingerprint`` for copies,
``Signature`` for the same event in other words or another language), and the decision with its reason. A wrong join
hides an article from an analyst, a missed one costs a second look: precision comes first.
"""

from pipeline.stories.near_duplicates import Copy, find_original, fingerprint, may_be_copy
from pipeline.stories.numbers import format_number
from pipeline.stories.recent import WINDOW, RecentArticles, Similarity, compare
from pipeline.stories.signature import sign

__all__ = [
    "WINDOW",
    "Copy",
    "RecentArticles",
    "Similarity",
    "compare",
    "find_original",
    "fingerprint",
    "format_number",
    "may_be_copy",
    "sign",
]
