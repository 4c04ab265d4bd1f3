"""Which changes of a page count, and as what: a table of cases in three languages."""

from __future__ import annotations

import time

import pytest

from pipeline.edits import compare, describe, digest
from pipeline.model import Version

EN = (
    "The envoys met in the harbour town on Friday. They signed a plan for 12 ferries. Moscow did not comment.\n"
    "A spokesman named Petrov read the text aloud. The talks will go on in May."
)
RU = "Посланники встретились в портовом городе. Подписан план на 12 паромов. Москва не комментировала встречу."
KO = "양국 특사가 항구 도시에서 만났다. 여객선 12척을 도입하는 계획에 서명했다. 모스크바는 논평하지 않았다."
TITLE = "Envoys sign a plan for ferries"

CASES = [
    ("same", TITLE, EN, TITLE, EN, None),
    ("number", TITLE, EN, TITLE, EN.replace("12 ferries", "14 ferries"), "fact"),
    ("number word", TITLE, EN.replace("12", "twelve"), TITLE, EN.replace("12", "fifteen"), "fact"),
    ("same number in words", TITLE, EN, TITLE, EN.replace("12", "twelve"), "wording"),
    ("name", TITLE, EN, TITLE, EN.replace("named Petrov", "named Sidorov"), "fact"),
    ("negation", TITLE, EN, TITLE, EN.replace("did not comment", "did comment"), "fact"),
    ("day of the week", TITLE, EN, TITLE, EN.replace("on Friday", "on Thursday"), "fact"),
    ("headline", TITLE, EN, "Envoys fail to sign a plan", EN, "headline"),
    ("label before the headline", TITLE, EN, f"(LEAD) {TITLE}", EN, "wording"),
    ("site's name behind the headline", TITLE, EN, f"{TITLE} | The Harbour Post", EN, "cosmetic"),
    ("sentence dropped", TITLE, EN, TITLE, EN.replace(" Moscow did not comment.", ""), "sentence"),
    ("sentence added", TITLE, EN, TITLE, f"{EN} The mayor thanked both sides for the ferries.", "sentence"),
    ("typo", TITLE, EN.replace("aloud", "alloud"), TITLE, EN, "wording"),
    ("typo in a name", TITLE, EN.replace("Petrov", "Petrovv"), TITLE, EN, "wording"),
    ("other words", TITLE, EN, TITLE, EN.replace("read the text aloud", "read out the text"), "wording"),
    ("two sentences joined", TITLE, EN, TITLE, EN.replace("aloud. The", "aloud, the"), "cosmetic"),
    ("two sentences joined by a word", TITLE, EN, TITLE, EN.replace("aloud. The", "aloud and the"), "wording"),
    (
        "quotes, dashes and spaces",
        TITLE,
        EN,
        TITLE,
        EN.replace("plan", "“plan”").replace(". They", ".  They"),
        "cosmetic",
    ),
    ("another line break", TITLE, EN, TITLE, EN.replace("\n", " "), "cosmetic"),
    ("paragraph moved", TITLE, EN, TITLE, "\n".join(reversed(EN.split("\n"))), "cosmetic"),
    ("counter", TITLE, f"{EN}\nViews: 1,204", TITLE, f"{EN}\nViews: 1,377", "cosmetic"),
    ("clock", TITLE, f"Updated 14:05\n{EN}", TITLE, f"Updated 3 hours ago\n{EN}", "cosmetic"),
    ("bare date line", TITLE, f"05.11.2026, 14:05\n{EN}", TITLE, f"05.11.2026, 16:10\n{EN}", "cosmetic"),
    (
        "related links",
        TITLE,
        f"{EN}\nRead also: Ferry quay opens",
        TITLE,
        f"{EN}\nRead also: Mayor resigns",
        "cosmetic",
    ),
    ("links without a label", TITLE, EN, TITLE, f"{EN}\nFerry quay opens after four years of work", "cosmetic"),
    ("Russian number", TITLE, RU, TITLE, RU.replace("12 паромов", "14 паромов"), "fact"),
    ("Russian negation", TITLE, RU, TITLE, RU.replace("не комментировала", "комментировала"), "fact"),
    ("Russian ending", TITLE, RU, TITLE, RU.replace("в портовом городе", "в портовых городах"), "wording"),
    ("Russian ё", TITLE, RU.replace("план", "учёт"), TITLE, RU.replace("план", "учет"), "cosmetic"),
    ("Russian counter", TITLE, f"{RU}\nПросмотров: 55", TITLE, f"{RU}\nПросмотров: 90", "cosmetic"),
    ("Russian sentence", TITLE, RU, TITLE, RU.replace(" Подписан план на 12 паромов.", ""), "sentence"),
    ("Korean number", TITLE, KO, TITLE, KO.replace("12척", "14척"), "fact"),
    ("Korean negation", TITLE, KO, TITLE, KO.replace("논평하지 않았다", "논평했다"), "fact"),
    ("Korean counter", TITLE, f"{KO}\n조회수 120", TITLE, f"{KO}\n조회수 540", "cosmetic"),
    ("Korean sentence", TITLE, KO, TITLE, f"{KO} 시장은 두 나라에 감사를 표했다.", "sentence"),
]


@pytest.mark.parametrize(("name", "old_title", "old", "title", "new", "kind"), CASES, ids=[case[0] for case in CASES])
def test_change_gets_its_class(name: str, old_title: str, old: str, title: str, new: str, kind: str | None) -> None:
    change = compare(Version(old_title, old), Version(title, new))
    assert (None if change is None else change.kind) == kind


def test_concept_that_appears_in_a_reworded_sentence_is_a_fact() -> None:
    def concepts(sentence: str) -> frozenset[str]:
        return frozenset({"thaad"} & set(sentence.split()))

    one, other = "The battery of thaad stays in the valley.", "The battery of missiles stays in the valley."
    change = compare(Version("T", one), Version("T", other), concepts)
    assert change is not None
    assert change.parts[0].facts == ("−concept thaad",)


def test_parts_hold_both_wordings_and_the_facts_that_differ() -> None:
    change = compare(Version(TITLE, EN), Version(TITLE, EN.replace("12", "14")))
    assert change is not None
    (part,) = change.parts
    assert (part.old, part.new) == ("They signed a plan for 12 ferries.", "They signed a plan for 14 ferries.")
    assert part.facts == ("−12", "+14")
    assert describe(change) == "1 sentence reworded: −12, +14."


def test_same_change_in_other_texts_has_the_same_key_unless_it_is_a_fact() -> None:
    def key(old: str, new: str) -> int:
        change = compare(Version("T", old), Version("T", new))
        assert change is not None
        return change.parts[0].key

    added = "Subscribe to our evening letter and miss nothing."
    assert key(EN, f"{EN} {added}") == key(RU, f"{RU} {added}")
    assert key("The toll rose to 12 people.", "The toll rose to 14 people.") != key(
        "Officials counted 12 boats.", "Officials counted 14 boats."
    )


def test_digest_ignores_typography_only() -> None:
    assert digest(Version(TITLE, EN)) == digest(Version(TITLE.upper(), EN.replace(". They", ".  They")))
    assert digest(Version(TITLE, EN)) != digest(Version(TITLE, EN.replace("12", "14")))


def test_very_long_pages_are_compared_in_bounded_time_and_space() -> None:
    old = "\n".join(f"Sentence number {at} of a page that grows tells little else." for at in range(3_000))
    new = "\n".join(f"Line {at} of a page that was written anew says quite another thing." for at in range(3_000))
    began = time.process_time()
    change = compare(Version("T", old), Version("T", new))
    assert time.process_time() - began < 20
    assert change is not None
    assert len(change.parts) <= 40
