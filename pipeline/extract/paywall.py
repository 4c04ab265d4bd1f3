"""Pages without their article: paywalls, consent pages, and "not found" pages with status 200."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from pipeline.extract.json_ld import Node
from pipeline.extract.layout import visual
from pipeline.model import Wall

_SHORT = 1_500
_STUB = 600
_CALL = 220
_NEAR = 300  # characters behind the text in which a call to pay follows


def _either(*wordings: str) -> re.Pattern[str]:
    return re.compile("|".join(wordings), re.IGNORECASE)


_PAY = _either(
    r"(?:subscribe|sign in|log ?in|register|sign up|subscription|become a (?:member|subscriber))[^.]{0,40}?"
    r"\b(?:to (?:continue|read|keep|access|unlock|view|see)|for full access|required|only)",
    r"(?:for|to) (?:our )?(?:subscribers|members)(?: only)?\b|subscribers?.only|already a (?:subscriber|member)",
    r"(?:continue|keep) reading (?:this|with|for)|you have (?:reached|read) your",
    r"free articles? (?:left|remaining|this month)",
    r"только (?:для|по) (?:подписчик|подписк)|доступ(?:ен|на|но|ны) (?:только )?(?:по подписке|подписчикам)",
    r"оформите подписку|чтобы (?:читать|прочитать|дочитать)",
    r"유료 ?(?:회원|구독|기사)|구독자 ?전용|회원 ?전용",
    r"(?:로그인|구독|가입)(?:하시면|하고|후|해야)[^.]{0,20}(?:볼|읽|이용)",
    r"会員限定|有料(?:会員|記事)|残り[\s\d,]+文字",
    r"(?:nur )?für abonnenten|jetzt (?:weiterlesen|abonnieren|testen)|réservé aux abonnés|abonnez-vous pour",
    r"solo para suscriptores|per gli abbonati",
)
_CONSENT = _either(
    r"before you continue|(?:we|our partners?)[^.]{0,60} (?:use|store)[^.]{0,20} cookies|accept (?:all )?cookies",
    r"cookie (?:policy|settings|consent)|manage (?:your )?(?:privacy|preferences|choices)",
    r"используем (?:файлы )?cookies?|쿠키(?:를|에)[^.]{0,20}(?:사용|동의)|wir (?:verwenden|nutzen) cookies",
)
_MISSING = _either(
    r"\b404\b|not found|page (?:was |could |can)?(?:not|n.t) (?:be )?(?:found|available|exist)",
    r"no longer (?:available|exists)|(?:page|article|story)[^.]{0,30}(?:does(?:n.t| not) exist"
    r"|(?:has been|was) (?:removed|deleted|moved)|is (?:gone|unavailable|missing))",
    r"(?:can.t|cannot|could(?:n.t| not)) find (?:the |that |this )?(?:page|article|story)",
    r"страниц[аы] не (?:найден|существует)|ничего не найдено",
    r"(?:материал|статья|страница)[^.]{0,20}(?:удал[её]н|не найден|не существует)",
    r"페이지를 찾을 수 없|존재하지 않는 (?:페이지|기사)|(?:삭제|종료)된 (?:기사|페이지)",
    r"ページが見つかり|お探しの|seite (?:wurde )?nicht gefunden",
)
_PAY_MARKS = (
    './/*[contains(@class, "paywall") or contains(@id, "paywall") or contains(@class, "regwall")'
    ' or contains(@class, "piano-")]'
)


def wall(root: HtmlElement, story: Node, text: str, shown: str, *, is_article: bool) -> Wall | None:
    """Return the wall that stands in the article's place.

    A short text needs two signs. A long one has a wall only if it breaks off and a call to pay follows, or the page
    says that it is paid: free articles end in dots, too, and many pages call for a subscription elsewhere.

    Args:
        root: the tree, for elements with a wall's class.
        story: the article's JSON-LD.
        text: the article's text as found.
        shown: all text of the page.
        is_article: the page has an article's date, author or JSON-LD.
    """
    size = visual(text)
    cut_short = text.rstrip().endswith(("…", "..."))
    if size >= _SHORT:
        return "paywall" if cut_short and (_is_paid(story) or _PAY.search(_behind(text, shown))) else None
    signs = (
        any(visual(element.text_content()) < _STUB for element in root.xpath(_PAY_MARKS)),  # else it holds the text
        bool(_PAY.search(shown)),
        _is_paid(story),
        cut_short,
    )
    if sum(signs) >= 2:
        return "paywall"
    if size < _STUB and not is_article and len(shown) < 5_000 and len(set(_CONSENT.findall(shown))) >= 2:
        return "consent"
    return None


def _behind(text: str, shown: str) -> str:
    """Return what the page shows directly behind the text's last line."""
    last = text.rstrip().rpartition("\n")[2]
    place = shown.rfind(last)
    return shown[place + len(last) :][:_NEAR] if place >= 0 else ""


def without_calls(text: str) -> str:
    """Return the text without the wall's own short lines."""
    return "\n".join(line for line in text.split("\n") if len(line) > _CALL or not _PAY.search(line))


def is_missing(title: str | None, text: str) -> bool:
    """Return whether a page without any sign of an article says, with status 200, that there is none."""
    if visual(text) >= _STUB:
        return False
    return len(_MISSING.findall(title or "")) + len(_MISSING.findall(text[:300])) >= 2


def _is_paid(story: Node) -> bool:
    """Return whether schema.org's ``isAccessibleForFree`` says no."""
    return str(story.get("isAccessibleForFree", "")).strip().lower() in ("false", "no", "0")
