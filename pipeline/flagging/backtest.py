"""What a change of rules would gain and lose over the archive. Pure.

In: for each article the topics it has and those it would have. Out: per topic the articles gained and lost, with
samples.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

_SAMPLES = 5


@dataclass(slots=True)
class Change:
    """One topic's gains and losses; samples are titles, the first few of each."""

    kept: int = 0
    gained: int = 0
    lost: int = 0
    gained_samples: list[str] = field(default_factory=list)
    lost_samples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Backtest:
    """Adds up changes, article by article."""

    articles: int = 0
    topics: dict[str, Change] = field(default_factory=dict)

    def add(self, title: str, before: Collection[str], after: Collection[str]) -> None:
        """Count one article.

        Args:
            title: for the samples.
            before: topics it is flagged for.
            after: topics it would be flagged for.
        """
        self.articles += 1
        for topic in {*before, *after}:
            change = self.topics.setdefault(topic, Change())
            if topic not in before:
                change.gained += 1
                _sample(change.gained_samples, title)
            elif topic not in after:
                change.lost += 1
                _sample(change.lost_samples, title)
            else:
                change.kept += 1

    def lines(self) -> list[str]:
        """The table and the samples, for a terminal."""
        told = [f"{'topic':<24}{'kept':>7}{'gained':>8}{'lost':>7}"]
        for topic, change in sorted(self.topics.items()):
            told.append(f"{topic:<24}{change.kept:>7}{change.gained:>8}{change.lost:>7}")
        for topic, change in sorted(self.topics.items()):
            told += [f"  + {topic}: {title}" for title in change.gained_samples]
            told += [f"  - {topic}: {title}" for title in change.lost_samples]
        return told


def _sample(samples: list[str], title: str) -> None:
    if len(samples) < _SAMPLES:
        samples.append(title[:100])
