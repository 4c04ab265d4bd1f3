"""A brief as Markdown, HTML for mail, or JSON. Pure; every value from an article is escaped."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from pipeline.services.brief import Brief, Item
from pipeline.services.brief_stories import additions
from pipeline.store.brief import BriefArticle

# Mail programs drop style sheets and may invert colours: all styles are inline. Text and links have the reader's own
# colours, because no grey or blue has enough contrast on both white and black.
_SMALL = "font-size:13px;opacity:.85"
_TOPIC = "font-size:16px;margin:22px 0 6px;padding-bottom:3px;border-bottom:2px solid #2f7dc2"
_PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>'
    "<body style=\"font:15px/1.45 system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans CJK KR',sans-serif;"
    'max-width:640px;margin:16px auto;padding:0 12px;word-break:keep-all;overflow-wrap:anywhere">{body}</body></html>'
)


def to_markdown(brief: Brief) -> str:
    """Render as Markdown, which is readable as plain text too."""

    def lines() -> Iterator[str]:
        yield f"# {brief.title}"
        for section, items in brief.sections():
            yield f"\n## {brief.heading(section)}" if section else ""
            yield from (_markdown_item(brief, item) for item in items)
        yield "\n---\n"
        yield from (f"{_plain(sentence)}  " for sentence in brief.coverage())
        for heading, more in additions(brief):
            yield f"\n## {heading}"
            yield from (f"- {_markdown_link(line, url)}" for line, url in more)

    return "\n".join(lines())


def _markdown_item(brief: Brief, item: Item) -> str:
    article, t = item.article, brief.words
    lines = [f"- **{_markdown_link(article.title, article.url)}**"]
    if item.sentence:
        lines.append(_plain(item.sentence))
    if item.note:
        lines.append(f"{t('Note')}: {_plain(item.note)}")
    lines.append(_plain(_where(brief, item)))
    if article.words and not item.sentence:
        lines.append(f"{t('Matched words:')} {_plain(' · '.join(article.words))}")
    if item.also_in:
        links = (_markdown_link(other.source, other.url) for other in item.also_in)
        lines.append(f"{t('Also in')} {', '.join(links)}")
    return "  \n  ".join(lines)


def _where(brief: Brief, item: Item) -> str:
    """Return source, time, language, topics and state of an item."""
    article, t = item.article, brief.words
    names = [item.topic, *item.also] if brief.ordered or item.section != item.topic else list(item.also)
    topics = (
        f"{'' if names[:1] == [item.topic] else t('also') + ' '}{', '.join(map(brief.heading, names))}" if names else ""
    )
    state = {"not_relevant": t("rejected"), "escalate": t("escalated") if brief.ordered else ""}.get(
        article.verdict or "", ""
    )
    parts = (f"{article.source}, {brief.local(article.at)} {brief.zone_name}", article.language or "", topics, state)
    return " · ".join(part for part in parts if part)


def _plain(text: str) -> str:
    """Return text on one line, without Markdown's signs having an effect."""
    return re.sub(r"([\\`*_\[\]<>#])", r"\\\1", " ".join(text.split()))


def _markdown_link(text: str, url: str) -> str:
    url = _web_url(url)
    return f"[{_plain(text)}](<{url}>)" if url and ">" not in url else _plain(text)


def to_html(brief: Brief) -> str:
    """Render as a page for mail."""

    def parts() -> Iterator[str]:
        yield f'<h1 style="font-size:22px;line-height:1.3;margin:0 0 8px">{html.escape(brief.title)}</h1>'
        for section, items in brief.sections():
            yield f'<h2 style="{_TOPIC}">{html.escape(brief.heading(section))}</h2>' if section else ""
            yield from (_html_item(brief, item) for item in items)
        yield from (
            f'<p style="{_SMALL};margin:{6 if at else 22}px 0 0">{html.escape(sentence)}</p>'
            for at, sentence in enumerate(brief.coverage())
        )
        for heading, more in additions(brief):
            yield f'<h2 style="{_TOPIC}">{html.escape(heading)}</h2>'
            yield from (f"<p>{_html_link(line, url)}</p>" for line, url in more)

    return _PAGE.format(language=brief.words.language, title=html.escape(brief.title), body="".join(parts()))


def _html_item(brief: Brief, item: Item) -> str:
    article, t = item.article, brief.words
    link = _html_link(article.title, article.url)
    lines = [f'<bdi lang="{html.escape(article.language or "")}" style="font-weight:600">{link}</bdi>']
    if item.sentence:
        lines.append(f"<span>{html.escape(item.sentence)}</span>")
    if item.note:
        lines.append(f"<span><b>{t('Note')}:</b> {html.escape(item.note)}</span>")
    lines.append(f'<span style="{_SMALL}">{html.escape(_where(brief, item))}</span>')
    if article.words and not item.sentence:
        words = html.escape(f"{t('Matched words:')} {' · '.join(article.words)}")
        lines.append(f'<span style="{_SMALL}">{words}</span>')
    if item.also_in:
        links = ", ".join(_html_link(other.source, other.url, other.title) for other in item.also_in)
        lines.append(f'<span style="{_SMALL}">{t("Also in")} {links}</span>')
    return f'<p style="margin:10px 0">{"<br>".join(lines)}</p>'


def _html_link(text: str, url: str, hover: str = "") -> str:
    url = _web_url(url)
    title = f' title="{html.escape(hover)}"' if hover else ""
    words = html.escape(text)
    return f'<a href="{html.escape(url)}"{title}>{words}</a>' if url else words


def to_json(brief: Brief) -> str:
    """Render as JSON: the sections with their items, and the coverage."""
    found = {
        "title": brief.title,
        "since": brief.start.isoformat(),
        "until": brief.end.isoformat(),
        "which": brief.which,
        "sections": [
            {"section": section, "articles": [_json_item(item) for item in items]}
            for section, items in brief.sections()
        ],
        "no_articles_on": brief.quiet,
        "heard": [asdict(heard) for heard in brief.heard],
        "silent": brief.silent,
        "stories": brief.directions,
        "edits": [_json_edit(edit) for edit in brief.page_edits],
    }
    return json.dumps(found, ensure_ascii=False, indent=1)


def _json_item(item: Item) -> dict[str, Any]:
    article = item.article
    return _json_article(article) | {
        "relevance": article.relevance,
        "verdict": article.verdict,
        "topic": item.topic,
        "also": item.also,
        "sentence": item.sentence,
        "note": item.note,
        "evidence": " · ".join(article.words),
        "also_in": [_json_article(other) for other in item.also_in],
    }


def _json_edit(edit: dict[str, Any]) -> dict[str, Any]:
    names = ("article", "kind", "seen_at", "since", "title", "url", "source", "summary", "flags_gained", "flags_lost")
    return {name: edit[name] for name in names} | {
        "parts": [{name: part[name] for name in ("kind", "old", "new", "facts")} for part in edit["parts"]]
    }


def _json_article(article: BriefArticle) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "url": _web_url(article.url),
        "source": article.source,
        "language": article.language,
        "at": article.at,
    }


def _web_url(url: str) -> str:
    """Return the URL if its scheme is http or https, else "". Stops ``javascript:`` links from feeds."""
    return url if urlsplit(url).scheme in ("http", "https") else ""


FORMATS: dict[str, Callable[[Brief], str]] = {"md": to_markdown, "html": to_html, "json": to_json}
