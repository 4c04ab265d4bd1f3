"""Feeds as some publishers write them: no titles, several links, captions, wrong zones, stray bytes, long lists."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from pipeline.feeds import parse
from pipeline.feeds.problems import CUT_SHORT
from pipeline.model import ParsedEntry, ParsedFeed
from tests.feeds.build import NOW, RUSSIAN, URL, rss

MEDIA = "http://search.yahoo.com/mrss/"


def read(document: str | bytes, *, url: str = URL, content_type: str | None = None, most: int = 2000) -> ParsedFeed:
    body = document if isinstance(document, bytes) else document.encode()
    return parse(body, url, content_type, now=NOW, max_entries=most)


def only(document: str | bytes) -> ParsedEntry:
    [entry] = read(document).entries
    return entry


def atom(links: str) -> ParsedEntry:
    entry = f"<entry><id>urn:1</id><title>t</title>{links}</entry>"
    return only(f'<feed xmlns="http://www.w3.org/2005/Atom"><title>f</title>{entry}</feed>')


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Порт открыли. Дорогу строят.", "Порт открыли."),
        ("&lt;p&gt;외교부가 밝혔다.&lt;/p&gt;&lt;p&gt;둘째 문단.&lt;/p&gt;", "외교부가 밝혔다."),
        ("слово " * 100, "слово " * 25 + "слово…"),
    ],
)
def test_entry_without_title_gets_its_first_sentence(text: str, title: str) -> None:
    assert only(rss(f"<link>/a/1</link><description>{text}</description>")).title == title


@pytest.mark.parametrize(
    "links",
    [
        '<link href="/x"/><link rel="alternate" type="application/json" href="/x.json"/>',
        '<link rel="alternate" type="application/json" href="/x.json"/><link href="/x"/>',
        '<link href="/x"/><link rel="enclosure" type="image/jpeg">https://img.example/a.jpg</link>',
        '<link href="/x"/><link rel="alternate" href="nostr:naddr1"/>',
        '<link rel="alternate" hreflang="ko" href="/x"/><link rel="alternate" hreflang="en" href="/en/x"/>',
        '<link rel="replies" href="/c"/><link rel="http://www.iana.org/assignments/relation/alternate" href="/x"/>',
    ],
)
def test_first_link_to_a_web_page_is_the_entrys_link(links: str) -> None:
    assert atom(links).url == "https://news.example/x"


def test_enclosure_is_never_the_entrys_link() -> None:
    assert atom('<link rel="self" href="/s"/><link rel="enclosure" href="/pod.mp3"/>').url == ""


@pytest.mark.parametrize("photo_first", [True, False])
def test_caption_of_a_photo_replaces_neither_title_nor_summary(photo_first: bool) -> None:
    photo = f'<m:title xmlns:m="{MEDIA}">Photo</m:title><m:description xmlns:m="{MEDIA}">Caption</m:description>'
    own = "<title>Own title</title><description>Own summary.</description>"
    entry = only(rss(photo + own if photo_first else own + photo))
    assert (entry.title, entry.summary, entry.content) == ("Own title", "Own summary.", "")


def test_title_and_caption_of_a_film_serve_an_entry_without_its_own() -> None:
    entry = only(rss(f'<m:title xmlns:m="{MEDIA}">Film</m:title><m:description xmlns:m="{MEDIA}">Text</m:description>'))
    assert (entry.title, entry.summary) == ("Film", "Text")


@pytest.mark.parametrize("written", ["x=1&amp;amp;y=2", "x=1&amp;#038;y=2", "x=1&amp;amp;#38;y=2", "x=1&amp;#x26;y=2"])
def test_ampersands_of_a_link_are_unescaped_however_often_they_were_escaped(written: str) -> None:
    assert only(rss(f"<title>t</title><link>https://news.example/a?{written}</link>")).url.endswith("/a?x=1&y=2")


def test_relative_link_of_a_feed_service_belongs_to_the_site() -> None:
    document = rss("<title>t</title><link>/a/1</link>", channel="<title>c</title><link>https://site.example/</link>")
    assert read(document).entries[0].url == "https://site.example/a/1"
    assert read(document, url="https://www.site.example/rss").entries[0].url == "https://www.site.example/a/1"


@pytest.mark.parametrize(
    "title", ["<Q&A> 사드란 무엇인가", "<TIME> 표지에 오른 대통령", "<Big Data> 시대", "<Main> 뉴스", "<사설> 가스관"]
)
def test_label_in_angle_brackets_stays_in_the_title(title: str) -> None:
    assert only(rss(f"<title><![CDATA[{title}]]></title>")).title == title


@pytest.mark.parametrize(
    "title", ["<B>굵은</B> 제목", "<b>굵은</b> 제목", "굵은<BR>제목", '<FONT color="red">굵은 제목']
)
def test_markup_does_not_stay_in_the_title(title: str) -> None:
    assert only(rss(f"<title><![CDATA[{title}]]></title>")).title == "굵은 제목"


def test_stray_byte_in_declared_utf8_is_one_replacement_character() -> None:
    document = rss("<title>Moon’s speech</title>", "<title>cafX</title>", head='<?xml version="1.0" encoding="UTF-8"?>')
    document = document.replace("Вестник 소식", "News")
    one, two = read(document.encode().replace(b"cafX", b"caf\xe9")).entries
    assert (one.title, two.title) == ("Moon’s speech", "caf\ufffd")


def test_text_in_another_charset_is_not_read_as_the_utf8_that_it_declares() -> None:
    document = rss(f"<title>{RUSSIAN}</title>", head='<?xml version="1.0" encoding="UTF-8"?>').replace("소식", "")
    assert read(document.encode("cp1251")).entries[0].title == RUSSIAN


def test_local_time_labelled_gmt_is_read_in_the_zone_of_the_language() -> None:
    channel = "<title>c</title><language>ko</language>"
    stamp = f"{NOW + timedelta(hours=8):%a, %d %b %Y %H:%M:%S} GMT"
    entry = read(rss(f"<title>t</title><pubDate>{stamp}</pubDate>", channel=channel)).entries[0]
    assert (entry.published, entry.published_assumed) == (NOW - timedelta(hours=1), True)


def test_json_feed_without_version_is_read() -> None:
    items = [{"id": "1", "url": "https://news.example/1", "title": "t"}]
    assert read(json.dumps({"items": items})).entries[0].url == "https://news.example/1"
    assert read(json.dumps({"items": [{"name": "no feed"}]})).entries == ()


def dated(number: int) -> str:
    return f"{NOW - timedelta(days=40) + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}"


def rss_feed(numbers: list[int]) -> str:
    return rss(*(f"<title>t</title><guid>g{n}</guid><pubDate>{dated(n)}</pubDate>" for n in numbers))


def json_feed(numbers: list[int]) -> str:
    return json.dumps({"items": [{"id": f"g{n}", "title": "t", "date_published": dated(n)} for n in numbers]})


def sitemap(numbers: list[int]) -> str:
    news = "http://www.google.com/schemas/sitemap-news/0.9"
    urls = "".join(
        f"<url><loc>https://news.example/g{n}</loc><n:news><n:publication_date>{dated(n)}</n:publication_date>"
        "<n:title>t</n:title></n:news></url>"
        for n in numbers
    )
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="{news}">{urls}</urlset>'


@pytest.mark.parametrize("write", [rss_feed, json_feed, sitemap])
@pytest.mark.parametrize("numbers", [[*range(30)], [*range(29, -1, -1)], [7 * n % 30 for n in range(30)]])
def test_newest_entries_are_kept_whatever_their_order(write: object, numbers: list[int]) -> None:
    parsed = read(write(numbers), most=10)  # type: ignore[operator]  # one of the functions above
    assert {entry.id.rpartition("/")[2] for entry in parsed.entries} == {f"g{n}" for n in range(20, 30)}
    assert "30 entries; the newest 10 were read" in (parsed.problem or "")


def test_entries_without_dates_are_kept_in_the_order_of_the_document() -> None:
    parsed = read(rss(*(f"<title>{n}</title>" for n in range(30))), most=10)
    assert [entry.title for entry in parsed.entries] == [str(n) for n in range(10)]


WHOLE = "<title>Порт</title><link>https://news.example/1</link>"
HALVES = ["<title>Мост</title><link>https://news.exam", "<description>Текст</description><title>Мост</title>", "<ti"]


@pytest.mark.parametrize("half", HALVES)
def test_45_cut_feed_leaves_no_half_entry(half: str) -> None:
    document = rss(WHOLE, half).rpartition(half)[0] + half
    parsed = read(document)
    assert [entry.url for entry in parsed.entries] == ["https://news.example/1"]
    assert parsed.problem == CUT_SHORT


def test_45_cut_json_feed_and_sitemap_give_the_entries_before_the_cut() -> None:
    items = [{"id": str(n), "url": f"https://news.example/{n}", "title": f"Порт {n}"} for n in range(3)]
    document = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items})
    news = "".join(
        f"<url><loc>https://news.example/{n}</loc><news:news><news:title>Порт {n}</news:title></news:news></url>"
        for n in range(3)
    )
    sitemap = f'<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{news}'
    for cut in (document[:-20], sitemap[:-60]):
        parsed = read(cut)
        assert [entry.url[-1] for entry in parsed.entries] == ["0", "1"]
        assert parsed.problem == CUT_SHORT


@pytest.mark.parametrize("link", ["ftp://news.example/a.pdf", "mailto:desk@news.example", "javascript:alert(1)"])
def test_53_link_of_another_scheme_is_kept_as_text(link: str) -> None:
    entry = only(rss(f"<title>Порт</title><link>{link}</link>"))
    assert (entry.url, entry.written) == ("", link)
