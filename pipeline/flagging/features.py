"""Features: readable facts about the concepts of an article. Pure; the model gives each one a weight.

In: a ``Reading`` of an article. Out: a value of 0 to 1 for each feature. Grades are those of ``reading``; "in front"
means title or lead.

==========================  ====================================================================================
name in ``config/model``    value
==========================  ====================================================================================
``thaad``                   the highest grade of the concept; 0.2 more if it stands in three or more sentences of
                            the text and never in front
``russia + thaad``          the highest grade of a sentence that has the actor and the concept
``front russia + japan``    1 if both actors stand in front
``home KR + thaad``         the highest grade of the concept, for sources whose home is KR: papers leave their own
                            country out
``home KR``                 1 for sources whose home is KR
``no russia``, ``no korea`` 1 if neither a hit nor the source's home names the state
``no actor``                1 if no actor stands in front
``long``                    1 if the text has more than ``LONG_CHARACTERS``
``long russia``             1 if the text is long and the actor stands in front
``only title russia``       1 if the text is long and the actor stands in the title only
``length``                  the logarithm of the text's length, 0 to 1
``seed thaad.in-korea``     the highest grade of a sentence (or of the front, or of the article) in which the seed
                            clause of the topic holds
==========================  ====================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pipeline.flagging.reading import LEAD, TITLE, Reading

LONG_CHARACTERS = 1200
# The states, regions, pairs of states and leaders that the topics are about.
ACTORS = (
    "russia", "south_korea", "north_korea", "korea", "korean_peninsula", "japan", "united_states", "china", "ukraine",
    "trilateral", "koreas_russia", "southeast_asia", "asia_pacific", "russian_leadership",
)  # fmt: skip
# Those of them that a concept is looked for beside, in one sentence. With all of them there are a third more features,
# and unseen items are judged no better.
PAIRED = ("russia", "south_korea", "north_korea", "korea", "japan", "united_states", "russian_leadership")
HOMES = ("RU", "KR", "KP", "US", "JP")


class Seed(NamedTuple):
    """A seed clause with concepts as numbers.

    Attributes:
        name: topic and clause, as in ``thaad.in-korea``.
        items: of each set one concept must be there; homes by name.
        unless: none of these may be there.
        within: sentence, front or article.
    """

    name: str
    items: tuple[frozenset[int | str], ...]
    unless: frozenset[int | str]
    within: str


class Plan(NamedTuple):
    """The features to read, by family: members, and for pairs the actor and the family's offset.

    Attributes:
        seeds: by each member of one of their items, so that most seed clauses are not looked at.
        seeded: these members.
    """

    present: frozenset[int]
    sentence: list[tuple[int, int, frozenset[int]]]
    front: list[tuple[int, int, frozenset[int]]]
    home: dict[str, frozenset[int]]
    seeds: Mapping[int | str, list[tuple[int, Seed]]]
    seeded: frozenset[int | str]


class FeatureSpace:
    """The features of one lexicon and one set of seed clauses, by name and by number.

    A feature is a family and a member: ``russia +`` and ``thaad``. Its number is the family's offset plus the member's
    place, so that reading an article makes no strings.
    """

    def __init__(self, concepts: Sequence[str], seeds: Sequence[Seed]) -> None:
        places = {concept: number for number, concept in enumerate(concepts)}
        self.concepts = tuple(concepts)
        self.seeds = tuple(seeds)
        self.actors = tuple((places[name], name) for name in ACTORS if name in places)
        self._width = max(len(concepts), len(seeds), 1)
        paired = [(actor, name) for actor, name in self.actors if name in PAIRED]
        names = ["", *(f"{name} + " for _, name in paired)]
        names += [f"front {name} + " for _, name in self.actors] + [f"long {name}" for _, name in self.actors]
        names += [f"only title {name}" for _, name in self.actors]
        names += [f"home {home} + " for home in HOMES] + [f"home {home}" for home in HOMES]
        names += ["no russia", "no korea", "no actor", "long", "length", "seed "]
        self._families = {name: number * self._width for number, name in enumerate(names)}
        self._by_offset = list(self._families)
        self._places = places
        self._seeds = {seed.name: number for number, seed in enumerate(seeds)}
        self._seed = self._families["seed "]
        self._sentence = [(actor, name, self._families[f"{name} + "]) for actor, name in paired]
        self._front = [(actor, name, self._families[f"front {name} + "]) for actor, name in self.actors]
        self._long = {actor: self._families[f"long {name}"] for actor, name in self.actors}
        self._only_title = {actor: self._families[f"only title {name}"] for actor, name in self.actors}
        self._states = [
            (self._families[f"no {name}"], places.get(name), homes)
            for name, homes in (("russia", {"RU"}), ("korea", {"KR", "KP"}))
        ]

    def number(self, name: str) -> int | None:
        """The number of a feature; None if the lexicon or the topics do not have it."""
        if name in self._families and not name.endswith(" "):
            return self._families[name] if name else None
        if name.startswith("seed "):
            place = self._seeds.get(name[5:])
            return None if place is None else self._families["seed "] + place
        family, plus, member = name.rpartition(" + ")
        offset, place = self._families.get(family + plus), self._places.get(member)
        return None if offset is None or place is None else offset + place

    def name(self, number: int) -> str:
        """The name of a feature."""
        family = self._by_offset[number // self._width]
        return f"{family}{self.member(number)}"

    def family(self, number: int) -> str:
        """The family of a feature: its name without the last concept."""
        return self._by_offset[number // self._width]

    def member(self, number: int) -> str:
        """The concept or seed clause of a feature; "" if its family has none."""
        family, place = self._by_offset[number // self._width], number % self._width
        if family == "seed ":
            return self.seeds[place].name
        return self.concepts[place] if not family or family.endswith(" ") else ""

    def doubles(self, implied: Sequence[frozenset[int]]) -> set[int]:
        """The features with the value of another one: “russia + putin”, and one of the two orders of two actors.

        Args:
            implied: for each concept's number the numbers of itself and of all that it implies.
        """
        found: set[int] = set()
        for place, (actor, _, offset) in enumerate(self._sentence):
            found |= {offset + concept for concept, every in enumerate(implied) if actor in every}
            found |= {offset + earlier for earlier, _, _ in self._sentence[:place]}
        return found

    def plan(self, wanted: Iterable[int] | None = None) -> Plan:
        """Choose the features to read: those with a weight, or, without ``wanted``, all."""
        members: dict[int, set[int]] = {offset: set() for offset in self._families.values()}
        for number in range(len(self._by_offset) * self._width) if wanted is None else wanted:
            place = number % self._width
            members[number - place].add(place)
        kept = {name: frozenset(members[offset]) for name, offset in self._families.items()}
        seeds = _by_member([(self._seed + n, seed) for n, seed in enumerate(self.seeds) if n in kept["seed "]])
        return Plan(
            present=kept[""],
            sentence=[(actor, offset, kept[f"{name} + "] - {actor}) for actor, name, offset in self._sentence],
            front=[(actor, offset, kept[f"front {name} + "]) for actor, name, offset in self._front],
            home={home: kept[f"home {home} + "] for home in HOMES},
            seeds=seeds,
            seeded=frozenset(seeds),
        )

    def values(self, reading: Reading, plan: Plan) -> dict[int, float]:
        """The features of an article that are not 0, by number.

        Args:
            reading: the article.
            plan: the features to read, of ``self.plan``.
        """
        grades, concepts, places = reading.grades, reading.concepts, reading.places
        found = {concept: grades[concept] for concept in plan.present & concepts}
        for actor, offset, others in plan.sentence:
            if actor in places:
                own = places[actor]
                for concept in others & concepts:
                    if together := own & places[concept]:
                        found[offset + concept] = reading.grade_of(together)
        self._add_home(reading, plan, found)
        self._add_focus(reading, plan, found)
        likely = dict(plan.seeds.get(reading.home_item, ()))
        for member in plan.seeded & concepts:
            likely.update(plan.seeds[member])
        for number, seed in likely.items():
            if grade := holds(seed, reading):
                found[number] = grade
        return found

    def _add_home(self, reading: Reading, plan: Plan, found: dict[int, float]) -> None:
        if reading.home in HOMES:
            offset = self._families[f"home {reading.home} + "]
            for concept in plan.home[reading.home] & reading.concepts:
                found[offset + concept] = reading.grades[concept]
            found[self._families[f"home {reading.home}"]] = 1.0
        for offset, state, homes in self._states:
            if state not in reading.grades and reading.home not in homes:
                found[offset] = 1.0

    def _add_focus(self, reading: Reading, plan: Plan, found: dict[int, float]) -> None:
        front = [actor for actor, _ in self.actors if reading.grades.get(actor, 0.0) >= LEAD]
        for actor, offset, others in plan.front:
            if actor in front:
                for other in front[front.index(actor) + 1 :]:
                    if other in others:
                        found[offset + other] = 1.0
        if not front:
            found[self._families["no actor"]] = 1.0
        if reading.size > LONG_CHARACTERS:
            found[self._families["long"]] = 1.0
            for actor in front:
                found[self._long[actor]] = 1.0
                if reading.only_in_title(actor):
                    found[self._only_title[actor]] = 1.0
        if reading.size > 0:
            found[self._families["length"]] = min(math.log10(1 + reading.size), 4.0) / 4


def _by_member(seeds: Iterable[tuple[int, Seed]]) -> dict[int | str, list[tuple[int, Seed]]]:
    """Index seed clauses by the members of their smallest item, one of which must be there."""
    index: dict[int | str, list[tuple[int, Seed]]] = {}
    for number, seed in seeds:
        for member in min(seed.items, key=len):
            index.setdefault(member, []).append((number, seed))
    return index


def holds(seed: Seed, reading: Reading) -> float:
    """The highest grade at which a seed clause holds; 0.0 if it does not."""
    if seed.within == "sentence":
        places = sentences_with(seed, reading)
        return reading.grade_of(places) if places else 0.0
    grades, least = reading.grades, LEAD if seed.within == "front" else 0.0
    concepts = frozenset(concept for concept, grade in grades.items() if grade >= least)
    items = [item for item in seed.items if reading.home_item not in item]
    if not seed.unless.isdisjoint(concepts) or any(item.isdisjoint(concepts) for item in items):
        return 0.0
    return min([max(grades[concept] for concept in concepts & item) for item in items], default=TITLE)


def sentences_with(seed: Seed, reading: Reading) -> int:
    """The set of sentences in which a seed clause holds."""
    found = (1 << len(reading.sentences)) - 1
    for item in seed.items:
        if reading.home_item not in item:
            found &= reading.with_any(item)
            if not found:
                return 0
    return found & ~reading.with_any(seed.unless)
