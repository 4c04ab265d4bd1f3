"""Full-text search: matches, non-matches and unusual syntax."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.review.highlights import Piece
from pipeline.review.search_marks import Marker
from pipeline.store import concepts, search
from pipeline.store.search_query import parse
from pipeline.text.words import index_terms
from tests.store.build import new_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def put(conn: sqlite3.Connection, *articles: tuple[str, str]) -> None:
    conn.execute(
        "INSERT OR IGNORE INTO feeds (id, name, url, asked_url, language, kind, added_at)"
        " VALUES (1, 'f', 'u', 'u', 'en', 'x', '2026')"
    )
    conn.executemany(
        "INSERT INTO articles (title, text, search_terms, feed_id, sorted_at, url, published_url, method,"
        " content_hash, first_seen_at, fetched_at) VALUES (?, ?, ?, 1, '2026', hex(randomblob(8)), '', '', '', '', '')",
        [(title, text, index_terms(title, text)) for title, text in articles],
    )


def found(conn: sqlite3.Connection, typed: str) -> list[int]:
    return search.find(conn, parse(typed), limit=10)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = new_store(tmp_path / "tumen.db")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("사드", "사드를 배치했다"),
        ("사드", "주한미군 사드에서는"),
        ("사드를", "사드 기지"),
        ("제재", "대북제재를 풀자"),
        ("대북", "대북제재를 풀자"),
        ("연합", "한미연합훈련이 끝났다"),
        ("훈련", "한미연합훈련이 끝났다"),
        ("푸틴", "푸틴과의 회담"),
        ("북한", "北, 러에 노동자 보내"),
        ("북한", "北노동자 송환"),
        ("노동자", "北노동자 송환"),
        ("러시아", "러 외무부 대변인"),
        ("미국", "美의회 보고서"),
        ("문재인", "文대통령 방러"),
        ("Госдума", "выступил в Госдуме"),
        ("госдуме", "ГОСДУМА приняла"),
        ("газопроводу", "строят газопровод"),
        ("газопроводами", "о газопроводе"),
        ("санкциями", "новые санкции"),
        ("самолет", "сбит самолёт"),
        ("самолёт", "сбит самолет"),
        ("Пхеньяном", "в Пхеньяне"),
        ("российско-корейский", "российско-корейское сотрудничество"),
        ("Су-57", "истребитель Су-57 показали"),
        ("sanction", "new sanctions bite"),
        ("sanctioned", "new sanctions bite"),
        ("withdraw", "Moscow withdrew its troops"),
        ("meeting", "they met in Seoul"),
        ("sent", "it sends shells"),
        ("crisis", "two crises at once"),
        ("Moon's", "Moon spoke"),
        ("Moon", "Moon’s speech"),
        ("THAAD", "the (THAAD) battery"),
        ("平壌", "金正恩は平壌で演説"),
        ('"State Duma"', "in the State Duma today"),
        ("«State Duma»", "in the State Duma today"),
        ("“State Duma”", "in the State Duma today"),
        ("Seoul OR Busan", "a port: Busan"),
        ("Seoul -Busan", "Seoul alone"),
        ("denuclear*", "denuclearisation talks"),
        ("Seoul AND Moscow", "Moscow and Seoul"),
        ('"unclosed phrase', "an unclosed phrase here"),
    ],
)
def test_word_is_found_in_any_form(conn: sqlite3.Connection, typed: str, text: str) -> None:
    put(conn, ("Of something else", "Nothing of it"), ("A title", text))
    assert found(conn, typed) == [2]


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("사드", "여러분께 인사드립니다"),
        ("Seoul -Busan", "Seoul and Busan"),
        ('"Duma State"', "in the State Duma today"),
        ("Seoul Moscow", "Seoul alone"),
        ('Seoul -"State Duma"', "Seoul and the State Duma"),
    ],
)
def test_other_words_are_not_found(conn: sqlite3.Connection, typed: str, text: str) -> None:
    put(conn, ("A title", text))
    assert found(conn, typed) == []


@pytest.mark.parametrize("typed", ["-Seoul", "", "… !?", "NOT", "OR"])
def test_query_without_a_word_is_empty(typed: str) -> None:
    assert not parse(typed)


@given(st.text(alphabet=st.sampled_from("\"'()*:-^+{}~ORANDEа사ab \x00\n«»“”"), max_size=40) | st.text(max_size=60))
def test_any_input_is_a_valid_query(typed: str) -> None:
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE VIRTUAL TABLE t USING fts5(title, text, search_terms)")
    query = search.to_query(typed)
    if query:
        conn.execute("SELECT 1 FROM t WHERE t MATCH ?", (query,)).fetchall()
    conn.close()
    marker = Marker(parse(typed))
    assert "".join(piece.text for piece in marker.title("Some text 사드를 of Госдума")) == "Some text 사드를 of Госдума"


def test_newest_matches_are_ranked_and_no_match_is_missing(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "RANKED", 6)
    put(conn, *[(f"About ferries {at}", "Seoul " + "and more words " * 9) for at in range(9)], ("Seoul", "Seoul"))
    put(conn, ("About harbours", "Seoul " + "and more words " * 9))
    seoul = parse("Seoul")
    assert search.find(conn, seoul, limit=3)[0] == 10
    pages = [search.find(conn, seoul, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert sorted(one for page in pages for one in page) == list(range(1, 12))
    assert search.find_and_count(conn, seoul, limit=1)[1] == 6, "counted up to the ranked ones"
    assert search.find_and_count(conn, seoul, limit=1, offset=6)[1] == 6


def marked(pieces: list[Piece]) -> list[str]:
    return [piece.text for piece in pieces if piece.kind]


def test_excerpt_is_cut_between_words_and_marks_every_hit() -> None:
    text = "Опрос. " * 60 + "Послы спросили о газопроводе через КНДР; газопровод строят. " + "Ответ. " * 60
    pieces = Marker(parse("газопроводу")).excerpt(text)
    assert marked(pieces) == ["газопроводе", "газопровод"]
    shown = "".join(piece.text for piece in pieces)
    assert len(shown) < 400
    assert set(re.findall(r"\w+", shown)) <= set(re.findall(r"\w+", text)), "no word is cut"
    assert shown.startswith("… ")
    assert "".join(piece.text for piece in Marker(parse("absent")).excerpt("Short text")) == "Short text"


@pytest.mark.parametrize(
    ("typed", "text", "hits"),
    [
        ("Kim Jong Un", "Under Kim Jong Un the unit united", ["Kim", "Jong", "Un"]),
        ('"State Duma"', "The state of the State Duma", ["State Duma"]),
        ("sanct*", "sanctions and sanctuary", ["sanctions", "sanctuary"]),
        ("사드", "사드를 인사드립니다", ["사드를"]),
        ("withdraw", "They withdrew", ["withdrew"]),
        ("Seoul -Busan", "Busan and Seoul", ["Seoul"]),
    ],
)
def test_hits_are_marked_as_whole_words(typed: str, text: str, hits: list[str]) -> None:
    assert marked(Marker(parse(typed)).title(text)) == hits


@pytest.mark.parametrize("typed", ["sanctions NOT Kuril", "sanctions -Kuril", "NOT Kuril sanctions"])
def test_not_excludes_like_minus(conn: sqlite3.Connection, typed: str) -> None:
    put(conn, ("A", "sanctions on the Kuril islands"), ("B", "sanctions elsewhere"))
    assert found(conn, typed) == [2]


@pytest.fixture
def lexicon(conn: sqlite3.Connection) -> sqlite3.Connection:
    """A small lexicon, and articles that name its concepts in three languages."""
    for concept, name, kind, surfaces in (
        ("thaad", "THAAD", "weapon", {"en": ["thaad", "missile shield in"], "ru": ["тхаад*"], "ko": ["사드"]}),
        ("state_duma", "State Duma", "body", {"en": ["state duma", "=Duma"], "ru": ["государственн* дум*", "госдум*"],
                                              "ko": ["국가 두마"]}),
        ("city_duma", "City dumas", "trap", {"en": ["city duma"]}),
    ):  # fmt: skip
        conn.execute("INSERT INTO concepts (id, name, kind) VALUES (?, ?, ?)", (concept, name, kind))
        conn.executemany(
            "INSERT INTO surfaces VALUES (?, ?, ?, ?)",
            [(concept, lang, text, concepts.first_word(text)) for lang, texts in surfaces.items() for text in texts],
        )
    put(
        conn,
        ("One", "The THAAD battery"),
        ("Two", "о комплексах ТХААДа"),
        ("Three", "사드를 배치했다"),
        ("Four", "a missile shield in Seongju"),
        ("Five", "в Государственной думе России"),
        ("Six", "국가두마에서 연설"),
        ("Seven", "думает о государственном долге"),
        ("THAAD again", "Nothing else"),
    )
    return conn


@pytest.mark.parametrize(
    ("typed", "articles"),
    [
        ("THAAD", {1, 2, 3, 4, 8}),
        ("사드를", {1, 2, 3, 4, 8}),
        ("ТХААДом", {1, 2, 3, 4, 8}),
        ("Государственную думу", {5, 6}),
        ("State Duma", {5, 6}),
        ('"THAAD"', {1, 8}),
        ("THAAD NOT battery", {2, 3, 4, 8}),
        ("battery -사드", set()),
        ("THAAD Seongju", {4}),
    ],
)
def test_name_is_found_in_every_spelling_of_three_languages(
    lexicon: sqlite3.Connection, typed: str, articles: set[int]
) -> None:
    query = search.understand(lexicon, typed)
    assert set(search.find(lexicon, query, limit=20)) == articles
    assert search.find_and_count(lexicon, query, limit=1)[1] == len(articles)


def test_concept_can_be_taken_off(lexicon: sqlite3.Connection) -> None:
    assert set(search.find(lexicon, search.understand(lexicon, "THAAD", ["thaad"]), limit=20)) == {1, 8}


def test_spellings_of_a_concept_are_marked(lexicon: sqlite3.Connection) -> None:
    marker = Marker(search.understand(lexicon, "state duma"))
    assert marked(marker.title("в Государственной думе и Госдуме")) == ["Государственной думе", "Госдуме"]


def test_filters_and_order_by_date(conn: sqlite3.Connection) -> None:
    put(conn, *[("T", f"Seoul {at}") for at in range(4)])
    conn.execute("UPDATE articles SET language = iif(id < 3, 'en', NULL), sorted_at = '2026-01-0' || (5 - id)")
    conn.execute("UPDATE articles SET verdict = 'escalate' WHERE id = 3")
    for query in (parse("Seoul"), parse("")):
        assert search.find(conn, query, search.Filter(language="en"), order="date", limit=9) == [1, 2]
        assert search.find(conn, query, search.Filter(language="?"), order="date", limit=9) == [3, 4]
        dates = search.Filter(since="2026-01-02", until="2026-01-03")
        assert search.find(conn, query, dates, order="date", limit=9) == [2, 3]
        assert search.find_and_count(conn, query, dates, limit=1)[1] == 2
        assert search.find(conn, query, search.Filter(state="reviewed"), order="date", limit=9) == [3]


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        ("sancton", "sanctions"),
        ("sanctoins Seoul", "sanctions Seoul"),
        ("газопровд", "газопровод"),
        ("Seoul", None),
        ("qqqq", None),
    ],
)
def test_misspelled_word_gets_a_suggestion(conn: sqlite3.Connection, typed: str, suggestion: str | None) -> None:
    put(conn, ("A", "sanctions in Seoul"), ("B", "строят газопровод"))
    suggested = search.suggest(conn, parse(typed))
    assert (suggested and suggested.lower()) == (suggestion and suggestion.lower())
