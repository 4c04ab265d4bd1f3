"""Which request of a chain of redirects gets which cookie (RFC 6265)."""

from __future__ import annotations

import pytest

from pipeline.fetch import Guard
from pipeline.fetch.cookies import ChainCookies
from pipeline.settings.fetch import FetchSettings

GUARD = Guard(FetchSettings())
SETTER = GUARD.target("https://www.news.example/rss/feed?x=1")


@pytest.mark.parametrize(
    ("line", "url", "sent"),
    [
        ("a=b", "https://www.news.example/rss/other", "a=b"),
        ("a=b", "https://www.news.example/page", ""),  # outside the folder of the address that set it
        ("a=b; Path=/", "https://www.news.example/page", "a=b"),
        ("a=b; Path=/rss", "https://www.news.example/rss?y=2", "a=b"),
        ("a=b; Path=/rss", "https://www.news.example/rssfeed", ""),
        ("a=b; Path=/", "https://news.example/", ""),
        ("a=b; Path=/", "https://m.www.news.example/", ""),
        ("a=b; Path=/; Domain=news.example", "https://badnews.example/", ""),
        ("a=b; Path=/; Domain=news.example", "https://m.news.example/", "a=b"),
        ("a=b; Path=/; Domain=.news.example", "https://news.example/", "a=b"),
        ("a=b; Path=/; Domain=other.example", "https://other.example/", ""),
        ("a=b; Path=/; Domain=example", "https://other.example/", ""),
        ("a=b; Path=/; Secure", "http://www.news.example/", ""),
        ("a=b; Path=/", "http://www.news.example/", "a=b"),
        ("a=b\r\nX: y", "https://www.news.example/rss/feed", ""),
        ("a=б", "https://www.news.example/rss/feed", "a=б"),
        ("no cookie", "https://www.news.example/rss/feed", ""),
        (f"a={'b' * 5000}", "https://www.news.example/rss/feed", ""),
    ],
)
def test_cookie_goes_where_it_belongs(line: str, url: str, sent: str) -> None:
    cookies = ChainCookies()
    cookies.receive(SETTER, [line])
    assert cookies.header(GUARD.target(url)) == sent


def test_newer_value_replaces_older_one_and_empty_one_deletes() -> None:
    cookies = ChainCookies()
    cookies.receive(SETTER, ["a=1", "b=2", "a=3"])
    assert cookies.header(SETTER) == "a=3; b=2"
    cookies.receive(SETTER, ["a="])
    assert cookies.header(SETTER) == "b=2"


def test_number_of_cookies_is_limited() -> None:
    cookies = ChainCookies()
    cookies.receive(SETTER, (f"name{number}=1" for number in range(1000)))
    assert cookies.header(SETTER).count("=") == 20
    cookies.receive(SETTER, ["name0=2"])
    assert cookies.header(SETTER).startswith("name0=2")  # a newer value needs no room
