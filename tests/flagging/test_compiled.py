"""The compiled matcher finds what the one in Python finds, in any text and with any lexicon."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline import shipped
from pipeline.flagging import native
from pipeline.flagging.catalogue import Group
from pipeline.flagging.hits import packed
from pipeline.flagging.matcher import Matcher
from pipeline.flagging.native import compiled
from pipeline.flagging.surfaces import LANGUAGES, GrammarError, read_surface
from pipeline.settings.lexicon import load_concepts
from tests.flagging.lexicon import matcher

pytestmark = pytest.mark.skipif(
    not compiled() and shutil.which("cc") is None, reason="Tumen was installed without a C compiler"
)

WORDS = (
    *("russia", "russian", "rus", "us", "kim", "kims", "north korea", "gas pipeline"),
    *("росси", "российск", "ким", "мун", "газопровод", "дума", "чжэ ин"),
    *("러", "러시아", "북러", "한·러", "사드", "푸틴 대통령", "北", "文", "普京", "ロシア", "k방산"),
    *("putin, kim", "№ 5", "«евразия»", "155㎜", "𐐨a"),
)
SIGNS = tuple(
    " -·'’.,;:!\n\"“”«»№㎜∼ёЁэ는аяs*\0İ\u00ad\u200b\u0301\u1109\u1161\u11a8\ud800👍𝐀𐐀_7\u1fef\u1ffd\u2000\u0300"
)
SURFACES = st.builds(
    lambda mark, words, star, joint: mark + joint.join(word + star for word in words),
    st.sampled_from(("", "", "=", "~")),
    st.lists(st.sampled_from(WORDS) | st.sampled_from(WORDS + SIGNS), min_size=1, max_size=3),
    st.sampled_from(("", "", "*")),
    st.sampled_from((" ", " ", "-", "")),
)
GROUPS = st.builds(Group, st.integers(0, 3), st.sampled_from(LANGUAGES), st.tuples(SURFACES, SURFACES), st.booleans())
TEXTS = st.lists(
    st.sampled_from((*WORDS, *(word.upper() for word in WORDS))) | st.sampled_from(SIGNS) | st.text(max_size=3),
    max_size=25,
).map("".join)


def right(group: Group) -> bool:
    try:
        return all(read_surface(one, group.language, inside=group.cancels) for one in group.surfaces)
    except GrammarError:
        return False


def both(groups: Sequence[Group], names: Sequence[str] | None) -> tuple[Matcher, Matcher]:
    concepts = "abcd"
    return Matcher(concepts, groups, names, pure=True), Matcher(concepts, groups, names, pure=False)


@settings(max_examples=400, deadline=None)
@given(st.lists(GROUPS, min_size=1, max_size=8), st.sampled_from((None, "ab", "")), TEXTS)
@example([Group(0, "ru", ("юри* борис*", "юри* ушаков*"))], None, "Юрий Борисов и Юрий Ушаков")
@example([Group(0, "en", ("rus", "russ", "russia*"))], None, "Russ of Russia, rus")
@example([Group(0, "en", ("putin, kim", "155㎜"))], None, "Putin; Kim: 155㎜")
@example([Group(0, "en", ("!!", "\0b", "𐐨a"))], None, "!! \0b 𐐀A")
@example([Group(0, "en", ("rus* gas",))], None, "rus" + "x" * 40 + " gas, rus" + "x" * 41 + " gas")
@example([Group(0, "zh", ("us",)), Group(1, "ru", ("мир",))], None, "№us №мир")
@example([Group(0, "en", ("ΟΥΣ", "=ΟΣ"))], None, "ΟΥΣ ους Ους ΟΣ Οσ")
@example([Group(0, "zh", ("文'",))], None, "文\u1ffd\u0301 文\u1fef\u0300")
@example([Group(0, "ko", ("~러시아",)), Group(0, "ko", ("러시아인",), True)], None, "러시아인 중러시아")
def test_any_lexicon_in_any_text(groups: list[Group], names: str | None, text: str) -> None:
    in_python, fast = both([group for group in groups if right(group)], names)
    assert fast.hits(text) == in_python.hits(text)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_shipped_lexicon_in_texts_full_of_it(data: st.DataObject) -> None:
    in_python, fast = matcher(pure=True), matcher(pure=False)
    surfaces = [s.strip("=~").replace("*", "a") for c in load_surfaces() for s in c]
    text = "".join(
        data.draw(st.lists(st.sampled_from(surfaces) | st.sampled_from((" ", ", ", "\n", "의 ", "s ")), max_size=30))
    )
    assert fast.hits(text) == in_python.hits(text)
    assert fast.hits(text.upper()) == in_python.hits(text.upper())


@cache
def load_surfaces() -> list[tuple[str, ...]]:
    concepts = load_concepts(shipped.CONFIG / "concepts").values()
    return [surfaces for concept in concepts for surfaces in concept.surfaces.values()]


@pytest.mark.parametrize(
    "text",
    ["", "x" * 100_000, "Kim Jong Un " * 10_000, "北러" * 20_000, "газопровод" * 10_000, "푸틴 " * 3_000 + "\u00ad"],
)
def test_long_and_odd_texts(text: str) -> None:
    in_python, fast = matcher(pure=True), matcher(pure=False)
    assert fast.hits(text) == in_python.hits(text)


def test_a_lexicon_that_cannot_be_read_is_refused_in_words() -> None:
    from pipeline.flagging import _scan

    tables = bytes(2 * 0x10000), bytes(0x10000)
    refused: list[tuple[list[str], Callable[[int], list[_scan.Rule]], bytes]] = [
        (["b", "a"], lambda _: [], tables[0]),
        (["a", "a"], lambda _: [], tables[0]),
        ([""], lambda _: [], tables[0]),
        (["a"], lambda _: [], b"short"),
    ]
    for spellings, resolve, fold in refused:
        with pytest.raises(ValueError, match=r"spellings|tables"):
            _scan.Trie(spellings, resolve, fold, tables[1], b"\0")


def test_what_goes_wrong_in_python_comes_out_and_leaves_the_matcher_whole() -> None:
    from pipeline.flagging import _scan

    fold = b"".join(code.to_bytes(2, "little") for code in range(0x10000))
    kinds = bytes(0x10000)
    good, unknown = (0, 0, False, False, False, 0, None), (0, 0, False, False, False, 7, None)
    answers: list[object] = [KeyError("no"), [good, unknown], [good[:2]], [good]]

    def resolve(_: int) -> list[_scan.Rule]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]

    trie = _scan.Trie(["abc"], resolve, fold, kinds, b"\0")
    for wrong in (KeyError, ValueError, TypeError):
        with pytest.raises(wrong):
            trie.hits("xabcx")
    assert trie.hits("xabcx") == packed([(1, 4, 0)])


@pytest.mark.parametrize("pure", [True, False])
def test_a_mark_that_opens_a_text_does_not_join_the_line_end_before_it(pure: bool) -> None:
    found = Matcher("a", [Group(0, "ko", ("~\u0301러",))], pure=pure)
    assert found.hits("x\n\u0301러\u00ad") == packed([(2, 4, 0)])


def test_modules_older_than_their_source_are_not_used(tmp_path: Path) -> None:
    here = Path(str(native.__file__)).parent
    package = tmp_path / "pipeline/flagging"
    shutil.copytree(here.parent, package.parent, ignore=shutil.ignore_patterns("demo", "__pycache__"))
    ask = [sys.executable, "-c", "from pipeline.flagging import native; print(native.__file__, native.compiled())"]
    told = []
    for name, age in (("_trial.c", -1), ("_trial.c", 1), ("_trial.c", -1), ("_part.h", 1)):
        for source in (*package.glob("*.c"), package / "_part.h"):
            os.utime(source, (0, 0))
        built = (package / f"_trial{sysconfig.get_config_var('EXT_SUFFIX')}").stat().st_mtime
        os.utime(package / name, (built + age, built + age))
        done = subprocess.run(ask, cwd=tmp_path, capture_output=True, text=True, check=True)
        told.append(done.stdout.split()[1])
        assert str(tmp_path) in done.stdout
    assert told == ["True", "False", "True", "False"]


def test_threads_may_share_it() -> None:
    fast = matcher(pure=False)
    text = "Ким Чен Ын и Путин во Владивостоке; Kim Jong Un and Putin. 북러 정상회담\n" * 50
    expected = fast.hits(text)
    found: list[bool] = []
    fresh = Matcher("abcd", [Group(0, "ru", ("ким*", "путин*")), Group(1, "ko", ("북러",))], pure=False)
    alone = Matcher("abcd", [Group(0, "ru", ("ким*", "путин*")), Group(1, "ko", ("북러",))], pure=True).hits(text)
    threads = [
        threading.Thread(target=lambda: found.append(fast.hits(text) == expected and fresh.hits(text) == alone))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8
