"""The steps from a page's bytes to an article, in order."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from pipeline.extract import authors, body, dates, json_ld, language, paywall, titles
from pipeline.extract.bounds import refusal
from pipeline.extract.decode import to_utf8
from pipeline.extract.features import Claims
from pipeline.extract.head import Head, read_head
from pipeline.extract.tree import parse, strip_unseen, was_cut
from pipeline.model import Extraction
from pipeline.text.dates import ParsedDate

_WALL_QUALITY = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a page says about its article, without the text."""

    head: Head
    story: json_ld.Node
    site: str | None
    title: str | None
    published: ParsedDate | None
    authors: tuple[str, ...]

    def claims(self) -> Claims:
        """Return what helps to find the text."""
        return Claims(
            title=self.title or "",
            site=self.site or "",
            description=self.head.first("description", "og:description"),
            body=json_ld.text(self.story, "articleBody"),
            is_article=self.is_article(),
        )

    def is_article(self) -> bool:
        """Return whether the page calls itself an article, by JSON-LD, date or author."""
        return bool(json_ld.is_article(self.story) or self.published or self.authors)


def read(html: bytes, url: str, content_type: str | None) -> Extraction:
    """See :func:`pipeline.extract.extract`."""
    if reason := refusal(html):
        return Extraction(method=f"refused: {reason}")
    page = to_utf8(html, content_type)
    root = parse(page)
    if root is None:
        return Extraction(method="refused: no markup")
    record = read_record(root, url, page)
    found = body.find_text(root, record.claims(), page)
    if not found.text and was_cut():
        return Extraction(method="refused: nested more than 2,047 levels deep")
    wall = paywall.wall(root, record.story, found.text, found.shown, is_article=record.is_article())
    if not record.is_article() and paywall.is_missing(record.title, found.text):
        found = body.Body(text="", method="none", quality=0.0, shown="")
    text = paywall.without_calls(found.text) if wall else found.text
    return replace(
        describe(record, text),
        text=unicodedata.normalize("NFC", text),
        wall=wall,
        method=found.method,
        quality=round(found.quality * (_WALL_QUALITY if wall else 1.0), 3),
    )


def read_record(root: HtmlElement, url: str, page: bytes) -> Record:
    """Read title, date, authors and site. Scripts, styles and media are removed from the tree.

    Args:
        root: the page's tree.
        url: its address.
        page: its source in UTF-8.
    """
    head = read_head(root, url)
    headings = [titles.heading_text(heading) for heading in root.iter("h1")]
    shown = [name for name in (head.first("og:title"), head.title, *headings) if name]
    story = json_ld.article(json_ld.nodes(head.data), url, shown)
    site = site_name(head, story)
    title = titles.title(story, head, root, url, site)
    published = dates.published(story, head, root, url, page)
    strip_unseen(root)  # only now: htmldate reads meta elements and scripts, too
    return Record(
        head=head,
        story=story,
        site=site,
        title=title,
        published=published,
        authors=authors.authors(story, head, root, url, site),
    )


def describe(record: Record, text: str) -> Extraction:
    """Return everything but the text."""
    head, story = record.head, record.story
    return Extraction(
        title=record.title,
        published=record.published.at if record.published else None,
        published_assumed=record.published.assumed if record.published else False,
        authors=record.authors,
        language=language.detect(
            f"{record.title or ''}\n{text}",
            head.language,
            json_ld.text(story, "inLanguage"),
            head.first("og:locale", "content-language", "language"),
        ),
        site=record.site,
        canonical_url=head.canonical,
        section=_section(story, head),
        tags=_tags(story, head),
    )


def site_name(head: Head, story: json_ld.Node) -> str | None:
    """Return the publisher's own name for its site."""
    publisher = next(iter(json_ld.strings(story.get("publisher"))), "")
    return (
        head.first("og:site_name") or publisher or head.first("application-name", "apple-mobile-web-app-title") or None
    )


def _section(story: json_ld.Node, head: Head) -> str | None:
    claimed = json_ld.text(story, "articleSection")
    return claimed or head.first("article:section", "section", "og:section", "category") or None


def _tags(story: json_ld.Node, head: Head) -> tuple[str, ...]:
    claims = (
        json_ld.strings(story.get("keywords"))
        or head.metas.get("article:tag")
        or head.metas.get("news_keywords")
        or head.metas.get("keywords")
        or []
    )
    if len(claims) == 1:
        claims = claims[0].replace(";", ",").split(",")
    return tuple(dict.fromkeys(tag for claim in claims if 0 < len(tag := " ".join(claim.split())) <= 100))[:30]
