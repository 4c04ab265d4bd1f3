"""What a response says about an article: the page is there, is missing, or cannot be judged. Pure.

In: the outcome of a request, and the two versions of the page. Out: ``Missing``, ``Unreadable``, ``NotAsked``,
``Same``, or None for a page that can be compared. A page that cannot be judged is never evidence of a deletion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from pipeline.edits import normal
from pipeline.model import Fetched, FetchFailed, NotModified, Outcome, Version
from pipeline.text.sites import same_site
from pipeline.text.urls import is_home

_SHORT = 1_500  # characters of a page that only says that there is no article
_LEAST_TEXT = 120
_NOT_FOUND = re.compile(
    r"\b404\b|\b410\b|(?:page|article|story|content|document)[^.\n]{0,40}(?:not (?:be )?found|not available|no longer"
    r"|does(?:n['’]t| not) exist|removed|deleted|unavailable)|not found\b|no longer (?:available|exists)"
    r"|(?:страниц|стать|материал|новост|публикаци|документ)\w*[^.\n]{0,30}"
    r"(?:не найден|удал[её]н|не существует|снят|недоступн)"
    r"|не найден[ао]?\b|페이지를 찾을 수 없"
    r"|(?:기사|페이지|게시물|콘텐츠)[^.\n]{0,20}(?:삭제|존재하지 않|없습니다|찾을 수)|삭제된",
    re.IGNORECASE,
)
_WALL = re.compile(
    r"captcha|just a moment|checking your browser|verify (?:that )?you are (?:a )?human|enable javascript|access denied"
    r"|unusual traffic|ddos|доступ (?:ограничен|запрещ[её]н)|вы не робот|проверк\w+ браузера|включите javascript"
    r"|로봇이 아|자동 등록 방지|보안 ?문자|접근이 (?:거부|차단)|비정상적인 접근",
    re.IGNORECASE,
)
_ERROR_PATH = re.compile(r"/(?:404|410|error|notfound|not-found|page-not-found)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Same:
    """The page is as it was."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The page is not there; ``how`` completes “the page is gone: …”."""

    how: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The response shows neither the article nor that it is gone; ``reason`` is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotAsked:
    """No request was sent; ask again after ``wait``."""

    wait: timedelta | None


def judge_response(outcome: Outcome, asked: str) -> Same | Missing | Unreadable | NotAsked | None:
    """Return what a response says without its text; None if its page must be read.

    Args:
        outcome: the outcome of the request.
        asked: the address that was asked for.
    """
    match outcome:
        case NotModified():
            return Same()
        case Fetched(truncated=True):
            return Unreadable("The response ended too early.")
        case Fetched():
            return _redirected(asked, outcome.url)
        case FetchFailed():
            return _failed(outcome)


def _failed(failure: FetchFailed) -> Missing | Unreadable | NotAsked:
    match failure.kind:
        case "not_found":
            return Missing("status 404")
        case "gone":
            return Missing("status 410")
        case "deferred":
            return NotAsked(failure.retry_after)
        case _:
            return Unreadable(failure.reason)


def _redirected(asked: str, final: str) -> Missing | None:
    """Return whether a redirect leads to the home page, a section above the page, or an error page of the site."""
    if final == asked or not same_site(asked, final) or is_home(asked):
        return None
    path, own = urlsplit(final).path, urlsplit(asked).path
    if is_home(final):
        return Missing("redirect to the home page")
    if _ERROR_PATH.search(path):
        return Missing("redirect to an error page")
    above = own.startswith(f"{path.rstrip('/')}/") and not urlsplit(final).query
    return Missing("redirect to a section of the site") if above else None


def judge_version(old: Version, new: Version, visible: str, *, wall: bool) -> Missing | Unreadable | None:
    """Return whether a page with status 200 shows no article any more; None if it can be compared.

    Args:
        old: the earlier version.
        new: what the page gives now.
        visible: the beginning of the page's text, furniture included.
        wall: whether extraction found a paywall or a consent page that the earlier version did not have.
    """
    if _has_in_common(old, new):
        return None
    same_title = bool(new.title) and normal.key(new.title) == normal.key(old.title)
    short = len(new.text) < _SHORT
    shown = f"{new.title}\n{new.text[:_SHORT]}\n{visible[:_SHORT]}"
    if short and _WALL.search(shown):
        return Unreadable("The page is a bot check in place of the article.")
    if wall:
        return Unreadable("The page is a paywall or a consent page in place of the article.")
    if short and not same_title and _NOT_FOUND.search(shown):
        return Missing("a “not found” page with status 200")
    if len(new.text) < _LEAST_TEXT or (not new.title and not same_title):
        return Unreadable("The page shows no article text.")
    return None


def _has_in_common(old: Version, new: Version) -> bool:
    """Return whether the two texts share a sentence, or at least much of their words."""
    before = {normal.key(line) for line in normal.split(old.text) if normal.is_sentence(line)}
    if any(normal.key(line) in before for line in normal.split(new.text)):
        return True
    one, other = set(normal.words(old.text)), set(normal.words(new.text))
    return len(one & other) >= 0.5 * max(len(one), 1) and len(new.text) >= 0.3 * len(old.text)
