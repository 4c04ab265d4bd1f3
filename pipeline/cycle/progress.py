"""Progress of a running cycle: counters that the stages add to, and a callback for a progress bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Literal

from pipeline.cycle.reach import Reach
from pipeline.errors import TumenError
from pipeline.model import Assessment, CycleCounts, CycleReport, Stored, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a cycle is."""

    feeds_done: int
    feeds_total: int
    pages_done: int
    pages_total: int


Watcher = Callable[[Progress], None]


@dataclass(slots=True)
class Tally:
    """Counters of the running cycle; ``report`` turns them into a value."""

    watcher: Watcher | None = None
    counts: CycleCounts = field(default_factory=CycleCounts)
    feeds_total: int = 0
    pages_total: int = 0
    pages_done: int = 0
    by_topic: Counter[str] = field(default_factory=Counter)
    troubles: list[Trouble] = field(default_factory=list)
    reach: Reach = field(default_factory=Reach)

    def trouble(self, what: Literal["feed", "article"], name: str, reason: str) -> None:
        """Note a failure for the report."""
        self.troubles.append(Trouble(what=what, name=name, reason=reason))

    @contextmanager
    def noting_errors(self, name: str) -> Iterator[None]:
        """Note an unexpected error of a block under ``name``, and go on. A ``TumenError`` stops the cycle."""
        try:
            yield
        except TumenError:
            raise
        except Exception as error:  # noqa: BLE001 - any error in the code for one page or story
            self.trouble("article", name, f"Tumen failed with an internal error: {error!r}.")

    def stored(self, stored: Stored, assessment: Assessment) -> None:
        """Count an article that was stored, and its topics when it is new."""
        new = stored.what == "new"
        topics = tuple(assessment.topics) if new else ()
        self.counts += CycleCounts(
            articles_stored=new, articles_revised=stored.what == "revised", articles_flagged=bool(topics)
        )
        self.by_topic.update(topics)

    def notify(self) -> None:
        """Call the watcher, if there is one."""
        if self.watcher is not None:
            self.watcher(
                Progress(
                    feeds_done=self.counts.feeds_polled,
                    feeds_total=self.feeds_total,
                    pages_done=self.pages_done,
                    pages_total=self.pages_total,
                )
            )

    def report(self, *, waiting: int, seconds: float) -> CycleReport:
        """Return the counters as a value."""
        return CycleReport(
            **asdict(self.counts),
            by_topic=dict(self.by_topic),
            troubles=tuple(self.troubles),
            outage=self.reach.is_outage,
            waiting=waiting,
            seconds=seconds,
        )
