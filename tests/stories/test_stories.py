"""What joins two articles into a story, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stories import Found, Marks, Recent, compare, fingerprint, judge_copies, mark, may_be_copy, shown
from pipeline.stories.numbers import numbers

TEXT = "\n".join(
    f"Sentence number {word} tells of the harbour and the line behind it."
    for word in ("one", "two", "three", "four", "five", "six", "seven", "eight")
)
FOOTER = "Copyright of the courier, all rights reserved, ask before you copy."


def copied(one: str, other: str, *, source: int = 2, story: int | None = None) -> object:
    """What ``other``, of source 1, is found to be: a copy of ``one`` or None."""
    theirs, ours = fingerprint("The title of the first paper on this day", one), fingerprint("Another title", other)
    found = {number: [Found(7, source, story, "2026-01-01T00:00:00Z")] for number in ours if number in theirs}
    return judge_copies(1, len(ours), found, lambda _: len(theirs))


def test_case_dress_and_spaces_do_not_make_another_sentence() -> None:
    assert fingerprint("", TEXT) == fingerprint("", TEXT.upper().replace(" of the", ",  of  “the”"))


@pytest.mark.parametrize(
    "text",
    [
        "사드 기지에 장비가 들어갔다고 국방부가 밝혔다. 주민들은 새벽부터 길을 막고 항의했다.",
        "三国の代表が東京で二日間にわたり会談した。次回は来春に開かれる見通しとなった。",
    ],
)
def test_sentences_without_many_words_count_by_their_signs(text: str) -> None:
    assert len(fingerprint("", text)) == 2


@given(st.text())
def test_any_text_has_a_fingerprint(text: str) -> None:
    found = fingerprint(text, text)
    assert len(found) <= 32
    assert all(-(2**63) <= number < 2**63 for number in found)


def test_a_text_that_was_cut_or_given_a_new_head_is_a_copy() -> None:
    lines = TEXT.split("\n")
    assert copied(TEXT, "\n".join(lines[:4]))
    assert copied(TEXT, "\n".join(["A head of our own, written by the night desk for its readers.", *lines[1:]]))


def test_two_shared_sentences_of_background_are_no_copy() -> None:
    own = "\n".join(f"Our own sentence {word} says what happened today in the port." for word in "abcdefgh")
    assert copied(TEXT, f"{own}\n" + "\n".join(TEXT.split("\n")[:2])) is None


def test_a_roundup_is_no_copy_of_one_of_its_parts() -> None:
    parts = "\n".join(f"Part {at} of the roundup tells of something else in the region." for at in range(24))
    assert copied("\n".join(TEXT.split("\n")[:3]), f"{parts}\n" + "\n".join(TEXT.split("\n")[:3])) is None


def test_pieces_of_one_source_must_share_more_as_series_repeat_themselves() -> None:
    half = "\n".join([*TEXT.split("\n")[:4], *(f"New words number {at} of the second piece today." for at in range(4))])
    assert copied(TEXT, half, source=2)
    assert copied(TEXT, half, source=1) is None


def test_a_footer_that_one_source_puts_under_many_articles_says_nothing() -> None:
    ours = fingerprint("", "\n".join([FOOTER, FOOTER.replace("copy", "print"), FOOTER.replace("copy", "quote")]))
    under = [Found(article, 2, None, "2026-01-01T00:00:00Z") for article in range(5)]
    assert judge_copies(1, 3, dict.fromkeys(ours, under[:4]), lambda _: 3)
    assert judge_copies(1, 3, dict.fromkeys(ours, under), lambda _: 3) is None
    one_story = [Found(article, 2, 9, "2026-01-01T00:00:00Z") for article in range(5)]
    assert judge_copies(1, 3, dict.fromkeys(ours, one_story), lambda _: 3), "five tellings of one story are no footer"


@given(
    st.lists(st.sets(st.integers(1, 6), min_size=1), max_size=12), st.integers(0, 20), st.lists(st.integers(1, 32)),
)  # fmt: skip
def test_what_may_not_be_a_copy_is_none(shared: list[set[int]], alone: int, sizes: list[int]) -> None:
    own = len(shared) + alone
    found = {
        number: [Found(article, article % 2, None, "2026-01-01T00:00:00Z") for article in sorted(articles)]
        for number, articles in enumerate(shared)
    }
    holders = {number: [row.article for row in rows] for number, rows in found.items()}

    def size(article: int) -> int:
        held = sum(article in articles for articles in shared)
        return max(held, sizes[article % len(sizes)] if sizes else 1)

    if not may_be_copy(own, holders):
        assert judge_copies(1, own, found, size) is None


def test_a_phrase_or_two_in_common_need_no_judgement() -> None:
    assert not may_be_copy(28, {1: [7], 2: [7], 3: [8]})
    assert may_be_copy(8, {1: [7], 2: [7], 3: [7, 8]})
    assert not may_be_copy(8, {})


def test_the_earliest_of_equal_originals_is_named() -> None:
    ours = fingerprint("", TEXT)
    rows = [Found(3, 2, None, "2026-01-02T00:00:00Z"), Found(5, 4, None, "2026-01-01T00:00:00Z")]
    copy = judge_copies(1, len(ours), dict.fromkeys(ours, rows), lambda _: len(ours))
    assert copy is not None
    assert (copy.article, copy.sentences, copy.of) == (5, 8, 8)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4,700 troops", {"4700"}),
        ("4700명", {"4700"}),
        ("4 700 человек", {"4700"}),
        ("1.3 billion dollars", {"1.3e+09"}),
        ("13억 달러", {"1.3e+09"}),
        ("1,3 млрд долларов", {"1.3e+09"}),
        ("4조8천억 원", {"4.8e+12"}),
        ("1만 2000명", {"12000"}),
        ("41만t", {"410000"}),
        ("410 тыс. тонн", {"410000"}),
        ("0.2 percent", {"0.2"}),
        ("0,2%", {"0.2"}),
        ("in 2018, at 04:51, 7 men", set()),
        ("THAAD2 v1.2.3", set()),
    ],
)
def test_numbers_are_the_same_in_every_language(text: str, found: set[str]) -> None:
    assert set(numbers(text)) == found


def test_numbers_are_shown_as_people_write_them() -> None:
    found = numbers("13억 달러, 0,2%, 4700명")
    assert sorted(shown(one) for one in found) == ["0.2", "1,300,000,000", "4,700"]


def marks(
    article: int, *, hours: float = 0, language: str = "en", text: str = "", title: str = "", of: str = ""
) -> Marks:
    evidence = [(concept, "title", 0) for concept in of.split()]
    return mark(article, source=article, at=hours * 3600, language=language, title=title, text=text, evidence=evidence)


KINDS = dict.fromkeys(("russia", "north_korea"), "country")
SUBJECT = "kursk dprk_troops nis_rok lawmakers russia north_korea"


def joined(one: Marks, other: Marks) -> bool:
    recent = Recent(KINDS)
    recent.add(one)
    return recent.nearest(other) is not None


def test_one_event_in_two_languages_is_told_by_its_concepts_and_numbers() -> None:
    one = marks(1, of=SUBJECT, text="4,700 casualties, 600 dead")
    assert joined(one, marks(2, language="ko", hours=2, of=SUBJECT, text="4700명 가운데 600명 사망"))


def test_the_same_subject_with_other_numbers_is_another_event() -> None:
    one = marks(1, of=SUBJECT, text="4,700 casualties, 600 dead")
    assert not joined(one, marks(2, language="ko", hours=2, of=SUBJECT, text="공병 1000명, 건설 인력 5000명"))


def test_the_same_subject_a_day_later_without_numbers_is_another_event() -> None:
    assert joined(marks(1, of=SUBJECT), marks(2, language="ru", hours=5, of=SUBJECT))
    assert not joined(marks(1, of=SUBJECT), marks(2, language="ru", hours=5, of=SUBJECT, text="1000 и 5000 человек"))
    assert not joined(marks(1, of=SUBJECT), marks(2, language="ru", hours=20, of=SUBJECT))


def test_countries_join_nothing() -> None:
    assert not joined(marks(1, of="russia north_korea", text="101"), marks(2, of="russia north_korea", text="101"))


def test_nothing_is_joined_across_more_than_two_and_a_half_days() -> None:
    one = marks(1, of=SUBJECT, text="4,700 casualties, 600 dead")
    assert not joined(one, marks(2, hours=61, of=SUBJECT, text="4,700 casualties, 600 dead"))


def test_a_concept_that_many_articles_name_weighs_less() -> None:
    recent = Recent(KINDS)
    before = recent.weigh("kursk")
    for article in range(50):
        recent.add(marks(article, of="kursk"))
    assert recent.weigh("kursk") < before
    recent.add(marks(0, of="seongju"))
    assert recent.weigh("seongju") > recent.weigh("kursk")


def test_an_article_is_never_like_itself() -> None:
    one = marks(1, of=SUBJECT, text="4,700 casualties")
    assert not joined(one, one)
    assert compare(one, one, lambda _: 3.0).one_event
