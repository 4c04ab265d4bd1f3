"""The words of messages, as plain text: the services make of it what they show, markup in a title stays text."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from pipeline.errors import printable
from pipeline.store.health import FeedEvent
from pipeline.store.outbox import Alert, Told, Verdict

_LONGEST = 200
_AGAIN = "This may be a repetition: Tumen was stopped while it sent it the first time."
_VERDICTS = {"relevant": "relevant", "not_relevant": "not relevant", "escalate": "escalated"}


def of_article(told: Told, desk: str) -> tuple[str, str]:
    """Subject and body for an article that was flagged."""
    return _line(told.title), _article(told, desk)


def of_verdict(verdict: Verdict, told: Told, desk: str) -> tuple[str, str]:
    """Subject and body for an analyst's verdict."""
    said = _VERDICTS[verdict.verdict]
    note = f"\nNote: {_line(verdict.note, 500)}" if verdict.note else ""
    return f"{said.capitalize()}: {_line(told.title)}", f"{said.capitalize()} by {verdict.analyst}.{note}\n" + _article(
        told, desk
    )


def of_feed(event: FeedEvent) -> tuple[str, str]:
    """Subject and body for a change of a feed's health."""
    sentence = _line(event.sentence(), 400)
    return _line(sentence), f"{sentence[0].upper()}{sentence[1:]}\nSince {event.since}."


def message(alerts: Sequence[Alert], *, again: bool) -> tuple[str, str]:
    """Subject and body of the message that tells of one or several alerts of a rule."""
    first = alerts[0]
    if len(alerts) == 1:
        subject, body = first.subject, first.body
    else:
        subject = f"{len(alerts)} alerts: {first.rule}"
        body = "\n\n".join(f"{alert.subject}\n{alert.body}" for alert in alerts)
    repeated = f"{_AGAIN}\n\n" if again else ""
    return f"Tumen: {subject}", f"{repeated}{body}\n\nRule: {first.rule}"


def _article(told: Told, desk: str) -> str:
    lines = [f"{told.source}, {told.at[:16].replace('T', ' ')} UTC"]
    if told.topics:
        lines.append(f"Topics: {told.topics}")
    if told.words:
        lines.append(f"Evidence: {_line(told.words, 400)}")
    if urlsplit(told.url).scheme in ("http", "https"):
        lines.append(_line(told.url, 2000))
    if desk:
        lines.append(f"At the desk: {desk.rstrip('/')}/-/tumen/article/{told.article}")
    return "\n".join(lines)


def _line(text: str, longest: int = _LONGEST) -> str:
    """One line without control characters: a title may be anything."""
    plain = " ".join(printable(text).split())
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"
