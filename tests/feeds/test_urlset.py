"""Sitemaps of pages and indexes of sitemaps as sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.feeds.children import choose, merge
from pipeline.feeds.listing import parse_list
from pipeline.model import ChildSitemap, ListDocument, Seen
from tests.world.listing_site import index, news_sitemap, urlset

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=3)


def read(xml: str | bytes, seen: Seen) -> ListDocument:
    body = xml if isinstance(xml, bytes) else xml.encode()
    url = "https://paper.example/sitemap.xml"
    return parse_list(body, url, "text/xml", via="sitemap", timezone=None, now=NOW, seen=seen)


def urls(found: ListDocument) -> list[str]:
    return [entry.entry.url for entry in found.document.entries]


def pages(*names: str, at: str = "") -> list[tuple[str, str]]:
    return [(f"https://paper.example/{name}", at) for name in names]


def test_first_poll_learns_all_and_stores_none() -> None:
    found = read(urlset(pages("a", "b", at=NOW.isoformat())), Seen(learn=True, since=SINCE))
    assert (urls(found), len(found.keys)) == ([], 16)
    again = read(urlset(pages("b", "a", "c")), Seen(known=found.keys, since=SINCE))
    assert urls(again) == ["https://paper.example/c"]


def test_address_with_another_scheme_or_a_tracking_parameter_is_not_new() -> None:
    known = read(urlset(pages("a")), Seen(learn=True)).keys
    assert urls(read(urlset([("http://www.paper.example/a?utm_source=x", "")]), Seen(known=known))) == []


def test_unknown_address_with_an_old_date_is_learned_only() -> None:
    found = read(urlset([*pages("old", at="2020-01-01"), *pages("new", at="2026-11-29")]), Seen(since=SINCE))
    assert urls(found) == ["https://paper.example/new"]
    assert len(found.keys) == 16


def test_list_that_was_rebuilt_does_not_flood_the_queue() -> None:
    found = read(urlset(pages(*(f"p{n}" for n in range(1500)))), Seen(known=b"\0" * 8, since=SINCE))
    assert urls(found) == []
    assert "1,500 new addresses" in (found.document.feed.problem or "")
    assert len(found.keys) == 1500 * 8


def test_news_sitemap_gives_its_entries_and_teaches_their_addresses() -> None:
    found = read(news_sitemap([("https://paper.example/n", NOW.isoformat(), "Port")]), Seen(learn=True))
    assert [entry.entry.title for entry in found.document.entries] == ["Port"]
    assert urls(read(urlset(pages("n")), Seen(known=found.keys))) == []


def test_index_names_its_children_and_other_documents_keep_their_problem() -> None:
    assert read(index([("https://paper.example/1.xml", "2026-11-01")]), Seen()).children == (
        ("https://paper.example/1.xml", "2026-11-01"),
    )
    assert "web page" in (read("<!doctype html><html><body>Hello</body></html>", Seen()).document.feed.problem or "")


def child(name: str, **more: object) -> ChildSitemap:
    return ChildSitemap(url=f"https://paper.example/{name}.xml", **more)  # type: ignore[arg-type]  # test data


def test_likeliest_children_are_read_first_and_the_others_in_turn() -> None:
    children = [child(f"map-{n}", body_hash="x", read_at=NOW - timedelta(hours=n)) for n in range(1, 41)]
    chosen = choose([*children, child("latest-news", read_at=NOW)])
    assert [one.url[22:-4] for one in chosen] == ["latest-news", "map-40", "map-39"]
    turns = set()
    for hour in range(40):
        chosen = choose(children)
        turns |= {one.url for one in chosen}
        at = NOW + timedelta(hours=hour)
        children = [child(one.url[22:-4], body_hash="x", read_at=at) if one in chosen else one for one in children]
    assert len(turns) == 40


def test_child_that_appears_later_is_read_first_and_is_not_old() -> None:
    known = [child(f"map-{n}", body_hash="x", lastmod="2026-11-30") for n in range(5)]
    listed = [(one.url, one.lastmod) for one in known[1:]]
    after, gone = merge(known, [*listed, ("https://paper.example/map-0-extra.xml", "")], NOW)
    first = choose(after)[0]
    assert (first.url, first.is_old) == ("https://paper.example/map-0-extra.xml", False)
    assert gone == (known[0].url,)
    assert all(one.is_old for one in merge([], listed, NOW)[0])
