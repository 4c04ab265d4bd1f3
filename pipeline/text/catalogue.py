"""Catalogue of messages: English texts as keys, with translations and plural forms. Pure.

``t("Sign in")``, ``t("Page {n}", n=3)``, ``t.count("{n} article", "{n} articles", 5)``. A text without a translation is
returned in English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def _russian(n: int) -> int:
    if n % 10 == 1 and n % 100 != 11:
        return 0
    return 1 if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else 2


_PLURALS: dict[str, Callable[[int], int]] = {"en": lambda n: int(n != 1), "ru": _russian, "ko": lambda n: 0}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language.

    Attributes:
        words: translations by English text; a list has one text per plural form, and its key is the English plural.
    """

    language: str
    words: Mapping[str, Any] = field(default_factory=dict)

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


ENGLISH = Catalogue("en")
