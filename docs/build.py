"""Build the generated parts of the documentation: ``python docs/build.py``, or ``./dev docs``.

In: ``docs/architecture.toml``, the import layers in ``pyproject.toml``, the schema, ``config/datasette.json``. Out:
``docs/images/architecture.svg`` and ``docs/schema.md``. ``tests/test_docs.py`` fails when one of them is out of date.
"""

from __future__ import annotations

import json
import re
import tempfile
import tomllib
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
SCHEMA = ROOT / "docs" / "schema.md"

_COLOURS = {"http": "#fde7c7", "worker": "#dcecd9", "store": "#d9e6f5", "output": "#eadff2", "file": "#eeeae2"}
_WIDTH, _BOX_WIDTH, _BOX_HEIGHT, _STEP_X, _STEP_Y, _LEFT, _TOP = 960, 164, 52, 190, 92, 18, 48
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    ' font-family="Helvetica, Arial, sans-serif" font-size="12" role="img">'
    "<title>Architecture of Tumen: data flow and layers</title>"
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>'
    '<rect width="{width}" height="{height}" fill="#ffffff"/>'
)


def picture() -> str:
    """Draw the data flow and the layers as SVG."""
    source = tomllib.loads((ROOT / "docs" / "architecture.toml").read_text(encoding="utf-8"))
    boxes = {box["id"]: box for box in source["box"]}
    parts = [_text(_LEFT, 28, "Data flow of one cycle", size=16, bold=True)]
    parts += [_arrow(boxes[arrow["from"]], boxes[arrow["to"]]) for arrow in source["arrow"]]
    parts += [_box(*_corner(box), box["title"], box["text"], box["kind"]) for box in boxes.values()]
    bottom = _TOP + _STEP_Y * (1 + max(box["row"] for box in boxes.values()))
    for at, (kind, meaning) in enumerate(source["legend"].items()):
        x = _LEFT + at * _STEP_X
        parts.append(f'<rect x="{x}" y="{bottom}" width="14" height="14" fill="{_COLOURS[kind]}" stroke="#777"/>')
        parts.append(_text(x + 20, bottom + 11, meaning, size=11))
    layers, height = _layers(bottom + 56, source["packages"])
    return "\n".join([_HEAD.format(width=_WIDTH, height=height), *parts, *layers, "</svg>"]) + "\n"


def _layers(top: int, meanings: dict[str, str]) -> tuple[list[str], int]:
    """Draw one row per layer of the import contract, and return the height of the picture."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(c for c in project["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    parts = [_text(_LEFT, top - 14, "Layers of packages: a package imports only from lower rows", size=16, bold=True)]
    rows = [row for row in contract["layers"] if row != "__main__"]
    for at, row in enumerate(rows):
        names = [name.strip(" ()") for name in row.split("|")]
        width = (_WIDTH - 2 * _LEFT - 8 * (len(names) - 1)) / len(names)
        for column, name in enumerate(names):
            x = _LEFT + column * (width + 8)
            parts.append(_box(x, top + at * 44, name, meanings.get(name, ""), "file", width=width, height=36))
    return parts, top + 44 * len(rows) + 12


def _corner(box: dict[str, Any]) -> tuple[float, float]:
    return _LEFT + box["column"] * _STEP_X, _TOP + box["row"] * _STEP_Y


def _box(
    x: float, y: float, title: str, text: str, kind: str, *, width: float = _BOX_WIDTH, height: float = _BOX_HEIGHT
) -> str:
    middle = x + width / 2
    frame = f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" fill="{_COLOURS[kind]}"'
    return "\n".join(
        [
            f'{frame} stroke="#777"/>',
            _text(middle, y + height / 2 - 3, title, bold=True, anchor="middle"),
            _text(middle, y + height / 2 + 12, text, size=11, anchor="middle"),
        ]
    )


def _arrow(start: dict[str, Any], end: dict[str, Any]) -> str:
    """Draw an arrow: straight between neighbours of a row, else from the lower edge to the upper edge."""
    (x1, y1), (x2, y2) = _corner(start), _corner(end)
    if start["row"] == end["row"]:
        middle = y1 + _BOX_HEIGHT / 2
        ends = (x1 + _BOX_WIDTH, x2) if x1 < x2 else (x1, x2 + _BOX_WIDTH)
        path = f"M{ends[0]:g},{middle:g} L{ends[1]:g},{middle:g}"
    else:
        low, half = y1 + _BOX_HEIGHT, (y1 + _BOX_HEIGHT + y2) / 2
        from_x, to_x = x1 + _BOX_WIDTH / 2, x2 + _BOX_WIDTH / 2
        path = f"M{from_x:g},{low:g} V{half:g} H{to_x:g} V{y2:g}"
    return f'<path d="{path}" fill="none" stroke="#555" stroke-width="1.3" marker-end="url(#head)"/>'


def _text(x: float, y: float, text: str, *, size: int = 12, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def schema() -> str:
    """Describe every table and column: types from the schema, meanings from ``config/datasette.json``."""
    from pipeline.store import open_store

    described = json.loads((ROOT / "config" / "datasette.json").read_text(encoding="utf-8"))["database"]["tables"]
    with tempfile.TemporaryDirectory() as folder:
        conn = open_store(Path(folder) / "tumen.db")
        found = {name: conn.execute(f"PRAGMA table_info({name})").fetchall() for name in sorted(described)}
        conn.close()
    lines = [
        "# Tables and columns",
        "",
        "Generated by `./dev docs` from the schema and `config/datasette.json`; edit the descriptions there. Datasette",
        "shows the same texts above each table. An overview with examples is in [db/README.md](../db/README.md).",
        "Times are UTC text, `2026-11-24T06:00:00Z`. “(JSON)” marks a JSON array.",
    ]
    for name, columns in found.items():
        lines += ["", f"## {name}", "", *_wrapped(described[name]["description"]), ""]
        lines += ["| column | type | meaning |", "| --- | --- | --- |"]
        meanings = described[name].get("columns", {})
        lines += [f"| `{row[1]}` | {row[2] or 'ANY'} | {meanings.get(row[1], '')} |" for row in columns]
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return re.findall(r"\S.{0,118}(?=\s|$)", text)


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")
