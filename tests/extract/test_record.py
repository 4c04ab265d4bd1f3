"""The record beside the text: title, date, authors, language, site, address, section, tags, walls."""

from __future__ import annotations

import json
import unicodedata
from datetime import datetime

import pytest

from pipeline.extract import extract
from pipeline.model import Extraction
from tests.extract.pages import LANGUAGES, NAMES, PARAGRAPHS, TITLES, Parts, page, paragraphs

URL = "https://courier.example/news/ferry?utm_source=x"


def read(parts: Parts) -> Extraction:
    return extract(page(parts).encode(), URL)


def linked(**fields: object) -> str:
    story = {"@type": "NewsArticle", "mainEntityOfPage": "https://courier.example/news/ferry", **fields}
    return f"<script type='application/ld+json'>{json.dumps(story)}</script>"


@pytest.mark.parametrize("language", LANGUAGES)
def test_title_comes_without_the_site_name(language: str) -> None:
    found = read(Parts(language=language))
    assert found.title == TITLES[language]
    assert found.site == NAMES[language]
    assert found.language == language


def og_title(title: str) -> str:
    return f'<meta property="og:title" content="{title}">'


def test_headline_shown_to_readers_wins_over_the_one_for_search_engines() -> None:
    searched = "Ferry Eastport 2026: timetable, ships, prices"
    assert read(Parts(title=searched, head=linked(headline=searched) + og_title(TITLES["en"]))).title == TITLES["en"]


def test_headline_of_json_ld_wins_where_only_it_differs() -> None:
    first = "Storm keeps the morning ferry in harbour"  # the heading of a running report changes, its record does not
    assert read(Parts(head=linked(headline=first) + og_title(TITLES["en"]))).title == first


def test_og_title_wins_where_no_other_field_repeats_it() -> None:
    by_hand = "Morning boats are back, and the harbour cafe with them"
    alone = linked(headline=TITLES["en"]) + og_title(by_hand)
    followed = alone + f'<meta name="twitter:title" content="{by_hand}">'
    assert read(Parts(head=alone)).title == by_hand
    assert read(Parts(head=followed)).title == TITLES["en"]


def test_headline_that_shares_half_its_words_with_a_heading_is_another_one() -> None:
    searched = "Eastport ferry line: all that is known of the northern islands"
    teaser = "<h2>Eastport ferry line: what the northern islands pay</h2>"
    body = f"<article><h1>{TITLES['en']}</h1>{paragraphs('en')}</article>{teaser}"
    head = linked(headline=searched) + og_title(TITLES["en"])
    assert read(Parts(title=searched, head=head, body=body)).title == TITLES["en"]


@pytest.mark.parametrize("field", ["og", "json-ld", "heading"])
def test_decomposed_title_is_composed(field: str) -> None:
    split = unicodedata.normalize("NFD", TITLES["ko"])
    assert split != TITLES["ko"]
    head = {"og": og_title(split), "json-ld": linked(headline=split)}.get(field, "")
    body = f"<article><h1>{split}</h1>{paragraphs('ko')}</article>"
    assert read(Parts(language="ko", title=split, head=head, body=body)).title == TITLES["ko"]


def test_site_name_behind_a_hangul_letter_used_as_a_bar_is_cut() -> None:
    assert read(Parts(language="ko", head=og_title(f"{TITLES['ko']}ㅣ{NAMES['ko']}"))).title == TITLES["ko"]


def test_kicker_is_cut_where_another_field_has_the_headline_without_it() -> None:
    head = linked(headline=f"Harbour: {TITLES['en']}") + f'<meta property="og:title" content="{TITLES["en"]}">'
    assert read(Parts(head=head)).title == TITLES["en"]


def test_json_ld_of_another_story_is_ignored() -> None:
    other = {"@type": "NewsArticle", "headline": "Lamps for the lighthouse", "datePublished": "2026-01-01T00:00:00Z",
             "author": {"name": "A B"}, "articleBody": "x"}  # fmt: skip
    own = {"@type": "NewsArticle", "headline": TITLES["en"], "datePublished": "2026-11-20T08:00:00Z"}
    head = f"<script type='application/ld+json'>{json.dumps({'@graph': [other, own]})}</script>"
    found = read(Parts(head=head + f'<meta property="og:title" content="{TITLES["en"]}">'))
    assert found.title == TITLES["en"]
    assert str(found.published)[:10] == "2026-11-20"


def test_published_keeps_the_zone_of_the_page() -> None:
    found = read(Parts(head=linked(headline="x", datePublished="2026-11-21T01:30:00+09:00")))
    assert found.published is not None
    assert found.published.isoformat() == "2026-11-21T01:30:00+09:00"
    assert not found.published_assumed


def test_a_zone_from_another_field_of_the_same_day_is_used() -> None:
    head = linked(headline="x", datePublished="2026-11-21 01:30") + (
        '<meta property="article:published_time" content="2026-11-21T01:30:00+0900">'
    )
    found = read(Parts(head=head))
    assert found.published is not None
    assert found.published.isoformat() == "2026-11-21T01:30:00+09:00"


@pytest.mark.parametrize(
    ("head", "body", "url", "day"),
    [
        ('<meta name="article:published:time" content="2026-11-20T09:00:00Z">', "", URL, "2026-11-20"),
        (('<meta name="article:published:time" content="2026-11-20T09:00:00Z">'
          '<meta name="article.published_time" content="2026-11-25T09:00:00Z">'), "", URL, "2026-11-20"),
        (('<meta name="article:published:time" content="2026-11-17T09:00:00Z">'
          '<meta name="date" content="2026-11-20">'), "<p>20 November 2026, 15:25</p>", URL, "2026-11-20"),
        ("", ("<p>At the fair of 5 May 2026 the ferry company showed its ships.</p>"
              "<span class='date'>20.11.2026</span>"), URL, "2026-11-20"),
        ("", "<time datetime='2026-11-20'>yesterday</time>", URL, "2026-11-20"),
        ("", "<span class='tarih'>20.11.2026 - 12:00</span>", URL, "2026-11-20"),
        ("", "<div><span>입력 2026년 11월 20일 오후 3시 20분</span></div>", URL, "2026-11-20"),
        ("", "<p>20 ноября 2026, 09:30</p>", URL, "2026-11-20"),
        ("", "<p>1 | 2</p>", "https://courier.example/view/AKR20261120012300", "2026-11-20"),
        ("", "<script>var s = {\"publishedAt\":\"2026-11-20T10:00:00+03:00\"}</script>", URL, "2026-11-20"),
    ],
)  # fmt: skip
def test_dates_are_found_where_publishers_put_them(head: str, body: str, url: str, day: str) -> None:
    article = f"<article><h1>{TITLES['en']}</h1>{body}{paragraphs('en')}</article>"
    found = extract(page(Parts(head=head, body=article)).encode(), url)
    assert str(found.published)[:10] == day


_TICKER = "<aside class='ticker'><time datetime='2026-11-29'>29</time></aside>"


@pytest.mark.parametrize(
    ("head", "body", "published"),
    [
        ("", _TICKER + "<h1>{title}</h1><time datetime='2018-06-21'>21 June</time>", "2018-06-21T00:00"),
        ("", "<h1>{title}</h1><time class='entry-date published updated' datetime='2018-06-21T14:05:00+00:00'>x</time>",
         "2018-06-21T14:05"),
        ("", ("<h1>{title}</h1><time class='updated' datetime='2018-06-25T08:00:00+00:00'>x</time>"
              "<time datetime='2018-06-21T14:05:00+00:00'>y</time>"), "2018-06-21T14:05"),
        ("", ("<h1>{title}</h1><time itemprop='dateModified' datetime='2018-06-25T08:00:00+00:00'>x</time>"
              "<time datetime='2018-06-21T14:05:00+00:00'>y</time>"), "2018-06-21T14:05"),
        ("", "<p class='articleDate'>23:58, 21 июня 2018</p><h1>{title}</h1>", "2018-06-21T23:58"),
        ("", "<h1>{title}</h1><span class='newsDateTime'>2018-06-21 오후 11:58:01</span>", "2018-06-21T23:58"),
        ('<meta property="og:locale" content="en_GB">', "<h1>{title}</h1><p class='date'>06/07/2018</p>",
         "2018-07-06T00:00"),
    ],
)  # fmt: skip
def test_date_of_the_article_is_read_not_that_of_a_widget(head: str, body: str, published: str) -> None:
    article = f"<div>{body.format(title=TITLES['en'])}<div class='text'>{paragraphs('en')}</div></div>"
    found = read(Parts(head=head, body=article)).published
    assert found is not None
    assert found.isoformat()[:16] == published


@pytest.mark.parametrize(
    ("stated", "day"), [("2026-05-04T02:41:00Z", "2026/05/03"), ("2026-05-03T23:35:00+00:00", "2026/05/04")]
)
def test_time_in_utc_is_given_on_the_day_of_the_address(stated: str, day: str) -> None:
    head = linked(headline="x", datePublished=stated, mainEntityOfPage=f"https://courier.example/{day}/ferry")
    found = extract(page(Parts(head=head)).encode(), f"https://courier.example/{day}/ferry").published
    assert found is not None
    assert f"{found:%Y/%m/%d}" == day
    assert found == datetime.fromisoformat(stated)


def test_time_in_utc_is_given_in_the_zone_that_another_field_names() -> None:
    head = linked(datePublished="2026-05-18T22:04:00Z")
    head += '<meta property="article:published_time" content="2026-05-19T00:04:00+02:00">'
    found = read(Parts(head=head)).published
    assert found is not None
    assert found.isoformat() == "2026-05-19T00:04:00+02:00"


def test_page_without_date_has_none() -> None:
    found = read(Parts())
    assert found.published is None
    assert not found.published_assumed


@pytest.mark.parametrize(
    ("head", "body", "authors"),
    [
        (linked(author=[{"name": "Mara Lindgren"}, {"name": "Ivo Petrov"}]), "", ("Mara Lindgren", "Ivo Petrov")),
        (linked(author={"name": "By Mara Lindgren and Ivo Petrov"}), "", ("Mara Lindgren", "Ivo Petrov")),
        (linked(author={"name": "The Eastport Courier"}), "", ("The Eastport Courier",)),
        (linked(author={"name": "The Eastport Courier"}), "<p class='byline'>By Mara Lindgren</p>", ("Mara Lindgren",)),
        ('<meta name="author" content="김하늘 기자">', "", ("김하늘",)),
        ('<meta name="author" content="https://courier.example/staff/1">', "", ()),
        ("", "<p class='byline'>By Mara Lindgren, Staff Reporter</p>", ("Mara Lindgren",)),
        ("", "<p>Автор: Иван Петров</p>", ("Иван Петров",)),
        ("", "<div class='topic-authors__name'>Иван Петров</div>", ("Иван Петров",)),
        ("", "<strong class='tit-name'>홍길동 기자</strong>", ("홍길동",)),
        ("", "<p class='c-byline'>By <a rel='author'>Mara Lindgren</a> 20 November 2026 | 4 comments</p>",
         ("Mara Lindgren",)),
        ("", "<figure><img src=x><figcaption class='author'>Photo: Ivo Petrov</figcaption></figure>", ()),
        ("", "<span itemprop='author'><span itemprop='name'>Марина Лебедева</span> корр.</span>", ("Марина Лебедева",)),
        ("", "<p class='byline'>View all posts by Mara Lindgren →</p>", ("Mara Lindgren",)),
        ("", "<p class='byline'>Mara Lindgren Nov 20, 2026</p>", ("Mara Lindgren",)),
        ("", "<p class='author'>harbour1984</p>", ("harbour1984",)),
        ('<meta name="twitter:label1" content="Verfasst von"><meta name="twitter:data1" content="Mara Lindgren">', "",
         ("Mara Lindgren",)),
        ("", "<div class='q3x'><a href='/authors/mara-lindgren'>Mara Lindgren</a></div>", ("Mara Lindgren",)),
        ("", "<div class='q3x'><strong>Автор:</strong> Иван Петров</div>", ("Иван Петров",)),
        (linked(author={"@id": "#/person/7"})
         + '<script type="application/ld+json">{"@id":"#/person/7","name":"Mara Lindgren"}</script>', "",
         ("Mara Lindgren",)),
        ("", "<aside class='related-card'><a href='/authors/ivo-petrov'>Ivo Petrov</a></aside>", ()),
    ],
)  # fmt: skip
def test_authors_are_names(head: str, body: str, authors: tuple[str, ...]) -> None:
    article = f"<article><h1>{TITLES['en']}</h1>{body}{paragraphs('en')}</article>"
    assert read(Parts(head=head, body=article)).authors == authors


def test_section_tags_and_canonical_address() -> None:
    head = linked(headline="x", articleSection="Harbour", keywords="ferry, islands; winter") + (
        "<link rel='canonical' href='/news/ferry'>"
    )
    found = read(Parts(head=head))
    assert found.section == "Harbour"
    assert found.tags == ("ferry", "islands", "winter")
    assert found.canonical_url == "https://courier.example/news/ferry"


@pytest.mark.parametrize(
    ("element", "shown"),
    [
        ("Ships sail again : News : Harbour Site", "Ships sail again"),
        ("Ships &amp;amp; boats", "Ships & boats"),
        ("&lt;b&gt;Ships&lt;/b&gt; sail again", "Ships sail again"),
    ],
)
def test_title_has_no_site_name_tags_or_entities(element: str, shown: str) -> None:
    body = f"<body><h1>{shown.replace('&', '&amp;')}</h1>{paragraphs('en')}</body>"
    source = f"<html><head><title>{element}</title></head>{body}</html>"
    assert extract(source.encode(), URL).title == shown


@pytest.mark.parametrize("address", ["javascript:alert(1)", "", "http://[broken", "file:///etc/passwd"])
def test_canonical_address_that_is_no_web_address_is_ignored(address: str) -> None:
    assert read(Parts(head=f"<link rel=canonical href='{address}'>")).canonical_url is None


def test_slightly_broken_structured_data_are_read() -> None:
    block = (
        "<script type='application/ld+json'><!-- //<![CDATA[\n"
        '{"@type": "NewsArticle", "headline": "Eastport reopens\nits line", "datePublished": "2026-11-20T08:00:00Z",}\n'
        "//]]> --></script>"
    )
    hopeless = (
        "<script type='application/ld+json'>"
        '{"@type": "NewsArticle", "headline": "The "best" ferry", "datePublished": "2026-11-20T08:00:00Z", "author":'
        ' [{"name": "Mara Lindgren"}]</script>'
    )
    for source in (block, hopeless):
        assert str(read(Parts(head=source)).published)[:10] == "2026-11-20"
    assert read(Parts(head=hopeless)).authors == ("Mara Lindgren",)


STUBS = {
    "en": "This story is for subscribers. Sign in to read on.",
    "ru": "Материал доступен по подписке. Оформите подписку, чтобы читать дальше.",
    "ko": "이 기사는 유료 회원 전용입니다. 로그인하시면 기사를 볼 수 있습니다.",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_paywall_is_suspected(language: str) -> None:
    body = (
        f"<article><h1>{TITLES[language]}</h1><p>{PARAGRAPHS[language][0][:60]}…</p>"
        f"<div class='paywall'><p>{STUBS[language]}</p><form><input name=email></form></div></article>"
    )
    found = read(Parts(language=language, body=body))
    assert found.wall == "paywall"
    assert found.quality < 0.3
    assert STUBS[language] not in found.text
    assert read(Parts(language=language)).wall is None


LONG = [*PARAGRAPHS["en"] * 3]
NOTE = "<div class='offer'><p>This story is for subscribers. Sign in to read on.</p></div>"
FAR_BELOW = f"<div>{'<p>Tide tables of the western pier.</p>' * 20}{NOTE}</div>"


@pytest.mark.parametrize(
    ("lines", "after", "walled"),
    [
        ([*LONG, "The third ship would be …"], NOTE, True),
        ([*LONG, "The third ship would be..."], NOTE, True),
        ([*LONG, "The third ship would be …"], "", False),
        ([*LONG, "The third ship would be …"], FAR_BELOW, False),
        (LONG, NOTE, False),
        (PARAGRAPHS["en"][:2], "", False),
        ([*PARAGRAPHS["en"][:2], "To subscribe to the ferry is required, the council said."], "", False),
        ([PARAGRAPHS["en"][0], "“For members only,” the sign on the pier reads."], "", False),
    ],
    ids=[
        "long teaser", "long teaser, three dots", "long text that ends in dots",
        "long text that ends in dots, with a note far below", "long text beside a note",
        "short and whole", "short, about a subscription", "short, with a sign for members",
    ],
)  # fmt: skip
def test_paywall_needs_two_signs_and_a_long_teaser_that_ends_in_dots_may_have_one(
    lines: list[str], after: str, walled: bool
) -> None:
    body = f"<article><h1>{TITLES['en']}</h1>{''.join(f'<p>{line}</p>' for line in lines)}</article>"
    assert (read(Parts(body=body, after=after)).wall == "paywall") is walled


COOKIES = "We and our partners store cookies. Accept all cookies"
DATED = '<meta property="article:published_time" content="2026-11-20T08:00:00+09:00">'


@pytest.mark.parametrize(
    ("head", "lines", "footer"),
    [
        ("", LONG, COOKIES),
        (DATED, PARAGRAPHS["en"][:1], COOKIES),
        ("", PARAGRAPHS["en"][:1], "Accept all cookies"),
    ],
    ids=["long text", "short article with a date", "one line on cookies"],
)
def test_article_with_a_line_on_cookies_is_no_consent_page(head: str, lines: list[str], footer: str) -> None:
    article = f"<h1>{TITLES['en']}</h1>{''.join(f'<p>{line}</p>' for line in lines)}"
    source = f"<html><head>{head}</head><body><article>{article}</article><div>{footer}</div></body></html>"
    found = extract(source.encode(), URL)
    assert found.wall is None
    assert lines[0] in found.text


def test_long_text_about_a_page_that_was_not_found_is_kept() -> None:
    title = "Error 404: the page of the ferry was not found"
    lines = ["The page was deleted by the council, and readers of the ferry site saw “not found”.", *PARAGRAPHS["en"]]
    source = (
        f"<html><head><title>{title}</title></head><body><main><h1>{title}</h1>"
        f"{''.join(f'<p>{line}</p>' for line in lines)}</main></body></html>"
    )
    assert extract(source.encode(), URL).text.split("\n") == lines


def test_a_consent_page_is_suspected() -> None:
    source = (
        "<html><body><h1>Before you continue</h1><p>We and our partners store cookies to show you what you like.</p>"
        "<button>Accept all cookies</button></body></html>"
    )
    found = extract(source.encode(), URL)
    assert found.wall == "consent"


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("Page not found", "Sorry, the page that you are looking for does not exist. Try our search."),
        ("Страница не найдена", "К сожалению, такой страницы нет. Возможно, материал удалён. Вернитесь на главную."),
        ("안내", "찾으시는 페이지를 찾을 수 없습니다. 삭제된 기사일 수 있습니다. 첫 화면으로 돌아가 주십시오."),
    ],
)
def test_not_found_page_with_status_200_gives_no_text(title: str, sentence: str) -> None:
    source = (
        f"<html><head><title>{title}</title></head><body><main><h1>{title}</h1><p>{sentence}</p></main></body></html>"
    )
    found = extract(source.encode(), URL)
    assert found.text == ""
    assert found.quality == 0
