"""Who reported first, who copied whom, and what a side leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.model.directions import Facts, Member
from pipeline.stories.affairs import Outline, find_affair, outline
from pipeline.stories.agencies import credited
from pipeline.stories.direction import find_direction
from pipeline.stories.model import load_model

START = datetime(2026, 11, 2, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LONG = " ".join(f"The port of the eastern coast received ship number {n} with grain and timber." for n in range(12))


def member(number: int, source: str, minutes: int, **changes: object) -> Member:
    """An article seen by the poll at ``minutes``, half an hour after the poll before."""
    at = START + minutes * MINUTE
    values = {
        "article": number,
        "source": source,
        "home": "RU",
        "title": f"Title {number}",
        "text": f"Article {number} of {source} has words of its own on the port. {number * 'More words follow here. '}",
        "published": None,
        "polled_at": at,
        "polled_before": at - 30 * MINUTE,
    }
    return Member(**values | changes)  # type: ignore[arg-type] # a dictionary of the fields


def direction(*members: Member, facts: dict[int, Facts] | None = None):  # type: ignore[no-untyped-def] # short
    nothing = Facts(concepts={}, numbers={})
    return find_direction(members, {m.article: (facts or {}).get(m.article, nothing) for m in members}, lambda _: 5.0)


def test_first_is_certain_only_if_no_other_poll_could_have_been_earlier() -> None:
    apart = direction(member(1, "A", 0), member(2, "B", 60))
    assert (apart.placed[0].article, apart.placed[0].certain) == (1, True)
    near = direction(member(1, "A", 0), member(2, "B", 20))
    assert (near.placed[0].article, near.placed[0].certain) == (1, False)


def test_first_poll_of_a_source_says_nothing_about_the_time_before() -> None:
    found = direction(member(1, "A", 0), member(2, "B", 600, polled_before=None))
    assert not found.placed[0].certain


def test_publishers_time_counts_before_the_poll_unless_it_is_later_than_the_poll() -> None:
    early = direction(member(1, "A", 0), member(2, "B", 60, published=START - 90 * MINUTE))
    assert [one.article for one in early.placed] == [2, 1]
    assert early.placed[0].basis == "published"
    wrong = direction(member(1, "A", 0), member(2, "B", 60, published=START + 900 * MINUTE))
    assert [(one.article, one.basis) for one in wrong.placed] == [(1, "polled"), (2, "polled")]


def test_later_article_with_the_same_sentences_is_the_copy() -> None:
    found = direction(member(1, "A", 0, text=LONG), member(2, "B", 90, text=f"Our paper adds a line.\n{LONG}"))
    assert (found.placed[1].relation, found.placed[1].like, found.placed[1].certain) == ("copied", 1, True)
    near = direction(member(1, "A", 0, text=LONG), member(2, "B", 10, text=LONG))
    assert (near.placed[1].relation, near.placed[1].certain) == ("copied", False)


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("The ship left the port, according to TASS. It carries grain.", "TASS"),
        ("Korea's Yonhap news agency reported on Monday that talks failed.", "Yonhap"),
        ("Судно вышло из порта, сообщает ТАСС со ссылкой на службу.", "TASS"),
        ("Об этом передает РИА Новости.", "RIA Novosti"),
        ("МОСКВА, 5 ноября. /ТАСС/. Судно вышло из порта.", "TASS"),
        ("조선중앙통신에 따르면 회담은 평양에서 열렸다.", "KCNA"),
        ("연합뉴스가 5일 서울에서 열린 회담을 알렸다. 타스 통신은 이를 보도했다.", "TASS"),
        ("The tasks of the crew are hard. Rian was there.", None),
        ("Reporters of the paper saw the ship.", None),
    ],
)
def test_credit_to_an_agency_is_recognised_in_three_languages(text: str, agency: str | None) -> None:
    names = [found.name for found, _ in credited(text, "Harbour Post")]
    assert names == ([agency] if agency else [])


def test_agency_does_not_credit_itself_and_a_credit_leads_to_its_article() -> None:
    text = "The ship left the port, according to TASS."
    assert credited(text, "TASS (English)") == []
    found = direction(member(1, "TASS", 0), member(2, "Harbour Post", 90, text=text))
    assert (found.placed[1].relation, found.placed[1].like) == ("credits", 1)
    assert "according to TASS" in found.placed[1].evidence


def telling(concepts: str = "", numbers: str = "") -> Facts:
    return Facts(
        concepts={name: f"A sentence on {name}." for name in concepts.split()},
        numbers={number: f"There were {number} ships." for number in numbers.split()},
    )


def test_left_out_is_what_two_sources_of_the_other_side_have_and_none_of_ones_own() -> None:
    members = (
        member(1, "Moscow One", 0, text=LONG),
        member(2, "Seoul One", 60, home="KR"),
        member(3, "Seoul Two", 90, home="KR"),
    )
    facts = {1: telling("port", "120"), 2: telling("port sanctions", "120 600"), 3: telling("sanctions", "700")}
    found = direction(*members, facts=facts)
    (gap,) = found.gaps
    assert (gap.side, gap.told_by, gap.item, gap.sources) == ("RU", "KR", "sanctions", 2)
    assert gap.quotation == "A sentence on sanctions."


def test_two_articles_of_one_source_and_short_texts_prove_no_gap() -> None:
    facts = {1: telling("port"), 2: telling("sanctions"), 3: telling("sanctions")}
    same = (member(1, "M", 0, text=LONG), member(2, "S", 60, home="KR"), member(3, "S", 90, home="KR"))
    assert direction(*same, facts=facts).gaps == ()
    short = (member(1, "M", 0), member(2, "S", 60, home="KR"), member(3, "T", 90, home="KR"))
    assert direction(*short, facts=facts).gaps == ()


def event(number: int, concepts: str, day: float) -> Outline:
    return outline(number, dict.fromkeys(concepts.split(), 1.0), day * 86_400, day * 86_400 + 3_600, load_model())


def test_events_with_the_same_rare_actors_within_days_are_one_affair() -> None:
    talks = event(1, "lavrov choe_son_hui wonsan russia north_korea", 1)
    meeting = event(2, "lavrov kim_jong_un wonsan", 2)
    found = find_affair(meeting, {1: [talks]})
    assert found is not None
    assert found.affair == 1
    assert found.shared[0] in ("lavrov", "wonsan")
    assert find_affair(event(3, "lavrov kim_jong_un wonsan", 12), {1: [talks]}) is None
    assert find_affair(event(4, "russia north_korea kim_jong_un", 2), {1: [talks]}) is None
