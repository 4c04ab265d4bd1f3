"""Layouts that lose or add text in many extractors: the article has to come whole, and alone."""

from __future__ import annotations

import pytest

from pipeline.extract import extract
from tests.extract.pages import PARAGRAPHS, TITLES, Parts, page, text

URL = "https://courier.example/news/ferry"
HEADING = f"<h1>{TITLES['en']}</h1>"
MORE = (
    "The harbour master expects the first boats in April, when the ice in the northern sound has usually gone.",
    "Until then a mail plane carries medicine to the islands twice a week, weather permitting.",
    "A ticket will cost eleven crowns, as it did before the storm, and children will travel free of charge.",
)
LINES = [f"<p>{line}</p>" for line in (*PARAGRAPHS["en"], *MORE)]
WHOLE = f"{text('en')}\n" + "\n".join(MORE)
AD = "<div class='ad-slot'><span>Advertisement</span></div>"

WHOLE_ARTICLES = {
    "sections with ads between": HEADING + AD.join(f"<div class='body-part'>{line}</div>" for line in LINES),
    "rest in a hidden continue-reading box": (
        f"<article>{HEADING}{''.join(LINES[:2])}<div class='continue hideOnInit'>{''.join(LINES[2:])}</div></article>"
    ),
    "class paywall on the text": f"<article>{HEADING}<div class='paywall body'>{''.join(LINES)}</div></article>",
    "class cookie-free container": f"<div class='cmp-text topic'>{HEADING}{''.join(LINES)}</div>",
    "unbalanced tag in noscript": f"<noscript><div><img src=x></noscript><article>{HEADING}{''.join(LINES)}</article>",
    "article in noscript": f"<div id='app'></div><noscript><article>{HEADING}{''.join(LINES)}</article></noscript>",
    "declarative shadow root": (
        f"<x-story><template shadowrootmode='open'><div>{HEADING}{''.join(LINES)}</div></template></x-story>"
    ),
    "consent box of AMP": (
        "<amp-user-notification><p>We use cookies and similar tools to measure how our pages are read every day.</p>"
        f"</amp-user-notification><div>{HEADING}{''.join(LINES)}</div>"
    ),
    "menus around the article": (
        "<ul><li><a>Home</a></li><li><a>Ferries</a></li><li><a>Weather</a></li></ul>" * 5
        + f"<div>{HEADING}{''.join(LINES)}</div>"
    ),
    "each paragraph a card": HEADING + "".join(f"<div class='card'><div>{line}</div></div>" for line in LINES),
    "copy for small screens": (
        f"<article>{HEADING}<div class='desktop'>{''.join(LINES)}</div>"
        f"<div class='mobile'>{''.join(LINES)}</div></article>"
    ),
}


@pytest.mark.parametrize("body", WHOLE_ARTICLES.values(), ids=WHOLE_ARTICLES)
def test_whole_article_is_kept(body: str) -> None:
    found = extract(page(Parts(body=body)).encode(), URL)
    assert found.text == WHOLE
    assert found.wall is None


def test_comments_inside_the_article_are_left_out() -> None:
    opinions = ("I have waited for this boat since I was a boy.", "Four million for one line is madness, I say.")
    comments = "".join(f"<div class='comment'><p>{line} And I know these waters well.</p></div>" for line in opinions)
    body = f"<article>{HEADING}{''.join(LINES)}<div class='comments'>{comments * 3}</div></article>"
    assert extract(page(Parts(body=body)).encode(), URL).text == WHOLE


def test_captions_are_the_text_of_a_gallery() -> None:
    captions = [*PARAGRAPHS["en"], *MORE]
    figures = "".join(f"<figure><img src='{n}'><figcaption>{c}</figcaption></figure>" for n, c in enumerate(captions))
    body = f"<article>{HEADING}<div class='gallery'>{figures}</div></article>"
    found = extract(page(Parts(body=body)).encode(), URL).text
    assert all(caption in found for caption in captions)


def test_invisible_characters_are_removed() -> None:
    hidden = "\xad".join(["The har", "bour council"]) + " of East\u200bport voted on Tuesday for the line."
    body = f"<article>{HEADING}<p>{hidden}</p>{''.join(LINES[1:])}</article>"
    found = extract(page(Parts(body=body)).encode(), URL).text
    assert found.startswith("The harbour council of Eastport voted")


def test_reading_aids_are_removed_from_words() -> None:
    line = "港の<ruby>委員会<rp>(</rp><rt>いいんかい</rt><rp>)</rp></ruby>は火曜日、古い航路を再び開くことを決めた。"
    body = f"<article><h1>航路が再開</h1>{f'<p>{line}</p>' * 1}<p>{'船は毎朝二隻出る。' * 9}</p></article>"
    assert "港の委員会は火曜日" in extract(page(Parts(body=body)).encode(), URL).text


@pytest.mark.parametrize(
    ("title", "brief"),
    [
        ("Captain of the sunken ferry not found", "Searchers have not found the captain. They go on tomorrow."),
        ("404 passengers wait in the harbour", "The ferry stayed in port today. 404 passengers wait for calmer water."),
        ("Материал о пароме удалён", "Газета удалила статью о пароме. Редакция принесла извинения совету порта."),
    ],
)
def test_brief_with_words_of_an_error_page_is_kept(title: str, brief: str) -> None:
    head = '<meta property="article:published_time" content="2026-11-20T08:00:00+09:00">'
    body = f"<article><h1>{title}</h1><p>{brief}</p></article>"
    found = extract(page(Parts(head=head, body=body)).encode(), URL)
    assert found.text == brief
    assert found.wall is None


@pytest.mark.parametrize("heading", ["h1", "h2"])
def test_next_article_on_the_page_is_left_out(heading: str) -> None:
    others = "".join(f"<p>{line} So the dockers of Westport say.</p>" for line in reversed(PARAGRAPHS["en"]))
    body = (
        f"<div class='feed'><article class='story'>{HEADING}{''.join(LINES)}</article>"
        f"<article class='story'><{heading}>Dockers of Westport strike again</{heading}>{others}</article></div>"
    )
    assert extract(page(Parts(body=body)).encode(), URL).text == WHOLE
