"""Pages built like those of the Russian and Korean sources in ``config/feeds.toml``, in our own wording.

Each layout follows the structure that newsrooms of one kind use (class names, bylines, dates, related boxes, photo
captions); the sentences are made of parts, so that each page has another text. The truth is known by construction.
"""

# ruff: noqa: E501  markup is easier to read without breaks

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.extract.pages import MENUS

_SENTENCES = {
    "ru": (
        ("Совет порта", "Министерство транспорта области", "Рабочая группа двух стран", "Компания-перевозчик",
         "Представитель таможни", "Комиссия по рыболовству"),
        ("сообщил", "подтвердил", "ещё раз отметил", "рассказал журналистам", "заявил на встрече"),
        ("что новая линия откроется весной", "что груз пойдёт через северный терминал", "что переговоры продолжатся в мае",
         "что квоты на вылов останутся прежними", "что стоимость работ посчитают заново",
         "что студенты смогут учиться по обмену"),
        ("несмотря на шторм и нехватку судов", "если стороны согласуют порядок оплаты", "как и предусматривал договор",
         "хотя часть оборудования пока не доставлена", "после проверки всех причалов"),
        (".", ", следует из протокола.", ", уточнили в пресс-службе.", ", пишет местная газета."),
    ),
    "ko": (
        ("항만 위원회는", "도 교통국은", "두 나라 실무단은", "여객선 회사는", "세관 관계자는", "어업 위원회는"),
        ("이날 회의에서", "기자들과 만나", "보도자료를 통해", "지난주에 이어 다시", "섬 주민 설명회에서"),
        ("새 노선을 봄에 열겠다고", "화물이 북쪽 부두를 지난다고", "협상을 다음 달까지 이어 가겠다고",
         "어획량을 지난해와 같게 두겠다고", "공사비를 새로 계산하겠다고", "학생 교류를 넓히겠다고"),
        ("폭풍과 선박 부족에도 불구하고", "비용 분담에 합의한다면", "협정에 정한 대로", "장비가 아직 다 오지 않았지만",
         "모든 부두를 점검한 뒤"),
        ("밝혔다.", "설명했다.", "전했다.", "강조했다."),
    ),
}  # fmt: skip
_TITLES = {
    "ru": ("Порт готовит новую линию к островам", "Переговоры о квотах продолжатся в мае", "Стоимость причала посчитают снова",
           "Студенты поедут учиться по обмену", "Груз пойдёт через северный терминал"),
    "ko": ("항만 위원회, 섬으로 가는 새 노선 준비", "어획량 협상 다음 달까지 이어져", "부두 공사비 다시 계산하기로", "학생 교류 넓히기로 합의",
           "화물, 북쪽 부두로 지난다"),
}  # fmt: skip
_NAMES = {"ru": ("Иван Петров", "Марина Лебедева", "Олег Ким"), "ko": ("김하늘", "박지연", "홍길동")}
_MONTHS = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A newsroom's template.

    Attributes:
        page: the article's markup, with places for ``title``, ``day``, ``name``, ``lead``, ``text``, ``photo``, ``links``.
        paragraph: the markup of one paragraph.
        between: markup between the second and the third paragraph.
        day: how the date is written, as ``strftime`` wants it; ``%B`` is the month's name.
        has_lead: the first paragraph stands apart, in ``lead``.
    """

    page: str
    paragraph: str = "<p>{}</p>"
    between: str = ""
    day: str = "%Y-%m-%d %H:%M"
    has_lead: bool = False


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A built page and what an extractor has to find."""

    layout: str
    html: bytes
    title: str
    author: str
    published: datetime
    text: str


_RU = {
    "agency in text blocks": Layout(
        page="<div class='article__header'><div class='article__info-date'><a href='/d'>{day}</a></div>"
        "<h1 class='article__title'>{title}</h1><div class='article__author'><span class='article__author-name'>{name}</span>"
        "</div></div><div class='photoview__open'>{photo}</div><div class='article__body'>{text}</div>{links}",
        paragraph="<div class='article__block' data-type='text'><div class='article__text'>{}</div></div>",
        between="<div class='article__block' data-type='article'><div class='article__article m-image'>"
        "<a href='/2'>Эксперт назвал сроки ремонта причала</a><span class='article__article-info'>вчера, 10:20</span>"
        "</div></div>",
        day="%H:%M %d.%m.%Y",
    ),
    "agency with dateline": Layout(
        page="<div class='news-header'><span class='dateline'>{day}</span><h1>{title}</h1><div class='news-header__lead'>{lead}"
        "</div></div><div class='text-content'><div class='text-block'>{text}</div></div><div class='author'>Автор: {name}</div>"
        "<div class='news-more'>{links}</div>",
        day="%d %B %Y, %H:%M",
        has_lead=True,
    ),
    "business paper": Layout(
        page="<article class='doc'><header class='doc_header'><time class='doc_header__publish_time' datetime='{iso}'>{day}</time>"
        "<h1 class='doc_header__name'>{title}</h1><h2 class='doc_header__subheader'>{lead}</h2></header><div class='article_text_"
        "wrapper'>{text}<p class='doc__text document_authors'>{name}</p></div></article>{links}",
        paragraph="<p class='doc__text'>{}</p>",
        day="%d.%m.%Y, %H:%M",
        has_lead=True,
    ),
    "topic page": Layout(
        page="<div class='topic-page__container'><div class='topic-header__info'><a class='topic-header__item' href='/d'>{day}</a></div>"
        "<h1>{title}</h1><div class='topic-authors'><a class='topic-authors__author'><span class='topic-authors__name'>{name}"
        "</span></a></div>{photo}<div class='topic-body__content'>{text}</div></div><div class='box-inline-topic'>{links}</div>",
        paragraph="<p class='topic-body__content-text'>{}</p>",
        between="<div class='box-inline-topic'><a href='/2'>Паром сделает ещё один рейс</a></div>",
        day="%H:%M, %d %B %Y",
    ),
    "paragraphs without classes": Layout(
        page="<div class='mainArea'><div class='wg_script_block'></div><time datetime='{iso}'>{day}</time><h1>{title}</h1>"
        "<article itemprop='articleBody'>{text}<p class='sources'>Текст: {name}</p></article></div>{links}",
        day="%d %B %Y",
    ),
    "regional paper with line breaks": Layout(
        page="<table width='100%'><tr><td><h1>{title}</h1><div class='news-date'>{day}</div><div class='news_body'>{photo}"
        "{text}</div><div>Автор: {name}</div></td><td class='right'>{links}</td></tr></table>",
        paragraph="{}<br><br>",
        day="%d.%m.%Y %H:%M",
    ),
    "long read of a council": Layout(
        page="<div class='page-header'><h1>{title}</h1><div class='authors-list'><a class='author-name'>{name}</a></div><div class='"
        "meta-date'>{day}</div></div><div class='entry-content wysiwyg'>{text}</div><div class='tags'>{links}</div>",
        between="<blockquote class='pull'><a href='/2'>Подробнее о линии к островам</a></blockquote>",
        day="%d %B %Y",
    ),
    "radio with captions": Layout(
        page="<main role='main'><h1 id='content'>{title}</h1><section><span class='byline'>{name}</span><time datetime='{iso}'>"
        "{day}</time></section>{photo}{text}<section aria-labelledby='more'><h2>Читайте также</h2>{links}</section></main>",
        paragraph="<div dir='ltr' class='bbc-1x2'><p class='bbc-3y4'>{}</p></div>",
        between="<section><a href='#skip'>Пропустить самое читаемое и продолжить чтение</a></section>",
        day="%d %B %Y",
    ),
}
_KO = {
    "agency with photo in the story": Layout(
        page="<header class='title-article01'><h1 class='tit01'>{title}</h1><p class='update-time' data-published-time='{iso}'>"
        "<span class='txt'>송고시간</span>{day}</p></header><div class='writer-zone01'><strong class='tit-name'>{name} 기자</strong>"
        "</div><article class='story-news article'>{photo}{text}<p class='txt-copyright'>&lt;저작권자(c) 동항통신, 무단 전재-재배포"
        " 금지&gt;</p></article>{links}",
        day="%Y-%m-%d %H:%M",
    ),
    "broadcaster with line breaks": Layout(
        page="<div class='view_headline'><h4 class='headline-title'>{title}</h4><em class='input-date'>입력 {day}</em></div><div id="
        "'cont_newstext' class='detail-body'>{text}</div><div class='reporter-name'>{name} 기자</div><div class='relation'>{links}</div>",
        paragraph="{}<br><br>",
        day="%Y.%m.%d (%H:%M)",
    ),
    "daily with summary": Layout(
        page="<div class='article_head'><h1>{title}</h1><ul class='info'><li>입력 {day}</li></ul><h2 class='sub_tit'>{lead}</h2></div>"
        "<section class='news_view'>{photo}{text}</section><div class='byline'>{name} 기자 desk@donghang.example</div>{links}",
        has_lead=True,
        paragraph="<p>{}</p>",
        day="%Y-%m-%d %H:%M",
    ),
    "daily with styled divs": Layout(
        page="<div class='headline'><h1 class='title'>{title}</h1><span class='date'>{day}</span></div><div id='articletxt' class='"
        "article-body'>{photo}{text}<div class='article-author'>{name} 기자</div></div><div class='related'>{links}</div>",
        paragraph="<div style='line-height:1.8'>{}</div>",
        between="<div class='ad-area-wrap'><span>광고</span></div>",
        day="%Y.%m.%d %H:%M",
    ),
    "paper of the left": Layout(
        page="<div class='article-header'><h1>{title}</h1><a class='reporter'>{name} 기자</a><ul><li>수정 {day}</li></ul></div><div class="
        "'article-text'>{text}</div><div class='recommend'><h3>이 기사와 함께 보면 좋은 뉴스</h3>{links}</div>",
        paragraph="<p class='text'>{}</p>",
        day="%Y-%m-%d %H:%M",
    ),
    "news agency with mail line": Layout(
        page="<h1 class='tit title_area'>{title}</h1><div class='infoLine'><span>등록 {day}</span></div><div class='viewer'><article>"
        "{photo}{text}<br>◎동항통신 desk@donghang.example</article></div><p class='byline'>{name} 기자</p>{links}",
        paragraph="{}<br><br>",
        day="%Y.%m.%d %H:%M:%S",
    ),
    "economy paper": Layout(
        page="<div class='news_ttl_sec'><h2 class='news_ttl'>{title}</h2><div class='time_area'><dl><dt>입력 : </dt><dd>{day}</dd></dl>"
        "</div><dl class='author'><dt><a>{name} 기자</a></dt></dl></div><div class='news_cnt_detail_wrap' itemprop='articleBody'>"
        "{photo}{text}</div>{links}",
        between="<div class='img_center'><p class='desc_caption'>〈사진=동항일보 자료실〉</p></div>",
        day="%Y-%m-%d %H:%M:%S",
    ),
    "paper for readers abroad": Layout(
        page="<div class='hdr-container'><h1>{title}</h1><div id='story_byline'>서울-{name} desk@donghang.example</div><div id='dateline'>"
        "{day}</div></div><div id='storytext'><section class='storytextPart'>{text}</section></div><footer>{links}</footer>",
        day="%Y.%m.%d",
    ),
}
LAYOUTS = {"ru": _RU, "ko": _KO}


def samples(language: str, per_layout: int = 5) -> Iterator[Sample]:
    """Build the pages of one language; the same pages in each run."""
    chance = random.Random(language)
    for name, layout in LAYOUTS[language].items():
        for _ in range(per_layout):
            yield _build(name, layout, language, chance)


def _build(name: str, layout: Layout, language: str, chance: random.Random) -> Sample:
    title, author = chance.choice(_TITLES[language]), chance.choice(_NAMES[language])
    day = datetime(
        2026, chance.randint(1, 10), chance.randint(1, 28), chance.randint(0, 23), chance.randint(1, 59), tzinfo=UTC
    )
    texts = [_paragraph(language, chance) for _ in range(chance.randint(3, 9))]
    body = texts[1:] if layout.has_lead else texts
    parts = [layout.paragraph.format(line) for line in body]
    parts.insert(2, layout.between)
    article = layout.page.format(
        title=title, name=author, lead=texts[0], text="\n".join(parts), iso=day.isoformat()[:16], links=_links(language, chance),
        day=day.strftime(layout.day.replace("%B", _MONTHS[day.month - 1])), photo=_photo(language),
    )  # fmt: skip
    menu = "".join(f"<li><a href='/{word}'>{word}</a></li>" for word in MENUS[language].split())
    html = (
        f"<!DOCTYPE html><html lang='{language}'><head><meta charset='utf-8'><title>{title}</title></head><body>"
        f"<header><nav><ul>{menu}</ul></nav></header><div class='layout'>{article}</div>"
        f"<footer><ul>{menu}</ul><p>© 2026</p></footer></body></html>"
    )
    return Sample(layout=name, html=html.encode(), title=title, author=author, published=day, text="\n".join(texts))


def _paragraph(language: str, chance: random.Random) -> str:
    subject, verb, object_, condition, end = _SENTENCES[language]
    lines = []
    for _ in range(chance.randint(1, 3)):
        a, b, c, d, e = (chance.choice(part) for part in (subject, verb, object_, condition, end))
        lines.append(f"{a} {b}, {c}, {d}{e}" if language == "ru" else f"{a} {b} {d} {c} {e}")
    return " ".join(lines)


def _links(language: str, chance: random.Random) -> str:
    titles = chance.sample(_TITLES[language], 3)
    return (
        "<ul class='list'>" + "".join(f"<li><a href='/{n}'>{line}</a></li>" for n, line in enumerate(titles)) + "</ul>"
    )


def _photo(language: str) -> str:
    caption = {"ru": "© Фото: архив редакции", "ko": "▲ 동항항 여객선 터미널. [사진=동항일보]"}[language]
    return f"<figure><img src='1.jpg'><figcaption>{caption}</figcaption></figure>"
