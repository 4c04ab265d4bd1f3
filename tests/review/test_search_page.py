"""The search page over HTTP: concepts, filters, marks, exports, saved searches, alerts."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import urllib.parse
from contextlib import closing

import feedparser

from pipeline.review import searching
from pipeline.store import search
from tests.review.conftest import Served
from tests.review.test_desk import signed_in


def address(**values: object) -> str:
    return f"/-/tumen/search?{urllib.parse.urlencode(values)}"


def listed(page: str) -> set[int]:
    return {int(number) for number in re.findall(r'<li><a href="/-/tumen/article/(\d+)', page)}


def test_word_of_the_lexicon_finds_three_languages_and_can_be_taken_off(library: Served) -> None:
    _, page, _ = library.get(address(q="THAAD"))
    assert "<b>THAAD</b>" in page
    languages = {row[0] for row in library.rows(f"SELECT language FROM articles WHERE id IN ({_ids(page)})")}
    assert {"ko", "ru"} <= languages or {"ko", "en"} <= languages
    off = re.findall(r'class="chip">.*?href="([^"]+)"', page, re.DOTALL)[0].replace("&amp;", "&")
    _, fewer, _ = library.get(off)
    assert listed(fewer) < listed(page)
    assert listed(library.get(address(q="사드"))[1]) == listed(page)
    for typed in ("DPRK", "Rajin"):
        assert listed(library.get(address(q=typed))[1]), typed


def _ids(page: str) -> str:
    return ", ".join(map(str, listed(page)))


def test_concept_lists_all_articles_that_name_it(library: Served) -> None:
    _, page, _ = library.get(address(concept="thaad"))
    assert listed(page) == listed(library.get(address(q="THAAD"))[1])
    named = {row[0] for row in library.rows("SELECT DISTINCT article_id FROM evidence WHERE concept = 'thaad'")}
    assert named <= listed(page)


def test_marked_concept_in_an_article_leads_to_all_articles_that_name_it(library: Served) -> None:
    number = library.rows("SELECT article_id FROM evidence WHERE concept = 'thaad' AND field = 'text' LIMIT 1")[0][0]
    _, page, _ = library.get(f"/-/tumen/article/{number}")
    assert re.search(r'<mark [^>]+><a href="/-/tumen/search\?concept=thaad" tabindex="-1">', page)
    assert number in listed(library.get(address(concept="thaad"))[1])


def test_hits_are_marked_in_title_and_text_as_whole_words(library: Served) -> None:
    _, page, _ = library.get(address(q="sanctions", off="sanctions"))
    titles = re.findall(r"<li><a [^>]+>(.*?)</a>", page)
    assert any("<mark" in title for title in titles)
    marks = re.findall(r'<mark class="k-found">([^<]+)</mark>', page)
    assert marks
    assert {mark.lower() for mark in marks} <= {"sanctions", "sanction", "sanctioned", "sanctioning"}


def test_every_hit_is_marked_in_the_opened_article_with_a_way_back(library: Served) -> None:
    number = library.rows("SELECT id FROM articles WHERE language = 'ko' AND title LIKE '%사드%'")[0][0]
    _, page, _ = library.get(address(q="THAAD"))
    link = next(link for link in re.findall(r'href="(/-/tumen/article/[^"]+)"', page) if f"/{number}?" in link)
    _, page, _ = library.get(link)
    title, text = page.split('<h1 id="article-title"')[1].split("</h1>")
    found = re.compile(r'<mark class="k-[^"]+ found"[^>]*>(?:<a [^>]+>)?([^<]+)')
    assert "사드" in "".join(found.findall(title))
    everywhere = str(library.rows(f"SELECT text FROM articles WHERE id = {number}")[0][0]).count("사드")
    assert "".join(found.findall(text)).count("사드") == everywhere > 1
    assert '<a href="/-/tumen/search?q=THAAD">' in page
    assert "<script>" not in library.get(f"/-/tumen/article/{number}?found=q%3D%22%3E%3Cscript%3E")[1]


def test_chip_of_an_excluded_concept_says_so(library: Served) -> None:
    _, page, _ = library.get(address(q="THAAD NOT Moscow"))
    assert re.search(r'class="chip">without <b>Moscow</b>', page)
    assert re.search(r'class="chip"><b>THAAD</b>', page)


def test_not_and_filters_and_date_order(library: Served) -> None:
    every = listed(library.get(address(q="Russia"))[1])
    for language in ("en", "ru", "ko"):
        found = listed(library.get(address(q="Russia", language=language))[1])
        assert (
            found == {row[0] for row in library.rows(f"SELECT id FROM articles WHERE language = '{language}'")} & found
        )
        assert found <= every or len(every) == 25
    assert library.get(address(q="Russia NOT Russia"))[1].count("No article found") == 1
    _, page, _ = library.get(address(q="Russia", order="date"))
    times = re.findall(r'<time datetime="([^"]+)"', page)
    assert times == sorted(times, reverse=True)


def test_filters_alone_list_articles_by_date(library: Served) -> None:
    _, page, _ = library.get(address(topic="thaad", state="flagged"))
    assert listed(page) == {row[0] for row in library.rows("SELECT article_id FROM flags WHERE topic = 'thaad'")}
    for state in searching.STATES:
        assert library.get(address(state=state))[0] == 200
    assert set(searching.STATES) == set(search.STATES)


def test_topics_are_shown_by_title(library: Served) -> None:
    _, page, _ = library.get(address(topic="dprk_russia_military"))
    title = str(library.rows("SELECT title FROM topics WHERE id = 'dprk_russia_military'")[0][0])
    assert title in page.split('<ol class="results"')[1]
    assert "dprk russia military" not in page


def test_misspelled_word_leads_to_a_suggestion(library: Served) -> None:
    _, page, _ = library.get(address(q="sancton"))
    assert "Did you mean" in page
    assert "<b>sanction" in page


def test_csv_opens_in_excel_and_holds_no_formula(desk: Served) -> None:
    for number, sign in enumerate("=+-@\t\r\n＝＋－＠", 1):
        with closing(sqlite3.connect(desk.database)) as conn, conn:
            conn.execute("UPDATE articles SET title = ? || '1+1 사드' WHERE id = ?", (sign, number))
    _, text, headers = desk.get("/-/tumen/search.csv?" + urllib.parse.urlencode({"q": "사드"}))
    assert headers["content-disposition"].endswith('.csv"')
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert rows
    assert all("[" not in row["topics"] for row in rows)
    assert sum(row["title"].startswith("'") for row in rows) == 11
    assert {int(row["number"]) for row in rows} >= listed(desk.get(address(q="사드"))[1])


def test_ris_has_a_record_per_article(library: Served) -> None:
    _, text, _ = library.get("/-/tumen/search.ris?" + urllib.parse.urlencode({"topic": "thaad"}))
    flagged = library.rows("SELECT count(*) FROM flags WHERE topic = 'thaad'")[0][0]
    assert text.count("TY  - NEWS") == text.count("ER  - ") == flagged
    assert re.search(r"^DA  - \d{4}/\d\d/\d\d\r$", text, re.MULTILINE)


def test_ris_field_has_neither_line_breaks_nor_direction_characters(desk: Served) -> None:
    with closing(sqlite3.connect(desk.database)) as conn, conn:
        conn.execute("UPDATE articles SET title = ? WHERE id = 1", ("사드 \u202eone\r\nER  - \r\nTY  - NEWS",))
    _, text, _ = desk.get("/-/tumen/search.ris?" + urllib.parse.urlencode({"q": "사드"}))
    assert "TI  - 사드 one ER - TY - NEWS\r\n" in text
    assert text.count("TY  - NEWS\r\n") == text.count("ER  - \r\n")


def test_search_is_saved_followed_and_removed(desk: Served) -> None:
    client, csrf = signed_in(desk)
    form = {"csrftoken": csrf, "name": " Shields ", "query": "q=THAAD&evil=1"}
    status, page, _ = desk.ask(client, "/-/tumen/saved", urllib.parse.urlencode(form).encode())
    assert status == 200
    assert ">Shields</a>" in page
    assert desk.rows("SELECT name, query, analyst FROM saved_searches") == [("Shields", "q=THAAD", "anna")]
    feed = feedparser.parse(desk.get("/-/tumen/saved/1.atom")[1])
    assert not feed.bozo
    assert {int(one.links[1].href.rsplit("/", 1)[1]) for one in feed.entries} == listed(desk.get(address(q="THAAD"))[1])
    form = {"csrftoken": csrf, "remove": "1"}
    _, page, _ = desk.ask(client, "/-/tumen/saved", urllib.parse.urlencode(form).encode())
    assert ">Shields</a>" not in page
    assert desk.get("/-/tumen/saved/1.atom")[0] == 404


def test_reader_cannot_save_a_search(desk: Served) -> None:
    client = desk.client()
    _, page, _ = desk.ask(client, "/-/tumen/login", None)
    (csrf,) = re.findall(r'name="csrf" content="([^"]+)"', page)
    form = {"csrftoken": csrf, "name": "x", "query": "q=THAAD"}
    assert desk.ask(client, "/-/tumen/saved", urllib.parse.urlencode(form).encode())[0] == 403
    assert desk.rows("SELECT * FROM saved_searches") == []
