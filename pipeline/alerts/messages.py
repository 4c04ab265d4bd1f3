"""Subjects and bodies of messages, as plain text, so that markup in a title stays text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import printable
from pipeline.store.health import FeedEvent
from pipeline.store.outbox import Alert, AlertArticle, Verdict

_LONGEST = 200
_MOST_PARTS = 5  # changed sentences in a message
_REPEATED = "This may be a repetition: Tumen was stopped while it was sending this message."
_VERDICTS = {"relevant": "relevant", "not_relevant": "not relevant", "escalate": "escalated"}


def for_article(article: AlertArticle, desk: str) -> tuple[str, str]:
    """Return subject and body for a flagged article."""
    return _line(article.title), _article(article, desk)


def for_verdict(verdict: Verdict, article: AlertArticle, desk: str) -> tuple[str, str]:
    """Return subject and body for an analyst's verdict."""
    label = _VERDICTS[verdict.verdict].capitalize()
    note = f"\nNote: {_line(verdict.note, 500)}" if verdict.note else ""
    return f"{label}: {_line(article.title)}", f"{label} by {verdict.analyst}.{note}\n{_article(article, desk)}"


def for_edit(edit: Mapping[str, Any], article: AlertArticle, desk: str) -> tuple[str, str]:
    """Return subject and body for an edit or a deletion."""
    label = {"gone": "Deleted", "back": "Restored"}.get(edit["kind"], "Edited")
    lines = [_line(edit["summary"], 400)]
    for part in edit["parts"][:_MOST_PARTS]:
        if part["kind"] in ("headline", "fact", "sentence"):
            lines += [f"First said: {_line(part['old'], 400)}"] * bool(part["old"])
            lines += [f"Now says: {_line(part['new'], 400)}"] * bool(part["new"])
    return f"{label}: {_line(article.title)}", "\n".join([*lines, _article(article, desk)])


def for_feed(event: FeedEvent) -> tuple[str, str]:
    """Return subject and body for a health event of a feed."""
    sentence = _line(event.sentence(), 400)
    return _line(sentence), f"{sentence[0].upper()}{sentence[1:]}\nSince {event.since}."


def combine(alerts: Sequence[Alert], *, repeated: bool) -> tuple[str, str]:
    """Return subject and body of one message for one or several alerts of a rule."""
    first = alerts[0]
    if len(alerts) == 1:
        subject, body = first.subject, first.body
    else:
        subject = f"{len(alerts)} alerts: {first.rule}"
        body = "\n\n".join(f"{alert.subject}\n{alert.body}" for alert in alerts)
    remark = f"{_REPEATED}\n\n" if repeated else ""
    return f"Tumen: {subject}", f"{remark}{body}\n\nRule: {first.rule}"


def _article(article: AlertArticle, desk: str) -> str:
    lines = [f"{article.source}, {article.at[:16].replace('T', ' ')} UTC"]
    if article.topics:
        lines.append(f"Topics: {article.topics}")
    if article.words:
        lines.append(f"Evidence: {_line(article.words, 400)}")
    if urlsplit(article.url).scheme in ("http", "https"):
        lines.append(_line(article.url, 2000))
    if desk:
        lines.append(f"At the desk: {desk.rstrip('/')}/-/tumen/article/{article.article}")
    return "\n".join(lines)


def _line(text: str, longest: int = _LONGEST) -> str:
    """Return one line without control characters, because a title may hold anything."""
    plain = " ".join(printable(text).split())
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"
