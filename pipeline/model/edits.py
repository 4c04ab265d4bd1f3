"""Values of silent edits: what a new look at an article's page found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

EditKind = Literal["gone", "back", "headline", "fact", "sentence", "wording", "layout", "cosmetic"]
LookState = Literal["watched", "missing", "gone", "ended"]

EDIT_ORDER: tuple[EditKind, ...] = get_args(EditKind)
REPORTED: frozenset[EditKind] = frozenset({"gone", "back", "headline", "fact", "sentence"})


@dataclass(frozen=True, slots=True)
class Version:
    """A page's headline and text, as they were extracted."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPart:
    """One changed headline or sentence.

    Attributes:
        old: what it was; "" if it was added.
        new: what it is now; "" if it was dropped.
        facts: numbers, names, dates, negations and concepts that differ, such as ``−12`` and ``+14``.
        key: the same for the same change on another page.
    """

    kind: EditKind
    old: str
    new: str
    facts: tuple[str, ...] = ()
    key: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The difference between two versions. ``kind`` is the first class of its parts in ``EDIT_ORDER``."""

    kind: EditKind
    parts: tuple[EditPart, ...] = ()


def strongest(kinds: list[EditKind]) -> EditKind:
    """Return the first of these classes in ``EDIT_ORDER``; ``cosmetic`` if there is none."""
    return min(kinds, key=EDIT_ORDER.index, default="cosmetic")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookHistory:
    """The looks at one page so far.

    Attributes:
        started_at: when the article was read first.
        state: ``watched``; ``missing`` at the last look; ``gone``; ``ended`` when there is no further look.
        missing_since: the look that found it missing first.
        looks: looks so far, this one included.
        reason: what the look before said, "" if it could read the page.
        changes: looks that found another text.
        returns: looks that found an earlier text again.
        schedule: time of each look after ``started_at``.
    """

    started_at: datetime
    state: LookState = "watched"
    missing_since: datetime | None = None
    looks: int = 1
    reason: str = ""
    changes: int = 0
    returns: int = 0
    schedule: Sequence[timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookDecision:
    """What to do after a look.

    Attributes:
        next_at: time of the next look; None for no further one.
        gone: record that the page is gone, and how.
        back: record that a page that was gone is there again.
        store: store the new text and record the edit.
        reason: one sentence for people; "" if there is nothing to say.
    """

    state: LookState
    next_at: datetime | None
    missing_since: datetime | None = None
    changes: int = 0
    returns: int = 0
    gone: str | None = None
    back: bool = False
    store: bool = False
    reason: str = ""
