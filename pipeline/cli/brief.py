"""``tumen brief``: flagged articles by topic, as Markdown, HTML or JSON."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from pipeline.cli import options
from pipeline.errors import BadValue

_SINCE = re.compile(r"(\d{1,4})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}
# Mail programs drop style sheets and may invert colours: all styles are inline, with colours readable on both.
_LINK = "color:#2f7dc2;text-decoration:none"
_SMALL = "font-size:13px;color:#6e7379"
_TOPIC = "font-size:16px;margin:22px 0 6px;padding-bottom:3px;border-bottom:2px solid #2f7dc2"
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>'
    "<body style=\"font:15px/1.45 system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans CJK KR',sans-serif;"
    'max-width:640px;margin:16px auto;padding:0 12px;word-break:keep-all;overflow-wrap:anywhere">{body}</body></html>'
)


@click.command()
@options.database
@click.option(
    "--since", default="24h", show_default=True, metavar="24h|3d|1w", help="Articles first seen within this time."
)
@click.option("--format", "form", type=click.Choice(["md", "html", "json"]), default="md", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def command(database: Path, since: str, form: str, output: Path | None) -> None:
    """Print the flagged articles by topic, in the order of the config, each with its matched words.

    An article with several topics is listed under the first and names the others. A story from several sources is one
    entry that names the sources. The HTML is suitable for mail.
    """
    from pipeline.cli.brief_direction import with_directions
    from pipeline.cli.brief_edits import with_edits
    from pipeline.store import directions, edits, flagged, open_readonly
    from pipeline.store.values import to_text

    found = _SINCE.fullmatch(since)
    if found is None:
        raise BadValue(f"“{since}” is not a period. Expected a number and h, d or w, for example 24h, 3d or 1w.")
    now = datetime.now(UTC)
    start = now - timedelta(hours=int(found[1]) * _HOURS[found[2]])
    conn = open_readonly(database)
    topics = _by_topic(flagged.brief(conn, to_text(start)))
    edited, directed = edits.since(conn, to_text(start)), directions.summaries(conn, to_text(start))
    conn.close()
    title = f"Tumen, {now:%d %B %Y}: {_counted(topics)} since {start:%d %B %H:%M} UTC"
    text = {"md": _markdown, "html": _html, "json": _json}[form](title, topics)
    text = with_edits(form, with_directions(form, text, directed), edited)
    if output is None:
        click.echo(text)
    else:
        options.write_file(output, (text + "\n").encode())


def _by_topic(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Group rows by topic, in order. A story is listed once, under its first topic, by its best article."""
    topics: dict[str, list[dict[str, Any]]] = {}
    seen: dict[object, dict[str, Any]] = {}
    for row in rows:
        lines = topics.setdefault(row["topic_title"], [])
        if row["id"] is None:
            continue
        story = row["story"] or f"article {row['id']}"
        line = seen.get(story)
        if line is None:
            line = seen[story] = _article(row) | {
                "relevance": row["relevance"],
                "evidence": row["words"] or "",
                "also": [],
                "also_in": [],
            }
            lines.append(line)
        elif row["id"] != line["id"] and row["id"] not in {other["id"] for other in line["also_in"]}:
            line["also_in"].append(_article(row))
        if line not in lines and row["topic_title"] not in line["also"]:
            line["also"].append(row["topic_title"])
    return list(topics.items())


def _article(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "title": row["title"],
        "url": row["url"] if urlsplit(row["url"]).scheme in ("http", "https") else "",
        "source": row["source"],
        "language": row["language"],
        "at": row["sorted_at"],
    }


def _counted(topics: list[tuple[str, list[dict[str, Any]]]]) -> str:
    lines = [row for _, rows in topics for row in rows]
    articles = len(lines) + sum(len(row["also_in"]) for row in lines)
    counted = f"{articles} article{'' if articles == 1 else 's'}"
    if articles == len(lines):
        return counted
    return f"{len(lines)} {'story' if len(lines) == 1 else 'stories'} in {counted}"


def _without_articles(topics: list[tuple[str, list[dict[str, Any]]]]) -> str:
    """Return the titles of topics with no article at all: a story is listed once, with its other topics beside it."""
    listed = {title for _, rows in topics for row in rows for title in row["also"]}
    return ", ".join(title for title, rows in topics if not rows and title not in listed)


def _when(row: dict[str, Any]) -> str:
    return str(row["at"])[:16].replace("T", " ")


def _markdown(title: str, topics: list[tuple[str, list[dict[str, Any]]]]) -> str:
    def lines() -> Iterator[str]:
        yield f"# {title}"
        for name, rows in topics:
            if not rows:
                continue
            yield f"\n## {name}"
            for row in rows:
                also = f"; also {', '.join(row['also'])}" if row["also"] else ""
                links = [_markdown_link(other["source"], other["url"]) for other in row["also_in"]]
                also_in = f"  \n  Also in {', '.join(links)}" if links else ""
                yield (
                    f"- {_markdown_link(row['title'], row['url'])}  \n"
                    f"  {row['source']}, {_when(row)}, {row['language']}{also}: {row['evidence']}{also_in}"
                )
        if quiet := _without_articles(topics):
            yield f"\nNo articles on: {quiet}."

    return "\n".join(lines())


def _markdown_link(text: str, url: str) -> str:
    words = re.sub(r"([\\`*_\[\]<>#])", r"\\\1", " ".join(text.split()))
    return f"[{words}](<{url}>)" if url and ">" not in url else words


def _html(title: str, topics: list[tuple[str, list[dict[str, Any]]]]) -> str:
    def parts() -> Iterator[str]:
        yield f'<h1 style="font-size:22px;line-height:1.3;margin:0 0 8px">{html.escape(title)}</h1>'
        for name, rows in topics:
            if not rows:
                continue
            yield f'<h2 style="{_TOPIC}">{html.escape(name)}</h2>'
            for row in rows:
                also = f" · also {html.escape(', '.join(row['also']))}" if row["also"] else ""
                links = [_html_link(other["source"], other["url"], other["title"]) for other in row["also_in"]]
                also_in = f'<br><span style="{_SMALL}">Also in {", ".join(links)}</span>' if links else ""
                yield (
                    f'<p style="margin:10px 0"><span lang="{html.escape(row["language"] or "")}"'
                    f' style="font-weight:600">{_html_link(row["title"], row["url"])}</span><br>'
                    f'<span style="{_SMALL}">{html.escape(row["source"])}, {_when(row)} UTC{also}</span><br>'
                    f'<span style="{_SMALL}">Matched words: {html.escape(row["evidence"])}</span>{also_in}</p>'
                )
        if quiet := _without_articles(topics):
            yield f'<p style="{_SMALL};margin-top:18px">No articles on: {html.escape(quiet)}.</p>'

    return _PAGE.format(title=html.escape(title), body="".join(parts()))


def _html_link(text: str, url: str, hover: str = "") -> str:
    words = html.escape(text)
    title = f' title="{html.escape(hover)}"' if hover else ""
    return f'<a href="{html.escape(url)}"{title} style="{_LINK}">{words}</a>' if url else words


def _json(title: str, topics: list[tuple[str, list[dict[str, Any]]]]) -> str:
    brief = {"title": title, "topics": [{"topic": name, "articles": rows} for name, rows in topics]}
    return json.dumps(brief, ensure_ascii=False, indent=1)
