"""The query language of the search page, without a database: what is typed, and what FTS5 gets."""

from __future__ import annotations

import pytest

from pipeline.store.search_query import Query, Surface, Term, count_parts, expand, parse, to_fts, to_title_fts


def shown(query: Query) -> str:
    """A query in short: groups by spaces, alternatives by bars, exclusions after a slash."""
    marks = {"word": "{}", "phrase": '"{}"', "prefix": "{}*"}
    groups = " ".join("|".join(marks[term.kind].format(term.text) for term in group) for group in query.groups)
    return " / ".join([groups, *(marks[term.kind].format(term.text) for term in query.excluded)])


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("Gas pipeline", "gas pipeline"),
        ("gas AND pipeline", "gas pipeline"),
        ("gas OR oil", "gas|oil"),
        ("gas OR oil OR coal rails", "gas|oil|coal rails"),
        ("OR gas", "gas"),
        ("gas OR", "gas"),
        ("gas OR NOT oil", "gas / oil"),
        ("gas -oil rails", "gas rails / oil"),
        ("gas NOT oil rails", "gas rails / oil"),  # NOT excludes one word
        ('gas -"oil price" rails', 'gas rails / "oil price"'),
        ("NOT gas", " / gas"),
        ("-OR gas", "gas / or"),
        ("-NOT gas", "gas / not"),
        ("Су-57", "су 57"),  # a hyphen inside a word excludes nothing
        ("pipe* -rail*", "pipe* / rail*"),
        ("“gas pipeline”", '"gas pipeline"'),
        ("«газ»", '"газ"'),
        ('"gas pipe', '"gas pipe"'),
        ('"" gas "!"', "gas"),
        ("Korea's gas", "korea gas"),
        ("gas\x00oil", "gas oil"),
        ("a NEAR b", "a b"),
        ("", ""),
        (" ".join(["w"] * 50), " ".join(["w"] * 40)),
    ],
)
def test_what_is_typed_is_read_as_in_other_search_engines(typed: str, query: str) -> None:
    assert shown(parse(typed)) == query


@pytest.mark.parametrize(
    ("typed", "fts"),
    [
        ("", ""),
        ("-gas", ""),  # nothing but exclusions finds nothing
        ('"gas pipe"', '({title text} : "gas pipe")'),
        ('"gas"', '("gas")'),
        ('"sanctions"', '("sanctions")'),  # quotes keep the inflection
        ("pipe*", '("pipe"*)'),
        ('"a" -"b c" -"d"', '(("a")) NOT ({title text} : "b c" OR "d")'),
        ('"a b" "c"', '({title text} : "a b") AND ("c")'),
        ('"a" OR "b"', '("a" OR "b")'),
    ],
)
def test_query_for_fts(typed: str, fts: str) -> None:
    assert to_fts(parse(typed)) == fts


def test_articles_with_a_word_in_the_title_are_found_by_any_of_the_words() -> None:
    assert to_title_fts(parse('"a" "b" OR "c"')) == '{title} : ("a" OR "b" OR "c")'
    assert count_parts(parse('"a" "b" OR "c" -"d"')) == 3


CONCEPTS = {
    "north korea": Term("north korea", concept="kp"),
    "korea": Term("korea", concept="kr"),
    "gas": Term("gas", concept="gas"),
}


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("north korea gas", ["kp", "gas"]),  # the longest run of words
        ("south korea", ["", "kr"]),
        ('"korea"', [""]),  # quotes keep a word as it is
        ("korea*", [""]),
        ("north -korea", ["", "kr"]),
        ("oil OR gas", ["", "gas"]),
        ("north OR south korea", ["", "", "kr"]),
        ("north gas korea", ["", "gas", "kr"]),
    ],
)
def test_words_that_name_a_concept_are_searched_in_all_its_spellings(typed: str, named: list[str]) -> None:
    query = expand(parse(typed), CONCEPTS.get)
    assert [term.concept for term in (*query.terms, *query.excluded)] == named


@pytest.mark.parametrize(
    ("text", "language", "finds", "not_finds"),
    [
        ("사드", "ko", ['"사드"'], []),
        ("북", "ko", [], ['"북"']),  # one syllable would find everything
        ("РК", "ru", [], ['"рк"']),
        ("КНР", "ru", ['"кнр"'], []),
        ("=THAAD", "en", ['"thaad"'], []),
        ("газ* труб*", "ru", ['{title text} : NEAR("газ"* "труб"*, 0)'], []),
        ("новый газ* труба", "ru", ['{title text} : NEAR("новый" "газ"* "труба", 1)'], []),
        ("gas pipe", "en", ['{title text} : "gas pipe"', '{title text} : "gas pipes"'], []),
        ("газ труба", "ru", ['{title text} : "газ труба"'], ['{title text} : "газ трубаs"']),
        ("가스 관", "ko", ['{title text} : "가스 관을"', '{title text} : "가스 관"', '"가스관"'], ['"가스 관를"']),
        ("미사일 방어", "ko", ['"미사일 방어를"', '"미사일 방어는"', '"미사일 방어와"'], ['"미사일 방어을"']),
        ("미사일방어체계", "ko", ['"미사일방어체"', '"미사일방어체계"'], []),
        ("ミサイル", "ja", [], ['"ミサイル"']),  # the index has no terms of this language
    ],
)
def test_spelling_of_a_concept_becomes_terms_of_the_index(
    text: str, language: str, finds: list[str], not_finds: list[str]
) -> None:
    term = Term("zz", "phrase", concept="c", surfaces=(Surface(text, language),))
    fts = to_fts(Query(((term,),)))
    assert all(part in fts for part in finds)
    assert not any(part in fts for part in not_finds)


def test_spelling_that_contains_a_shorter_one_is_left_out() -> None:
    surfaces = tuple(Surface(text, "en") for text in ("gas pipe", "new gas pipe line", "oil"))
    fts = to_fts(Query(((Term("zz", "phrase", concept="c", surfaces=surfaces),),)))
    assert '"gas pipe"' in fts
    assert '"oil"' in fts
    assert "line" not in fts
