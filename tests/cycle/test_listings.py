"""Sources without feeds, over whole cycles: sitemaps, section pages and channels of a loopback server.

One story is played once: a first poll, a poll without news, a poll with news of every source, a poll without news, and
news in sitemaps that the index dates wrongly. The tests look at what it left behind.
"""

from __future__ import annotations

import gzip
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cycle.run import run_cycle
from tests.world.listing_site import ListingSite, channel, index, news_sitemap, post, section, urlset
from tests.world.server import LoggedRequest

NOW = datetime.now(UTC).replace(microsecond=0)
OLD = (NOW - timedelta(days=400)).isoformat()
TEXT = "Ministers of both countries spoke about coal and the border railway for two hours today. " * 5
MENU = [(f"/rubric-{n}-2026/", f"Rubric {n}") for n in range(12)]
MONTHS = [f"{2023 + n // 12}-{1 + n % 12:02}" for n in range(40)]


def source(name: str, url: str, via: str, more: str = "") -> str:
    return f'[[feed]]\nname = "{name}"\nurl = "{url}"\nlanguage = "en"\nvia = "{via}"\n{more}\n'


@dataclass
class Story:
    """The world, and what each cycle asked for and stored."""

    site: ListingSite
    folder: Path
    wanted: set[str] = field(default_factory=set)
    cycles: list[list[LoggedRequest]] = field(default_factory=list)
    stored: list[list[str]] = field(default_factory=list)
    later: timedelta = timedelta()
    links: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)
    big: list[tuple[str, str]] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    moving: list[tuple[Any, ...]] = field(default_factory=list)

    def article(self, path: str, *, wanted: bool = True) -> str:
        """Publish an article; return its address."""
        url = self.site.page(path, f"the harbour works {path.strip('/').replace('/', ' ')}", NOW)
        if wanted:
            self.wanted.add(url)
        return url

    def start(self) -> None:
        """Serve every list as it is before the first poll, and write the config."""
        site, put, at = self.site, self.site.put, NOW.isoformat()
        for month in MONTHS:  # the index: every date is wrong
            put(f"/idx/{month}.xml", urlset((site.url(f"/idx/{month}/{n}"), OLD) for n in range(5)))
        self.index(MONTHS)
        self.big = [(site.url(f"/big/{n}"), "") for n in range(50_000)]
        put("/big.xml", urlset(self.big))
        put("/gz.xml.gz", gzip.compress(urlset([(site.url("/gz/1"), OLD)]).encode()), "application/x-gzip")
        put("/news.xml", news_sitemap([(self.article("/news/1"), at, "The harbour works news 1")]))
        put("/mixed-news.xml", news_sitemap([(self.article("/mixed/1"), at, "The harbour works mixed 1")]))
        put("/mixed-pages.xml", urlset([(site.url("/mixed/1"), at), (site.url("/mixed/0"), OLD)]))
        put("/mixed.xml", index([(site.url("/mixed-pages.xml"), ""), (site.url("/mixed-news.xml"), "")]))
        put("/dated.xml", urlset([(site.url("/dated/1"), OLD)]))
        self.links = [(f"/story/{n}", f"Headline of the story number {n} in the harbour") for n in range(1, 26)]
        put("/section", section(self.links, MENU), "text/html")
        self.rows = [(f"/view.do?board=7&seq={n}", f"Press release number {n} of the ministry") for n in range(1, 8)]
        put("/board", section(self.rows, MENU), "text/html")
        put("/given", section([("/g/one", "One"), ("/g/two", "Two")], MENU), "text/html")
        put("/moving", section([(f"/old/{n}", t) for n, (_, t) in enumerate(self.links)], MENU), "text/html")
        self.posts = [post("harbour", n, f"Post {n}. {TEXT}", NOW - timedelta(hours=20 - n)) for n in range(1, 17)]
        self.wanted |= {f"https://t.me/harbour/{n}" for n in range(1, 17)}
        put("/s/harbour", channel("Harbour", self.posts), "text/html")
        linking = post("links", 1, f"See {self.article('/linked/1')}", NOW, preview=site.url("/linked/1"))
        put("/s/links", channel("Links", [linking]), "text/html")
        self.config()

    def index(self, months: list[str]) -> None:
        children = [(self.site.url(f"/idx/{month}.xml"), "2020-01-01") for month in months]
        self.site.put("/idx.xml", index(children))

    def config(self) -> None:
        url = self.site.url
        sources = [
            source("index", url("/idx.xml"), "sitemap"),
            source("big", url("/big.xml"), "sitemap"),
            source("gz", url("/gz.xml.gz"), "sitemap"),
            source("news", url("/news.xml"), "sitemap"),
            source("mixed", url("/mixed.xml"), "sitemap"),
            source("dated", url("/dated.xml"), "sitemap"),
            source("section", url("/section"), "section"),
            source("board", url("/board"), "section"),
            source("given", url("/given"), "section", 'pattern = "/g/[a-z]+"'),
            source("moving", url("/moving"), "section"),
            source("channel", url("/s/harbour"), "telegram"),
            source("links", url("/s/links"), "telegram"),
        ]
        self.folder.mkdir()
        (self.folder / "tumen.toml").write_text(
            f'[fetch]\nfeed_delay = 0\npage_delay = 0\nallow_private = ["127.0.0.1:{self.site.port}"]\n'
        )
        (self.folder / "feeds.toml").write_text("\n".join(sources))

    def news(self) -> None:
        """Publish something new in every source, and old addresses beside it."""
        site, put, at = self.site, self.site.put, NOW.isoformat()
        newest = [(site.url(f"/idx/{MONTHS[-1]}/{n}"), OLD) for n in range(5)]
        put(f"/idx/{MONTHS[-1]}.xml", urlset([*newest, (self.article("/idx/new/1"), at)]))
        self.big[20_000:20_000] = [(self.article(f"/big/new/{n}"), "") for n in range(3)]
        put("/big.xml", urlset(self.big))
        pages = [(self.article("/gz/2"), at), (site.url("/gz/1"), OLD)]
        put("/gz.xml.gz", gzip.compress(urlset(pages).encode()), "application/x-gzip")
        put(
            "/news.xml", news_sitemap([(self.article(f"/news/{n}"), at, f"The harbour works news {n}") for n in (2, 1)])
        )
        put("/mixed-pages.xml", urlset([(self.article("/mixed/2"), at), (site.url("/mixed/1"), at)]))
        old = [(self.article(f"/dated/old/{n}", wanted=False), OLD) for n in range(3)]
        put("/dated.xml", urlset([*old, (self.article("/dated/2"), at), (self.article("/dated/3"), "")]))
        new = [(self.article(f"/story/{n}"), f"The harbour works story {n}") for n in (27, 26)]
        put("/section", section([*new, *self.links[:-2]], [*MENU, ("/rubric-99-2026/", "Rubric 99")]), "text/html")
        new = [(self.article("/view.do?board=7&seq=8"), "The harbour works view release")]
        put("/board", section([*new, *self.rows], MENU), "text/html")
        put("/given", section([(self.article("/g/three"), "Three"), ("/g/one", "One")], MENU), "text/html")
        moved = [(f"/2026/archive-{n}.html", title) for n, (_, title) in enumerate(self.links)]
        put("/moving", section(moved, MENU), "text/html")
        self.posts = [*self.posts[1:], post("harbour", 17, f"Post 17. {TEXT}", NOW, forwarded="Embassy")]
        self.posts[3] = post("harbour", 5, f"Post 5. {TEXT} Corrected.", NOW - timedelta(hours=15), edited=True)
        self.wanted.add("https://t.me/harbour/17")
        put("/s/harbour", channel("Harbour", self.posts), "text/html")

    def hidden(self) -> None:
        """Publish in a sitemap whose turn comes late, and in one that is new in the index."""
        site, put = self.site, self.site.put
        put("/idx/extra.xml", urlset([(self.article("/idx/extra/1"), ""), (site.url("/idx/extra/0"), OLD)]))
        self.index([*MONTHS, "extra"])

    def run(self, *, hours: int = 6) -> None:
        """Run one cycle, some hours later."""
        self.later += timedelta(hours=hours)
        before, articles = len(self.site.log), self.urls()
        run_cycle(
            self.folder.parent / "tumen.db",
            self.folder,
            trigger="test",
            force=True,
            now=lambda: NOW + self.later,
            rng=random.Random(1),
        )
        self.cycles.append(self.site.log[before:])
        self.stored.append(sorted(set(self.urls()) - set(articles)))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder.parent / "tumen.db")) as conn:
            return conn.execute(sql).fetchall()

    def urls(self) -> list[str]:
        if not (self.folder.parent / "tumen.db").exists():
            return []
        return [row[0] for row in self.query("SELECT url FROM articles")]

    def lists_asked(self, cycle: int) -> list[LoggedRequest]:
        """The requests of a cycle for lists, without robots.txt and the pages of articles."""
        pages = {url.removeprefix(self.site.url("")) for url in self.wanted}
        return [one for one in self.cycles[cycle] if one.path not in pages | {"/robots.txt"}]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with ListingSite() as site:
        story = Story(site, tmp_path_factory.mktemp("listings") / "config")
        story.start()
        story.run()
        story.run()
        story.news()
        story.run()
        story.run()
        story.hidden()
        story.run()
        story.moving = story.query("SELECT status, failures, problem FROM feeds WHERE name = 'moving'")
        story.run()
        yield story


def test_each_new_item_is_stored_once_and_none_that_is_old(story: Story) -> None:
    assert sorted(story.urls()) == sorted(story.wanted)
    texts = story.query("SELECT count(*) FROM articles WHERE text <> ''")
    assert texts[0][0] == len(story.wanted)


def test_first_poll_stores_what_has_a_date_and_learns_the_rest(story: Story) -> None:
    names = {url.split("/")[3] for url in story.stored[0]}
    assert names == {"news", "mixed", "harbour", "linked"}
    assert story.query("SELECT count(*) FROM listed WHERE kind = 'page'")[0][0] > 50_000


def test_poll_costs_at_most_four_requests_and_only_conditional_ones_without_news(story: Story) -> None:
    for cycle in range(5):
        asked = story.lists_asked(cycle)
        per_source = Counter(one.path.split("/")[1].split(".")[0].split("-")[0] for one in asked)
        assert max(per_source.values()) <= 4, per_source
    for cycle in (1, 3):
        assert story.stored[cycle] == []
        asked = story.lists_asked(cycle)
        first_looks = [one for one in asked if "if-none-match" not in one.headers]
        # the third sitemap of an index is read in turn, so its first request has no validators
        assert [one.path[:5] for one in first_looks if one.path != "/moving"] == ["/idx/"]


def test_sitemap_that_is_new_in_an_index_is_read_at_once(story: Story) -> None:
    assert story.stored[4] == [story.site.url("/idx/extra/1")]


def test_page_whose_addresses_change_is_reported_as_failing(story: Story) -> None:
    status, failures, problem = story.moving[0]
    assert (status, failures) == ("failing", 3)
    assert "/old/" in problem
    assert r"/\d+/" in problem  # the year may change
    events = story.query("SELECT f.name, what FROM feed_events e JOIN feeds f ON f.id = e.feed_id ORDER BY e.id")
    assert events == [("moving", "failing"), ("moving", "well")]


def test_forwarded_post_keeps_its_origin_and_an_edited_one_its_earlier_text(story: Story) -> None:
    assert story.query("SELECT authors FROM articles WHERE url = 'https://t.me/harbour/17'") == [('["Embassy"]',)]
    revised = story.query("SELECT a.url FROM revisions r JOIN articles a ON a.id = r.article_id")
    assert ("https://t.me/harbour/5",) in revised
    assert story.query("SELECT method FROM articles WHERE url LIKE '%/linked/1'") != [("feed",)]
    assert not [one for cycle in story.cycles for one in cycle if one.path.startswith("/harbour/")]


def test_new_pattern_is_adopted_after_the_event_and_brings_no_old_article(story: Story) -> None:
    assert story.query("SELECT name FROM feeds WHERE status <> 'ok'") == []
    assert story.stored[5] == []
