"""Article text in the JSON of a page's scripts: sites that render in the browser carry it there."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

from pipeline.extract.layout import visual

_STRING = re.compile(r'"((?:[^"\\\n]++|\\.)*+)"')
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"</(?:p|div|li|h\d)\s*>|<br\s*/?>|\r?\n", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?。다요]['\"”’»)]?(?:\s|$)")
_CODE = re.compile(r"[{};]\s*[\w.]+\s*[:=(]|function\s*\(|=>|https?:\\?/\\?/\S+$|^\s*[\w./#-]+\s*$|var |\.css|@media")
_MIN = 80
_MAX_SCRIPT = 3_000_000


def paragraphs(page: str) -> list[str]:
    """Return the prose in the string literals of a page's scripts, each once, of the key that holds most of it."""
    best: list[str] = []
    best_size = 0.0
    for source in _scripts(page):
        found = _of_one_key(_unwrap(source))
        size = sum(visual(line) for line in found)
        if size > best_size:
            best, best_size = found, size
    return best


def _scripts(page: str) -> Iterator[str]:
    """Yield the sources of the page's scripts, in linear time."""
    place = 0
    while (start := page.find("<script", place)) >= 0:
        start = page.find(">", start) + 1
        end = page.find("</script", start)
        if not start or end < 0:
            return
        if 500 < end - start <= _MAX_SCRIPT:
            yield page[start:end]
        place = end


def _unwrap(source: str) -> str:
    """Undo the outer string of Next.js, which streams its state as strings of JSON."""
    if "__next_f" not in source:
        return source
    return "".join(_literal(match[1]) for match in _STRING.finditer(source))


def _of_one_key(source: str) -> list[str]:
    """Return the prose of the key with most of it: the paragraphs of an article share one key."""
    texts: dict[str, dict[str, None]] = {}
    sizes: Counter[str] = Counter()
    key = ""
    for match in _STRING.finditer(source):
        end = match.end()
        if source[end : end + 2].lstrip().startswith(":"):
            key = match[1]
            continue
        if len(match[1]) < _MIN / 2:
            continue
        for line in _prose(_literal(match[1])):
            if line not in texts.setdefault(key, {}):
                texts[key][line] = None
                sizes[key] += int(visual(line))
    return list(texts[sizes.most_common(1)[0][0]]) if sizes else []


def _literal(inner: str) -> str:
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        return inner


def _prose(value: str) -> list[str]:
    lines = []
    for part in _BREAK.split(value):
        line = " ".join(unescape(_TAG.sub(" ", part)).split())
        if visual(line) >= _MIN and _SENTENCE_END.search(line) and not _CODE.search(line):
            lines.append(line)
    return lines
