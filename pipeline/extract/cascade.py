"""The cascade: one page through all its steps, in order."""

from __future__ import annotations

import unicodedata

from pipeline.extract import body, dates, language, people, titles, walls
from pipeline.extract.bounds import refusal
from pipeline.extract.decode import to_utf8
from pipeline.extract.evidence import Claims
from pipeline.extract.head import Head, read_head
from pipeline.extract.linked import Node, article, nodes, strings, text
from pipeline.extract.tree import parse, strip_unseen
from pipeline.model import Extraction


def read(html: bytes, url: str, content_type: str | None) -> Extraction:
    """See :func:`pipeline.extract.extract`."""
    if reason := refusal(html):
        return Extraction(method=f"refused: {reason}")
    page = to_utf8(html, content_type)
    root = parse(page)
    if root is None:
        return Extraction(method="refused: no markup")
    head = read_head(root, url)
    story = article(nodes(head.data), head.first("og:title"), head.title)
    strip_unseen(root)
    site = site_name(head, story)
    title = titles.title(story, head, root, url, site)
    when = dates.published(story, head, root, url, page)
    names = people.authors(story, head, root, site)
    claims = Claims(
        title=title or "",
        site=site or "",
        description=head.first("description", "og:description"),
        body=text(story, "articleBody"),
    )
    found = body.text_of(root, claims, page)
    wall = walls.wall(root, story, found.text, found.shown)
    quality = found.quality * (0.3 if wall else 1.0)
    if walls.is_missing(title, found.text):
        found, quality = body.Body(text="", method="none", quality=0.0, shown=""), 0.0
    return Extraction(
        text=unicodedata.normalize("NFC", walls.without_calls(found.text) if wall else found.text),
        title=title,
        published=when.at if when else None,
        published_assumed=when.assumed if when else False,
        authors=names,
        language=language.detect(
            f"{title or ''}\n{found.text}",
            head.language,
            text(story, "inLanguage"),
            head.first("og:locale", "content-language", "language"),
        ),
        site=site,
        canonical_url=head.canonical,
        section=_section(story, head),
        tags=_tags(story, head),
        wall=wall,
        method=found.method,
        quality=round(quality, 3),
    )


def site_name(head: Head, story: Node) -> str | None:
    """What the publisher calls itself."""
    publisher = next(iter(strings(story.get("publisher"))), "")
    return (
        head.first("og:site_name") or publisher or head.first("application-name", "apple-mobile-web-app-title") or None
    )


def _section(story: Node, head: Head) -> str | None:
    return text(story, "articleSection") or head.first("article:section", "section", "og:section", "category") or None


def _tags(story: Node, head: Head) -> tuple[str, ...]:
    claims = (
        strings(story.get("keywords"))
        or head.metas.get("article:tag")
        or head.metas.get("news_keywords")
        or head.metas.get("keywords")
        or []
    )
    if len(claims) == 1:
        claims = claims[0].replace(";", ",").split(",")
    return tuple(dict.fromkeys(tag for claim in claims if 0 < len(tag := " ".join(claim.split())) <= 100))[:30]
