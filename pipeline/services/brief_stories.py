"""What the brief says about its stories beyond the articles: edits and deletions, who reported first, what is left out.

In: a ``Brief``. Out: headings with lines of text, each with the address of the page that it is about, or "". Pure.
"""

from __future__ import annotations

from typing import Any

from pipeline.services.brief import Brief


def additions(brief: Brief) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the sections that follow the articles; none without lines."""
    t = brief.words
    sections = [
        (t("Who reported first, and what is left out"), [(_direction(brief, story), "") for story in brief.directions]),
        (t("Edited or deleted after publication"), [(_edit(brief, edit), edit["url"]) for edit in brief.page_edits]),
    ]
    return [(heading, lines) for heading, lines in sections if lines]


def _direction(brief: Brief, story: dict[str, Any]) -> str:
    t = brief.words
    state = t("first") if story["certain"] else t("probably first")
    pieces = [story["title"], f"{state}: {story['first']}, {brief.local(story['first_at'])} {brief.zone_name}"]
    if story["copies"]:
        pieces.append(t("copied by {names}", names=", ".join(story["copies"])))
    for side, names in story["gaps"].items():
        pieces.append(t("not in articles from {side}: {names}", side=side, names=", ".join(names[:4])))
    return f"{'; '.join(pieces)}."


def _edit(brief: Brief, edit: dict[str, Any]) -> str:
    return f"{edit['source']}, {brief.local(edit['seen_at'])} {brief.zone_name}: {edit['title']}. {edit['summary']}"
