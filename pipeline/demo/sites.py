"""The six newspapers of the demo, each with a different layout, and the boilerplate of their pages.

All are named after places that do not exist, so that their articles cannot be mistaken for news.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Literal

from pipeline.model import SourceKind

Layout = Literal["article", "cards", "soup", "board", "blog"]
FeedFormat = Literal["atom", "json", "rss", "rdf"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Boilerplate of a page in one language, which extraction must remove."""

    sections: tuple[str, ...]
    by: str
    related: str
    share: str
    comments: str
    comment: tuple[tuple[str, str], ...]
    newsletter: str
    cookies: str
    footer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSite:
    """One newspaper.

    Attributes:
        encoding: charset of its pages and its feed.
        zone: time zone of the dates it prints.
        layout: how its pages are built.
        feed_format, feed_path: its one feed.
        address: path of an article, as a format string over ``id``, ``number`` and ``date``.
    """

    id: str
    name: str
    language: str
    home: str
    kind: SourceKind
    zone: timezone
    layout: Layout
    feed_format: FeedFormat
    feed_path: str
    address: str
    encoding: str = "utf-8"


_SEOUL = timezone(timedelta(hours=9))

SITES = (
    DemoSite(
        id="courier",
        name="The Lyonesse Courier",
        language="en",
        home="GB",
        kind="magazine",
        zone=timezone(timedelta(0)),
        layout="article",
        feed_format="atom",
        feed_path="/feed.atom",
        address="/{date:%Y/%m/%d}/{id}.html",
    ),
    DemoSite(
        id="ledger",
        name="Erewhon Ledger",
        language="en",
        home="KR",
        kind="daily",
        zone=_SEOUL,
        layout="cards",
        feed_format="json",
        feed_path="/feed.json",
        address="/stories/{number}-{id}",
    ),
    DemoSite(
        id="vestnik",
        name="Тридевятый вестник",
        language="ru",
        home="RU",
        kind="regional",
        zone=timezone(timedelta(hours=10)),
        layout="soup",
        feed_format="rss",
        feed_path="/rss.xml",
        address="/news.php?id={number}",
        encoding="windows-1251",
    ),
    DemoSite(
        id="vestovoy",
        name="Китежский вестовой",
        language="ru",
        home="RU",
        kind="agency",
        zone=timezone(timedelta(hours=3)),
        layout="blog",
        feed_format="rss",
        feed_path="/export/rss.xml",
        address="/politika/{date:%Y%m%d}/{number}.html",
    ),
    DemoSite(
        id="mureung",
        name="무릉일보",
        language="ko",
        home="KR",
        kind="daily",
        zone=_SEOUL,
        layout="board",
        feed_format="rss",
        feed_path="/rss/allArticle.xml",
        address="/news/articleView.html?idxno={number}",
        encoding="euc-kr",
    ),
    DemoSite(
        id="dowon",
        name="도원저널",
        language="ko",
        home="KR",
        kind="specialist",
        zone=_SEOUL,
        layout="blog",
        feed_format="rdf",
        feed_path="/index.rdf",
        address="/archives/{number}",
    ),
)

# Only its feed exists, and it returns 500: an example of a failing source.
BROKEN_SITE = DemoSite(
    id="wire",
    name="Atlantis Wire",
    language="en",
    home="US",
    kind="agency",
    zone=timezone(timedelta(0)),
    layout="article",
    feed_format="rss",
    feed_path="/rss",
    address="/{id}",
)

WORDS = {
    "en": Words(
        sections=("Front page", "World", "Security", "Energy", "Opinion", "Sport"),
        by="By",
        related="Related stories",
        share="Share this story by mail, on paper or from the balcony",
        comments="Readers write",
        comment=(
            ("Tamsin", "I read it twice and still take the side of the bees."),
            ("Old Purser", "My grandfather crossed that border with a goat. Nobody asked for papers."),
        ),
        newsletter="Get the morning letter: one page, no advertisements, seven o'clock.",
        cookies="We keep one biscuit so that we know you have been here.",
        footer="An imaginary paper. Its news is invented for a demonstration of Tumen.",
    ),
    "ru": Words(
        sections=("Главное", "Политика", "Экономика", "Мир", "Культура", "Город"),
        by="Автор:",
        related="Читайте также",
        share="Поделиться: почтой, запиской, с балкона",
        comments="Комментарии читателей",
        comment=(
            ("Сосед снизу", "А про барабаны когда напишете?"),
            ("Кот учёный", "Хожу по цепи, читаю, жду продолжения."),
        ),
        newsletter="Утреннее письмо редакции: одна страница, без рекламы, в семь часов.",
        cookies="Мы храним одно печенье, чтобы узнать вас в следующий раз.",
        footer="Вымышленная газета. Новости придуманы для показа программы Tumen.",
    ),
    "ko": Words(
        sections=("홈", "정치", "경제", "사회", "국제", "스포츠"),
        by="글",
        related="함께 읽는 기사",
        share="기사 나누기: 편지로, 쪽지로, 베란다에서",
        comments="독자 의견",
        comment=(("복숭아", "두 번 읽었는데도 벌 편입니다."), ("뱃사공", "배추 소식이 더 궁금해요.")),
        newsletter="아침 편지: 한 쪽, 광고 없음, 일곱 시.",
        cookies="다시 오실 때 알아보려고 과자 하나를 남겨 둡니다.",
        footer="상상 속의 신문입니다. 기사는 Tumen을 보여 주려고 지어냈습니다.",
    ),
}
