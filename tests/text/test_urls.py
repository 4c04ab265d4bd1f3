"""Addresses: absolute links, and the canonical form that identifies an article."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.sites import accept_canonical, same_site, site_of
from pipeline.text.urls import (
    MAX_LENGTH,
    base_of,
    canonical,
    fragment_of,
    is_home,
    resolve,
    same_host,
    spelling_free,
    spellings,
    split,
    with_fragment,
)

BASE = "https://news.example/ru/rss.xml"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("a/1", "https://news.example/ru/a/1"),
        ("/a/1", "https://news.example/a/1"),
        ("//m.example/1", "https://m.example/1"),
        ("?id=5", "https://news.example/ru/rss.xml?id=5"),
        (" \n https://news.example/a\n/1 ", "https://news.example/a/1"),
        ("https://news.example/a b", "https://news.example/a%20b"),
        ("HTTPS://NEWS.Example:443/A", "https://news.example/A"),
        ("https://news.example/a?x=1&amp;y=2#top", "https://news.example/a?x=1&y=2"),
        ("a?x=1&amp;amp;y=2&#38;z=3&#x26;w=4", "https://news.example/ru/a?x=1&y=2&z=3&w=4"),
        ("b\\c?d\\e", "https://news.example/ru/b/c?d%5Ce"),
        ("\u200bhttps://news.example/a\ufeff", "https://news.example/a"),
        ("https://news.example/a\\b?c\\d", "https://news.example/a/b?c%5Cd"),
        ("https://news.example/50%/a%2fb?q=100%&r=%zz", "https://news.example/50%25/a%2fb?q=100%25&r=%25zz"),
        ('https://news.example/a"<>^`{|}b', "https://news.example/a%22%3C%3E%5E%60%7B%7C%7Db"),
        ("https://news.example/\ud800", "https://news.example/%3F"),
        ("https:///news.example/a", "https://news.example/a"),
        ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("http://news.example:443/a", "http://news.example:443/a"),
        ("http://news_desk.example/a", "http://news_desk.example/a"),
        ("https:\\\\news.example\\a", "https://news.example/a"),
        ("https://новости.рф/статья", "https://xn--b1amnebsh.xn--p1ai/%D1%81%D1%82%D0%B0%D1%82%D1%8C%D1%8F"),
        ("http://news.example", "http://news.example/"),
    ],
)
def test_link_is_made_absolute(link: str, expected: str) -> None:
    assert resolve(link, [BASE]) == expected


@pytest.mark.parametrize(
    "link",
    [
        "", "javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", "file:///etc/passwd",
        "data:text/html,x", "ftp://news.example/", "mailto:a@news.example", "http://", "http:///", "https://?x",
        "http://a@127.0.0.1/", "http://a:b@news.example/", "http://news.example:99999/", "http://news.example:0/",
        "http://exa mple/", "http://[::1/", "tag:news.example,2026:1", "http://news.example/" + "a" * MAX_LENGTH,
        "http://news..example/", "http://-news.example/", "http://" + "a." * 126 + "aa/", "http://\u3002\u3002.example/",
        "https://news.example/" + "\u2014" * 700, "http://:80/", "http://@news.example/", "http://news.example:x/",
    ],
)  # fmt: skip
def test_link_that_must_not_be_requested_gives_nothing(link: str) -> None:
    assert resolve(link, [BASE]) == ""


def test_length_of_an_address_is_bounded() -> None:
    start = "https://news.example/"
    whole = start + "a" * (MAX_LENGTH - len(start))
    assert resolve(whole) == canonical(whole) == whole
    assert resolve(whole + "a") == canonical(whole + "a") == ""
    assert resolve("\u200b" * MAX_LENGTH + whole) == whole  # what is not seen does not count
    assert resolve("\u200b" * MAX_LENGTH * 4 + whole) == ""
    assert canonical(whole[:-1] + "#!a") == ""
    assert canonical(whole[:-1] + "\u2014") == ""  # nine characters when it is escaped
    longest = "https://" + ".".join(["a" * 50] * 5)[:253]
    assert resolve(f"{longest}/a") == f"{longest}/a"


def test_relative_link_needs_a_base() -> None:
    assert resolve("/a", ["HTTPS://News.Example/x"]) == "https://news.example/a"
    assert resolve("/a", ["tag:news.example,2026:1", "http://news.example"]) == "http://news.example/a"
    assert resolve("/a", ["http://[::1/"]) == ""
    assert resolve("/a") == ""
    assert resolve("/a", ["", "file:///x", "https://news.example/"]) == "https://news.example/a"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://News.Example:80/A/../b?x=1#f", "http://news.example/b?x=1"),
        ("https://news.example:8443/", "https://news.example:8443/"),
        ("https://news.example./a", "https://news.example/a"),
        ("https://news.example/a?utm_source=rss&UTM_Medium=x&id=7", "https://news.example/a?id=7"),
        ("https://news.example/a?fbclid=1&yclid=2&gclid=3&_openstat=4&ysclid=5", "https://news.example/a"),
        ("https://news.example/a?b=2&a=1", "https://news.example/a?b=2&a=1"),
        ("https://news.example/a?from=rss", "https://news.example/a"),
        ("https://news.example/a?from=RSS&Ref=Telegram", "https://news.example/a"),
        ("https://news.example/a?from=2", "https://news.example/a?from=2"),
        ("https://news.example/a?ref=7131", "https://news.example/a?ref=7131"),
        ("https://news.example/%7Eana/%ea%b0%80", "https://news.example/~ana/%EA%B0%80"),
        ("https://news.example/100%", "https://news.example/100%25"),
        ("https://뉴스.kr/a", "https://xn--vg1b002a.kr/a"),
        ("https://news.example/#!/doc/7", "https://news.example/#!/doc/7"),
        ("https://news.example/#!/doc 7", "https://news.example/#!/doc%207"),
        ("https://news.example/a/./b/%2E%2e/c/..", "https://news.example/a/"),
        ("https://news.example/../../a/.", "https://news.example/a/"),
        ("https://news.example/a/.hidden/..b", "https://news.example/a/.hidden/..b"),
        ("https://news.example/a?&&id=7&", "https://news.example/a?id=7"),
        ("https://news.example/a?utm=1&id", "https://news.example/a?utm=1&id"),
        ("https://news.example/a?fbclid=IwAR0=1&id=7", "https://news.example/a?id=7"),
        ("https://news.example/a?from=rss=2", "https://news.example/a?from=rss=2"),
        ("https://news.example/a?id=%3d", "https://news.example/a?id=%3D"),
        (" https://news.example/a\n", "https://news.example/a"),
    ],
)
def test_canonical_form_leaves_out_what_does_not_name_the_article(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("https://n.example/articleView.html?idxno=38809", "https://n.example/articleView.html?idxno=38810"),
        ("https://n.example/read?sid=101&oid=001&aid=0015", "https://n.example/read?sid=101&oid=001&aid=0016"),
        ("https://n.example/read?sid=101&oid=001&aid=5", "https://n.example/read?sid=102&oid=001&aid=5"),
        ("https://n.example/doc/4712", "https://n.example/doc/4713"),
        ("https://n.example/a?sectionId=1", "https://n.example/a?sectionId=2"),
        ("https://n.example/a?p=1", "https://n.example/a?p=2"),
        ("https://n.example/a", "https://n.example/a/"),
        ("https://n.example/A", "https://n.example/a"),
        ("https://n.example/a?lang=ru", "https://n.example/a?lang=ko"),
        ("https://n.example/a?page=1", "https://n.example/a?page=2"),
        ("https://n.example:1/a", "https://n.example:2/a"),
    ],
)
def test_different_articles_stay_apart(a: str, b: str) -> None:
    assert canonical(a) != canonical(b)


def test_spellings_are_schemes_with_and_without_www() -> None:
    four = ("http://n.example/a", "http://www.n.example/a", "https://n.example/a", "https://www.n.example/a")
    for url in four:
        assert spellings(url) == four
        assert spelling_free(url) == "n.example/a"
    assert spellings("") == ()
    assert spelling_free("https://n.example/?next=http://www.o.example/") == "n.example/?next=http://www.o.example/"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("https://n.example/a", "http://www.n.example/b/c", True),
        ("https://n.example/a/b", "https://n.example/c", True),
        ("https://n.example/a", "https://m.n.example/a", False),
        ("https://n.example/a", "https://n.example:8443/a", False),
        ("https://n.example/a", "https://o.example/n.example/a", False),
    ],
)
def test_same_host_ignores_scheme_and_www_only(one: str, other: str, expected: bool) -> None:
    assert same_host(one, other) is expected


def test_home_page_has_neither_path_nor_query() -> None:
    assert is_home("https://www.n.example/")
    assert is_home("http://n.example")
    assert not is_home("https://n.example/a")
    assert not is_home("https://n.example/?id=7")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://n.example/a#top", "top"),
        (" /a#b#c ", "b#c"),
        ("/a?x=1&amp;y=2#z&amp;w", "z&w"),
        ("/a#b\u200bc d", "bc%20d"),
        ("/a", ""),
        ("/a#", ""),
        ("/" + "a" * MAX_LENGTH + "#b", ""),
    ],
)
def test_fragment_is_kept_as_written(link: str, expected: str) -> None:
    assert fragment_of(link) == expected


def test_fragment_is_appended_when_there_is_one() -> None:
    assert with_fragment("https://n.example/a", "b") == "https://n.example/a#b"
    assert with_fragment("https://n.example/a", "") == "https://n.example/a"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (None, "https://n.example/rss"),
        ("", "https://n.example/rss"),
        ("/ru/feed", "https://n.example/ru/feed"),
        ("https://n.example:443/ru/feed", "https://n.example/ru/feed"),
        ("https://evil.example/ru/", "https://n.example/rss"),
        ("https://n.example:8443/ru/", "https://n.example/rss"),
        ("javascript:alert(1)", "https://n.example/rss"),
    ],
)
def test_content_location_is_the_base_on_the_same_host_only(location: str | None, expected: str) -> None:
    assert base_of("https://n.example/rss", location) == expected


def test_address_is_split_into_parts_without_the_default_port() -> None:
    assert split("HTTPS://N.Example:443/a?b=1#c") == ("https", "n.example", "/a", "b=1", "c")
    assert split("http://n.example:8080") == ("http", "n.example:8080", "", "", "")
    assert split("n.example/a") is None


@pytest.mark.parametrize(
    ("page", "said", "expected"),
    [
        ("https://m.n.co.kr/view/AKR2026112301?input=x", "https://www.n.co.kr/view/AKR2026112301", True),
        ("https://n.example/a/4712?utm_source=rss", "https://n.example/a/4712", True),
        ("https://n.example/amp/story-of-a-port", "/story-of-a-port", True),
        ("https://n.example/story-of-a-port", "https://n.example/news/story-of-a-port.html", True),
        ("https://n.example/a/4712", "https://other.example/a/4712", False),
        ("https://a.co.kr/x/4712", "https://b.co.kr/x/4712", False),
        ("https://n.example/a/4712", "https://n.example/", False),
        ("https://n.example/articleView.html?idxno=38809", "https://n.example/articleView.html", False),
        ("https://n.example/articleView.html?idxno=38809", "https://n.example/articleView.html?idxno=38810", False),
        ("https://n.example/2026/11/23/a-port-opens", "https://n.example/2026/11/", False),
        ("https://n.example/a-port-opens", "https://n.example/news", False),
        ("https://n.example/a?id=4712", "https://n.example/?id=4712", True),
        ("https://n.example/a?id=4712", "https://n.example/index.php?id=4712", True),
        ("https://n.example/a?id=4712", "https://n.example/index.php", False),
        ("https://n.example/section/101/articles/38809", "https://n.example/section/101/articles", False),
        ("https://n.example/section/101/articles/38809", "https://n.example/articles/38809", True),
        ("https://n.example/a/101/4712", "https://n.example/a/101", True),
        ("https://n.example/2026/a-port-opens", "https://n.example/2026/a-bridge-opens", False),
        ("https://n.example/a/4712", "javascript:void(0)", False),
        ("https://n.example/a/4712", "", False),
        ("http://127.0.0.1:21001/a/4712", "http://127.0.0.1:21002/a/4712", False),
        ("http://127.0.0.1:21001/a/4712?x=1", "http://127.0.0.1:21001/a/4712", True),
        ("https://ann.github.io/a/4712", "https://bob.github.io/a/4712", False),
    ],
)
def test_declared_address_of_a_page_is_checked(page: str, said: str, expected: bool) -> None:
    accepted = accept_canonical(page, said)
    assert (accepted is not None) is expected
    if accepted:
        assert accepted == canonical(resolve(said, [page]))


def test_site_is_the_registrable_domain() -> None:
    assert site_of("https://en.yna.co.kr/RSS/news.xml") == "yna.co.kr"
    assert same_site("https://m.khan.co.kr/", "http://www.khan.co.kr:8080/")
    assert not same_site("https://a.co.kr/", "https://b.co.kr/")
    assert not same_site("http://127.0.0.1:1/", "http://127.0.0.1:2/")
    assert same_site("http://127.0.0.1:1/a", "http://127.0.0.1:1/b")
    assert not same_site("", "")


pieces = st.text("abcXYZ019/.?&=%#:@+-_~ \\가я!;,'\"<>[]", max_size=40)


@given(
    st.sampled_from(["http://n.example", "https://N.example:443/", "https://новости.рф/", "http://127.0.0.1:8000"]),
    pieces,
)
def test_canonical_is_idempotent(start: str, rest: str) -> None:
    once = canonical(start + rest)
    assert canonical(once) == once
    assert canonical(resolve(start + rest)) in {once.partition("#!")[0], once}


@given(st.text(max_size=300))
def test_any_text_gives_an_address_or_nothing(text: str) -> None:
    for address in (resolve(text), resolve(text, [BASE]), canonical(text)):
        assert address == "" or (address.isascii() and address.startswith(("http://", "https://")))
        assert len(address) <= MAX_LENGTH


@given(pieces, st.sampled_from(["utm_source=rss", "fbclid=x", "from=rss", "yclid=1"]))
def test_tracking_parameter_never_counts(path: str, tracker: str) -> None:
    url = "https://n.example/" + path.replace("#", "").replace("?", "").strip()
    assert canonical(f"{url}?{tracker}") == canonical(url)
    assert canonical(f"{url}?id=1&{tracker}") == canonical(f"{url}?id=1")
