"""Direction of a story: who had it first, who copied whom, and what each side leaves out. Pure.

In: the articles of a story with their times, texts and facts. Out: a ``Direction``. A time is an interval: a feed that
is polled each half hour shows an article some time in that half hour. “First” is certain only if no other interval
begins earlier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline.model.directions import Direction, Facts, Gap, Member, Placed, Relation
from pipeline.stories.agencies import credited
from pipeline.stories.near_duplicates import fingerprint

_PUBLISHED_WITHIN = timedelta(minutes=1)  # precision of a publisher's time
_LEAST_SENTENCES = 2  # shared, for a copy
_LEAST_SOURCES = 2  # of a side that have a fact
_LEAST_CHARACTERS = 400  # of a side's longest article, before anything counts as left out
_LEAST_WEIGHT = 1.6  # of a concept: one that a fifth of all articles have tells nothing
_MOST_GAPS = 8  # per pair of sides
_LONGEST_QUOTATION = 300

Interval = tuple[datetime | None, datetime]


def find_direction(members: Sequence[Member], facts: Mapping[int, Facts], weigh: Callable[[str], float]) -> Direction:
    """Return the direction of a story.

    Args:
        members: its articles.
        facts: what each of them tells, by article.
        weigh: returns how rare a concept is.
    """
    ordered = sorted(members, key=lambda member: (interval(member)[1], member.article))
    return Direction(placed=tuple(_place(ordered)), gaps=tuple(_gaps(ordered, facts, weigh)))


def interval(member: Member) -> Interval:
    """Return the time before which an article was not there, and the time at which it was."""
    if member.published is not None and member.published <= member.polled_at:
        return member.published, min(member.published + _PUBLISHED_WITHIN, member.polled_at)
    return member.polled_before, member.polled_at


def _place(ordered: Sequence[Member]) -> Iterator[Placed]:
    sentences = {member.article: set(fingerprint("", member.text)) for member in ordered}
    for place, member in enumerate(ordered):
        earliest, latest = interval(member)
        published = member.published is not None and earliest == member.published
        if place:
            link = _copied(member, ordered[:place], sentences) or _credited(member, ordered[:place]) or _OWN
        else:
            link = _first(member, ordered[1:])
        yield Placed(
            article=member.article,
            earliest=earliest,
            latest=latest,
            basis="published" if published else "polled",
            relation=link.relation,
            certain=link.certain,
            like=link.like,
            evidence=link.evidence,
        )


class _Link(NamedTuple):
    relation: Relation
    certain: bool = False
    like: int | None = None
    evidence: str = ""


_OWN = _Link("own")


def _first(member: Member, later: Sequence[Member]) -> _Link:
    starts = [interval(other)[0] for other in later]
    certain = all(start is not None and interval(member)[1] <= start for start in starts)
    return _Link("first", certain, None, f"{'No other' if certain else 'Another'} article can be earlier.")


def _copied(member: Member, earlier: Sequence[Member], sentences: Mapping[int, set[int]]) -> _Link | None:
    shared = [(len(sentences[member.article] & sentences[other.article]), other) for other in earlier]
    count, original = max(shared, key=lambda pair: pair[0])
    if count < _LEAST_SENTENCES:
        return None
    start = interval(member)[0]
    certain = start is not None and interval(original)[1] <= start
    order = "and is later" if certain else "and may be earlier"
    return _Link("copied", certain, original.article, f"Shares {count} sentences with {original.source} {order}.")


def _credited(member: Member, earlier: Sequence[Member]) -> _Link | None:
    for agency, sentence in credited(member.text, member.source):
        own = next((other.article for other in earlier if agency.publishes(other.source)), None)
        return _Link("credits", own is not None, own, f"Credits {agency.name}: “{_cut(sentence)}”")
    return None


def _gaps(members: Sequence[Member], facts: Mapping[int, Facts], weigh: Callable[[str], float]) -> Iterator[Gap]:
    sides: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        if member.home:
            sides[member.home].append(member)
    for side, own in sides.items():
        if max(len(member.text) for member in own) < _LEAST_CHARACTERS:
            continue
        for told_by, others in sides.items():
            if told_by != side:
                found = _left_out(side, own, told_by, others, facts)
                ranked = sorted(found, key=lambda gap: (-gap.sources, -_weight(gap, weigh), gap.item))
                yield from [gap for gap in ranked if _weight(gap, weigh) >= _LEAST_WEIGHT][:_MOST_GAPS]


def _left_out(
    side: str, own: Sequence[Member], told_by: str, others: Sequence[Member], facts: Mapping[int, Facts]
) -> Iterator[Gap]:
    for kind in ("concept", "number"):
        known = {item for member in own for item in _items(facts[member.article], kind)}
        tellers: dict[str, list[Member]] = defaultdict(list)
        for member in others:
            for item in _items(facts[member.article], kind):
                tellers[item].append(member)
        for item, members in tellers.items():
            sources = len({member.source for member in members})
            if item not in known and sources >= _LEAST_SOURCES:
                yield Gap(
                    side=side,
                    told_by=told_by,
                    kind="concept" if kind == "concept" else "number",
                    item=item,
                    sources=sources,
                    article=members[0].article,
                    quotation=_cut(_items(facts[members[0].article], kind)[item]),
                )


def _items(facts: Facts, kind: str) -> Mapping[str, str]:
    return facts.concepts if kind == "concept" else facts.numbers


def _weight(gap: Gap, weigh: Callable[[str], float]) -> float:
    return weigh(gap.item) if gap.kind == "concept" else _LEAST_WEIGHT


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST_QUOTATION else f"{sentence[: _LONGEST_QUOTATION - 1].rstrip()}…"
