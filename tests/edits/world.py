"""Three invented news sites on loopback whose pages are edited, deleted and decorated over a simulated time.

``Sites`` serves them; ``plan`` says what happens to each article and when. Every page has a clock, a counter, links and
advertisements that differ at each request. Every sentence is invented.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Literal

from tests.world.server import Answer, Hostile

Language = Literal["en", "ru", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ru", "ko")
SIGNIFICANT = ("number", "name", "negation", "date", "headline", "paragraph dropped", "sentence added")
COSMETIC = ("unchanged", "typo", "quotes", "clock only", "related links", "comments", "layout")
DELETED = ("404", "410", "redirect home", "soft 404")
NEITHER = ("back after one day", "bot wall", "outage")
KINDS = (*SIGNIFICANT, *COSMETIC, *DELETED, *NEITHER)

_LEAD = {
    "en": (
        "Russia and North Korea signed a {noun} in Pyongyang on {day}, officials said.",
        "Russian President Vladimir Putin and North Korean leader Kim Jong Un discussed the {noun} on {day}.",
        "South Korea voiced concern on {day} about the {noun} between Russia and North Korea.",
    ),
    "ru": (
        "Россия и КНДР подписали в Пхеньяне {noun} в {day}, сообщили чиновники.",
        "Президент России Владимир Путин и лидер КНДР Ким Чен Ын обсудили {noun} в {day}.",
        "Южная Корея выразила в {day} обеспокоенность тем, что Россия и КНДР готовят {noun}.",
    ),
    "ko": (
        "러시아와 북한이 {day} 평양에서 {noun}에 서명했다고 당국자들이 밝혔다.",
        "블라디미르 푸틴 러시아 대통령과 김정은 북한 국무위원장이 {day} {noun}을 논의했다.",
        "한국은 {day} 러시아와 북한의 {noun}에 우려를 표했다.",
    ),
}
_NOUNS = {
    "en": ("military agreement", "railway treaty", "arms contract", "troop deployment plan", "ammunition deal"),
    "ru": ("военное соглашение", "договор о железной дороге", "контракт на оружие", "план отправки войск"),
    "ko": ("군사 협정", "철도 조약", "무기 계약", "파병 계획", "탄약 거래"),
}
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "ru": ("понедельник", "вторник", "четверг", "пятницу", "субботу"),
    "ko": ("월요일", "화요일", "수요일", "목요일", "금요일"),
}
_NAMES = {
    "en": ("Harlow", "Belkin", "Castor", "Dunmore", "Ekberg", "Falkner", "Gorin", "Hidalgo"),
    "ru": ("Горский", "Белкин", "Каширин", "Дунаев", "Ершов", "Фалин", "Рощин", "Холмов"),
    "ko": ("러시아", "북한", "중국", "일본", "미국", "우크라이나", "몽골", "베트남"),
}
_BODY = {
    "en": (
        "Delegate Anton {name} said that {count} wagons of goods crossed the river in the first week.",
        "The ministry did not confirm how many of the {count} containers had reached the port.",
        "Local traders expect prices of grain to fall once the second quay opens to ships.",
        "A reporter at the station saw {count} workers unload timber late in the evening.",
        "The two sides will meet again in the border town to settle what is still open.",
        "Experts of the institute think that the plan depends on weather and on the state of the bridge.",
        "According to {name} Research Group the cost may reach {count} million roubles by the end of the decade.",
        "The governor thanked the engineers who had worked through the winter on the tunnel.",
        "Fishermen of the coast have asked for a compensation since the new route cuts their grounds.",
        "No date was named for the opening of the customs office on the eastern bank.",
        "Neighbours of the depot complained about noise and about lights that burn all night.",
    ),
    "ru": (
        "Делегат Антон {name} сообщил, что {count} вагонов с товарами пересекли реку за первую неделю.",
        "Министерство не подтвердило, сколько из {count} контейнеров дошло до порта.",
        "Местные торговцы ждут, что цены на зерно упадут, когда откроют второй причал.",
        "Корреспондент видел на станции, как {count} рабочих поздно вечером разгружали лес.",
        "Стороны снова встретятся в приграничном городе, чтобы решить оставшиеся вопросы.",
        "Эксперты института считают, что план зависит от погоды и от состояния моста.",
        "По оценке группы «{name}» расходы могут достигнуть {count} миллионов рублей к концу десятилетия.",
        "Губернатор поблагодарил инженеров, которые всю зиму работали в тоннеле.",
        "Рыбаки побережья просят компенсацию, так как новый путь проходит по их участкам.",
        "Дата открытия таможни на восточном берегу не названа.",
        "Соседи склада жалуются на шум и на свет, который горит всю ночь.",
    ),
    "ko": (
        "{name} 대표단은 첫 주에 화물 열차 {count}량이 강을 건넜다고 말했다.",
        "외교부는 컨테이너 {count}개 가운데 몇 개가 항구에 도착했는지 확인하지 않았다.",
        "현지 상인들은 두 번째 부두가 열리면 곡물 값이 내릴 것으로 기대한다.",
        "역에 있던 기자는 저녁 늦게 노동자 {count}명이 목재를 내리는 모습을 보았다.",
        "양측은 남은 문제를 풀기 위해 국경 도시에서 다시 만날 예정이다.",
        "연구소 전문가들은 이 계획이 날씨와 다리의 상태에 달려 있다고 본다.",
        "{name} 연구진은 비용이 십 년 안에 {count}억 루블에 이를 수 있다고 추산했다.",
        "주지사는 겨울 내내 터널에서 일한 기술자들에게 감사를 전했다.",
        "해안의 어민들은 새 항로가 어장을 지나므로 보상을 요구하고 있다.",
        "동쪽 강변 세관의 개소 날짜는 아직 발표되지 않았다.",
        "창고 이웃들은 소음과 밤새 켜진 불빛에 불만을 나타냈다.",
    ),
}
_NEGATIONS = {
    "en": ("did not confirm", "confirmed"),
    "ru": ("не подтвердило", "подтвердило"),
    "ko": ("확인하지 않았다", "확인했다"),
}
_TITLE = {
    "en": "Russia and North Korea: {noun} takes shape, {name} sees {count} steps",
    "ru": "Россия и КНДР: {noun} обретает форму, {name} видит {count} шагов",
    "ko": "러시아·북한 {noun} 윤곽… {name} {count}단계 전망",
}
_OTHER_TITLE = {
    "en": "Doubts grow over the {noun} of Russia and North Korea",
    "ru": "Растут сомнения: {noun} России и КНДР под вопросом",
    "ko": "러시아·북한 {noun}에 의문 커져",
}
_ADDED = {
    "en": "The embassy later withdrew statement number {n} about the visit of the delegation.",
    "ru": "Позднее посольство отозвало заявление номер {n} о визите делегации.",
    "ko": "대사관은 나중에 대표단 방문에 관한 제{n}호 성명을 철회했다.",
}
_FOOTER = {
    "en": "This service is part of the new morning edition of our paper for readers abroad.",
    "ru": "Этот раздел входит в новый утренний выпуск нашей газеты для читателей за рубежом.",
    "ko": "이 코너는 해외 독자를 위한 본지의 새 아침판에 포함되어 있습니다.",
}
_UI = {
    "en": ("Views", "Updated", "Read also", "Comments", "Page not found", "Sorry, this article was removed."),
    "ru": ("Просмотров", "Обновлено", "Читайте также", "Комментарии", "Страница не найдена", "Материал удалён."),
    "ko": ("조회수", "수정", "관련 기사", "댓글", "페이지를 찾을 수 없습니다", "삭제된 기사입니다."),
}  # fmt: skip
_LINKS = {
    "en": ("Harbour quay reopens", "Bread prices rise in the valley", "Film days begin", "Mayor inspects the bridge"),
    "ru": ("Причал снова открыт", "Хлеб в долине дорожает", "Начались дни кино", "Мэр осмотрел мост"),
    "ko": ("항구 부두 다시 열려", "계곡 마을 빵값 올라", "영화 주간 시작", "시장 다리 점검"),
}
_COMMENTS = {
    "en": "Reader {n}: I have waited for this news since spring and wonder what comes next.",
    "ru": "Читатель {n}: ждал этой новости с весны и думаю, что же будет дальше.",
    "ko": "독자 {n}: 봄부터 이 소식을 기다렸는데 다음은 무엇일지 궁금합니다.",
}


@dataclass(slots=True)
class Piece:
    """An article, and what happens to its page.

    Attributes:
        kind: one of ``KINDS``.
        hours: when it happens, after publication.
        stable: the page has an ETag and neither clock nor counter.
    """

    number: int
    language: Language
    title: str
    paragraphs: list[str]
    kind: str
    hours: float
    stable: bool
    rng: random.Random

    @property
    def path(self) -> str:
        return f"/world/2026/11/story-{10_000 + self.number}.html"


def plan(count: int, seed: int) -> list[Piece]:
    """Return articles, with every kind of event as often."""
    rng = random.Random(seed)
    pieces = []
    for number in range(count):
        language = LANGUAGES[number % 3]
        words = {
            "noun": rng.choice(_NOUNS[language]),
            "day": rng.choice(_DAYS[language]),
            "name": rng.choice(_NAMES[language]),
            "count": str(rng.randint(34, 97)),
        }
        body = [line.format(**words | {"count": str(rng.randint(34, 970))}) for line in _BODY[language]]
        rng.shuffle(body)
        lines = [rng.choice(_LEAD[language]).format(**words), *body]
        cut = [0, 3, 5, 8, len(lines)]
        hours = rng.choice((1.0, 10.0, 60.0))
        kind = KINDS[number // 3 % len(KINDS)]
        pieces.append(
            Piece(
                number=number,
                language=language,
                title=_TITLE[language].format(**words),
                paragraphs=[" ".join(lines[start:end]) for start, end in pairwise(cut)],
                kind=kind,
                hours=30.0 if kind == "layout" else hours,
                stable=rng.random() < 0.3,
                rng=random.Random(seed * 1000 + number),
            )
        )
    return pieces


def edited(piece: Piece) -> tuple[str, list[str]]:
    """Return headline and paragraphs after the event."""
    if piece.kind == "headline":
        return _OTHER_TITLE[piece.language].format(noun=piece.title.split(": ")[-1][:24]), piece.paragraphs
    text = "\n".join(piece.paragraphs)
    if piece.kind in _CHANGES:
        text = _CHANGES[piece.kind](piece.language, text)
    return piece.title, text.split("\n")


def _number(_: Language, text: str) -> str:
    digits = re.findall(r"\d+", text)[0]
    return text.replace(digits, str(int(digits) + 7), 1)


def _name(language: Language, text: str) -> str:
    form = {"en": "Anton {}", "ru": "Антон {}", "ko": "{} 대표단"}[language]
    old = next(name for name in _NAMES[language] if form.format(name) in text)
    return text.replace(form.format(old), form.format(next(name for name in _NAMES[language] if name != old)))


def _date(language: Language, text: str) -> str:
    old = next(day for day in _DAYS[language] if day in text)
    return text.replace(old, next(day for day in _DAYS[language] if day != old))


def _typo(_: Language, text: str) -> str:
    for right, wrong in (("engineers", "enginers"), ("инженеров", "инжинеров"), ("기술자들에게", "기술자 들에게")):
        text = text.replace(right, wrong)
    return text


def _quotes(_: Language, text: str) -> str:
    for plain, other in ((" и ", "  и "), ("the ", "the\u00a0"), ("-", "‑"), ("«", "“"), ("»", "”"), ("을 ", "을  ")):
        text = text.replace(plain, other)
    return text


_CHANGES: dict[str, Callable[[Language, str], str]] = {
    "number": _number,
    "name": _name,
    "negation": lambda language, text: text.replace(*_NEGATIONS[language]),
    "date": _date,
    "paragraph dropped": lambda _, text: "\n".join(line for at, line in enumerate(text.split("\n")) if at != 2),
    "sentence added": lambda language, text: f"{text}\n{_ADDED[language].format(n=len(text) + ord(text[9]))}",
    "typo": _typo,
    "quotes": _quotes,
    "layout": lambda language, text: f"{text}\n{_FOOTER[language]}",
}


class Sites(Hostile):
    """The server of one language's site; ``now`` is the simulated time since publication, in hours."""

    def __init__(self, language: Language, pieces: Sequence[Piece]) -> None:
        super().__init__()
        self.language = language
        self.pieces = {piece.path: piece for piece in pieces if piece.language == language}
        self.now = 0.0
        self.delay = 0.0
        self.published = datetime.min.replace(tzinfo=UTC)
        self.noise = random.Random(language)

    def feed(self) -> Answer:
        items = "".join(
            f"<item><title>{escape(piece.title)}</title><link>{self.url(piece.path)}</link>"
            f"<pubDate>{format_datetime(self.published)}</pubDate></item>"
            for piece in self.pieces.values()
        )
        body = f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'
        return Answer(body=body.encode(), headers={"ETag": '"feed"'})

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        piece = self.pieces.get(path)
        if path == "/feed":
            self.answers[path] = self.feed()
        elif path == "/":
            self.answers[path] = Answer(headers=_HTML, body=self._home())
        elif piece is not None:
            await asyncio.sleep(self.delay)
            self.answers[path] = self.page(piece, self.log[-1].headers)
        await super()._answer(path, writer)

    def page(self, piece: Piece, asked: dict[str, str]) -> Answer:
        happened = self.now >= piece.hours
        if happened and (failure := self._failure(piece)):
            return failure
        title, paragraphs = edited(piece) if happened else (piece.title, piece.paragraphs)
        body = self._html(piece, title, paragraphs, happened=happened)
        if not piece.stable:
            return Answer(headers=_HTML, body=body)
        etag = f'"{hash((title, tuple(paragraphs))) & 0xFFFFFFFF:x}"'
        if asked.get("if-none-match") == etag:
            return Answer(status=304, headers={"ETag": etag})
        return Answer(headers=_HTML | {"ETag": etag}, body=body)

    def _failure(self, piece: Piece) -> Answer | None:
        over = self.now >= piece.hours + 23
        if piece.kind in ("404", "410"):
            return Answer(status=int(piece.kind), headers=_HTML, body=b"<h1>Error</h1>")
        if piece.kind == "redirect home":
            return Answer(status=302, headers={"Location": "/"})
        if piece.kind == "soft 404":
            return Answer(headers=_HTML, body=self._soft())
        if piece.kind == "back after one day" and not over:
            return Answer(status=404, headers=_HTML, body=b"<h1>Error</h1>")
        if piece.kind == "outage":
            return Answer(status=500, headers=_HTML, body=b"<h1>Error</h1>")
        if piece.kind == "bot wall":
            return Answer(headers=_HTML, body=_WALL)
        return None

    def _links(self) -> str:
        heads = (self.noise.choice(_LINKS[self.language]) for _ in range(5))
        return "".join(
            f'<li><a href="/world/story-{self.noise.randint(1, 999)}.html">{head}</a></li>' for head in heads
        )

    def _soft(self) -> bytes:
        heading, text = _UI[self.language][4:]
        return _page(self.language, heading, f"<h1>{heading}</h1><p>{text}</p><ul>{self._links()}</ul>")

    def _home(self) -> bytes:
        return _page(self.language, "Home", f"<h1>News</h1><ul>{self._links()}{self._links()}</ul>")

    def _html(self, piece: Piece, title: str, paragraphs: Sequence[str], *, happened: bool) -> bytes:
        views, updated, also, comments, *_ = _UI[self.language]
        noise = random.Random(piece.number) if piece.stable else self.noise
        text = "".join(f"<p>{escape(line)}</p>" for line in paragraphs)
        clock = f"{noise.randint(0, 23):02}:{noise.randint(0, 59):02}"
        said = noise.randint(1, 5) if piece.kind == "comments" and happened else 1
        remarks = "".join(f"<p>{_COMMENTS[self.language].format(n=n)}</p>" for n in range(said))
        return _page(
            self.language,
            title,
            f'<main><article><h1>{escape(title)}</h1><div class="meta"><time>{updated}: {clock}</time>'
            f'<span class="views">{views}: {noise.randint(100, 9999)}</span></div>'
            f'<div class="ad">Ad {noise.randint(1, 99)}</div><div class="body">{text}</div></article>'
            f'<aside class="related"><h3>{also}</h3><ul>{self._links()}</ul></aside>'
            f'<section class="comments"><h3>{comments} ({said})</h3>{remarks}</section></main>',
        )


_HTML = {"Content-Type": "text/html; charset=utf-8"}
_WALL = b"<html><head><title>Just a moment...</title></head><body><p>Checking your browser. 404 ms</p></body></html>"


def _page(language: str, title: str, body: str) -> bytes:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)} | Site {language}'
        f'</title><meta property="og:title" content="{escape(title)}"></head><body><header><nav><a href="/">Home</a>'
        f'<a href="/world/">World</a><a href="/sport/">Sport</a></nav></header>{body}'
        "<footer><p>All rights reserved.</p></footer></body></html>"
    ).encode()


@dataclass(slots=True)
class Scene:
    """Sites, a config that watches them, and a clock."""

    sites: list[Sites]
    folder: Path
    start: datetime
    more: str = ""
    feeds: str = ""
    hours: float = field(default=0.0, init=False)
    database: Path = field(init=False)

    def __post_init__(self) -> None:
        self.database = self.folder / "tumen.db"
        ports = ", ".join(f'"127.0.0.1:{site.port}"' for site in self.sites)
        (self.folder / "tumen.toml").write_text(
            f"[fetch]\npage_delay = 0\nfeed_delay = 0\nallow_private = [{ports}]\n[extract]\nprocesses = 2\n"
            f"[edits]\nper_host = 1000\nseconds = 600\n{self.more}",
            encoding="utf-8",
        )
        home = {"en": "", "ru": 'home = "RU"\n', "ko": 'home = "KR"\n'}
        (self.folder / "feeds.toml").write_text(
            "".join(
                f'[[feed]]\nname = "Site {site.language}"\nurl = "{site.url("/feed")}"\nlanguage = "{site.language}"\n'
                f"{home[site.language]}{self.feeds}"
                for site in self.sites
            ),
            encoding="utf-8",
        )

    def now(self) -> datetime:
        return self.start + timedelta(hours=self.hours)

    def move_to(self, hours: float) -> None:
        self.hours = hours
        for site in self.sites:
            site.now, site.published = hours, self.start

    def page_requests(self) -> Iterator[str]:
        for site in self.sites:
            yield from (path for path in site.paths() if path.startswith("/world/"))
