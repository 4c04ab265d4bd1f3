"""Stories: which articles are joined, and which are not."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Candidate, IndexKeys, SentenceHolder, Telling
from pipeline.stories import (
    choose,
    find_original,
    fingerprint,
    format_number,
    index_keys,
    load_model,
    may_be_copy,
    score,
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
        ("in 2018, at 04:51, 7 men, on the 15th, 28 days", set()),
        ("광복 80주년, 80돌, 80-летие, 80-я годовщина, 80-й годовщины, 80th anniversary", set()),
        ("THAAD2 v1.2.3", set()),
    ],
)
def test_numbers_have_one_value_in_every_language(text: str, found: set[str]) -> None:
    assert set(numbers(text)) == found


def test_numbers_are_formatted_for_people() -> None:
    found = numbers("13억 달러, 0,2%, 4700명")
    assert sorted(format_number(number) for number in found) == ["0.2", "1,300,000,000", "4,700"]


SUBJECT = "kursk dprk_troops nis_rok lawmakers"
MODEL = load_model()


def telling(
    article: int,
    title: str,
    text: str = "",
    *,
    concepts: str = "",
    hours: float = 0,
    language: str = "en",
    story: int | None = None,
    year: int = 2025,
) -> Telling:
    hits = [(concept, 0) for concept in concepts.split()]
    signature = sign(title, text, language, hits, year=year, model=MODEL)
    return Telling(article=article, source=article, at=hours * 3600, story=story, signature=signature)


def joined(article: Telling, *stories: list[Telling]) -> int | None:
    """Return the member that the article is joined to."""
    candidates = [Candidate(min(m.at for m in story), max(m.at for m in story), len(story), story) for story in stories]
    match = choose(article, candidates, partial(score, model=MODEL), MODEL.threshold)
    return None if match is None else match.telling.article


def test_one_event_in_two_languages_is_joined_by_concepts_and_numbers() -> None:
    one = telling(1, "4,700 casualties, lawmakers told", concepts=SUBJECT)
    assert joined(telling(2, "사상자 4700명", concepts=SUBJECT, hours=2, language="ko"), [one]) == 1


def test_same_people_and_another_event_are_not_joined() -> None:
    arrival = telling(1, "Lavrov arrives in Pyongyang", concepts="lavrov pyongyang")
    wreath = telling(2, "Лавров возложил венок", concepts="lavrov liberation_tower", hours=20, language="ru")
    assert joined(wreath, [arrival]) is None


def test_title_and_a_few_words_on_the_same_people_do_not_join() -> None:
    one = telling(
        1, "김정은, 푸틴에 축전", "국민통합의 날을 맞아 축전을 보냈다.", language="ko", concepts="kim_jong_un putin"
    )
    other = telling(
        2, "김정은, 푸틴과 통화", "두 정상은 협상을 논의했다.", language="ko", concepts="kim_jong_un putin", hours=20
    )
    assert joined(other, [one]) is None


def test_articles_in_one_language_join_by_words_without_any_concept() -> None:
    text = "The ferry between the two islands will run again from Monday after repairs to its engine, the council said."
    one = telling(1, "Island ferry runs again from Monday", text)
    retold = text.replace("The ferry", "A ferry").replace("the council said", "officials announced")
    assert joined(telling(2, "Ferry to islands to run again from Monday", retold, hours=1), [one]) == 1


def test_no_story_spans_more_than_the_window() -> None:
    first = telling(1, "4,700 casualties, lawmakers told", concepts=SUBJECT)
    late = telling(2, "4,700 casualties, lawmakers told", concepts=SUBJECT, hours=50)
    new = telling(3, "4,700 casualties, lawmakers told", concepts=SUBJECT, hours=61)
    assert joined(new, [late]) == 2
    assert joined(new, [first, late]) is None


def test_article_like_one_member_and_unlike_the_others_stays_out() -> None:
    text = "The ferry between the two islands will run again from Monday after repairs to its engine, the council said."
    alike = telling(1, "Island ferry runs again from Monday", text)
    others = [telling(number, f"Trains, prices and weather number {number}", "Snow fell.") for number in (2, 3)]
    new = telling(4, "Ferry to islands to run again from Monday", text, hours=1)
    assert joined(new, [alike]) == 1
    assert joined(new, [alike, *others]) is None


def test_articles_that_all_are_a_little_alike_make_no_story_without_end() -> None:
    def size(probability: float) -> int:
        """Return how many articles a story has before it takes no more."""
        members = [telling(0, "Rates of the day")]
        while len(members) < 100:
            story = Candidate(0, 0, len(members), members)
            if choose(telling(len(members), "Rates of the day"), [story], lambda *_: probability, 0.25) is None:
                break
            members.append(telling(len(members), "Rates of the day"))
        return len(members)

    assert size(0.2) == 1
    assert 8 <= size(0.4) < 16
    assert size(0.95) == 100


@pytest.mark.parametrize(
    "title", ["Обзор прессы: Лавров в Пхеньяне", "[북한단신] 러 대표단 도착", "Press review: Kursk"]
)
def test_digest_never_joins_and_is_never_found(title: str) -> None:
    digest, same = telling(1, title, concepts=SUBJECT), telling(2, title, concepts=SUBJECT)
    assert joined(digest, [same]) is None
    assert index_keys(digest.signature, MODEL) == IndexKeys({}, {})


def test_role_stands_for_its_person_in_its_years_only() -> None:
    title = "북한 외무상, 모스크바 도착"
    assert "choe_son_hui" in telling(1, title, language="ko", year=2025).signature.concepts
    assert "choe_son_hui" not in telling(1, title, language="ko", year=2018).signature.concepts


def test_acts_are_the_same_in_three_languages() -> None:
    titles = ("푸틴, 김정은과 전화통화", "Путин и Ким поговорили по телефону", "Putin and Kim hold phone call")
    assert all("call" in telling(1, title).signature.title_acts for title in titles)


def test_byline_of_an_agency_is_not_compared() -> None:
    text = "북한이 다리를 놓는다."
    with_byline = telling(1, "t", f"(서울=통신다) 박선우 기자 = {text}")
    assert with_byline.signature.words == telling(1, "t", text).signature.words


@given(st.text(), st.text())
def test_any_text_can_be_signed_and_scored(title: str, text: str) -> None:
    one = telling(1, title, text)
    assert 0 <= score(one, one, MODEL) <= 1
    keys = index_keys(one.signature, MODEL)
    assert len(keys.concepts) + len(keys.words) <= 16
