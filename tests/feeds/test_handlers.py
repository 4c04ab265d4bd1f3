"""The quick handlers read every document as feedparser's own do."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime

import pytest
from feedparser.api import StrictFeedParser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.feeds import feedparser_adapter as syndication
from pipeline.feeds import parse
from pipeline.model import ParsedFeed

_SPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "dc": "http://purl.org/dc/elements/1.1/",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "media": "http://search.yahoo.com/mrss/",
        "itunes": "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
        "a": "http://www.w3.org/2005/Atom",
        "h": "http://www.w3.org/1999/xhtml",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "y": "http://news.yandex.ru",
        "u": "http://Backend.Userland.com/rss2",
        "own": "urn:own",
    }.items()
)
_ROOTS = (
    (f'<rss version="2.0" {_SPACES}><channel>', "</channel></rss>"),
    (f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ko_KR" {_SPACES}>', "</feed>"),
    (f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {_SPACES}>', "</rdf:RDF>"),
    (f'<feed version="0.3" xmlns="http://purl.org/atom/ns#" {_SPACES}>', "</feed>"),
)
_TAGS = str.split(
    "item entry channel image textinput title link guid id description summary content body author name email uri url"
    " category source svg math div b pubDate updated published ttl language Title rights subtitle info enclosure hour"
    " content:encoded dc:creator dc:date dc:title dc:subject media:title media:description media:content itunes:summary"
    " itunes:keywords a:link a:content a:author h:div h:body rdf:li y:full-text u:link own:thing"
)
_ATTRIBUTES = (
    *('type="html"', 'type="XHTML"', 'type="text/plain"', 'type="application/xml"', 'type=""', 'mode="base64"'),
    *('rel="Self"', 'href="/x?a=1&amp;b=2"', 'url="http:////a.example/"', 'isPermaLink="false"', 'domain="d"'),
    *('term="t"', 'xml:base="http://b.example/c/"', 'xml:lang="ru"', 'lang="en"', 'base="http://d.example/"'),
    *('rdf:about="http://e.example/"', 'own:x="1"', 'a:href="h"', 'xmlns:new="urn:new"', 'HREF="two"'),
    *('xmlns:dc="http://search.yahoo.com/mrss/"', 'src="s"'),
)
_TEXTS = (
    *("x", " ", "", "&lt;b>bold&lt;/b>", "http://a.example/1", "Ã©", "\u0093q\u0094", "한", "n-1", "aGVsbG8="),
    *("http:////a.example/", "http://a.example/?a&amp;amp;b&amp;c;", "Wed, 18 Nov 2026 06:31:41 +0000", "&amp;copy;"),
)
_STEPS = st.tuples(
    st.sampled_from(_TAGS),
    st.lists(st.sampled_from(_ATTRIBUTES), max_size=2, unique_by=lambda one: one.partition("=")[0].lower()),
    st.sampled_from(_TEXTS),
    st.sampled_from((0, 1, 1, 1, 2)),
    st.sampled_from(_TEXTS),
)


def document(root: tuple[str, str], steps: list[tuple[str, list[str], str, int, str]]) -> str:
    """Each step opens an element, writes, ends so many of those that are open, and writes again."""
    pieces, opened = [root[0]], list[str]()
    for tag, attributes, before, ends, after in steps:
        opened.append(tag)
        pieces += [f"<{' '.join([tag, *attributes])}>", before]
        pieces += [f"</{opened.pop()}>" for _ in range(min(ends, len(opened)))]
        pieces.append(after)
    return "".join([*pieces, *(f"</{tag}>" for tag in reversed(opened)), root[1]])


DOCUMENTS = st.builds(
    lambda root, before, entry, within: document(root, [*before, (entry, [], "", 0, ""), *within]),
    st.sampled_from(_ROOTS),
    st.lists(_STEPS, max_size=4),
    st.sampled_from(("item", "entry")),
    st.lists(_STEPS, min_size=4, max_size=24),
)


def read(text: str) -> ParsedFeed:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse(text.encode(), "https://f.example/g/feed.xml", now=datetime(2026, 11, 26, tzinfo=UTC))


def rss(*within: str) -> str:
    return f"{_ROOTS[0][0]}<item>{''.join(within)}</item></channel></rss>"


_REBOUND = "http://www.w3.org/2005/Atom"


@settings(max_examples=600, deadline=None)
@example(rss('<link rel="Alternate" href="http://a.example/1"/>'))
@example(rss('<guid isPermaLink="false">http:////a.example/</guid>'))
@example(rss(f'<dc:creator>one</dc:creator><y:x xmlns:dc="{_REBOUND}"/><dc:creator>two</dc:creator>'))
@example(rss('<content type="xhtml"><svg><description>one</description></svg>two</content><title>three</title>'))
@given(DOCUMENTS)
def test_the_quick_handlers_read_what_feedparsers_do(text: str) -> None:
    quick = read(text)
    with pytest.MonkeyPatch.context() as patch:
        nothing = {"start": lambda *_: False, "end": lambda *_: False}
        slow = type("Slow", (syndication._Limits, StrictFeedParser), nothing)
        patch.setattr(syndication, "_Strict", slow)
        assert read(text) == quick
