"""Backtest: which flags a change of config or model would add and remove over the archive. Pure.

In: for each article the topics that it has and those that it would have, and what analysts decided. Out: counts and
samples per topic, and the precision on judged articles.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields

from pipeline.model import Evidence

_SAMPLES = 5
_TITLE = 100  # characters of a title that a sample shows


@dataclass(slots=True)
class Change:
    """One topic: articles unchanged, added and removed; samples are the first few of each."""

    unchanged: int = 0
    added: int = 0
    removed: int = 0
    added_samples: list[str] = field(default_factory=list)
    removed_samples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Precision:
    """Relevant articles among the judged ones that are flagged, before and after."""

    flagged_before: int = 0
    right_before: int = 0
    flagged_after: int = 0
    right_after: int = 0

    def line(self) -> str:
        """The figures for a terminal; "" if no judged article is flagged."""
        if not self.flagged_before and not self.flagged_after:
            return ""
        before, after = (
            f"{right} of {flagged}"
            for right, flagged in (
                (self.right_before, self.flagged_before),
                (self.right_after, self.flagged_after),
            )
        )
        return f"judged articles that are flagged and relevant: {before} before, {after} after"


@dataclass(slots=True)
class Backtest:
    """Adds up changes, one article at a time."""

    articles: int = 0
    topics: dict[str, Change] = field(default_factory=dict)
    precision: Precision = field(default_factory=Precision)

    def add(
        self,
        title: str,
        before: Collection[str],
        after: Collection[str],
        *,
        evidence: Mapping[str, str] | None = None,
        verdict: bool | None = None,
    ) -> None:
        """Count one article.

        Args:
            title: for the samples.
            before: topics it is flagged for.
            after: topics it would be flagged for.
            evidence: for each topic of ``after`` the words that carry it, for the samples.
            verdict: an analyst's decision; None if there is none.
        """
        self.articles += 1
        for topic in sorted({*before, *after}):
            change = self.topics.setdefault(topic, Change())
            if topic not in before:
                change.added += 1
                words = (evidence or {}).get(topic, "")
                _sample(change.added_samples, f"{title[:_TITLE]}{f'  [{words}]' if words else ''}")
            elif topic not in after:
                change.removed += 1
                _sample(change.removed_samples, title[:_TITLE])
            else:
                change.unchanged += 1
        if verdict is not None:
            self.precision.flagged_before += bool(before)
            self.precision.right_before += bool(before) and verdict
            self.precision.flagged_after += bool(after)
            self.precision.right_after += bool(after) and verdict

    def merge(self, other: Backtest) -> None:
        """Add the counts and samples of another part of the archive."""
        self.articles += other.articles
        for topic, theirs in other.topics.items():
            own = self.topics.setdefault(topic, Change())
            own.unchanged += theirs.unchanged
            own.added += theirs.added
            own.removed += theirs.removed
            own.added_samples = (own.added_samples + theirs.added_samples)[:_SAMPLES]
            own.removed_samples = (own.removed_samples + theirs.removed_samples)[:_SAMPLES]
        for field_ in fields(Precision):
            name = field_.name
            setattr(self.precision, name, getattr(self.precision, name) + getattr(other.precision, name))

    def wants_evidence(self, before: Collection[str], after: Collection[str]) -> bool:
        """Whether an article would become a sample of an added flag, so that its evidence is worth the time."""
        added = set(after) - set(before)
        return any(len(self.topics.get(topic, Change()).added_samples) < _SAMPLES for topic in added)

    def lines(self) -> list[str]:
        """The table and the samples, for a terminal."""
        shown = [f"{'topic':<24}{'unchanged':>11}{'added':>8}{'removed':>9}"]
        for topic, change in sorted(self.topics.items()):
            shown.append(f"{topic:<24}{change.unchanged:>11}{change.added:>8}{change.removed:>9}")
        for topic, change in sorted(self.topics.items()):
            shown += [f"  + {topic}: {sample}" for sample in change.added_samples]
            shown += [f"  - {topic}: {sample}" for sample in change.removed_samples]
        return [*shown, line] if (line := self.precision.line()) else shown


def first_words(evidence: Iterable[Evidence]) -> dict[str, str]:
    """Return for each topic the first matched words."""
    found: dict[str, str] = {}
    for piece in evidence:
        found.setdefault(piece.topic, piece.surface)
    return found


def decision(verdict: str | None) -> bool | None:
    """Return whether an analyst wants the article; None if it is not judged."""
    return None if verdict in (None, "withdrawn") else verdict != "not_relevant"


def _sample(samples: list[str], sample: str) -> None:
    if len(samples) < _SAMPLES:
        samples.append(sample)
