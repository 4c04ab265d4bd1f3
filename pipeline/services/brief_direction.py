"""The part of ``tumen brief`` about the direction of stories: who was first, who copied, what a side leaves out."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

_HEAD = "Who reported first, and what is left out"


def with_directions(form: str, text: str, stories: Sequence[dict[str, Any]]) -> str:
    """Return a brief with a section on the direction of its stories, or with the key ``stories`` in JSON."""
    if form == "json":
        return json.dumps(json.loads(text) | {"stories": list(stories)}, ensure_ascii=False, indent=1)
    lines = [_line(story) for story in stories]
    if not lines:
        return text
    if form == "html":
        items = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
        return text.replace("</body>", f"<h2>{_HEAD}</h2>{items}</body>")
    return "\n".join([f"{text}\n\n## {_HEAD}", *(f"- {line}" for line in lines)])


def _line(story: dict[str, Any]) -> str:
    at = story["first_at"][:16].replace("T", " ")
    first = f"{'first' if story['certain'] else 'probably first'} {story['first']}, {at}"
    pieces = [" ".join(story["title"].split()), first]
    if story["copies"]:
        pieces.append(f"copied by {', '.join(story['copies'])}")
    pieces += [f"not from {side}: {', '.join(names[:4])}" for side, names in story["gaps"].items()]
    return "; ".join(pieces) + "."
