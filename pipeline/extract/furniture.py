"""Lines that are never part of an article: notices, calls to subscribe, credits, bylines, dates, "read also".

English, Russian and Korean, and Japanese notices. The patterns remove whole lines; a sentence stays.
"""

from __future__ import annotations

import re

_MAX_LINE = 220
_LABEL_ONLY = 40
_MAX_BYLINE = 50


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
_NOTICE_HINTS = (
    "all rights reserved", "reproduction ", "©", "ⓒ", "(c)", "copyright", "저작권자", "무단", "재배포", "ai 학습 ",
    "無断転載", "禁無断", "все права защищены", "перепечатка", "при цитировании ", "при использовании ",
    "при копировании ", "любое использование материалов",
)  # fmt: skip
"""A line with a notice holds one of these strings; looking for them costs a tenth of the patterns."""
_MEDIUM = (
    r"(?:newsletter|mailing list|inbox|e-?mail|channel|telegram|whatsapp|facebook|twitter|instagram|youtube|tiktok"
    r"|podcast|app|community|alerts?)"
)
_CALL = _begins(
    rf"(?:subscribe|sign up) (?:to|for|now|here)\b(?: (?:our|the|free|daily|weekly))*[^.]{{0,40}}\b{_MEDIUM}\b",
    r"(?:subscribe|sign up|follow us)(?: now| here| today)?\W*$",
    rf"follow us (?:on|at|via)\b[^.]{{0,40}}(?:\b{_MEDIUM}\b|@|\bx\b)",
    rf"join (?:us on|our) [^.]{{0,40}}\b{_MEDIUM}\b",
    r"get (?:the|our) (?:latest|daily|top)[^.]{0,40} (?:to|in|into) your inbox|get (?:the|our)[^.]{0,40}newsletter",
    r"download (?:the|our) app",
    r"подпи(?:сы|ши)(?:вай)?тесь на (?:наш|нас|канал|рассылк)|подписаться на (?:наш|канал|рассылк|нас)",
    r"следите за (?:нами|(?:нашими )?новостями)|присоединяйтесь к нам|наш (?:телеграм|telegram)[\w-]*\W*(?:канал)?\W*$",
    r"(?:네이버|카카오(?:톡)?|유튜브|텔레그램)[^.]{0,30}(?:구독|추가|채널)(?:하기|하세요|해\s?주세요|하면)?\W*$",
    r"구독하기|뉴스레터\s?(?:구독|신청)|제보하기|제보는\s|▶\s*(?:제보|카카오|네이버|구독)",
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
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’»)]*(?=\s|$)")
_MAIL = re.compile(r"[\s(<\[]*[\w.+-]+@[\w-]+(?:\.[\w-]+)+\W*$")
_BYLINE = _either(
    r"^[\[(]?[^\W\d_][\w·.,\s]{1,30}\s(?:선임|인턴|수습|객원)?기자[\])]?(?:\s*=)?$",
    r"^(?:автор|текст)\s*:\s*.{3,50}$",
    r"^\W*$",
)
_DAY = (
    r"(?:\d{4}\s?[-./년]|\d{1,2}[.:/]\s?\d{2}|\d{1,2}\s[^\W\d]{3,10}\s\d{4}|[^\W\d]{3,9}\s\d{1,2},?\s\d{4}"
    r"|오[전후])"
)
_DATE = _either(
    r"^\W*(?:published|updated|posted|last updated|опубликовано|обновлено|입력|수정|등록|승인|업데이트|기사입력"
    rf"|최종수정)\s*(?:on|at|в)?\s*[:：]?\s*{_DAY}.{{0,50}}$",
    r"^\d{4}[.-]\s?\d\d[.-]\s?\d\d\.?\s+\d\d:\d\d.{0,12}$",
    r"^\d\d\.\d\d\.\d{4},?\s+\d\d:\d\d.{0,12}$",
)
_SENTENCE = re.compile(r"(?:[.!?。！？…]|다\.|[다요]$)[\"'”’»)]*$")
_ANYWHERE = re.compile(_NOTICE)
_LABEL = re.compile(_either(_SHARE, _CREDIT, _BYLINE, _DATE))
_CALLED = re.compile(_CALL)
_QUOTED = re.compile(r"\s*[\"'“‘«「『„]")
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


_HINTS = {
    "photo": re.compile(
        r"^\W*(?:photo|image|picture|foto|bild|abbildung|titelbild|credit|crédits?|getty|фото|снимок|사진|写真|source|quelle"
        r"|video|видео|영상|copyright)\b|©|ⓒ|getty images|picture.alliance|shutterstock|istock|/ ?(?:reuters|afp|ap)\b"
        r"|(?:dpa|연합뉴스)$"
    ),
    "also": re.compile(
        r"^\W*(?:read (?:also|more|next)|see (?:also|more)|also (?:read|on)|more (?:on|from|about)|related|recommended"
        r"|don.t miss|watch|listen|click here|lesen sie|mehr (?:zum|von|dazu|themen)|auch (?:interessant|lesen)"
        r"|weiterlesen"
        r"|siehe auch|lire (?:aussi|la suite)|à lire|lea también|puedes ver|leggi|les (?:også|mer)|läs (?:också|mer)"
        r"|lees|przeczytaj|zobacz|czytaj|читайте|читать|смотрите|также|подробнее|по теме|관련|함께|이 기사|もっと"
        r"|あわせて|関連)(?!\w)"
    ),
    "call": re.compile(
        r"subscri|sign(?:ing)? up|newsletter|our app|contact us|whatsapp|telegram|facebook|twitter|instagram|youtube"
        r"|abonn|anmelden|posteingang|рассылк|подпис|телеграм|구독|댓글|제보|카카오|네이버|会員|登録"
        r"|follow (?:us|me)|e-?mail"
    ),
    "byline": re.compile(
        r"^\W*(?:by|von|par|por|di|text|reporting|edited|автор|текст|글|文)\b[^.]{3,60}$|(?:기자|특파원)$"
    ),
    "colon": re.compile(r":$"),
    "question": re.compile(r"\?$"),
}
"""Weak signs of furniture, for lower case: evidence for the block model, never a decision."""
_MAX_HINT = 300


def hints(line: str) -> list[str]:
    """Return the names of the weak signs in a short text."""
    lower = line.lower()
    return [name for name, pattern in _HINTS.items() if pattern.search(lower)] if len(line) < _MAX_HINT else []


def without_address(line: str, linked: float) -> str:
    """Return the line without a mail address at its end, "" if the line is furniture.

    A sentence is never furniture because of its first words: it has to hold a notice, or to call for a subscription.

    Args:
        line: one line of the page's text.
        linked: share of the line inside links, 0…1.
    """
    if len(line) <= _MAX_LINE and _says_nothing(line.lower(), linked):
        return ""
    address = _MAIL.search(line) if "@" in line else None
    if address is None:
        return line
    before = line[: address.start()].rstrip()
    ends = [end.end() for end in _SENTENCE_END.finditer(before)]
    if ends and len(before) - ends[-1] <= _MAX_BYLINE:  # the reporter's name stands between sentence and address
        return before[: ends[-1]].rstrip()
    return before if len(before) > _MAX_BYLINE else ""


def _says_nothing(line: str, linked: float) -> bool:
    """Return whether a line in lower case is a notice, a call, a label or a pointer to other articles."""
    if any(map(line.__contains__, _NOTICE_HINTS)) and _ANYWHERE.search(line):
        return True
    if _CALLED.match(line) and not _QUOTED.match(line):
        return True
    if _LABEL.match(line) and not (_SENTENCE.search(line) and len(line) > _LABEL_ONLY):
        return True
    return bool(_ALSO.match(line)) and (linked > 0.3 or len(line) < _LABEL_ONLY)
