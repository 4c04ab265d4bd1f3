"""Language of the desk's own texts: English in the templates, Russian and Korean from ``words/*.toml``.

In: a request. Out: a catalogue ``t`` for templates, whose keys are the English texts, so that templates stay readable.
``tests/review/test_interface.py`` checks that every text has a translation in each language.
"""

from __future__ import annotations

import functools
import json
import tomllib
from pathlib import Path
from typing import Any

from pipeline.text.catalogue import Catalogue

COOKIE = "tumen_language"
LANGUAGES = {"en": "English", "ru": "Русский", "ko": "한국어"}
_FOLDER = Path(__file__).parent / "words"


@functools.cache
def _tables(language: str) -> dict[str, dict[str, Any]]:
    if language == "en":
        return {}
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


@functools.cache
def load(language: str) -> Catalogue:
    """Return the texts of a language."""
    return Catalogue(language, {text: found for table in _tables(language).values() for text, found in table.items()})


@functools.cache
def script(language: str) -> str:
    """Return the texts of the scripts, as JSON for the page's head."""
    return json.dumps(_tables(language).get("script", {}), ensure_ascii=False)


def of_request(request: Any) -> Catalogue:
    """Return the texts in the language that the reader chose, or that the browser asks for."""
    chosen = request.cookies.get(COOKIE)
    return load(chosen if chosen in LANGUAGES else accepted(request.headers.get("accept-language", "")))


def accepted(header: str) -> str:
    """Return the best language of an ``Accept-Language`` header that the desk has, or English."""
    best, weight = "en", 0.0
    for part in header.split(","):
        name, _, quality = part.partition(";q=")
        language = name.strip().lower().split("-")[0]
        try:
            wanted = float(quality or 1)
        except ValueError:
            continue
        if language in LANGUAGES and wanted > weight:
            best, weight = language, wanted
    return best
