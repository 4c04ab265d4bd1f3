"""The matcher: finds needles in a text and tells where they are hits.

In: the lexicon's surfaces, then a text. Out: hits. An Aho–Corasick automaton finds the literals; what stands around
each decides. There are two automata, of bytes for texts in Latin and Cyrillic and of strings for all others (``fold``);
they differ in the alphabet only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick, Implementation

from pipeline.flagging.catalogue import Catalogue, Listed
from pipeline.flagging.fold import (
    NARROW,
    NARROW_SIGNS,
    NARROW_WORD,
    Folded,
    fold,
    narrow,
    narrow_all,
    same_case,
    without_surrogates,
)
from pipeline.flagging.needles import Alphabet, Match, More, Needle, Rule, Span
from pipeline.flagging.surfaces import Beside, Pattern, is_hangul

HITS_PER_CONCEPT = 200

_NEAR = 12  # characters either side in which a lone hanja looks for Hangul
_SHORT = 4  # bytes; literals so short are looked for together with the sign before them: most stand inside words
LONGEST_TAIL = 6  # letters that a free ending of a Cyrillic word may have
_LONGEST_LATIN_TAIL = 40  # and of a Latin one
_LOOKED_UP = 3  # characters, the space included, of a phrase's second word


class Automata:
    """The lexicon as two automata.

    Args:
        catalogue: its surfaces.
        names: for each concept's number whether it is a name, inside which no other concept is meant.
    """

    def __init__(self, catalogue: Catalogue, names: Sequence[int]) -> None:
        self._names = names
        self._narrow = Automaton(_narrow_alphabet(), catalogue, BytesAhoCorasick)
        self._wide = Automaton(_wide_alphabet(), catalogue, AhoCorasick)

    def hits(self, text: str) -> list[Span]:
        """Find all hits in any string, sorted by place."""
        folded = fold(text)
        one = self._narrow if isinstance(folded.data, bytes) else self._wide
        return folded.as_given(_settled(*one.places(folded), self._names))


class Automaton:
    """One alphabet's needles and rules."""

    def __init__(self, alphabet: Alphabet, catalogue: Catalogue, engine: Callable[..., Any]) -> None:
        found = _found(alphabet, catalogue)
        self._needles = _Needles(found, alphabet, catalogue)
        self._blank = alphabet.convert(" ")
        self._rests = self._needles.rests
        self._find: Callable[..., list[Span]] | None = None
        if found:
            self._find = engine(list(found), implementation=Implementation.ContiguousNFA).find_matches_as_indexes

    def places(self, folded: Folded) -> tuple[list[Span], list[Span]]:
        """Find what stands in a folded text: hits, and exceptions.

        Offsets are of its source, the ends as negative numbers: sorted, the longest comes first.
        """
        if self._find is None:
            return [], []
        data: Any = folded.data
        try:
            places = self._find(data, overlapping=True)
        except UnicodeEncodeError:
            places = self._find(without_surrogates(data), overlapping=True)
        hits: list[Span] = []
        cancelled: list[Span] = []
        source, needles, blank = folded.source, self._needles, self._blank
        for number, start, end in places:
            lead, left, ending, right, plural, cased, concept, more = needles[number]
            if concept >= 0 and (left is None or data[start - 1] not in left):
                stop = end if ending is None else ending(data, end).end()  # type: ignore[union-attr]
                if right is not None and data[stop] in right:
                    stop = stop + 1 if data[stop] == plural and data[stop + 1] not in right else 0
                begin = start + lead - 1  # the source has no sentinel before it
                if stop and (cased is None or same_case(source, begin, cased)):
                    hits.append((begin, 1 - stop, concept))
            if more is not None:
                rules, phrases = more
                if phrases:
                    space = data.find(blank, end, end + _LONGEST_LATIN_TAIL + 1)
                    rules += phrases.get(data[space : space + _LOOKED_UP], ())
                if rules:
                    self._try(rules, folded, (start, end), hits, cancelled)
        return hits, cancelled

    def _try(
        self, rules: Sequence[Rule], folded: Folded, place: tuple[int, int], hits: list[Span], cancelled: list[Span]
    ) -> None:
        """Try the rules that ask for more than a place's neighbours."""
        data: Any = folded.data
        start, end = place
        for lead, left, after, right, plural, cased, in_korean, cancels, concept in rules:
            if left is not None and data[start - 1] in left:
                continue
            stop = end
            if after:
                match = self._rests[after](data, end)
                if match is None:
                    continue
                stop = match.end()
            if right is not None and data[stop] in right:
                if data[stop] != plural or data[stop + 1] in right:
                    continue
                stop += 1
            begin = start + lead - 1
            if cased is not None and not same_case(folded.source, begin, cased):
                continue
            if in_korean and not any(map(is_hangul, folded.source[max(0, begin - _NEAR) : stop - 1 + _NEAR])):
                continue
            (cancelled if cancels else hits).append((begin, 1 - stop, concept))


class _Rests(dict[str, Match]):
    """Regular expressions for the rests of surfaces, each compiled when first asked for: most never are in one run."""

    def __init__(self, compiled: Callable[[str], Match]) -> None:
        self._compiled = compiled

    def __missing__(self, rest: str) -> Match:
        found = self[rest] = self._compiled(rest)
        return found


def _found(alphabet: Alphabet, catalogue: Catalogue) -> dict[Any, tuple[str, ...]]:
    """The spellings that each needle stands for."""
    by_literal: dict[str, tuple[str, ...]] = {}
    for spelling in catalogue.spellings:
        literal = spelling.partition("*")[0]
        by_literal[literal] = (*by_literal.get(literal, ()), spelling)
    if not alphabet.leads:  # strings, which are needles as they are
        return dict(by_literal)
    found: dict[Any, tuple[str, ...]] = {}
    for literal, needle in narrow_all(list(by_literal)):
        spellings = by_literal[literal]
        places = [needle]
        if len(needle) <= _SHORT:
            starts = {catalogue.starts_a_word(one, number) for one in spellings for number in catalogue.numbers(one)}
            places = [lead + needle for lead in alphabet.leads if True in starts] + [needle] * (False in starts)
        for place in places:
            found[place] = (*found.get(place, ()), *spellings)
    return found


class _Needles(dict[int, Needle]):
    """The rules by number of the needle, each made ready when its needle is first met."""

    def __init__(self, found: Mapping[Any, tuple[str, ...]], alphabet: Alphabet, catalogue: Catalogue) -> None:
        self.rests = _Rests(alphabet.compiled)
        self._found = list(found.items())
        self._alphabet = alphabet
        self._catalogue = catalogue

    def __missing__(self, number: int) -> Needle:
        needle, spellings = self._found[number]
        places = sorted((place, spelling) for spelling in spellings for place in self._catalogue.numbers(spelling))
        rules = [self._rule(needle, self._catalogue.listed(spelling, place)) for place, spelling in places]
        found = self[number] = self._sorted([rule for rule in rules if rule is not None])
        return found

    def _rule(self, needle: Any, listed: Listed) -> Rule | None:
        """The rule of a pattern at this needle; None where it is not for this needle or can never hold."""
        pattern, concept, cancels = listed
        alphabet = self._alphabet
        behind = bool(alphabet.leads) and pattern.left == Beside.NO_LETTER and len(pattern.needle) <= _SHORT
        if behind != (len(needle) > len(pattern.needle)) or (pattern.after and alphabet.convert(pattern.after) is None):
            return None
        return Rule(
            1 if behind else 0,
            None if behind else alphabet.besides[pattern.left],
            _rest(pattern),
            alphabet.besides[pattern.right],
            alphabet.plural if pattern.plural else None,
            pattern.cased,
            pattern.in_korean,
            cancels,
            concept,
        )

    def _sorted(self, rules: Sequence[Rule]) -> Needle:
        """Sort a needle's rules: a plain one, those whose second word can be looked up, and those tried everywhere."""
        plain: Rule | None = None
        others: list[Rule] = []
        phrases: dict[Any, list[Rule]] = {}
        for rule in rules:
            second = rule.after[2:].partition("*")[0]
            if plain is None and not (rule.after[2:] or rule.in_korean or rule.cancels):
                plain = rule
            elif rule.after[1:3] == "* " and len(second) >= _LOOKED_UP:
                phrases.setdefault(self._alphabet.convert(second[:_LOOKED_UP]), []).append(rule)
            else:
                others.append(rule)
        more = None
        if others or phrases:
            more = More(tuple(others), {word: tuple(group) for word, group in phrases.items()})
        if plain is None:
            return Needle(0, None, None, None, None, None, -1, more)
        ending = self.rests[plain.after] if plain.after else None
        return Needle(plain.lead, plain.left, ending, plain.right, plain.plural, plain.cased, plain.concept, more)


def _settled(hits: list[Span], cancelled: list[Span], names: Sequence[int]) -> list[Span]:
    """Of hits, longest first at each place, those that count; at most ``HITS_PER_CONCEPT`` of each concept.

    One inside an exception of its own concept is none. Of two, one inside the other, the longer counts where they are
    of one concept, or where the longer is a name: the Sea of Japan speaks of no Japan, and a city's duma of no Duma;
    but a visit to North Korea is both.
    """
    hits.sort()
    cancelled.sort(reverse=True)
    reached: dict[int, int] = {}  # by concept, how far its hits and exceptions reach
    counts: dict[int, int] = {}
    name_start, name_end = 0, -1
    kept: list[Span] = []
    for start, minus_end, concept in hits:
        while cancelled and cancelled[-1][0] <= start:
            _, minus_stop, other = cancelled.pop()
            reached[other] = max(reached.get(other, 0), -minus_stop)
        end = -minus_end
        if end <= reached.get(concept, 0) or (end <= name_end and (start != name_start or end != name_end)):
            continue
        reached[concept] = end
        if end > name_end and names[concept]:
            name_start, name_end = start, end
        count = counts[concept] = counts.get(concept, 0) + 1
        if count <= HITS_PER_CONCEPT:
            kept.append((start, end, concept))
    return kept


# ------------------------------------------------------------------------------------------------ the two alphabets

_CYRILLIC = re.compile("[а-яѐ-ԯ]")
_LATIN_TAIL = f"[a-z]{{0,{_LONGEST_LATIN_TAIL}}}"
_WIDE_TAIL = f"[а-яѐ-ԯ]{{0,{LONGEST_TAIL}}}"
_NARROW_TAIL = f"[а-яѓђљњќћџўіґєјѕї]{{0,{LONGEST_TAIL}}}"


def _narrow_alphabet() -> Alphabet:
    return Alphabet(
        convert=narrow,
        besides=(None, NARROW_WORD, None, NARROW_WORD),
        plural=ord("s"),
        compiled=_compile_narrow,
        leads=tuple(bytes([sign]) for sign in sorted(NARROW_SIGNS)),
    )


def _wide_alphabet() -> Alphabet:
    letters = frozenset(c for c in map(chr, range(0x1100)) if c.isalnum() or c == "_")
    hangul = frozenset(map(chr, range(ord("가"), ord("힣") + 1)))
    return Alphabet(
        convert=str,
        besides=(None, letters, hangul, letters | hangul),
        plural="s",
        compiled=_compile_wide,
        leads=(),
    )


def _rest(pattern: Pattern) -> str:
    """What must follow a needle, with the kind of its endings: a letter of its own for Cyrillic and Latin."""
    if not pattern.after:
        return ""
    return ("я" if _CYRILLIC.search(pattern.needle) else "z") + pattern.after


def _compile_wide(rest: str) -> Match:
    return re.compile(_regex(rest, _WIDE_TAIL)).match


def _compile_narrow(rest: str) -> Match:
    after = "*".join((narrow(part) or b"").decode(NARROW) for part in rest[1:].split("*"))
    return re.compile(_regex(rest[0] + after, _NARROW_TAIL).encode(NARROW)).match


def _regex(rest: str, cyrillic: str) -> str:
    """A regular expression, of our making and linear: a free ending where a * stands."""
    tail = cyrillic if rest[0] == "я" else _LATIN_TAIL
    return "".join(tail if part == "*" else re.escape(part) for part in re.split(r"(\*)", rest[1:]))
