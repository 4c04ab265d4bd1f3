"""Hostile documents: made to stall, to grow or to read files. Bounds are in work done, not in seconds."""

from __future__ import annotations

import builtins
import socket
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.feeds import parse
from pipeline.feeds.balance import balance
from pipeline.feeds.entries import MAX_CONTENT, MAX_ID, MAX_SUMMARY, MAX_TITLE
from pipeline.feeds.feedparser_adapter import read_xml
from pipeline.feeds.identity import keyed
from pipeline.feeds.listing import parse_list
from pipeline.feeds.same_item import same_item
from pipeline.feeds.xmltext import bind_prefixes, open_document
from pipeline.model import ParsedFeed, Seen, Via
from pipeline.text.html import one_line, paragraphs
from tests.feeds.build import NOW, URL, item, rss

pytestmark = pytest.mark.timeout(60)  # a quadratic step takes minutes on these


def read(document: str | bytes) -> ParsedFeed:
    return parse(document if isinstance(document, bytes) else document.encode("utf-8", "surrogatepass"), URL, now=NOW)


@pytest.fixture
def nothing_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test when a file is opened or an address is asked."""
    read("<rss/>")
    read("<urlset/>")

    def refuse(*arguments: object, **_: object) -> object:
        raise AssertionError(f"opened {arguments}")

    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("nothing_opened")
def test_nested_entities_are_refused() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    parsed = read(rss("<title>&e9;</title>", head=f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "z">{levels}]>'))
    assert parsed.entries == ()
    assert "entity bomb" in (parsed.problem or "")


@pytest.mark.usefixtures("nothing_opened")
def test_long_entity_used_often_is_cut() -> None:
    parsed = read(rss(f"<title>{'&a;' * 500_000}</title>", head=f'<!DOCTYPE r [<!ENTITY a "{"z" * 1900}">]>'))
    assert len(parsed.entries[0].title) <= MAX_TITLE


@pytest.mark.usefixtures("nothing_opened")
@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY f SYSTEM "file:///etc/passwd">',
        '<!ENTITY f PUBLIC "x" "http://127.0.0.1:9/x">',
        '<!ENTITY % f SYSTEM "http://127.0.0.1:9/x"> %f;',
    ],
)
def test_external_entities_are_empty(declared: str) -> None:
    for head in (f"<!DOCTYPE rss [{declared}]>", '<!DOCTYPE rss SYSTEM "file:///etc/passwd">'):
        [entry] = read(rss(item(title="Мост &f;"), head=head)).entries
        assert entry.title in {"Мост 1", "Мост &f; 1"}
    news = '<news xmlns="n"><title>&f;</title></news>'
    sitemap = f"<!DOCTYPE r [{declared}]><urlset><url><loc>&f;</loc>{news}</url></urlset>"
    assert "root:" not in str(read(sitemap))


@pytest.mark.usefixtures("nothing_opened")
def test_a_body_that_is_a_path_or_address_opens_nothing() -> None:
    for body in (b"/etc/passwd", b"https://127.0.0.1/rss", b"file:///etc/passwd", str(Path(__file__)).encode()):
        assert read(body).entries == ()


@pytest.mark.parametrize(
    "inside",
    [
        "<description><![CDATA[" + "<!--" * 80_000 + "]]></description>",
        "<description>" + "&lt;!--" * 80_000 + "</description>",
        "<description>" + "<!--" * 80_000 + "</description>",
        "<description><![CDATA[" + "<script>" * 80_000 + "]]></description>",
        "<description><![CDATA[" + "<a '" * 80_000 + "]]></description>",
        "<description>" + "<" * 300_000 + "</description>",
        "<description>" + "&" * 300_000 + "</description>",
        "<description>" + "&a" * 300_000 + "</description>",
        "<description>x" + "\u0301\u0316" * 200_000 + "</description>",
        "<author>" + "a@" + "a." * 16_000 + "!</author>",
        "<author>" + "a@a." * 100_000 + "</author>",
        "<x>" * 16_000 + "</x>" * 16_000,
        "<x>" * 16_000,
        "".join(f"<category>c{n}</category>" for n in range(20_000)),
        "<![CDATA[" * 100_000,
        "<b x='" * 30_000,
        '<b x="' * 30_000,
        "<?" * 100_000,
        "<!" * 100_000,
        "</" * 100_000,
        "<>" * 100_000,
        "<pubDate>" + "1 " * 100_000 + "</pubDate>",
        "<description>" + "1просмотр" * 50_000 + "</description>",
        "<e xml:base='" + "a/" * 50_000 + "'>" + "<link/>" * 2000 + "</e>",
        "<e xml:base='a/'>" * 5000,
    ],
    ids=lambda inside: inside[:24],
)
def test_hostile_content_takes_linear_time(inside: str) -> None:
    parsed = read(rss(f"<title>Мост</title><link>/a/1</link>{inside}"))
    assert [(entry.title, entry.url) for entry in parsed.entries] == [("Мост", "https://news.example/a/1")]
    same_item(keyed(parsed), (), "Вестник")


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE r [" + b"<!ENTITY " * 100_000,
        b'<!DOCTYPE r "' + b"<!--" * 100_000,
        b"<!--" * 100_000,
        b"<?x " * 100_000,
        b"<p><rss " * 100_000,
        b"<rss" * 100_000,
        b"<html>" + b'<link rel="alternate" ' * 100_000,
        b"<html>" + b"<a " + b'x="" ' * 100_000,
        b'{"items":' + b"[" * 200_000,
        b"<urlset>" + b"<url>" * 100_000,
        ("<rss " + " ".join(f'xmlns:a{n}="u{n}"' for n in range(5000)) + ">" + "<a4999:x/>" * 5000 + "</rss>").encode(),
        ("<rss version='2.0'>" + "".join(f"<a{n}:x/>" for n in range(20_000)) + "</rss>").encode(),
    ],
    ids=lambda body: body[:24].decode(),
)
def test_unclosed_markup_takes_linear_time(body: bytes) -> None:
    assert read(body).entries == ()


def test_number_of_elements_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.feeds.feedparser_adapter._MAX_ELEMENTS", 1000)
    parsed = read(rss(item(), "<a/>" * 2000))
    assert parsed.entries[0].url
    assert "elements" in (parsed.problem or "")


def test_fields_have_limits() -> None:
    word = "слово " * 200_000
    extra = (
        f"<guid>{word}</guid><description>{word}</description><pubDate>{word}</pubDate><author>{word}</author>"
        f"<category>{word}</category><content:encoded>{word}</content:encoded>"
    )
    [entry] = read(rss(f"<title>{word}</title><link>/{word}</link>{extra}")).entries
    assert 900 < len(entry.title) <= MAX_TITLE
    assert len(entry.summary) <= MAX_SUMMARY
    assert MAX_CONTENT * 0.9 < len(entry.content) <= MAX_CONTENT
    assert len(entry.id) <= MAX_ID
    assert entry.url == ""
    assert all(len(text) <= 200 for text in (entry.published_raw, *entry.authors, *entry.tags))


def test_forbidden_characters_are_removed() -> None:
    title = "a\ufffeb\uffffc\ud800d\ufdd0e\x7ff\x85g"
    parsed = read(rss(f"<title>{title}&#xDC00;&#xFFFF;&#0;</title><guid>x\x00y\ud800</guid>"))
    text = parsed.entries[0].title + parsed.entries[0].id
    assert text.encode("utf-8")
    assert not set(text) & set("\x00\x7f\x85\ufffe\uffff\ud800\ufdd0")
    json = read('{"version":"https://jsonfeed.org/version/1","items":[{"id":"\\ud800","title":"a\\u0000\\udfffb"}]}')
    assert (json.entries[0].title, json.entries[0].id) == ("ab", json.entries[0].id.encode().decode())


def everything(parsed: ParsedFeed) -> list[str]:
    """All texts of a feed."""
    texts = [parsed.title, parsed.site_url, parsed.language or "", parsed.problem or "", parsed.encoding]
    for entry in parsed.entries:
        texts += [entry.id, entry.url, entry.title, entry.summary, entry.content, entry.published_raw]
        texts += [*entry.authors, *entry.tags]
    return texts


TOKENS = [
    "<rss version='2.0'>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<channel>", "<item>", "</item>",
    "<entry>", "</entry>", "<title>", "</title>", "<link>", "</link>", "<link href='x'/>", "<guid>", "</guid>",
    "<description>", "</description>", "<![CDATA[", "]]>", "<!--", "-->", "&lt;", "&", "&#", "&#x41;", "<b x=",
    "'", '"', "<", ">", "/>", "\x00", "\ufffe", "가", "ж", "http://n.example/", "<pubDate>", "2026-11-23",
    "</pubDate>", "<?xml version='1.0'?>", "<!DOCTYPE r [", "]>", "<!ENTITY a 'b'>", "&a;", "<dc:creator>",
    "</dc:creator>", "<content type='xhtml'>", "<svg>", "<x:y xmlns:x=''>", "<author><name>", "<source>",
    "<image>", "<textInput>", "<media:content url='a'/>", "<hour>3</hour>", "xmlns:a='b c'",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(TOKENS), st.text(max_size=5)), max_size=40))
def test_any_document_is_read_or_refused(tokens: list[str]) -> None:
    parsed = read("".join(tokens))
    for text in everything(parsed):
        assert text.encode("utf-8").decode() == text
        assert "\x00" not in text
    for entry in parsed.entries:
        assert entry.id
        assert entry.url == "" or entry.url.startswith(("http://", "https://"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"<rss>", b"<rss><item><title>", b"{", b"<urlset>"]))
@example(b"<:", b"<urlset>")
def test_any_bytes_are_read_or_refused(body: bytes, start: bytes) -> None:
    for text in everything(read(start + body)):
        assert text.encode("utf-8").decode() == text


PARTS = [
    *(
        "<a href='/n/1'>",
        "</a>",
        "<a href='http://[x'>",
        "<base href='//[y'>",
        "<nav>",
        "<div data-post='a/1'>",
        "</div>",
    ),
    *("<div class='tgme_widget_message_text'>", "<time datetime='x'>", "<h3>", "<urlset>", "<url>", "<loc>"),
    *(
        "</loc>",
        "</url>",
        "http://a.example/1",
        "<sitemapindex>",
        "<sitemap>",
        "<lastmod>2026-13-40</lastmod>",
        "\x00",
        "<!--",
    ),
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=5)), max_size=40), st.booleans())
def test_any_list_is_read_or_refused(parts: list[str], learn: bool) -> None:
    kinds: tuple[Via, ...] = ("sitemap", "section", "telegram")
    for via in kinds:
        seen = Seen(learn=learn, pattern=r"/n/\d+")
        body = "".join(parts).encode("utf-8", "replace")
        found = parse_list(body, "http://a.example/", "text/html", via=via, timezone=None, now=NOW, seen=seen)
        assert len(found.keys) % 8 == 0
        assert all(entry.entry.url.startswith(("http://", "https://")) for entry in found.document.entries)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=30))
@example(["<x:y xmlns:x=''>", "<![CDATA[", "<x:y xmlns:x=''>"])
@example(["<item>", "<textInput>", "<media:content url='a'/>"])
@example(["<", "xmlns:a='b c'"])
@example(["<a xmlns:b='c\nd'>"])
@example(["<!DOCTYPE r [", "<![CDATA[", "<rss version='2.0'>", "&"])
@example(["<!--", "<![CDATA[", "-->", "<b x='&'>", "&#0;"])
def test_balanced_markup_is_well_formed(tokens: list[str]) -> None:
    document = open_document("<rss version='2.0'>" + "".join(tokens))
    if not document.refused:
        assert read_xml(bind_prefixes(balance(document)), "").error is None


@given(st.lists(st.sampled_from([*TOKENS, "<script>", "</script>", "<p>", "<a href='>'>"]), max_size=30))
def test_plain_text_holds_no_markup(tokens: list[str]) -> None:
    markup = "".join(tokens)
    for text in (one_line(markup, 500), paragraphs(markup, 500)):
        assert len(text) <= 500
        assert "<script" not in text
        assert "<p>" not in text
    assert "\n" not in one_line(markup, 500)
