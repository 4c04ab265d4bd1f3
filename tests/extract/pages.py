"""Pages of invented papers: sentences of our own in English, Russian and Korean, and the furniture around them."""

from __future__ import annotations

from dataclasses import dataclass

PARAGRAPHS = {
    "en": (
        (
            "The harbour council of Eastport voted on Tuesday to reopen the old ferry line to the northern"
            " islands, which had been closed since the storm of last winter."
        ),
        (
            "Officials said that two ships would sail each morning, and that a third would be kept for days"
            " when fishing boats need help on the open water."
        ),
        (
            "“We waited for this decision for eleven months,” said Mara Lindgren, who runs the grocery on the"
            " largest of the islands. “Now the schools can plan again.”"
        ),
        (
            "The line will cost the city about four million a year; half of it is to come from the province,"
            " which has not yet answered the council's letter."
        ),
    ),
    "ru": (
        (
            "Совет порта во вторник решил вновь открыть старую паромную линию к северным островам, закрытую"
            " после шторма прошлой зимой."
        ),
        (
            "По словам чиновников, каждое утро будут выходить два судна, а третье останется в резерве на те дни, когда"
            " рыбакам понадобится помощь."
        ),
        (
            "«Мы ждали этого решения одиннадцать месяцев», — сказала Марина Лебедева, хозяйка магазина на самом большом"
            " острове. «Теперь школы снова могут строить планы»."
        ),
        (
            "Линия будет стоить городу около четырёх миллионов в год; половину должна дать область, которая"
            " пока не ответила на письмо совета."
        ),
    ),
    "ko": (
        "항만 위원회는 화요일 지난겨울 폭풍 이후 끊겼던 북쪽 섬들의 옛 여객선 노선을 다시 열기로 의결했다.",
        (
            "관계자들은 매일 아침 배 두 척이 출항하고, 어선이 도움을 필요로 하는 날을 위해 세 번째 배를 남겨 두겠다고"
            " 설명했다."
        ),
        (
            "가장 큰 섬에서 가게를 하는 윤미라 씨는 “열한 달 동안 이 결정을 기다렸다”며 “이제 학교도"
            " 다시 계획을 세울 수 있게 됐다”고 말했다."
        ),
        "이 노선에는 해마다 약 사십억 원이 들며, 절반은 도가 내야 하지만 도는 아직 위원회의 공문에 답하지 않았다.",
    ),
}
TITLES = {
    "en": "Eastport reopens its ferry line to the northern islands",
    "ru": "Порт вновь открывает паромную линию к северным островам",
    "ko": "항만 위원회, 북쪽 섬 여객선 노선 다시 연다",
}
NAMES = {"en": "The Eastport Courier", "ru": "Портовый вестник", "ko": "동항일보"}
MENUS = {
    "en": "World Politics Business Sport Culture Science Weather Opinion",
    "ru": "Мир Политика Бизнес Спорт Культура Наука Погода Мнения",
    "ko": "세계 정치 경제 스포츠 문화 과학 날씨 오피니언",
}
FURNITURE = {
    "en": (
        '<p><a href="/2">Read also: Lighthouse keepers ask for new lamps</a></p>',
        "<p>Photo: Courier archive</p>",
        "<p>Subscribe to our newsletter and get the news each morning.</p>",
        "<p>© 2026 The Eastport Courier. All rights reserved.</p>",
        "<div><span>Share</span></div>",
    ),
    "ru": (
        '<p>Читайте также: <a href="/2">Смотрители маяков просят новые лампы</a></p>',
        "<p>Фото: архив редакции</p>",
        "<p>Подписывайтесь на наш канал, чтобы не пропустить главное.</p>",
        "<p>Все права защищены. Перепечатка только с письменного согласия редакции.</p>",
        "<div><span>Поделиться</span></div>",
    ),
    "ko": (
        '<p><a href="/2">관련기사: 등대지기들, 새 등불을 요청하다</a></p>',
        "<p>[사진=동항일보 자료실]</p>",
        "<p>김하늘 기자 haneul@donghang.example</p>",
        "<p>저작권자 ⓒ 동항일보, 무단 전재 및 재배포 금지</p>",
        "<div><span>공유하기</span></div>",
    ),
}
LANGUAGES = tuple(PARAGRAPHS)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a test may change of a page; "" leaves a part out."""

    language: str = "en"
    title: str = ""  # of the title element, where it is not the headline
    head: str = ""
    body: str = ""
    after: str = ""


def text(language: str) -> str:
    """What an extractor should find."""
    return "\n".join(PARAGRAPHS[language])


def paragraphs(language: str, between: str = "") -> str:
    """The article's paragraphs as HTML, with something after the second one."""
    first, second, *rest = (f"<p>{line}</p>" for line in PARAGRAPHS[language])
    return "".join((first, second, between, *rest))


def page(parts: Parts) -> str:
    """A whole page: menu, article, side column and footer."""
    language = parts.language
    menu = "".join(f'<li><a href="/{n}">{word}</a></li>' for n, word in enumerate(MENUS[language].split()))
    name, title = NAMES[language], TITLES[language]
    element = parts.title or title
    body = parts.body or f"<article><h1>{title}</h1><div class='text'>{paragraphs(language)}</div></article>"
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{element} | {name}</title>'
        f'<meta property="og:site_name" content="{name}">{parts.head}<style>.x{{color:red}}</style></head><body>'
        f"<header><a href='/'>{name}</a><nav><ul>{menu}</ul></nav></header><main>{body}</main>{parts.after}"
        f"<aside class='sidebar'><h3>{MENUS[language]}</h3><ul>{menu}</ul></aside>"
        f"<footer><ul>{menu}</ul><p>© 2026 {name}</p></footer><script>var a = 1 < 2;</script></body></html>"
    )
