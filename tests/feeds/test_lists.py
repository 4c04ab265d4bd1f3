"""OPML lists and discovery of feeds in pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.feeds.discovery_rules import feed_links, usual_places
from pipeline.feeds.opml import read_opml, write_opml
from pipeline.model import Source
from tests.feeds.build import NOW

FILE = Path("list.opml")


def source(name: str, number: int = 1) -> Source:
    return Source(name=name, url=f"https://n{number}.example/rss?a=1&b=2", language="ko", kind="agency")


letters = st.characters(codec="utf-8", exclude_categories=["C", "Z"])


@given(st.lists(st.text(letters, min_size=1, max_size=60), unique=True, min_size=1))
def test_opml_round_trip(names: list[str]) -> None:
    plain = [name.replace("<", "").replace("&", "") or "x" for name in names]
    sources = [source(name, number) for number, name in enumerate(plain)]
    outlines = read_opml(write_opml(sources, "Список", NOW), FILE)
    assert [outline.url for outline in outlines] == [each.url for each in sources]
    assert [(outline.language, outline.category) for outline in outlines] == [("ko", "agency")] * len(sources)
    assert len({outline.name for outline in outlines}) == len(outlines)


def test_opml_keeps_names() -> None:
    [outline] = read_opml(write_opml([source('Вестник & "소식"')], "x", NOW), FILE)
    assert outline.name == 'Вестник & "소식"'


def test_opml_name_that_is_too_long_stays_unique_and_short() -> None:
    lines = (f'<outline text="{"A" * 200}" xmlUrl="https://n{number}.example/rss"/>' for number in range(3))
    found = read_opml(f"<opml><body>{''.join(lines)}</body></opml>".encode(), FILE)
    assert [outline.name for outline in found] == ["A" * 120, "A" * 112 + " (2)", "A" * 112 + " (3)"]


def test_opml_headings_are_read() -> None:
    body = """<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY f SYSTEM "file:///etc/passwd">]><opml version="1.0"><body>
    <outline text="Корея"><outline text="Новости & письма"><outline type="rss" text="A" xmlUrl="https://a.example/rss"
    htmlUrl="https://a.example/"/><outline text="A" xmlUrl="https://b.example/rss"/></outline></outline>
    <outline text="again" xmlUrl="https://a.example/rss"/><outline text="&f;" xmlUrl="file:///etc/passwd"/>
    <outline title="" text="" XMLURL="https://c.example/rss"/></body></opml>"""
    found = read_opml(body.encode("utf-8"), FILE)
    assert [(one.name, one.url, one.folder) for one in found] == [
        ("A", "https://a.example/rss", ("Корея", "Новости & письма")),
        ("A (2)", "https://b.example/rss", ("Корея", "Новости & письма")),
        ("https://c.example/rss", "https://c.example/rss", ()),
    ]
    assert found[0].site_url == "https://a.example/"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "not XML"),
        (b"<rss/>", "<rss>"),
        (b"<opml/>", "no feed"),
        (b"<opml><body><outline text='x'/></body></opml>", "no feed"),
        (b'<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><opml/>', "entities"),
        (b" " * (8 * 1024 * 1024 + 1), "bytes long"),
    ],
)
def test_file_that_is_not_opml_is_reported(body: bytes, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        read_opml(body, FILE)


def test_alternate_links_come_before_plain_links() -> None:
    page = """<html><head><base href="https://cdn.example/x/">
    <link rel="alternate" type="application/json" href="/wp-json/1">
    <link REL='Alternate' TYPE='application/atom+xml' HREF='atom.xml'></head><body><a href="/rss/all.xml">RSS</a>
    <a href="https://other.example/feed/">feed</a><a href="/news/feedback">x</a><a href="javascript:rss()">y</a>
    <link rel=alternate type=application/rss+xml href=/r.xml>"""
    assert feed_links(page, "https://n.example/") == (
        "https://cdn.example/x/atom.xml",
        "https://cdn.example/r.xml",
        "https://cdn.example/rss/all.xml",
        "https://other.example/feed/",
    )


def test_usual_addresses_are_below_the_path_and_at_the_root() -> None:
    places = usual_places("https://n.example/ru/politics/")
    assert places[0] == "https://n.example/ru/politics/feed/"
    assert "https://n.example/rss.xml" in places
    assert usual_places("n.example") == ()


@given(st.text(max_size=300))
def test_any_page_gives_addresses_or_none(page: str) -> None:
    assert all(link.startswith(("http://", "https://")) for link in feed_links(page, "https://n.example/"))
