"""Section pages: which links are new articles, and what happens when a site changes its addresses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.feeds.listing import parse_list
from pipeline.model import ListDocument, Seen
from tests.feeds.section_world import ADDRESSES, UNSEEN, Count, follow, layouts
from tests.world.listing_site import section

URL = "https://paper.example/world/"
TITLES = [f"Ministers speak about the railway for the {n}th time" for n in range(25)]


def read(page: str, seen: Seen) -> ListDocument:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    return parse_list(page.encode(), URL, "text/html; charset=utf-8", via="section", timezone=None, now=now, seen=seen)


def urls(found: ListDocument) -> list[str]:
    return [entry.entry.url.removeprefix("https://paper.example") for entry in found.document.entries]


def stories(numbers: range, form: str = "/story/{}") -> str:
    return section([(form.format(n), TITLES[n % 25]) for n in numbers])


@pytest.mark.parametrize("addresses", [ADDRESSES, UNSEEN], ids=["known", "unseen"])
def test_links_of_many_layouts_are_told_apart(addresses: dict[str, object]) -> None:
    total = Count()
    for layout in layouts(addresses):  # type: ignore[arg-type]  # the values are the generator's own
        total.add(follow(layout, weeks=4))
    assert total.precision >= 0.98, total
    assert total.recall >= 0.99, total
    assert total.wrong_titles == 0


def test_first_poll_learns_links_and_pattern_and_stores_none() -> None:
    first = read(stories(range(25)), Seen(learn=True))
    assert (urls(first), first.pattern) == ([], r"/story/\d+")
    again = read(stories(range(1, 26)), Seen(known=first.keys, pattern=first.pattern))
    assert urls(again) == ["/story/25"]
    assert again.pattern == ""


def test_headline_and_not_the_longer_teaser_becomes_the_title() -> None:
    teaser = '<a href="/story/{}">12</a><h3><a href="/story/{}">{}</a></h3><p><a href="/story/{}">{}</a></p>'
    made = [teaser.format(n, n, TITLES[n], n, f"Teaser with many more words, {n}. " * 5) for n in range(25)]
    page = f"<html><body><main>{''.join(made)}</main></body></html>"
    first = read(page, Seen(learn=True))
    known = read(page.replace("/story/7", "/story/77"), Seen(known=first.keys, pattern=first.pattern))
    assert [entry.entry.title for entry in known.document.entries] == [TITLES[7]]


def test_pattern_of_a_short_page_is_not_kept_but_used() -> None:
    first = read(stories(range(6)), Seen(learn=True))
    assert first.pattern == ""
    assert urls(read(stories(range(7)), Seen(known=first.keys))) == ["/story/6"]


def test_change_of_addresses_is_a_problem_until_the_pattern_is_replaced() -> None:
    first = read(stories(range(25)), Seen(learn=True))
    moved = stories(range(24, -2, -1), "/2026/a-{}.html")
    found = read(moved, Seen(known=first.keys, pattern=first.pattern))
    assert "no links that fit the pattern of its articles" in (found.document.feed.problem or "")
    assert found.keys == b""
    adopted = read(moved, Seen(known=first.keys, pattern=first.pattern, replace=True))
    assert (urls(adopted), adopted.document.feed.problem) == ([], None)
    assert adopted.pattern not in ("", first.pattern)


def test_given_pattern_is_never_replaced() -> None:
    seen = Seen(known=b"", pattern="/press/[a-z]+", given=True, replace=True)
    assert "/press/[a-z]+" in (read(stories(range(25)), seen).document.feed.problem or "")
    assert urls(read(section([("/press/port", "Port"), ("/other/port", "Port")]), seen)) == ["/press/port"]


@pytest.mark.parametrize("page", ["", "<p>Please enable JavaScript</p>", "<html><a href='/login'>Log in</a></html>"])
def test_page_without_articles_is_a_problem(page: str) -> None:
    found = read(page, Seen(learn=True))
    assert found.document.entries == ()
    assert found.document.feed.problem
