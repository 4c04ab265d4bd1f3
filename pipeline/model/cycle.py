"""Values of a cycle: its counters, its report and what failed in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A failure in a cycle, for the summary."""

    what: Literal["feed", "article"]
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """A change of a feed's health in this cycle.

    Attributes:
        what: ``failing``, ``silent`` or ``well``.
        sentence: the change as a sentence for people.
    """

    feed: str
    what: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """Counters of a cycle that the table ``runs`` stores: each field is a column.

    The JSON of ``tumen run`` and the daemon's log line derive from these fields.

    Attributes:
        articles_failed: pages that failed in this cycle; most are tried again.
    """

    feeds_polled: int = 0
    feeds_failed: int = 0
    entries_new: int = 0
    articles_stored: int = 0
    articles_flagged: int = 0
    articles_failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCounts(RunCounts):
    """All counters of a cycle. Add with ``counts += CycleCounts(feeds_polled=1)``.

    Attributes:
        feeds_unchanged: feeds that answered "304 Not Modified".
        feeds_unreachable: failed feeds to which no connection could be made.
    """

    feeds_unchanged: int = 0
    feeds_unreachable: int = 0
    articles_revised: int = 0

    def __add__(self, other: CycleCounts) -> CycleCounts:
        """Return the sums."""
        return CycleCounts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(CycleCounts)})


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport(CycleCounts):
    """The result of one cycle.

    Attributes:
        by_topic: articles flagged in this cycle, by topic.
        outage: nothing could be reached, so no failure counts against a feed.
        waiting: entries that wait for a later cycle.
        run: id of the cycle's row in ``runs``.
        alerts_sent: alerts that were sent after the cycle.
        alerts_waiting: alerts that could not be sent, or that are not due yet.
        alert_problems: one sentence per target that begins to refuse messages.
        feed_changes: feeds that began to fail, fell silent, or recovered.
    """

    by_topic: Mapping[str, int] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    outage: bool = False
    waiting: int = 0
    seconds: float = 0.0
    run: int = 0
    alerts_sent: int = 0
    alerts_waiting: int = 0
    alert_problems: tuple[str, ...] = ()
    feed_changes: tuple[FeedChange, ...] = ()
