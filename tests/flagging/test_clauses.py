"""Clauses as numbers against a plain reading of what the lexicon's documentation says they mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.flagging import Flagger
from pipeline.model import Passage, Reference
from pipeline.settings.lexicon import Clause, Concept, Topic, TopicSet, Within

WORDS = ("birch", "cedar", "maple", "olive", "poplar", "willow")
IMPLIES = {"willow": ("cedar",), "cedar": ("birch",)}
GROUPS = {"bushes": ("maple", "olive"), "ours": ("poplar", "home:RU")}
HOMES = (None, "RU", "KR", "FR")
KINDS: tuple[Within, ...] = ("title", "lead", "focus", "sentence", "paragraph", "article")
SIGNS = [*" \n.!?…。\"'»”’)aAя1다요\u00ad\ud800👍"]
LEAD, LONG = 450, 3000


class Said(NamedTuple):
    """A word of the text: which, where, in which sentence and paragraph (the title is the first of both)."""

    concept: str
    start: int
    sentence: int
    paragraph: int


class Written(NamedTuple):
    title: str
    text: str
    said: list[Said]


Paragraphs = list[list[list[str]]]
concepts = st.sampled_from([*WORDS, *GROUPS, "home:RU", "home:KR", "home:FR", "birch|maple", "bushes|home:KR"])
words = st.sampled_from([*WORDS, *WORDS, "x", "y" * 45, "z" * 460, "q" * 1500])
clauses = st.builds(
    Clause,
    id=st.just(""),
    weight=st.sampled_from([-0.5, 0.5, 1.0]),
    all=st.lists(concepts | st.just("topic:other"), max_size=2).map(tuple),
    any=st.lists(concepts, max_size=2).map(tuple) | st.just(("topic:main", "topic:other")),
    unless=st.just(()) | st.sampled_from([*WORDS, "bushes", "cedar|olive"]).map(lambda name: (name,)),
    unless_anywhere=st.just(()) | st.just(()) | st.sampled_from([*WORDS, "cedar|olive"]).map(lambda name: (name,)),
    within=st.sampled_from([*KINDS, "focus", "focus"]),
    times=st.sampled_from([1, 1, 1, 2]),
).filter(lambda clause: bool(clause.all or clause.any))
sentences = st.lists(words, max_size=5)
texts = st.lists(
    st.tuples(st.sampled_from([*WORDS, *WORDS, "", "x" * 451]), st.sampled_from(SIGNS) | st.text(SIGNS, max_size=3)),
    max_size=40,
).map(lambda parts: "".join(word + sign for word, sign in parts))
paragraphs = st.lists(st.lists(st.lists(words, min_size=1, max_size=5), min_size=1, max_size=5), max_size=6)


@settings(max_examples=600, deadline=None)
@given(
    st.lists(clauses, min_size=3, max_size=8),
    st.lists(clauses, max_size=3),
    sentences,
    paragraphs,
    st.sampled_from(HOMES),
)
def test_clauses_hold_where_a_plain_reading_says(
    main: list[Clause], relevance: list[Clause], title: list[str], text: Paragraphs, home: str | None
) -> None:
    main, relevance = ([replace(one, id=f"c{n}") for n, one in enumerate(of)] for of in (main, relevance))
    written = _write(title, text)
    said = _flagger(main, relevance).flag(written.title, written.text, home=home)
    held = {
        topic: [(clause, where) for clause in of if (where := _plainly(clause, written, home, flagged)) is not None]
        for topic, of, flagged in (("main", main, set()), ("relevance", relevance, {"main"}))
    }
    assert [(t.topic, t.clause) for t in said.terms if t.clause != "threshold"] == [
        (topic, clause.id) for topic in held for clause, _ in held[topic]
    ]
    assert [
        (e.topic, e.clause, e.concept, e.start + (e.field == "text") * (len(written.title) + 1)) for e in said.evidence
    ] == [
        (topic, clause.id, one.concept, one.start)
        for topic in held
        for clause, where in held[topic]
        if clause.weight > 0
        for one in _carriers(clause, where)
    ]


def _flagger(main: list[Clause], relevance: list[Clause]) -> Flagger:
    """A threshold that any sum reaches, so that every clause that holds is told."""
    concepts = {
        word: Concept(
            id=word,
            name=word,
            kind="term",
            qid=None,
            surfaces={"en": (f"={word}",)},
            implies=IMPLIES.get(word, ()),
            exceptions={},
            file=Path(),
        )
        for word in WORDS
    }
    topics = TopicSet(
        topics=(Topic(id="main", title="", threshold=-99.0, clause=tuple(main)),),
        relevance=Topic(id="relevance", title="", threshold=-99.0, clause=tuple(relevance)),
        groups=GROUPS,
    )
    passages = tuple(
        Passage(id=f"p{n}", part="", digest="", topics=(), concepts=WORDS[n : n + 2 + n % 2])
        for n in range(len(WORDS) - 1)
    )
    reference = Reference(title="", author="", publication="", published="", url="", passages=passages)
    return Flagger(concepts, topics, reference, "")


def _write(title: list[str], text: Paragraphs) -> Written:
    said: list[Said] = []
    at = sentence = 0

    def put(words: list[str], paragraph: int) -> str:
        nonlocal at, sentence
        start, written = at, ""
        for word in words:
            if word in WORDS:
                said.append(Said(word, start + len(written), sentence, paragraph))
            written += f"{word} "
        written = f"{written}A. " if paragraph else written  # the capital letter begins what the next sentence is
        at += len(written)
        sentence += 1
        return written

    head = put(title, 0)
    at += 1
    lines: list[str] = []
    for number, one in enumerate(text, 1):
        lines.append("".join(put(["The", *words], number) for words in one))
        at += 1
    return Written(head, "\n".join(lines), said)


def _plainly(clause: Clause, written: Written, home: str | None, flagged: set[str]) -> list[list[Said]] | None:
    """The units in which a clause holds; None: it does not hold."""
    asked = [item.split("|") for item in clause.all] + [[name for item in clause.any for name in item.split("|")]]
    asked = [item for item in asked if item]
    for item in asked:
        if item[0].startswith("topic:") and not any(name.removeprefix("topic:") in flagged for name in item):
            return None
    asked = [item for item in asked if not item[0].startswith("topic:")]
    if _meets(written.said, "|".join(clause.unless_anywhere).split("|"), None):
        return None
    if not asked:
        return []
    lead = [one for one in written.said if one.start < len(written.title) + 1 + LEAD]
    units = _units(clause.within, written, lead)
    held = [
        unit
        for unit in units
        if unit
        and all(_meets(unit, item, home) for item in asked)
        and not _meets(unit, "|".join(clause.unless).split("|"), None)
    ]
    if clause.within == "focus":
        front = [unit for unit in held if unit[0] in lead]
        if not front and len(held) < (3 if len(written.text) >= LONG else 2):
            return None
        held = front or held
    return held if len(held) >= clause.times else None


def _units(within: Within, written: Written, lead: list[Said]) -> list[list[Said]]:
    if within in {"focus", "sentence"}:
        return [[one for one in written.said if one.sentence == n] for n in sorted({s.sentence for s in written.said})]
    if within == "paragraph":
        return [
            [one for one in written.said if one.paragraph == n] for n in sorted({s.paragraph for s in written.said})
        ]
    return [{"title": [one for one in written.said if not one.paragraph], "lead": lead}.get(within, written.said)]


def _meets(unit: Sequence[Said], item: Sequence[str], home: str | None) -> bool:
    there = {name for one in unit for name in _implied(one.concept)} | {f"home:{home}"}
    return bool(there & _members(item))


def _members(item: Sequence[str]) -> set[str]:
    return {member for name in item for member in GROUPS.get(name, (name,))}


def _implied(concept: str) -> set[str]:
    return {concept}.union(*(_implied(one) for one in IMPLIES.get(concept, ())))


def _carriers(clause: Clause, where: list[list[Said]]) -> list[Said]:
    """The first twelve hits that the clause asks for, of its first four units."""
    items = [name for item in (*clause.all, *clause.any) for name in item.split("|")]
    wanted = _members([name for name in items if not name.startswith("topic:")])
    return [one for unit in where[:4] for one in unit if _implied(one.concept) & wanted][:12]
