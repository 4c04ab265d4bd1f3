"""Language of the desk's own texts: English in the templates, Russian and Korean from ``words/*.toml``.

In: a request. Out: a function ``t`` for templates. The English text is the key, so templates stay readable:
``t("Sign in")``, ``t("Page {n}", n=3)``, ``t.count("{n} article", "{n} articles", 5)``. A text without a translation is
shown in English. ``tests/review/test_interface.py`` checks that every text has a translation in each language.
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COOKIE = "tumen_language"
LANGUAGES = {"en": "English", "ru": "Русский", "ko": "한국어"}
_FOLDER = Path(__file__).parent / "words"


def _russian(n: int) -> int:
    if n % 10 == 1 and n % 100 != 11:
        return 0
    return 1 if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else 2


_PLURALS: dict[str, Callable[[int], int]] = {"en": lambda n: int(n != 1), "ru": _russian, "ko": lambda n: 0}


@dataclass(frozen=True, slots=True)
class Interface:
    """The texts of one language.

    Attributes:
        words: translations by English text; a list has one text per plural form, and its key is the English plural.
        script: the texts of ``desk.js``, as JSON for the page's head.
    """

    language: str
    words: Mapping[str, Any]
    script: str

    def __call__(self, text: str, **values: object) -> str:
        """Return a text in the language, with its values filled in."""
        found = self.words.get(text, text)
        text = found if isinstance(found, str) else text
        return text.format(**values) if values else text

    def count(self, one: str, many: str, n: int, **values: object) -> str:
        """Return the plural form of a text for a number, which both texts hold as ``{n}``."""
        forms = self.words.get(many, [one, many] if self.language == "en" else None)
        if not isinstance(forms, list):  # no translation
            return (one if n == 1 else many).format(n=f"{n:,}", **values)
        number = f"{n:,}" if self.language != "ru" else f"{n:,}".replace(",", "\N{NO-BREAK SPACE}")
        return str(forms[_PLURALS[self.language](n)]).format(n=number, **values)


@functools.cache
def load(language: str) -> Interface:
    """Return the texts of a language."""
    if language == "en":
        return Interface("en", {}, "{}")
    tables = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    words = {text: found for table in tables.values() for text, found in table.items()}
    return Interface(language, words, json.dumps(tables.get("script", {}), ensure_ascii=False))


def of_request(request: Any) -> Interface:
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
