"""Comparison of two versions of a page: which headline and sentences changed, and how much that matters. Pure.

In: two versions, extracted by the same code. Out: a ``Change``, or None if headline and text are the same.
Sentences are matched as wholes first; words are compared only inside sentences that changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from hashlib import blake2b

from pipeline.edits import normal
from pipeline.edits.facts import Concepts, difference, facts_in
from pipeline.model import Change, EditKind, EditPart, Version
from pipeline.model.edits import strongest
from pipeline.text.words import stems

_LEAST_SIMILAR = 0.5  # share of words that two wordings of one sentence have in common
_LEAST_CONTAINED = 0.8  # share of an added sentence's words that stood in the dropped ones: it was only split or joined
_MOST_PAIRS = 900  # dropped times added sentences of one place that are compared with each other
_MOST_PARTS = 40
_LONGEST = 1_500  # characters of a part that are kept
_COSMETIC = "typography, a clock, a counter or links changed"


def _no_concepts(_: str) -> frozenset[str]:
    return frozenset()


def compare(old: Version, new: Version, concepts: Concepts = _no_concepts) -> Change | None:
    """Return the difference between two versions.

    Args:
        old: the earlier version.
        new: the later version.
        concepts: returns the concepts of the lexicon in a sentence.
    """
    if old == new:
        return None
    parts = [*_title_parts(old.title, new.title, concepts), *_text_parts(old.text, new.text, concepts)]
    kept = sorted(parts, key=lambda part: strongest([part.kind, "cosmetic"]) == "cosmetic")[:_MOST_PARTS]
    return Change(kind=strongest([part.kind for part in parts]), parts=tuple(kept))


def digest(version: Version) -> str:
    """Return a digest of a version that does not depend on typography."""
    lines = [normal.key(version.title), *(normal.key(line) for line in normal.split(version.text))]
    return blake2b("\n".join(lines).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def describe(change: Change) -> str:
    """Return a change in one line."""
    counts = Counter(
        "reworded" if part.old and part.new else "added" if part.new else "dropped"
        for part in change.parts
        if part.kind in ("fact", "sentence", "wording")
    )
    facts = [fact for part in change.parts if part.kind in ("headline", "fact") for fact in part.facts]
    pieces = ["the page is there again"] * (change.kind == "back")
    pieces += ["headline changed"] * any(part.kind == "headline" for part in change.parts)
    pieces += [f"{count} sentence{'s' if count > 1 else ''} {what}" for what, count in counts.items()]
    text = ", ".join(pieces) or ("layout of the site changed" if change.kind == "layout" else _COSMETIC)
    shown = ", ".join(dict.fromkeys(facts[:8]))
    return f"{text[0].upper()}{text[1:]}{f': {shown}' if shown else ''}."


def _title_parts(old: str, new: str, concepts: Concepts) -> Iterator[EditPart]:
    if not old or not new or old == new:
        return
    if normal.key(old) == normal.key(new) or normal.with_site_name(old, new):
        yield _part("cosmetic", old, new)
    elif normal.key(normal.bare_title(old)) == normal.key(normal.bare_title(new)):
        yield _part("wording", old, new)
    else:
        yield _part("headline", old, new, difference(facts_in(old, concepts), facts_in(new, concepts)))


def _text_parts(old: str, new: str, concepts: Concepts) -> Iterator[EditPart]:
    old_lines, new_lines = normal.split(old), normal.split(new)
    old_keys, new_keys = [normal.key(line) for line in old_lines], [normal.key(line) for line in new_lines]
    moved = (Counter(old_keys) & Counter(new_keys)).keys()
    matcher = SequenceMatcher(None, old_keys, new_keys, autojunk=False)
    for operation, start, end, new_start, new_end in matcher.get_opcodes():
        if operation == "equal":
            continue
        dropped = [
            line for line, name in zip(old_lines[start:end], old_keys[start:end], strict=True) if name not in moved
        ]
        added = [
            line
            for line, name in zip(new_lines[new_start:new_end], new_keys[new_start:new_end], strict=True)
            if name not in moved
        ]
        if "".join(map(_letters, dropped)) != "".join(map(_letters, added)):
            yield from _block(dropped, added, concepts)


def _letters(line: str) -> str:
    return normal.key(line).replace(" ", "")


def _block(dropped: Sequence[str], added: Sequence[str], concepts: Concepts) -> Iterator[EditPart]:
    """Yield the parts of one place: wordings of the same sentence, then sentences without a counterpart."""
    pairs = _pair(dropped, added)
    # sentences were split or joined: a fact may stand in another sentence of the same place
    context = ("", "") if len(dropped) == len(added) else (" ".join(dropped), " ".join(added))
    for at, to in pairs:
        yield _reworded(dropped[at], added[to], concepts, context)
    paired_old, paired_new = {at for at, _ in pairs}, {to for _, to in pairs}
    before = Counter(word for line in dropped for word in normal.words(line))
    after = Counter(word for line in added for word in normal.words(line))
    for at, line in enumerate(dropped):
        if at not in paired_old:
            yield _single(line, "", after, concepts)
    for to, line in enumerate(added):
        if to not in paired_new:
            yield _single("", line, before, concepts)


def _pair(dropped: Sequence[str], added: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of sentences that are two wordings of one, the most similar first."""
    if len(dropped) * len(added) > _MOST_PAIRS:
        candidates = [(at, at) for at in range(min(len(dropped), len(added)))]
    else:
        candidates = [(at, to) for at in range(len(dropped)) for to in range(len(added))]
    old_words, new_words = [list(stems(line)) for line in dropped], [list(stems(line)) for line in added]
    scored = [
        (score, at, to) for at, to in candidates if (score := _similar(old_words[at], new_words[to])) >= _LEAST_SIMILAR
    ]
    chosen: list[tuple[int, int]] = []
    used_old: set[int] = set()
    used_new: set[int] = set()
    for _, at, to in sorted(scored, key=lambda item: (-item[0], item[1], item[2])):
        if at not in used_old and to not in used_new:
            chosen.append((at, to))
            used_old.add(at)
            used_new.add(to)
    return sorted(chosen)


def _similar(one: Sequence[str], other: Sequence[str]) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return 0.0 if matcher.real_quick_ratio() < _LEAST_SIMILAR else matcher.ratio()


def _reworded(old: str, new: str, concepts: Concepts, context: tuple[str, str]) -> EditPart:
    if normal.is_moving(old) and normal.is_moving(new):
        return _part("cosmetic", old, new)
    facts = difference(facts_in(old, concepts), facts_in(new, concepts))
    if facts and any(context):
        wider = difference(*(facts_in(side, concepts) for side in context))
        facts = tuple(fact for fact in facts if fact in wider)
    return _part("fact" if facts else "wording", old, new, facts)


def _single(old: str, new: str, other_side: Counter[str], concepts: Concepts) -> EditPart:
    """Return the part of a sentence that only one side has."""
    line = old or new
    if normal.is_moving(line) or not normal.is_sentence(line):
        return _part("cosmetic", old, new)
    counts = Counter(normal.words(line))
    if (counts & other_side).total() >= _LEAST_CONTAINED * counts.total():
        return _part("wording", old, new)
    facts = difference(facts_in(old, concepts), facts_in(new, concepts))
    return _part("sentence", old, new, facts)


def _part(kind: EditKind, old: str, new: str, facts: tuple[str, ...] = ()) -> EditPart:
    return EditPart(kind=kind, old=old[:_LONGEST], new=new[:_LONGEST], facts=facts, key=_key(kind, old, new))


def _key(kind: EditKind, old: str, new: str) -> int:
    """Return a signed 64-bit key of a change, equal on every page with this change.

    A change of facts is known by the whole sentences: the same new number in different sentences is news, no layout.
    """
    before, after = normal.words(old), normal.words(new)
    if kind not in ("fact", "headline"):
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        changed = [codes for codes in matcher.get_opcodes() if codes[0] != "equal"]
        before, after = (
            [word for _, start, end, _, _ in changed for word in before[start:end]],
            [word for _, _, _, start, end in changed for word in after[start:end]],
        )
    text = f"{' '.join(before)}\n{' '.join(after)}"
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)
