"""``tumen brief``: the morning brief."""

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
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    '<title>{title}</title></head><body style="font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:1rem auto;'
    'padding:0 1rem">{body}</body></html>'
)


@click.command()
@options.database
@click.option("--since", default="24h", show_default=True, metavar="24h|3d|1w", help="First seen within this time.")
@click.option("--format", "form", type=click.Choice(["md", "html", "json"]), default="md", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def command(database: Path, since: str, form: str, output: Path | None) -> None:
    """Print what was flagged, by topic in the config's order, each with one line of evidence; html is fit for mail.

    An article that is on several topics stands under its first, with the others named.
    """
    from pipeline.store import flagged, open_readonly
    from pipeline.store.values import to_text

    found = _SINCE.fullmatch(since)
    if found is None:
        raise BadValue(f"“{since}” is no span of time; say 24h, 3d or 1w.")
    now = datetime.now(UTC)
    start = now - timedelta(hours=int(found[1]) * _HOURS[found[2]])
    conn = open_readonly(database)
    topics = _by_topic(flagged.brief(conn, to_text(start)))
    conn.close()
    title = f"Tumen, {now:%d %B %Y}: {sum(len(rows) for _, rows in topics)} articles since {start:%d %B %H:%M} UTC"
    text = {"md": _markdown, "html": _html, "json": _json}[form](title, topics)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")


def _by_topic(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Topics in order, each with its articles; an article stands once."""
    topics: dict[str, list[dict[str, Any]]] = {}
    seen: dict[int, dict[str, Any]] = {}
    for row in rows:
        articles = topics.setdefault(row["topic_title"], [])
        if row["id"] is None:
            continue
        if row["id"] in seen:
            seen[row["id"]]["also"].append(row["topic_title"])
        else:
            seen[row["id"]] = {
                "id": row["id"],
                "title": row["title"],
                "url": row["url"] if urlsplit(row["url"]).scheme in ("http", "https") else "",
                "source": row["source"],
                "language": row["language"],
                "at": row["sorted_at"],
                "relevance": row["relevance"],
                "evidence": row["words"] or "",
                "also": [],
            }
            articles.append(seen[row["id"]])
    return list(topics.items())


def _quiet(topics: list[tuple[str, list[dict[str, Any]]]]) -> str:
    return ", ".join(title for title, rows in topics if not rows)


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
                words = re.sub(r"([\\`*_\[\]<>#])", r"\\\1", " ".join(row["title"].split()))
                link = f"[{words}](<{row['url']}>)" if row["url"] and ">" not in row["url"] else words
                also = f"; also {', '.join(row['also'])}" if row["also"] else ""
                yield f"- {link}  \n  {row['source']}, {_when(row)}, {row['language']}{also}: {row['evidence']}"
        if quiet := _quiet(topics):
            yield f"\nNothing on: {quiet}."

    return "\n".join(lines())


def _html(title: str, topics: list[tuple[str, list[dict[str, Any]]]]) -> str:
    def parts() -> Iterator[str]:
        yield f'<h1 style="font-size:1.3rem">{html.escape(title)}</h1>'
        for name, rows in topics:
            if not rows:
                continue
            yield f'<h2 style="font-size:1.05rem;border-bottom:1px solid #999">{html.escape(name)}</h2>'
            for row in rows:
                words = html.escape(row["title"])
                link = f'<a href="{html.escape(row["url"])}">{words}</a>' if row["url"] else words
                also = f"; also {html.escape(', '.join(row['also']))}" if row["also"] else ""
                yield (
                    f'<p style="margin:.6rem 0"><span lang="{html.escape(row["language"] or "")}">{link}</span><br>'
                    f'<small style="color:#777">{html.escape(row["source"])}, {_when(row)}{also}:'
                    f" {html.escape(row['evidence'])}</small></p>"
                )
        if quiet := _quiet(topics):
            yield f"<p><small>Nothing on: {html.escape(quiet)}.</small></p>"

    return _PAGE.format(title=html.escape(title), body="".join(parts()))


def _json(title: str, topics: list[tuple[str, list[dict[str, Any]]]]) -> str:
    told = {"title": title, "topics": [{"topic": name, "articles": rows} for name, rows in topics]}
    return json.dumps(told, ensure_ascii=False, indent=1)
