"""Made section pages of many layouts, with the truth about which links lead to articles.

A layout is a form of address, a form of teaser, a language and the side boxes of a page. The learner was written with
``ADDRESSES`` in view, and not changed after ``UNSEEN`` was added. ``./dev bench section_links`` prints the figures.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.feeds.listing import parse_list
from pipeline.feeds.section import page_links
from pipeline.model import Seen

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOST = "https://paper.example"


def _words(text: str) -> list[str]:
    return text.split()


WORDS = {
    "en": _words("port railway minister talks border customs gas sanctions envoy summit coal harbour treaty bridge"),
    "ru": _words("порт железная дорога министр переговоры граница таможня газ санкции посол саммит уголь договор"),
    "ko": _words("항만 철도 장관 회담 국경 세관 가스 제재 특사 정상회담 석탄 조약 교량 외교부 협력"),
}
Address = Callable[[int, str, random.Random], str]


def _slug(title: str, rng: random.Random) -> str:
    return "-".join(rng.sample(WORDS["en"], 4))


ADDRESSES: dict[str, Address] = {
    "number": lambda n, t, r: f"/news/{840_000 + n * 7}",
    "number and extension": lambda n, t, r: f"/arti/politics/diplomacy/{1_230_000 + n * 3}.html",
    "date and number": lambda n, t, r: f"/news/2026/{9 + n // 40:02}/{1 + n % 28:02}/{4000 + n}/",
    "date and slug": lambda n, t, r: f"/2026/{9 + n // 40:02}/{1 + n % 28:02}/{_slug(t, r)}-{n}/",
    "slug": lambda n, t, r: f"/press-center/news/{_slug(t, r)}_{n}/",
    "slug without number": lambda n, t, r: f"/politics/{_slug(t, r)}-{'abcdefghij'[n % 10] * (1 + n // 10)}",
    "several rubrics": lambda n, t, r: f"/{r.choice(['politics', 'world', 'economy', 'army', 'sport'])}/{73_000 + n}",
    "query": lambda n, t, r: f"/www/brd/m_4080/view.do?seq={376_000 + n}&page=1",
    "query of gallery": lambda n, t, r: f"/gallery.es?mid=a10101000000&bid=0001&act=view&list_no={9000 + n}",
    "agency": lambda n, t, r: f"/view/AKR2026{1 + n % 12:02}{1 + n % 28:02}{100_000 + n:06}504",
    "encoded title": lambda n, t, r: f"/story/%D0%BF%D0%BE%D1%80%D1%82-{n}",
    "number last in slug": lambda n, t, r: f"/rus/{_slug(t, r)}-{51_000 + n}",
}


UNSEEN: dict[str, Address] = {
    "day and number": lambda n, t, r: f"/20261{n % 2:}{1 + n % 28:02}/{5_000_000 + n}",
    "article view": lambda n, t, r: f"/news/articleView.html?idxno={210_000 + n}",
    "letters and number": lambda n, t, r: f"/n{18_000 + n}",
    "id and slug": lambda n, t, r: f"/text/id{70_000 + n}-{_slug(t, r)}.htm",
    "slug at the root": lambda n, t, r: f"/{_slug(t, r)}-{n}/",
    "slug and word behind": lambda n, t, r: f"/ru/{r.choice(['news', 'analytics'])}/{_slug(t, r)}-{n}/read",
    "two numbers": lambda n, t, r: f"/c/{r.choice([101, 102, 104])}/{63_000 + n}",
    "random id": lambda n, t, r: f"/article?id={r.randbytes(5).hex()}{n}",
    "many rubrics and date": lambda n, t, r: (
        f"/{r.choice('abcdefgh')}zone/2026-{1 + n % 12:02}-{1 + n % 28:02}/{n}.html"
    ),
    "long word": lambda n, t, r: (
        f"/opinion/{'abcdefghijklmnopqrstuvwxyz'[n % 26] * 2}{_slug(t, r).replace('-', '')}{n}"
    ),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """One site: a form of address, a language, a teaser, and the number of articles on a page."""

    name: str
    address: Address
    language: str
    teaser: str
    articles: int


def layouts(addresses: dict[str, Address]) -> Iterator[Layout]:
    """Yield every combination of address and teaser, with languages and page lengths in turn."""
    lengths, languages = itertools.cycle((12, 25, 40)), itertools.cycle(WORDS)
    for (name, address), teaser in itertools.product(addresses.items(), ("headings", "card", "list")):
        yield Layout(name, address, next(languages), teaser, next(lengths))


class Section:
    """A section page that changes with time."""

    def __init__(self, layout: Layout, seed: int) -> None:
        self.layout = layout
        self.rng = random.Random(seed)
        self.number = 0
        self.articles: list[tuple[str, str]] = []
        self.add(layout.articles)

    def add(self, count: int) -> list[str]:
        """Publish articles; return their addresses."""
        for _ in range(count):
            self.number += 1
            words = WORDS[self.layout.language]
            title = f"{' '.join(self.rng.sample(words, min(7, len(words))))} {self.number}".capitalize()
            self.articles.insert(0, (HOST + self.layout.address(self.number, title, self.rng), title))
        return [url for url, _ in self.articles[:count]]

    def html(self, week: int) -> str:
        """Return the page: articles among menus, tags, authors, banners, paging, and boxes that change every week."""
        shown = self.articles[: self.layout.articles]
        rubrics = ("politics", "economy", "north-korea", "world", "press-releases", "photo-2026", "video")
        menu = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in rubrics)
        tags = "".join(f'<a class="tag" href="/tag/{w}-{week}">{w}</a>' for w in self.rng.sample(WORDS["en"], 5))
        authors = "".join(f'<a href="/author/{100 + week * 3 + n}">A. Kim</a>' for n in range(3))
        pages = "".join(f'<a href="/list?page={n}">{n}</a>' for n in range(1, 11))
        banner = f'<a href="/promo/{week}">Subscribe to our newsletter and read every story of the week</a>'
        events = f'<a href="/events/forum-{week}-2026">Eastern Economic Forum: programme of the week</a>'
        outside = '<a href="https://ads.example/news/123456">A long text of an advertisement on another site</a>'
        return (
            f"<!doctype html><html><body><header><ul>{menu}</ul></header><div id=menu><ul>{menu}</ul></div>"
            f"<div class=content>{''.join(self._teaser(url, title) for url, title in shown)}{pages}</div>"
            f"<div class=side>{tags}{authors}{banner}{events}{outside}"
            f'<a href="{shown[-1][0]}">{shown[-1][1]}</a></div><footer><a href="/rules-2026">Rules</a></footer>'
        )

    def _teaser(self, url: str, title: str) -> str:
        match self.layout.teaser:
            case "headings":
                return (
                    f'<div><a href="{url}"><img></a><h3><a href="{url}">{title}</a></h3><a href="{url}#c">3</a></div>'
                )
            case "card":
                return f'<a href="{url}"><img><strong class="tit">{title}</strong><p>First lines of the text.</p></a>'
            case _:
                return f'<tr><td>1</td><td><a href="{url}">{title}</a></td><td>2026-11-30</td></tr>'


@dataclass(slots=True)
class Count:
    """Links that were taken for new articles, and what they should have been."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    wrong_titles: int = 0

    def add(self, other: Count) -> None:
        """Add the figures of another site."""
        self.right, self.wrong = self.right + other.right, self.wrong + other.wrong
        self.missed, self.wrong_titles = self.missed + other.missed, self.wrong_titles + other.wrong_titles

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)


def follow(layout: Layout, weeks: int = 8, seed: int = 1) -> Count:
    """Poll a site for some weeks: learn at first, then compare what is new with the truth."""
    site, count, known, pattern = Section(layout, seed), Count(), b"", ""
    for week in range(weeks):
        wanted = set(site.add(site.rng.randint(0, layout.articles // 2))) if week else set()
        seen = Seen(known=known, learn=not week, pattern=pattern)
        found = parse_list(
            site.html(week).encode(), f"{HOST}/section", "text/html", via="section", timezone=None, now=NOW, seen=seen
        )
        known, pattern = known + found.keys, found.pattern or pattern
        taken = {entry.entry.url for entry in found.document.entries}
        titles = dict(site.articles)
        count.right += len(taken & wanted)
        count.wrong += len(taken - wanted)
        count.missed += len(wanted - taken)
        count.wrong_titles += sum(
            titles.get(e.entry.url, e.entry.title) != e.entry.title for e in found.document.entries
        )
    return count


def baseline(layout: Layout, weeks: int = 8, seed: int = 1) -> Count:
    """Poll a site as ``follow`` does, and take every new link with a text of headline length."""
    site, count, known = Section(layout, seed), Count(), set[str]()
    for week in range(weeks):
        wanted = set(site.add(site.rng.randint(0, layout.articles // 2))) if week else set()
        links = list(page_links(site.html(week), f"{HOST}/section"))
        taken = {link.url for link in links if link.is_headline and link.url not in known} if week else set()
        known |= {link.url for link in links}
        count.add(Count(right=len(taken & wanted), wrong=len(taken - wanted), missed=len(wanted - taken)))
    return count
