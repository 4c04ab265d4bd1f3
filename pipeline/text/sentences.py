"""Sentence boundaries, by the same rules for all languages.

A line end ends a sentence. So does a full stop, question or exclamation mark with its closing quotes and a blank after
it, unless a lower-case letter follows, as in “U.S. forces”; an ideographic full stop; and in Korean a full stop after
the ending of a verb.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

HEADLINE = 160  # characters

# Begins with a set of characters, for which ``re`` searches five times faster than for alternatives. Korean texts
# sometimes leave out the blank.
_END = re.compile(r"[.!?…\n。](?:(?<=[\n。])|[\"'»”’)]{0,3} |(?<=[다요음함됨][.!?…]))")


def sentence_ends(text: str) -> list[int]:
    """Return the offset after each sentence end, in order."""
    return [
        match.end()
        for match in _END.finditer(text)
        if match[0][-1] != " " or not text[match.end() : match.end() + 8].lstrip(" ")[:1].islower()
    ]


def headline_of(text: str) -> str:
    """Return the first sentence of a text as a headline, cut at a word to ``HEADLINE`` characters with "…"."""
    first = next((one for sentence in sentences(text[: 8 * HEADLINE]) if (one := sentence.strip())), "")
    if len(first) <= HEADLINE:
        return first
    return first[: max(first.rfind(" ", 0, HEADLINE), HEADLINE // 2)].rstrip(" ,;:–—-") + "…"


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text, with the space after each."""
    for start, end in pairwise([0, *sentence_ends(text), len(text)]):
        if start < end:
            yield text[start:end]
