"""The byte test: no relevant page is lost, whatever the encoding, and menus do not pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest

from pipeline import shipped
from pipeline.backfill.page_test import PageTest
from pipeline.demo.articles import load_articles
from pipeline.flagging import Flagger

EVAL = Path(__file__).parents[1] / "eval"
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "windows-1251": lambda text: text.encode("cp1251", "xmlcharrefreplace"),
    "euc-kr": lambda text: text.encode("cp949", "xmlcharrefreplace"),
    "escapes of JSON": lambda text: json.dumps(text).encode(),
    "character references": lambda text: text.encode("ascii", "xmlcharrefreplace"),
}


@pytest.fixture(scope="module")
def page_test() -> PageTest:
    return PageTest.from_config(shipped.CONFIG)


def relevant_items() -> list[tuple[str, str, str | None]]:
    """Title, text and home of everything in our sets that is long enough to be an article and is found relevant."""
    flagger = Flagger.from_config()
    articles = [(item.title, item.body, None) for item in load_articles()]
    for file in sorted(EVAL.glob("*.jsonl")):
        items = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        articles += [(item["title"], item.get("text") or "", item.get("home")) for item in items if "title" in item]
    return [
        (title, text, home)
        for title, text, home in articles
        if len(text) > 250 and flagger.score(title, text, home=home).relevant
    ]


@pytest.fixture(scope="module")
def relevant() -> list[tuple[str, str, str | None]]:
    return relevant_items()


def page(title: str, text: str) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>\n<div class='box'></div>" for part in text.split("\n"))
    return f"<html><head><title>x</title></head><body><h1>{escape(title)}</h1>{paragraphs}</body></html>"


@pytest.mark.parametrize("name", ENCODINGS)
def test_no_relevant_article_is_lost(
    page_test: PageTest, relevant: list[tuple[str, str, str | None]], name: str
) -> None:
    assert len(relevant) > 150
    encode = ENCODINGS[name]
    lost = [title for title, text, home in relevant if not page_test.passes(encode(page(title, text)), home=home)]
    assert not lost


def test_menu_with_the_names_of_countries_does_not_pass(page_test: PageTest) -> None:
    menu = "".join(f"<li><a href='/{name}'>{name}</a></li>" for name in ("Russia", "South Korea", "Japan", "Asia"))
    text = "<p>The county fair opened on Saturday with a parade, a cattle show and three brass bands.</p>"
    assert not page_test.passes(f"<ul>{menu}</ul>{text}".encode())


def test_names_in_attributes_and_addresses_do_not_pass(page_test: PageTest) -> None:
    link = "<img alt='Putin and Kim Jong Un meet in Russia, according to North Korean state media' src='/Russia/Korea'>"
    assert not page_test.passes((link * 30).encode())


def test_words_far_apart_do_not_pass(page_test: PageTest) -> None:
    russia = "<p>The president of Russia met farmers in the south of the country on Tuesday morning.</p>"
    korea = "<p>A concert of traditional music from South Korea will be held in the town hall.</p>"
    gap = "<p>Nothing of interest happens in this paragraph of the page.</p>" * 300
    assert page_test.passes((russia + korea).encode())
    assert not page_test.passes((russia + gap + korea).encode())


def test_home_of_the_source_stands_for_its_country(page_test: PageTest) -> None:
    text = "<p>Президент принял главу внешнеполитического ведомства КНДР и обсудил с ней поставки угля.</p>".encode()
    korean = "<p>В Сеуле и Пхеньяне обсуждают, кто заплатит за строительство новой железной дороги.</p>".encode()
    assert page_test.passes(korean, home="RU")
    assert not page_test.passes(korean)
    assert page_test.passes(text, home="RU")
