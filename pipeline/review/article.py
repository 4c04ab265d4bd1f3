"""The values of the article fragment: the text with highlights, the reasons for its flags, and what the team did.

In: the rows of an article, and the search that led to it. Out: values of the template ``article.html``.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pipeline.review import configured, edits, gloss
from pipeline.review.highlights import paragraphs
from pipeline.review.search_marks import Marker
from pipeline.store import desk
from pipeline.store.values import short_name


def article_values(
    shown: desk.ArticleView, topics: Sequence[tuple[str, str]], analyst: str | None, found: Marker
) -> dict[str, Any]:
    """Return the values of the template ``article.html``.

    Args:
        shown: the rows of an article.
        topics: id and title of every topic.
        analyst: the signed-in analyst.
        found: finds the hits of the search that led to the article.
    """
    article = shown.article
    names = dict(topics)
    corrected = json.loads(article["corrected"] or "null")
    flagged = [flag["topic"] for flag in shown.flags]
    weights = {(term["topic"], term["clause"]): term["weight"] for term in shown.terms}
    titles = {flag["topic"]: flag["title"] for flag in shown.flags} | {"relevance": "Relevance"}
    evidence = [row | {"concept": short_name(row["concept"])} for row in shown.evidence]
    in_title = [row for row in evidence if row["field"] == "title"]
    in_text = [row for row in evidence if row["field"] == "text"]
    title = paragraphs(article["title"], in_title, weights, titles, found.spans(article["title"]))
    unreviewed = [other for other in shown.siblings if other["verdict"] is None and other["relevant"]]
    return {
        "article": article | {"authors": json.loads(article["authors"])},
        "title": title[0] if title else [],
        "text": paragraphs(article["text"], in_text, weights, titles, found.spans(article["text"])),
        "kinds": sorted({row["kind"] for row in evidence}),
        "named": sorted({(row["concept_id"], row["concept"]) for row in evidence}, key=lambda pair: pair[1]),
        "in_title": list(dict.fromkeys(row["concept"] for row in in_title)),
        "flags": shown.flags,
        "scores": _scores(shown.terms, evidence, titles),
        "heaviest": max((abs(term["weight"]) for term in shown.terms), default=1.0) or 1.0,
        "older_text": any(flag["revision"] != article["revision"] for flag in shown.flags),
        "passages": [
            row | {"shared": [shown.names.get(concept, concept) for concept in json.loads(row["shared"])]}
            for row in shown.passages
        ],
        "misses": shown.misses,
        "siblings": shown.siblings,
        "own_why": article["story_why"],
        "unreviewed_siblings": len(unreviewed),
        "all_duplicates": "event" not in {article["story_how"], *(other["how"] for other in unreviewed)},
        "reviews": [
            row
            | {"topics": [names.get(topic, topic) for topic in json.loads(row["topics"])] if row["topics"] else None}
            for row in shown.reviews
        ],
        "notes": [row for row in shown.notes if row["note"]],
        "topics": topics,
        "on": flagged if corrected is None else corrected,
        "corrected": None if corrected is None else [names.get(topic, topic) for topic in corrected],
        "own_note": next((row["note"] for row in reversed(shown.notes) if row["analyst"] == analyst), ""),
        "own_verdict": _own_verdict(shown.reviews, analyst),
        "gloss": gloss.of_title(article["title"], article["language"]),
        "translate": translate_link(article),
        "direction": shown.direction,
        "look": shown.look,
        "edits": [edits.shown(edit) for edit in shown.edits],
        "nonce": secrets.token_urlsafe(16),
    }


def _scores(
    terms: list[dict[str, Any]], evidence: list[dict[str, Any]], titles: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the score of each flagged topic and of the relevance, with its terms and the concepts they matched."""
    matched: dict[tuple[str, str], dict[str, None]] = {}
    for row in evidence:
        matched.setdefault((row["topic"], row["clause"]), {})[row["concept"]] = None
    by_topic: dict[str, list[dict[str, Any]]] = {}
    for term in terms:
        pattern = " + ".join(json.loads(term["concepts"])).replace("_", " ").replace("|", " / ")
        concepts = list(matched.get((term["topic"], term["clause"]), ()))
        by_topic.setdefault(term["topic"], []).append(term | {"matched": concepts, "pattern": pattern})
    return [
        {"title": titles[topic], "terms": topic_terms, "sum": sum(term["weight"] for term in topic_terms)}
        for topic, topic_terms in by_topic.items()
        if topic in titles
    ]


def _own_verdict(reviews: list[dict[str, Any]], analyst: str | None) -> str | None:
    """Return the analyst's own verdict, if it was not undone."""
    own = next((row["verdict"] for row in reversed(reviews) if row["analyst"] == analyst), None)
    return None if own == "withdrawn" else own


def translate_link(article: dict[str, Any]) -> str:
    """Return the address of the configured translator for an article, or "" if there is none."""
    settings = configured.settings()
    template = settings.desk.translate if settings is not None else ""
    if not template or article["language"] in (None, "en"):
        return ""
    parts = {"url": article["url"], "title": article["title"], "language": article["language"]}
    return re.sub(r"\{(url|title|language)\}", lambda name: quote(str(parts[name[1]]), safe=""), template)
