"""What ``_trial.c`` is to Python."""

from array import array

from pipeline.flagging.trial import Tried
from pipeline.model import Evidence

Field = tuple[int, int, int, int, tuple[str, str] | None]
"""The place of a clause's own bit, how many conditions stand below it, the kind of unit it speaks of (in the order of
``Within``; -1: none), in how many it must hold, and its topic's name and its own; None: it needs no evidence."""

class Trier:
    """All clauses, ready to be tried, as ``trial.Trier``.

    Args:
        words: of 64 bits in a set of conditions.
        meets: for each concept and home country such a set, lowest word first.
        clauses: in the order of their places.
        concepts: the name of each; home countries stand behind them.
        evidence: what evidence is made as.

    Raises:
        ValueError: these are not what they should be.
    """

    def __new__(
        cls,
        words: int,
        meets: array[int],
        clauses: tuple[Field, ...],
        concepts: tuple[str, ...],
        evidence: type[Evidence],
        /,
    ) -> Trier: ...
    def tried(self, whole: str, title_length: int, hits: bytes, home: int, explained: bool, /) -> Tried: ...
