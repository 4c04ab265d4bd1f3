"""The undocumented parts of feedparser that ``pipeline/feeds/feedparser_adapter.py`` uses.

A failure here after an upgrade of feedparser names what changed. Mend the adapter, not this test.
"""

from __future__ import annotations

import inspect

import pytest
from feedparser.api import StrictFeedParser

from pipeline.feeds import feedparser_adapter
from pipeline.feeds.feedparser_adapter import read_xml

RSS = '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{}</channel></rss>'


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("__init__", ["self", "baseuri", "baselang", "encoding"]),
        ("track_namespace", ["self", "prefix", "uri"]),
        ("unknown_starttag", ["self", "tag", "attrs"]),
        ("unknown_endtag", ["self", "tag"]),
        ("_sync_author_detail", ["self", "key"]),
        ("_add_tag", ["self", "term", "scheme", "label"]),
        ("_get_context", ["self"]),
    ],
)
def test_method_of_the_strict_parser_has_its_parameters(method: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(StrictFeedParser, method)).parameters) == parameters


def test_strict_parser_has_the_attributes_that_are_read_and_set() -> None:
    parser = StrictFeedParser("https://example.org/", None, "utf-8")
    assert (parser.entries, dict(parser.feeddata), parser.version) == ([], {}, "")
    assert parser.baseuri == "https://example.org/"
    assert not parser.contentparams


def test_markup_and_addresses_are_left_as_written() -> None:
    item = '<item><link>/a</link><description>&lt;script&gt;x&lt;/script&gt;&lt;a href="/b"&gt;</description></item>'
    [entry] = read_xml(RSS.format(item), "https://example.org/feed.xml").entries
    assert (entry["link"], entry["summary"]) == ("/a", '<script>x</script><a href="/b">')


def test_each_author_is_stored_once_as_written() -> None:
    names = "<author>a@b.example (Anna)</author><author>Ivan</author>"
    [entry] = read_xml(RSS.format(f"<item>{names}</item>"), "").entries
    assert [dict(author) for author in entry["authors"]] == [{"name": "a@b.example (Anna)"}, {"name": "Ivan"}]


def test_number_of_tags_is_bounded() -> None:
    tags = "".join(f"<category>c{number}</category>" for number in range(100))
    [entry] = read_xml(RSS.format(f"<item>{tags}</item>"), "").entries
    assert len(entry["tags"]) == feedparser_adapter._MAX_TAGS


def test_number_of_prefixes_is_bounded() -> None:
    declared = " ".join(f'xmlns:p{number}="urn:{number}"' for number in range(5000))
    used = "<p4999:x/>" * 5000
    assert read_xml(f"<rss {declared}><channel>{used}<item><title>t</title></item></channel></rss>", "").entries


@pytest.mark.parametrize(
    ("element", "source"),
    [
        ("<content:encoded>text</content:encoded>", "content:encoded"),
        ('<content xmlns="http://www.w3.org/2005/Atom">text</content>', "atom:content"),
        ('<body xmlns="http://www.w3.org/1999/xhtml">text</body>', "xhtml:body"),
        ("<description>short</description><description>text</description>", "description"),
    ],
)
def test_text_names_the_element_it_comes_from(element: str, source: str) -> None:
    [entry] = read_xml(RSS.format(f"<item>{element}</item>"), "").entries
    assert [(content["value"], content["source"]) for content in entry["content"]] == [("text", source)]


def test_error_in_one_element_does_not_stop_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(StrictFeedParser, "_start_guid", fail)
    monkeypatch.setattr(StrictFeedParser, "_end_category", fail)
    [entry] = read_xml(RSS.format("<item><guid>g</guid><category>c</category><title>t</title></item>"), "").entries
    assert entry["title"] == "t"


def test_base_address_is_followed_and_bounded() -> None:
    inner = '<e xml:base="https://other.example/news/"><item><title>t</title></item></e>'
    assert len(read_xml(RSS.format(inner), "https://example.org/").entries) == 1
    deep = "<e xml:base='a/'>" * 3000 + "<item/>" + "</e>" * 3000
    assert "xml:base" in (read_xml(RSS.format(deep), "https://example.org/").limit or "")


def test_hours_to_skip_are_all_read() -> None:
    assert read_xml(RSS.format("<skipHours><hour>1</hour><hour>23</hour></skipHours>"), "").skip_hours == ("1", "23")
