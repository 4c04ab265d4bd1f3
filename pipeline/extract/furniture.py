"""Lines that are never part of an article, whatever stands around them: notices, calls, credits and bylines.

English, Russian and Korean (and Japanese notices). ``phrases`` holds weaker signs that only count as evidence; what is
here is certain enough to drop a short line of its own.
"""

from __future__ import annotations

import re

_MAX_LINE = 220
_LABEL_ONLY = 40


def _either(*wordings: str) -> str:
    return "|".join(wordings)


def _begins(*wordings: str) -> str:
    return r"^\W*(?:" + "|".join(wordings) + ")"


_NOTICE = _either(
    r"all rights reserved",
    r"reproduction (?:is )?(?:prohibited|only with|without)",
    r"(?:^|\W)(?:©|ⓒ|\(c\)|copyright)\W{0,3}(?:\d{4}|by|ⓒ|©|[^\W\d_]+\.(?:com|ru|kr))",
    r"저작권자",
    r"무단\s?(?:전재|복제|배포)(?:\s?(?:및|·|,|-|금지|를|\W|$))",
    r"재배포\s?(?:금지|를 금)",
    r"ai 학습 (?:이용|및 활용) 금지",
    r"無断転載|禁無断",
    r"все права защищены",
    r"перепечатка[^.]{0,60}(?:запрещ|только с|разреш|без)",
    r"при (?:цитировании|использовании|копировании) материалов",
    r"любое использование материалов",
)
_NOTICED = (
    "all rights reserved", "reproduction ", "©", "ⓒ", "(c)", "copyright", "저작권자", "무단", "재배포", "ai 학습 ",
    "無断転載", "禁無断", "все права защищены", "перепечатка", "при цитировании ", "при использовании ",
    "при копировании ", "любое использование материалов",
)  # fmt: skip
"""A line with a notice holds one of these: seeking them costs a tenth of seeking the notices."""
_CALL = _begins(
    r"(?:subscribe|sign up) (?:to|for|now|here)\b",
    r"follow us\b",
    r"join (?:us on|our) ",
    r"get (?:the|our) (?:latest|daily|top)[^.]{0,40}(?:inbox|newsletter)",
    r"download (?:the|our) app",
    r"подпи(?:сы|ши)(?:вай)?тесь на|подписаться на",
    r"следите за (?:нами|новостями)|присоединяйтесь к нам|наш (?:телеграм|telegram)",
    r"(?:네이버|카카오|유튜브|텔레그램)[^.]{0,30}(?:구독|추가|채널)",
    r"구독하기|뉴스레터\s?(?:구독|신청)|제보(?:는|하기)|▶\s*(?:제보|카카오|네이버|구독)",
)
_SHARE = (
    _begins(
        r"share(?: this)?(?: (?:article|story|page|on [\w, ]+))?",
        r"copy link|print(?: this)?|save|tweet|e-?mail|comments?(?: \d+)?|leave a comment|advertisement",
        r"поделиться(?: в [\w ]+)?|скопировать ссылку|распечатать|комментарии(?: \d+)?|реклама",
        r"공유(?:하기)?|기사\s?공유|댓글(?:\s?\d+)?|좋아요(?:\s?\d+)?|글자\s?크기|인쇄|스크랩|프린트|광고|url\s?복사",
        r"본문\s?듣기",
    )
    + r"\W*$"
)
_CREDIT = _either(
    r"^\W*(?:photo|image|picture|video|photograph|фото|снимок|видео|иллюстрация|사진|영상|자료)"
    r"\s*(?:credit|by|제공|출처)?\s*[:=：/|©]\s*\S.{0,120}$",
    r"^\W*(?:사진|자료)(?:제공)?\s?=",
    r"^\[(?:사진|자료)[^\]]{0,60}\]$",
    r"^\W*(?:getty images|afp|reuters|epa|yonhap|тасс|риа новости|연합뉴스|뉴스1|뉴시스)(?:\s*/\s*[\w .]+)?\W*$",
)
_BYLINE = _either(
    r"^.{0,50}[\w.+-]+@[\w-]+(?:\.[\w-]+)+\W*$",
    r"^[\[(]?[^\W\d_][\w·.,\s]{1,30}\s(?:선임|인턴|수습|객원)?기자[\])]?(?:\s*=)?$",
    r"^(?:автор|текст)\s*:\s*.{3,50}$",
)
_DATE = _either(
    r"^\W*(?:published|updated|posted|last updated|опубликовано|обновлено|입력|수정|등록|승인|업데이트|기사입력"
    r"|최종수정)\s*[:：]?\s*[\d(오].{0,60}$",
    r"^\d{4}[.-]\s?\d\d[.-]\s?\d\d\.?\s+\d\d:\d\d.{0,40}$",
    r"^\d\d\.\d\d\.\d{4},?\s+\d\d:\d\d.{0,40}$",
)
_ANYWHERE = re.compile(_NOTICE)
_FROM_THE_START = re.compile(_either(_CALL, _SHARE, _CREDIT, _BYLINE, _DATE))
_ALSO = re.compile(
    _begins(
        r"read (?:also|more|next)|see also|also read|related (?:articles?|stories|news|topics)|more on this",
        r"recommended(?: for you)?|most read",
        r"читайте (?:также|ещ[её]|по теме|далее|на)|смотрите также|(?:ещ[её] )?по теме|материалы по теме",
        r"главное за день",
        r"관련\s?(?:기사|뉴스|글)|함께 (?:보면|읽으면) 좋은|이 기사와 함께|많이 본 (?:뉴스|기사)|주요 (?:뉴스|기사)",
        r"関連記事|あわせて読みたい",
    )
    + r"\s*(?:[:：>»▶–—-]|$)"
)


def is_furniture(line: str, linked: float) -> bool:
    """Whether a line of a page is no part of its article.

    Args:
        line: one line of its text.
        linked: share of the line inside links, 0…1.
    """
    if len(line) > _MAX_LINE:
        return False
    lower = line.lower()
    if _FROM_THE_START.match(lower) or (any(map(lower.__contains__, _NOTICED)) and _ANYWHERE.search(lower)):
        return True
    return bool(_ALSO.match(lower)) and (linked > 0.3 or len(line) < _LABEL_ONLY)
