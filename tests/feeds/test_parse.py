"""Parsing of every format, also with faults."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from pipeline.feeds import parse
from pipeline.feeds.problems import CUT_SHORT
from pipeline.model import ParsedEntry, ParsedFeed
from tests.feeds.build import KOREAN, NOW, RUSSIAN, URL, item, rss

LONG = " ".join(f"Предложение номер {n} рассказывает о дороге и о мосте через реку." for n in range(30))


def read(document: str | bytes, url: str = URL, content_type: str | None = None) -> ParsedFeed:
    return parse(document if isinstance(document, bytes) else document.encode(), url, content_type, now=NOW)


def first(document: str | bytes, url: str = URL) -> ParsedEntry:
    return read(document, url).entries[0]


def of_item(extra: str) -> ParsedEntry:
    return first(rss(item(extra=extra)))


# ---------------------------------------------------------------------------------------------------- formats


def test_rss_20() -> None:
    extra = (
        "<guid isPermaLink='false'>n-1</guid><pubDate>Mon, 23 Nov 2026 10:00:00 +0300</pubDate>"
        "<author>a@n.example (А. Ким)</author><category>Политика</category><category>Газ</category>"
        "<description>Коротко &amp;amp; ясно</description>"
    )
    parsed = read(rss(item(extra=extra)))
    assert (parsed.title, parsed.format, parsed.problem, parsed.site_url) == (
        "Вестник 소식", "rss20", None, "https://news.example/",
    )  # fmt: skip
    assert parsed.entries == (
        ParsedEntry(
            id="n-1",
            url="https://news.example/a?idxno=1",
            title=f"{RUSSIAN} 1",
            summary="Коротко & ясно",
            published=datetime(2026, 11, 23, 7, tzinfo=UTC),
            published_raw="Mon, 23 Nov 2026 10:00:00 +0300",
            authors=("А. Ким",),
            tags=("Политика", "Газ"),
            written="https://news.example/a?idxno=1",
        ),
    )


def test_atom_10() -> None:
    document = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ko">
    <title type="html">소식 &lt;b&gt;하나&lt;/b&gt;</title><link rel="self" href="{URL}"/><link href="/"/>
    <entry><id>tag:n,1</id><title>{KOREAN}</title><link rel="enclosure" href="/x.mp3"/><link href="a/1"/>
    <published>2026-11-23T10:00:00+09:00</published><updated>2026-11-23T11:00:00+09:00</updated>
    <author><name>김하나</name></author><author><name>이둘</name></author>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>첫 문단</p><p>둘째 문단</p></div></content>
    </entry></feed>"""
    parsed = read(document)
    entry = parsed.entries[0]
    assert (parsed.title, parsed.format, parsed.language) == ("소식 하나", "atom10", "ko")
    assert (entry.id, entry.url, entry.title) == ("tag:n,1", "https://news.example/a/1", KOREAN)
    assert entry.published == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert entry.updated == datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert entry.authors == ("김하나", "이둘")
    assert (entry.content, entry.content_source) == ("첫 문단\n둘째 문단", "atom:content")


def test_atom_03() -> None:
    document = (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Old</title><entry><title>One</title><id>x</id>'
        '<link rel="alternate" type="text/html" href="https://n.example/1"/>'
        "<issued>2026-11-23T10:00:00Z</issued></entry></feed>"
    )
    parsed = read(document)
    assert (parsed.format, parsed.entries[0].title, parsed.entries[0].url) == ("atom03", "One", "https://n.example/1")
    assert parsed.entries[0].published == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_rdf() -> None:
    document = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>T</title></channel>'
        '<item rdf:about="https://n.example/1"><title>One</title><link>https://n.example/1</link>'
        "<dc:date>2026-11-23T10:00:00Z</dc:date><dc:creator>Анна Пак</dc:creator></item></rdf:RDF>"
    )
    parsed = read(document)
    entry = parsed.entries[0]
    assert (parsed.format, entry.id, entry.authors) == ("rss10", "https://n.example/1", ("Анна Пак",))
    assert entry.published == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(("version", "named"), [("0.91", "rss091u"), ("0.92", "rss092")])
def test_rss_09(version: str, named: str) -> None:
    parsed = read(rss(item()).replace('version="2.0"', f'version="{version}"', 1))
    assert (parsed.format, len(parsed.entries)) == (named, 1)


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_json_feed(version: str) -> None:
    people = {"authors": [{"name": "김하나"}]} if version == "1.1" else {"author": {"name": "김하나"}}
    data = {
        "version": f"https://jsonfeed.org/version/{version}",
        "title": "소식",
        "language": "ko",
        "home_page_url": "https://n.example/",
        "items": [
            {
                "id": 7,
                "url": "/a/7",
                "title": "제목 &amp; 둘",
                "summary": "요약",
                "content_html": "<p>하나</p><p>둘</p>",
                "date_published": "2026-11-23T10:00:00+09:00",
                "tags": ["철도", 5],
                **people,
            },
            "nonsense",
            {"content_text": "본문만 있는 글\n\n둘째 문단", "date_published": 5},
        ],
    }
    parsed = read(json.dumps(data), content_type="application/feed+json")
    assert (parsed.title, parsed.language, parsed.format) == ("소식", "ko", "json11" if version == "1.1" else "json10")
    one, two = parsed.entries
    assert (one.id, one.url, one.title, one.summary) == ("7", "https://n.example/a/7", "제목 & 둘", "요약")
    assert (one.content, one.authors, one.tags) == ("하나\n둘", ("김하나",), ("철도",))
    assert one.published == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert (two.url, two.content, two.published) == ("", "본문만 있는 글\n둘째 문단", None)
    assert two.id.startswith("hash:")


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"items": []}', '{"version": 1, "items": 5}', "[" * 100_000])
def test_other_json_is_not_a_feed(text: str) -> None:
    parsed = read(text)
    assert parsed.entries == ()
    assert "JSON" in (parsed.problem or "")


def test_news_sitemap() -> None:
    document = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
      xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
      xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
    <url><loc>https://n.example/a/1</loc><image:image><image:title>Фото</image:title></image:image>
    <news:news><news:publication><news:name>Вестник</news:name><news:language>ru</news:language></news:publication>
    <news:publication_date>2026-11-23 10:00</news:publication_date><news:title>Мост &amp; порт</news:title>
    <news:keywords>мост, порт</news:keywords></news:news></url><url><loc>https://n.example/about</loc></url></urlset>"""
    parsed = read(document)
    assert (parsed.title, parsed.format, parsed.language, parsed.problem) == ("Вестник", "sitemap", "ru", None)
    [entry] = parsed.entries
    assert (entry.id, entry.url, entry.title) == ("https://n.example/a/1", "https://n.example/a/1", "Мост & порт")
    assert (entry.published, entry.published_assumed) == (datetime(2026, 11, 23, 7, tzinfo=UTC), True)
    assert entry.tags == ("мост", "порт")


def test_last_entry_of_a_sitemap_that_was_cut_off_is_left_out() -> None:
    news = "<news:news><news:title>{}</news:title></news:news>"
    first = f"<url><loc>https://n.example/a/1</loc>{news.format('One')}</url>"
    cut = f"<url><loc>https://n.example/a/2</loc>{news.format('Two, and m')}"[: -len("</news:title></news:news>")]
    parsed = read(f'<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{first}{cut}')
    assert [entry.title for entry in parsed.entries] == ["One"]
    assert parsed.problem == CUT_SHORT


def test_sitemap_index_is_reported() -> None:
    document = (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<sitemap><loc>https://n.example/pages.xml</loc></sitemap><sitemap><loc>https://n.example/news.xml</loc></sitemap></sitemapindex>"
    )
    parsed = read(document)
    assert "index" in (parsed.problem or "")
    assert parsed.alternates == ("https://n.example/news.xml",)
    pages = read("<urlset><url><loc>https://n.example/</loc></url></urlset>")
    assert pages.entries == ()
    assert pages.problem


def test_unknown_xml_names_its_root() -> None:
    parsed = read('<?xml version="1.0"?><!-- a --><soap:Envelope xmlns:soap="u"><x/></soap:Envelope>')
    assert parsed.entries == ()
    assert "<soap:Envelope>" in (parsed.problem or "")


@pytest.mark.parametrize(
    "document", [rss(), '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title></feed>', "<urlset></urlset>"]
)
def test_an_empty_feed_is_fine(document: str) -> None:
    parsed = read(document)
    assert (parsed.entries, parsed.problem) == ((), None)


@pytest.mark.parametrize(
    ("body", "word"), [(b"", "empty"), (b" \r\n\t\x00", "empty"), (b"oops", "neither"), (b"<", "neither")]
)
def test_problem_names_the_kind_of_other_documents(body: bytes, word: str) -> None:
    parsed = read(body)
    assert parsed.entries == ()
    assert word in (parsed.problem or "")


@pytest.mark.parametrize(
    "start",
    ["<!DOCTYPE html>\n<html lang=ru>", "<html>", "<HTML>", "\n<!-- x --><head>", "<!doctype html><x-app></x-app>"],
)
def test_a_web_page_names_its_feeds(start: str) -> None:
    page = (
        f"{start}<link rel=stylesheet href=/a.css>"
        "<link rel='alternate' type='application/rss+xml' href='/rss?a=1&amp;b=2'>"
        '<link href="atom.xml" type="application/atom+xml" rel="alternate">'
        '<link rel="alternate" hreflang="en" href="/en">'
    )
    parsed = read(page)
    assert parsed.entries == ()
    assert "web page" in (parsed.problem or "")
    assert parsed.alternates == ("https://news.example/rss?a=1&b=2", "https://news.example/atom.xml")


# ---------------------------------------------------------------------------------------------------- broken XML


@pytest.mark.parametrize(
    "start", ["\n\n", "\ufeff\n\ufeff", "   <!-- x -->", "Warning: line 3\n", "<br />\n<b>Warning</b>: x\n"]
)
def test_text_before_the_xml_is_skipped(start: str) -> None:
    document = start + rss(item(), item(2), head='<?xml version="1.0" encoding="utf-8"?>')
    assert [entry.title for entry in read(document).entries] == [f"{RUSSIAN} 1", f"{RUSSIAN} 2"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("R&D", "R&D 1"),
        ("Порт & мост", "Порт & мост 1"),
        ("a && b &amp; c", "a && b & c 1"),
        ("caf&eacute; &mdash; &laquo;x&raquo;", "café — «x» 1"),
        ("&nosuch; x", "&nosuch; x 1"),
        ("&#8212; &#x2014; &#147;x&#148;", "— — “x” 1"),
        ("&#55357;&#56832; &#xD83D;&#xDE00;", "😀 😀 1"),
        ("&#0;&#xD800;&#xFFFE;&#99999999999;x", "x 1"),
        ("<![CDATA[R&D &amp; x]]>", "R&D & x 1"),
        ("a\x08b\x00c", "abc 1"),
        ("a\u200bb\u202ec\u00add", "abcd 1"),
        ("й".encode().decode().replace("й", "и\u0306"), "й 1"),
        ("  a \n\t b\u00a0\u3000c ", "a b c 1"),
    ],
)
def test_titles_become_plain_text(title: str, expected: str) -> None:
    assert first(rss(item(title=title))).title == expected


@pytest.mark.parametrize(
    "title",
    [
        "Мост &lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;",
        "Мост &amp;lt;svg onload=alert(2)&amp;gt;",
        "<![CDATA[Мост <script>alert(1)</script>]]>",
        "&lt;b&gt;Мост&lt;/b&gt;&lt;!-- x --&gt;",
        "&lt;iframe src=javascript:x&gt;&lt;/iframe&gt;Мост",
        "&lt;a href=&quot;x&gt;y&quot;&gt;Мост&lt;/a&gt;",
    ],
)
def test_markup_in_titles_is_gone(title: str) -> None:
    assert first(rss(f"<title>{title}</title>")).title == "Мост"


@pytest.mark.parametrize("title", ["1 &lt; 2 и 3 &gt; 2", "x &amp;lt; y", "a &lt;- b", "5 &lt;6"])
def test_characters_that_are_not_markup_stay(title: str) -> None:
    assert "<" in first(rss(f"<title>{title}</title>")).title


def test_incomplete_document_gives_the_entries_before_the_end() -> None:
    whole = rss(*(item(n, extra=f"<description>{RUSSIAN}</description>") for n in range(1, 6))).encode()
    for end in range(len(whole) // 2, len(whole) - 20, 37):
        parsed = read(whole[:end])
        assert parsed.problem == CUT_SHORT
        assert len(parsed.entries) >= 1
        for number, entry in enumerate(parsed.entries, 1):
            assert entry.title in ("", f"{RUSSIAN} {number}")
            assert entry.url in ("", f"https://news.example/a?idxno={number}")


@pytest.mark.parametrize(
    "broken",
    [
        "<description>a<br>b</description>",
        "<description>a</descriptoin>",
        "<media:thumbnail url='x'/>",
        "<description><![CDATA[a]]</description>",
        "<b>x</i>",
        '<enclosure url="a"b"/>',
    ],
)
def test_broken_xml_still_gives_its_entries(broken: str) -> None:
    parsed = read(rss(item(1, extra=broken), item(2)))
    assert len(parsed.entries) == (1 if "CDATA" in broken else 2)
    assert parsed.entries[0].title == f"{RUSSIAN} 1"
    assert parsed.entries[0].url == "https://news.example/a?idxno=1"


def test_a_documents_own_entities_are_resolved() -> None:
    head = '<!DOCTYPE rss [<!ENTITY po "порт &#38; мост"><!ENTITY % x SYSTEM "u"> %x;]>'
    assert first(rss("<title>&po;!</title>", head=head)).title == "порт & мост!"


# ---------------------------------------------------------------------------------------------------- texts and links


@pytest.mark.parametrize(
    ("element", "source"),
    [
        ("content:encoded", "content:encoded"),
        ("yandex:full-text", "yandex:full-text"),
        ("turbo:content", "turbo:content"),
        ("rbc_news:full-text", "rbc:news_full-text"),
        ("fulltext", "fulltext"),
    ],
)
def test_the_longest_text_is_taken_with_its_source(element: str, source: str) -> None:
    extra = (
        f"<description>Коротко.</description><content:encoded>&lt;p&gt;Немного.&lt;/p&gt;</content:encoded>"
        f"<{element}><![CDATA[<p>{LONG}</p><script>x()</script><p>Конец.</p>]]></{element}>"
    )
    if element == "content:encoded":
        extra = extra.replace("<content:encoded>&lt;p&gt;Немного.&lt;/p&gt;</content:encoded>", "")
    entry = of_item(extra)
    assert entry.content == f"{LONG}\nКонец."
    assert entry.content_source.replace("_", ":", 1) == source.replace("_", ":", 1)
    assert entry.summary == "Коротко."


@pytest.mark.parametrize("order", [1, -1], ids=["longest first", "longest last"])
def test_of_two_full_texts_the_longer_one_is_taken(order: int) -> None:
    texts = [
        f"<content:encoded><![CDATA[<p>{LONG}</p>]]></content:encoded>",
        "<yandex:full-text>Короткая часть текста.</yandex:full-text>",
    ]
    entry = of_item("".join(["<description>Коротко.</description>", *texts[::order]]))
    assert (entry.content, entry.content_source) == (LONG, "content:encoded")


@pytest.mark.parametrize("rel", ["enclosure", "replies", "self", "via", "related", "edit"])
def test_link_of_an_atom_entry_to_something_else_is_not_its_page(rel: str) -> None:
    entry = (
        f"<entry><title>Мост</title><link rel='{rel}' href='https://news.example/other/1'/>"
        "<link rel='alternate' type='text/html' href='https://news.example/a/1'/></entry>"
    )
    alone = f"<entry><title>Мост</title><id>urn:1</id><link rel='{rel}' href='https://news.example/other/1'/></entry>"
    feed = "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>{}</feed>"
    assert first(feed.format(entry)).url == "https://news.example/a/1"
    assert first(feed.format(alone)).url == ""


def test_long_description_is_the_full_text() -> None:
    entry = of_item(f"<description>&lt;p&gt;{LONG}&lt;/p&gt;</description>")
    assert (entry.content, entry.content_source) == (LONG, "description")
    short = of_item("<description>Коротко.</description>")
    assert (short.content, short.content_source, short.summary) == ("", "", "Коротко.")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<link>a/1</link>", "https://news.example/a/1"),
        ("<link>\n https://news.example/a/1 \n</link>", "https://news.example/a/1"),
        ("<link/><guid>https://news.example/g</guid>", "https://news.example/g"),
        ("<guid isPermaLink='true'>https://news.example/g</guid>", "https://news.example/g"),
        ("<guid>n-17</guid>", ""),
        ("<link>javascript:alert(1)</link><guid>https://news.example/g</guid>", "https://news.example/g"),
        ("<link>file:///etc/passwd</link>", ""),
        ("<link>data:text/html,x</link>", ""),
        ("<link><![CDATA[https://news.example/a?x=1&y=2]]></link>", "https://news.example/a?x=1&y=2"),
        ("<link>https://news.example/a?x=1&y=2</link>", "https://news.example/a?x=1&y=2"),
        ("<link>https://news.example/a?x=1&amp;copy=2</link>", "https://news.example/a?x=1&copy=2"),
    ],
)
def test_links(inside: str, expected: str) -> None:
    assert first(rss(f"<title>x</title>{inside}")).url == expected


def test_xml_base_goes_before_the_feeds_address() -> None:
    document = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/x/">'
        '<entry><title>1</title><link href="1"/></entry>'
        '<entry xml:base="y/"><title>2</title><link href="2"/></entry></feed>'
    )
    assert [entry.url for entry in read(document).entries] == ["https://a.example/x/1", "https://a.example/x/y/2"]
    relative = document.replace("https://a.example/x/", "/z/")
    assert [entry.url for entry in read(relative).entries] == ["https://news.example/z/1", "https://news.example/z/y/2"]


def test_without_an_address_the_channels_link_is_the_base() -> None:
    assert first(rss("<title>x</title><link>/a</link>"), url="").url == "https://news.example/a"


def test_entry_always_has_an_id() -> None:
    assert first(rss("<title>x</title><link>/a</link>")).id == "https://news.example/a"
    one, two = read(rss("<title>x</title>", "<title>y</title>")).entries
    assert one.id != two.id
    assert one.id
    assert two.id


def test_entries_above_the_limit_are_left_out_and_reported() -> None:
    body = rss(*(item(n) for n in range(30))).encode()
    parsed = parse(body, URL, now=NOW, max_entries=10)
    assert len(parsed.entries) == 10
    assert "30 entries; the newest 10 were read" in (parsed.problem or "")
    assert parse(body, URL, now=NOW, max_entries=30).problem is None


def test_importing_the_package_loads_no_parser() -> None:
    code = (
        "import sys, pipeline.feeds, pipeline.feeds.decide, pipeline.text.urls, pipeline.feeds.identity\n"
        "print([m for m in ('feedparser', 'lxml', 'tldextract', 'charset_normalizer') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
