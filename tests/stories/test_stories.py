"""Stories: which articles are joined, and which are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import SentenceHolder, Signature
from pipeline.stories import (
    RecentArticles,
    compare,
    find_original,
    fingerprint,
    format_number,
    may_be_copy,
    sign,
)
from pipeline.stories.numbers import numbers

TEXT = "\n".join(
    f"Sentence number {word} tells of the harbour and the line behind it."
    for word in ("one", "two", "three", "four", "five", "six", "seven", "eight")
)
FOOTER = "Copyright of the courier, all rights reserved, ask before you copy."


def holder(article: int, source: int, story: int | None = None, day: int = 1) -> SentenceHolder:
    return SentenceHolder(article=article, source=source, story=story, at=f"2026-01-0{day}T00:00:00Z")


def copied(one: str, other: str, *, source: int = 2) -> object:
    """Compare ``other``, of source 1, with ``one``."""
    theirs, ours = fingerprint("The title of the first paper on this day", one), fingerprint("Another title", other)
    shared = {sentence: [holder(7, source)] for sentence in ours if sentence in theirs}
    return find_original(1, len(ours), shared, lambda _: len(theirs))


def test_case_quotes_and_spaces_do_not_change_a_sentence() -> None:
    assert fingerprint("", TEXT) == fingerprint("", TEXT.upper().replace(" of the", ",  of  “the”"))


@pytest.mark.parametrize(
    "text",
    [
        "사드 기지에 장비가 들어갔다고 국방부가 밝혔다. 주민들은 새벽부터 길을 막고 항의했다.",
        "三国の代表が東京で二日間にわたり会談した。次回は来春に開かれる見通しとなった。",
    ],
)
def test_sentences_in_scripts_without_spaces_count_by_letters(text: str) -> None:
    assert len(fingerprint("", text)) == 2


@given(st.text())
def test_any_text_has_a_fingerprint(text: str) -> None:
    hashes = fingerprint(text, text)
    assert len(hashes) <= 32
    assert all(-(2**63) <= sentence < 2**63 for sentence in hashes)


def test_shortened_text_and_text_with_new_lead_are_copies() -> None:
    lines = TEXT.split("\n")
    assert copied(TEXT, "\n".join(lines[:4]))
    assert copied(TEXT, "\n".join(["A head of our own, written by the night desk for its readers.", *lines[1:]]))


def test_two_shared_background_sentences_are_not_a_copy() -> None:
    own = "\n".join(f"Our own sentence {word} says what happened today in the port." for word in "abcdefgh")
    assert copied(TEXT, f"{own}\n" + "\n".join(TEXT.split("\n")[:2])) is None


def test_roundup_is_not_a_copy_of_one_of_its_parts() -> None:
    parts = "\n".join(f"Part {at} of the roundup tells of something else in the region." for at in range(24))
    assert copied("\n".join(TEXT.split("\n")[:3]), f"{parts}\n" + "\n".join(TEXT.split("\n")[:3])) is None


def test_articles_of_one_source_must_share_more() -> None:
    half = "\n".join([*TEXT.split("\n")[:4], *(f"New words number {at} of the second piece today." for at in range(4))])
    assert copied(TEXT, half, source=2)
    assert copied(TEXT, half, source=1) is None


def test_footer_under_many_articles_of_one_source_does_not_count() -> None:
    ours = fingerprint("", "\n".join([FOOTER, FOOTER.replace("copy", "print"), FOOTER.replace("copy", "quote")]))
    under = [holder(article, 2) for article in range(5)]
    assert find_original(1, 3, dict.fromkeys(ours, under[:4]), lambda _: 3)
    assert find_original(1, 3, dict.fromkeys(ours, under), lambda _: 3) is None
    one_story = [holder(article, 2, story=9) for article in range(5)]
    assert find_original(1, 3, dict.fromkeys(ours, one_story), lambda _: 3), (
        "five articles of one story do not make a footer"
    )


@given(
    st.lists(st.sets(st.integers(1, 6), min_size=1), max_size=12), st.integers(0, 20), st.lists(st.integers(1, 32)),
)  # fmt: skip
def test_may_be_copy_never_excludes_a_copy(shared: list[set[int]], alone: int, sizes: list[int]) -> None:
    own = len(shared) + alone
    sharing = {
        number: [holder(article, article % 2) for article in sorted(articles)] for number, articles in enumerate(shared)
    }
    holders = {number: [row.article for row in rows] for number, rows in sharing.items()}

    def count_sentences(article: int) -> int:
        held = sum(article in articles for articles in shared)
        return max(held, sizes[article % len(sizes)] if sizes else 1)

    if not may_be_copy(own, holders):
        assert find_original(1, own, sharing, count_sentences) is None


def test_one_or_two_shared_phrases_need_no_comparison() -> None:
    assert not may_be_copy(28, {1: [7], 2: [7], 3: [8]})
    assert may_be_copy(8, {1: [7], 2: [7], 3: [7, 8]})
    assert not may_be_copy(8, {})


def test_earliest_of_equal_originals_is_taken() -> None:
    ours = fingerprint("", TEXT)
    rows = [holder(3, 2, day=2), holder(5, 4, day=1)]
    copy = find_original(1, len(ours), dict.fromkeys(ours, rows), lambda _: len(ours))
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
def test_numbers_have_one_value_in_every_language(text: str, found: set[str]) -> None:
    assert set(numbers(text)) == found


def test_numbers_are_formatted_for_people() -> None:
    found = numbers("13억 달러, 0,2%, 4700명")
    assert sorted(format_number(number) for number in found) == ["0.2", "1,300,000,000", "4,700"]


def signature(
    article: int, *, hours: float = 0, language: str = "en", text: str = "", title: str = "", of: str = ""
) -> Signature:
    evidence = [(concept, "title", 0) for concept in of.split()]
    return sign(article, source=article, at=hours * 3600, language=language, title=title, text=text, evidence=evidence)


KINDS = dict.fromkeys(("russia", "north_korea"), "country")
SUBJECT = "kursk dprk_troops nis_rok lawmakers russia north_korea"


def joined(one: Signature, other: Signature) -> bool:
    recent = RecentArticles(KINDS)
    recent.add(one)
    return recent.nearest(other) is not None


def test_one_event_in_two_languages_is_joined_by_concepts_and_numbers() -> None:
    one = signature(1, of=SUBJECT, text="4,700 casualties, 600 dead")
    assert joined(one, signature(2, language="ko", hours=2, of=SUBJECT, text="4700명 가운데 600명 사망"))


def test_same_subject_with_other_numbers_is_not_joined() -> None:
    one = signature(1, of=SUBJECT, text="4,700 casualties, 600 dead")
    assert not joined(one, signature(2, language="ko", hours=2, of=SUBJECT, text="공병 1000명, 건설 인력 5000명"))


def test_same_subject_a_day_later_without_numbers_is_not_joined() -> None:
    assert joined(signature(1, of=SUBJECT), signature(2, language="ru", hours=5, of=SUBJECT))
    assert not joined(
        signature(1, of=SUBJECT), signature(2, language="ru", hours=5, of=SUBJECT, text="1000 и 5000 человек")
    )
    assert not joined(signature(1, of=SUBJECT), signature(2, language="ru", hours=20, of=SUBJECT))


def test_shared_countries_alone_do_not_join() -> None:
    assert not joined(
        signature(1, of="russia north_korea", text="101"), signature(2, of="russia north_korea", text="101")
    )


def test_articles_more_than_two_and_a_half_days_apart_are_not_joined() -> None:
    one = signature(1, of=SUBJECT, text="4,700 casualties, 600 dead")
    assert not joined(one, signature(2, hours=61, of=SUBJECT, text="4,700 casualties, 600 dead"))


def test_concept_named_by_many_articles_weighs_less() -> None:
    recent = RecentArticles(KINDS)
    before = recent.weigh("kursk")
    for article in range(50):
        recent.add(signature(article, of="kursk"))
    assert recent.weigh("kursk") < before
    recent.add(signature(0, of="seongju"))
    assert recent.weigh("seongju") > recent.weigh("kursk")


def test_article_is_never_joined_to_itself() -> None:
    one = signature(1, of=SUBJECT, text="4,700 casualties")
    assert not joined(one, one)
    assert compare(one, one, lambda _: 3.0).one_event
