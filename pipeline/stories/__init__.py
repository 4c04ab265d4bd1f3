"""Stories: articles that tell the same event. Pure; SQL is in ``pipeline.store.stories``.

In: a title, a text, the concepts that carried its flags. Out: what to compare it by (``fingerprint`` for copies,
``Marks`` for the same event in other words or another language), and the judgement with its reason. A wrong join hides
an article from an analyst, a missed one costs a second look: so precision comes first.
"""

from pipeline.stories.near_duplicates import Copy, Found, fingerprint, judge_copies, may_be_copy
from pipeline.stories.numbers import shown
from pipeline.stories.recent import WINDOW, Likeness, Recent, compare
from pipeline.stories.signature import Marks, mark

__all__ = [
    "WINDOW", "Copy", "Found", "Likeness", "Marks", "Recent", "compare", "fingerprint", "judge_copies", "mark",
    "may_be_copy", "shown",
]  # fmt: skip
