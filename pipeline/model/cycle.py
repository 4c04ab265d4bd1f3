"""Values of a cycle: its report and what failed in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that failed in a cycle, for the summary."""

    what: Literal["feed", "article"]
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """A feed's health changed in this cycle: a person is told once.

    Attributes:
        what: ``failing``, ``silent`` or ``well``.
        sentence: the whole, for people.
    """

    feed: str
    what: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport:
    """What one cycle did.

    Attributes:
        feeds_unreachable: of ``feeds_failed``, those that no connection could be made to.
        articles_failed: pages that could not be had this time; most are tried again.
        by_topic: articles flagged in this cycle, by topic.
        waiting: entries that wait for a later cycle.
        run: the cycle's row in ``runs``.
        alerts_sent: alerts that a person was sent after it.
        alerts_waiting: alerts that could not be sent, or whose time has not come.
        alert_problems: a sentence for each target that took nothing.
        feed_changes: feeds that began to fail, fell silent, or are well again.
    """

    feeds_polled: int = 0
    feeds_failed: int = 0
    feeds_unchanged: int = 0
    feeds_unreachable: int = 0
    entries_new: int = 0
    articles_stored: int = 0
    articles_revised: int = 0
    articles_flagged: int = 0
    articles_failed: int = 0
    by_topic: Mapping[str, int] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    waiting: int = 0
    seconds: float = 0.0
    run: int = 0
    alerts_sent: int = 0
    alerts_waiting: int = 0
    alert_problems: tuple[str, ...] = ()
    feed_changes: tuple[FeedChange, ...] = ()
