"""Where sentences and lines end. In: a text. Out: offsets behind each, in order; line ends end sentences, too.

Rules by sight, the same for all languages: a full stop, question or exclamation mark, with closing quotes, and a blank
behind it, unless a lower-case letter follows, as in “U.S. forces”; and in Korean a full stop behind a verb's ending.
"""

from __future__ import annotations

_STOPS = ".!?…。"
_CLOSERS = "\"'»”’)"
_KOREAN_ENDINGS = "다요음함됨"  # Korean texts at times leave out the blank


def sentence_ends(text: str) -> list[int]:
    """The offsets behind each, sorted."""
    ends = _line_ends(text)
    for stop in _STOPS:
        at = text.find(stop)
        while at >= 0:
            at += 1
            following = text[at : at + 4]
            rest = following.lstrip(_CLOSERS)
            if rest[:1] == " ":
                if not rest[1:].lstrip(" ")[:1].islower():
                    ends.append(at + len(following) - len(rest) + 1)
            elif text[at - 2 : at - 1] in _KOREAN_ENDINGS and at > 1:
                ends.append(at)
            at = text.find(stop, at)
    ends.sort()
    return ends


def _line_ends(text: str) -> list[int]:
    """The offsets behind each line feed."""
    ends: list[int] = []
    place = text.find("\n")
    while place >= 0:
        ends.append(place + 1)
        place = text.find("\n", place + 1)
    return ends
