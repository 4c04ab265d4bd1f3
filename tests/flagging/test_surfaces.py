"""The lexicon read as one text says what its surfaces say one by one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.flagging import Flagger
from pipeline.flagging.catalogue import Catalogue, Group
from pipeline.flagging.fold import fold_literal, fold_literals, narrow, narrow_all
from pipeline.flagging.surfaces import LANGUAGES, GrammarError, all_sure, read_surface
from pipeline.settings.lexicon import load_concepts

SIGNS = st.text(alphabet="abяё러北İΣʼㆍᆞ·' -*=~[?!,№㎜∼\0\n\r\u0301\u00a0_.1", max_size=9)
SURFACES = st.lists(SIGNS | st.text(max_size=6), min_size=1, max_size=4)


def right(surface: str, language: str) -> bool:
    try:
        return bool(read_surface(surface, language))
    except GrammarError:
        return False


def one_by_one(groups: list[Group]) -> set[tuple[str, int]]:
    written = [(surface, group) for group in groups for surface in group.surfaces]
    return {
        (pattern.needle + pattern.after, number)
        for number, (surface, group) in enumerate(written)
        for pattern in read_surface(surface, group.language, inside=group.cancels)
    }


@settings(max_examples=1000, deadline=None)
@given(SURFACES, st.sampled_from(LANGUAGES))
@example(["ab\n=ab"], "en")
def test_what_is_taken_at_sight_is_in_the_grammar(surfaces: list[str], language: str) -> None:
    assert not all_sure(language, surfaces) or all(right(surface, language) for surface in surfaces)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_surfaces_are_right_at_sight(language: str) -> None:
    concepts = load_concepts(shipped.CONFIG / "concepts").values()
    assert all_sure(language, [surface for concept in concepts for surface in concept.surfaces.get(language, ())])


@settings(max_examples=500, deadline=None)
@given(SURFACES, st.sampled_from(LANGUAGES), st.booleans())
def test_spellings_are_those_of_the_patterns(surfaces: list[str], language: str, cancels: bool) -> None:
    groups = [Group(0, language, tuple(s for s in surfaces if right(s, language)), cancels)] * 2
    catalogue = Catalogue(groups)
    assert {(one, number) for one in catalogue.spellings for number in catalogue.numbers(one)} == one_by_one(groups)


def test_each_surface_of_the_shipped_lexicon_is_found_by_its_spellings() -> None:
    concepts = load_concepts(shipped.CONFIG / "concepts").values()
    groups = [Group(n, *item) for n, concept in enumerate(concepts) for item in concept.surfaces.items()]
    groups += [Group(n, *item, True) for n, concept in enumerate(concepts) for item in concept.exceptions.items()]
    catalogue = Catalogue(groups)
    assert {(one, number) for one in catalogue.spellings for number in catalogue.numbers(one)} == one_by_one(groups)
    for spelling in catalogue.spellings[::50]:
        for number in catalogue.numbers(spelling):
            pattern = catalogue.listed(spelling, number).pattern
            assert pattern.needle + pattern.after == spelling


@settings(max_examples=500, deadline=None)
@given(SURFACES)
def test_folding_many_is_folding_each(literals: list[str]) -> None:
    folded = [fold_literal(literal) for literal in literals]
    assert fold_literals(literals) == folded
    unasked = [literal for literal in folded if "?" not in literal]  # which the grammar refuses
    each = [(literal, held) for literal in unasked if (held := narrow(literal)) is not None]
    assert narrow_all(unasked) == each


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('en = ["good", "bad  one"]\nru = ["дур[ао]"]', "own.toml: concept.zzz › en: “bad  one” has a space too many."),
        ('ko = ["좋은"]\nexcept = { ru = ["а*"] }', "concept.zzz › except.ru: “а*” has the stem “а*”;"),
        ('ja = ["~日"]', "concept.zzz › ja: “~日” has a ~; only Korean surfaces need it."),
        ('en = [""]', "concept.zzz › en: “” is empty;"),
        ('ru = ["ура!"]', "concept.zzz › ru: “ура!” has “!” in it; letters, digits, spaces, hyphens and"),
        ('en = ["a\\u0000b"]', "has “U+0000” in it;"),
        ('ko = ["“러시아”", "\\"러\\""]', '“"러"” has “"” in it;'),
        (f'en = ["{"long " * 60}word"]', "has 304 characters; 240 are the most."),
    ],
)
def test_the_first_surface_out_of_the_grammar_is_told(tmp_path: Path, written: str, told: str) -> None:
    shutil.copytree(shipped.CONFIG / "concepts", tmp_path / "concepts")
    (tmp_path / "concepts" / "own.toml").write_text(f'[concept.zzz]\nname = "Z"\nkind = "term"\n{written}\n')
    with pytest.raises(ConfigError, match="concepts") as error:
        Flagger.from_config(tmp_path)
    assert told in str(error.value)


def test_a_refusal_shows_no_control_characters(tmp_path: Path) -> None:
    shutil.copytree(shipped.CONFIG / "concepts", tmp_path / "concepts")
    (tmp_path / "concepts" / "own.toml").write_text(
        '[concept.zzz]\nname = "Z"\nkind = "term"\nen = ["bad\\u001b]2;x"]\n'
    )
    with pytest.raises(ConfigError, match="concepts") as error:
        Flagger.from_config(tmp_path)
    assert "\x1b" in error.value.problem
    assert "\x1b" not in str(error.value)
