"""Full-text search: matches, non-matches and unusual syntax."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store import open_store, search
from pipeline.text.words import index_terms

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


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_store(tmp_path / "tumen.db")
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
    assert search.find(conn, typed, limit=10) == [2]


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("사드", "여러분께 인사드립니다"),
        ("Seoul -Busan", "Seoul and Busan"),
        ('"Duma State"', "in the State Duma today"),
        ("Seoul Moscow", "Seoul alone"),
        ('Seoul -"State Duma"', "Seoul and the State Duma"),
        ("-Seoul", "Busan"),
        ("", "anything"),
        ("… !?", "anything"),
    ],
)
def test_other_words_are_not_found(conn: sqlite3.Connection, typed: str, text: str) -> None:
    put(conn, ("A title", text))
    assert search.find(conn, typed, limit=10) == []


@given(st.text(alphabet=st.sampled_from("\"'()*:-^+{}~ORANDEа사ab \x00\n«»“”"), max_size=40) | st.text(max_size=60))
def test_any_input_is_a_valid_query(typed: str) -> None:
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
    query = search.to_query(typed)
    if query:
        conn.execute("SELECT 1 FROM t WHERE t MATCH ?", (query,)).fetchall()
    conn.close()
    before, hit, after = search.excerpt(typed, "Some text 사드를 of Госдума")
    assert len(before + hit + after) < 400


def test_newest_matches_are_ranked_and_no_match_is_missing(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "RANKED", 6)
    put(conn, *[(f"About ferries {at}", "Seoul " + "and more words " * 9) for at in range(9)], ("Seoul", "Seoul"))
    put(conn, ("About harbours", "Seoul " + "and more words " * 9))
    assert search.find(conn, "Seoul", limit=3)[0] == 10
    pages = [search.find(conn, "Seoul", limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert sorted(one for page in pages for one in page) == list(range(1, 12))
    assert search.count(conn, "Seoul", 100) == 11
    assert search.count(conn, "Seoul", 5) == 5


def test_excerpt_shows_the_text_around_the_hit() -> None:
    text = "One. " * 60 + "Послы спросили о газопроводе через КНДР. " + "Two. " * 60
    before, hit, after = search.excerpt("газопроводу", text)
    assert hit == "газопроводе"
    assert before.startswith("… ")
    assert before.endswith("спросили о ")
    assert after.startswith(" через КНДР")
    assert search.excerpt("absent", "Short text") == ("Short text", "", "")
