"""The text: the article's paragraphs, all of them, and nothing else."""

from __future__ import annotations

import json
import unicodedata

import pytest

from pipeline.extract import extract
from tests.extract.pages import FURNITURE, LANGUAGES, PARAGRAPHS, TITLES, Parts, page, paragraphs, text

URL = "https://courier.example/news/ferry"


def read(parts: Parts) -> str:
    return extract(page(parts).encode(), URL).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_paragraphs_come_one_a_line(language: str) -> None:
    found = extract(page(Parts(language=language)).encode(), URL)
    assert found.text == text(language)
    assert found.method in ("blocks", "trafilatura")
    assert found.quality > 0.6


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_about_the_site_are_left_out(language: str) -> None:
    body = (
        f"<article><h1>{TITLES[language]}</h1>{paragraphs(language, ''.join(FURNITURE[language][:2]))}"
        f"{''.join(FURNITURE[language][2:])}</article>"
    )
    assert read(Parts(language=language, body=body)) == text(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_paragraphs_parted_by_line_breaks(language: str) -> None:
    lines = "<br><br>\n".join(PARAGRAPHS[language])
    body = f"<div id='c'><h2>{TITLES[language]}</h2><div class='view_text'>{lines}</div></div>"
    assert read(Parts(language=language, body=body)) == text(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_old_page_made_of_tables(language: str) -> None:
    cells = "".join(f"<p align=justify>{line}" for line in PARAGRAPHS[language])
    body = (
        f"<table width=100%><tr><td class=left><a href='/'>&laquo;</a></td><td><h1>{TITLES[language]}</h1>"
        f"<font size=2>20.11.2026, 09:30</font>{cells}</td></tr></table>"
    )
    assert read(Parts(language=language, body=body)) == text(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_reader_comments_are_left_out(language: str) -> None:
    comments = "".join(
        f"<div class='comment'><b>user{n}</b><p>{line}, {n}</p></div>"
        for n, line in enumerate(reversed(PARAGRAPHS["en"]))
    )
    after = f"<section id='comments' class='comments'><h3>Comments</h3>{comments}</section>"
    assert read(Parts(language=language, after=after)) == text(language)


def test_a_lead_above_the_body_belongs_to_the_article() -> None:
    lead = "Two ships a day from spring on; the province is asked to pay one half of what the line will cost."
    body = (
        f"<article><header><h1>{TITLES['en']}</h1><p class='standfirst'>{lead}</p></header>"
        f"<div class='article-body'>{paragraphs('en')}</div></article>"
    )
    head = f'<meta name="description" content="{lead}">'
    assert read(Parts(head=head, body=body)) == f"{lead}\n{text('en')}"


def test_subheadings_and_lists_are_kept() -> None:
    items = "<ul><li>Two ships will sail each morning.</li><li>A third one waits.</li></ul>"
    extra = f"<h2>What the council decided</h2>{items}"
    body = f"<article><h1>{TITLES['en']}</h1><div class='article-body'>{paragraphs('en', extra)}</div></article>"
    lines = read(Parts(body=body)).split("\n")
    assert lines[2:5] == ["What the council decided", "Two ships will sail each morning.", "A third one waits."]


@pytest.mark.parametrize("label", ["<p>Auch interessant:</p>", "<h3>Lesen Sie weiter</h3>", "<h2>Otros temas</h2>"])
def test_label_of_links_behind_the_text_is_left_out(label: str) -> None:
    links = "".join(f"<li><a href='/{n}'>{TITLES['en']} {n}</a></li>" for n in range(4))
    body = f"<article><h1>{TITLES['en']}</h1><div>{paragraphs('en')}{label}<ul>{links}</ul></div></article>"
    assert read(Parts(body=body)) == text("en")


def test_line_that_points_to_another_article_is_left_out() -> None:
    pointer = f"<p><strong>Lea también:</strong> <a href='/7'>{TITLES['en']} 7</a></p>"
    body = f"<article><h1>{TITLES['en']}</h1><div>{paragraphs('en', pointer)}</div></article>"
    assert read(Parts(body=body)) == text("en")


def test_the_title_is_no_part_of_the_text() -> None:
    body = f"<article><h1>{TITLES['en']}</h1><p><b>{TITLES['en']}</b></p>{paragraphs('en')}</article>"
    assert read(Parts(body=body)) == text("en")


def test_a_line_broken_for_looks_is_joined_and_a_paragraph_is_not() -> None:
    first, second, *_ = PARAGRAPHS["en"]
    cut = first.index(" to reopen")
    rest = "".join(f"<p>{line}</p>" for line in PARAGRAPHS["en"][2:])
    body = f"<article><h1>x</h1><p>{first[:cut]}<br>{first[cut:]}<br>{second}</p>{rest}</article>"
    assert read(Parts(body=body)) == text("en")


def test_the_same_text_twice_on_a_page_is_kept_once() -> None:
    twice = f"<div>{paragraphs('en')}</div><div class='amp'>{paragraphs('en')}</div>"
    body = f"<article><h1>{TITLES['en']}</h1>{twice}</article>"
    assert read(Parts(body=body)) == text("en")


def test_text_is_composed() -> None:
    decomposed = unicodedata.normalize("NFD", page(Parts(language="ko")))
    assert extract(decomposed.encode(), URL).text == text("ko")


def test_a_page_that_draws_itself_has_its_text_in_its_script() -> None:
    state = {
        "props": {"menu": ["World"] * 40, "article": {"items": [{"text": f"<p>{p}</p>"} for p in PARAGRAPHS["ko"]]}}
    }
    source = (
        "<html><head><title>x</title></head><body><div id='root'></div>"
        f"<script id='__NEXT_DATA__' type='application/json'>{json.dumps(state)}</script></body></html>"
    )
    found = extract(source.encode(), URL)
    assert found.text == text("ko")
    assert found.method == "embedded-json"


def test_structured_data_fill_in_for_a_teaser() -> None:
    linked = {"@type": "NewsArticle", "headline": TITLES["ru"], "articleBody": text("ru")}
    teaser = f"<article><h1>{TITLES['ru']}</h1><p>{PARAGRAPHS['ru'][0]}</p></article>"
    head = f"<script type='application/ld+json'>{json.dumps(linked)}</script>"
    found = extract(page(Parts(language="ru", head=head, body=teaser)).encode(), URL)
    assert found.text == text("ru")
    assert found.method == "json-ld"


def test_a_teaser_in_structured_data_does_not_replace_the_text() -> None:
    linked = {"@type": "NewsArticle", "headline": TITLES["en"], "articleBody": PARAGRAPHS["en"][0]}
    head = f"<script type='application/ld+json'>{json.dumps(linked)}</script>"
    assert read(Parts(head=head)) == text("en")


def test_an_article_inside_an_unclosed_menu_is_found() -> None:
    source = page(Parts()).replace("</nav>", "")
    assert extract(source.encode(), URL).text == text("en")


def test_a_page_of_links_has_no_article() -> None:
    links = "".join(f"<li><a href='/{n}'>{TITLES['en']} {n}</a></li>" for n in range(60))
    found = extract(page(Parts(body=f"<h1>Latest</h1><ul class='list'>{links}</ul>")).encode(), URL)
    assert found.text == ""
    assert found.quality == 0
