"""Credits to news agencies: “according to TASS”, «сообщает ТАСС», 연합뉴스에 따르면.

In: a text. Out: the agencies that it names as its source, each with the sentence. The names are in
``config/agencies.toml``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache

from pipeline import shipped
from pipeline.text.sentences import sentences

_BEFORE = (
    r"(?:according to|citing|quoting|told|reported by|statement carried by|сообща\w+|сообщил\w*|переда[её]\w*|пиш[её]т"
    r"|пишут|по данным|по информации|со ссылкой на|цитиру\w+|приводит|заявил\w*|рассказал\w*)[^.\n]{0,30}?"
)
_AFTER = (
    r"(?: news agency| agency)?,? (?:reported|reports|said|says|quoted|cited)\b|(?:'s|’s) report"
    r"|»?,? (?:сообщ|переда|пиш)\w*"
    r"|(?: ?통신)?(?:(?: ?보도)?에 따르면|[은는이가] [^.\n]{0,20}?(?:보도했|전했)|[을를]? 인용)"
)


@dataclass(frozen=True, slots=True)
class Agency:
    """A news agency: ``sources`` are words in the names of feeds that are its own."""

    name: str
    sources: tuple[str, ...]
    pattern: re.Pattern[str]

    def publishes(self, source: str) -> bool:
        """Return whether a feed of this name is the agency's own."""
        return any(word.casefold() in source.casefold() for word in self.sources)


@lru_cache(maxsize=1)
def load_agencies() -> tuple[Agency, ...]:
    """Return the shipped agencies."""
    rows = tomllib.loads((shipped.CONFIG / "agencies.toml").read_text(encoding="utf-8"))["agency"]
    return tuple(Agency(row["name"], tuple(row["sources"]), _pattern(row["names"])) for row in rows)


def _pattern(names: list[str]) -> re.Pattern[str]:
    any_name = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    name = rf"(?<!\w)[«\"“]?(?:{any_name})"
    dateline = rf"[(/=]\s?(?:{any_name})[)/]"
    return re.compile(rf"{_BEFORE}{name}|{name}(?:{_AFTER})|{dateline}")


def credited(text: str, source: str) -> list[tuple[Agency, str]]:
    """Return the agencies that a text credits, each with the sentence; without the source's own."""
    found: list[tuple[Agency, str]] = []
    for agency in load_agencies():
        if agency.publishes(source):
            continue
        for sentence in sentences(text):
            if agency.pattern.search(sentence):
                found.append((agency, sentence.strip()))
                break
    return found
