"""The part of ``tumen brief`` about edits and deletions, for each of its forms."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

_HEAD = "Edited or deleted after publication"


def with_edits(form: str, text: str, edits: Sequence[dict[str, Any]]) -> str:
    """Return a brief with a section on edits; unchanged if there are none, apart from the key ``edits`` in JSON."""
    if form == "json":
        brief = json.loads(text) | {"edits": [_as_json(edit) for edit in edits]}
        return json.dumps(brief, ensure_ascii=False, indent=1)
    if not edits:
        return text
    if form == "html":
        lines = "".join(f"<p>{html.escape(_line(edit))}{_html_link(edit['url'])}</p>" for edit in edits)
        return text.replace("</body>", f"<h2>{_HEAD}</h2>{lines}</body>")
    lines = "\n".join(f"- {_line(edit)}{_link(edit['url'])}" for edit in edits)
    return f"{text}\n\n## {_HEAD}\n{lines}"


def _line(edit: dict[str, Any]) -> str:
    title = " ".join(edit["title"].split())
    return f"{edit['source']}, {edit['seen_at'][:16].replace('T', ' ')}: {title}. {edit['summary']}"


def _web(url: str) -> str:
    return url if urlsplit(url).scheme in ("http", "https") and not set(url) & set("<> ") else ""


def _link(url: str) -> str:
    return f" <{_web(url)}>" if _web(url) else ""


def _html_link(url: str) -> str:
    return f' <a href="{html.escape(_web(url))}">page</a>' if _web(url) else ""


def _as_json(edit: dict[str, Any]) -> dict[str, Any]:
    names = ("article", "kind", "seen_at", "since", "title", "url", "source", "summary", "flags_gained", "flags_lost")
    return {name: edit[name] for name in names} | {
        "parts": [{name: part[name] for name in ("kind", "old", "new", "facts")} for part in edit["parts"]]
    }
