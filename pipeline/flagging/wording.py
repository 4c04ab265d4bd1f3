"""Plain words for features and terms: what an analyst reads beside each addend of a score. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.flagging.features import FeatureSpace
from pipeline.flagging.reading import BODY, LEAD, TITLE

HOME_NAMES = {"RU": "Russia", "KR": "South Korea", "KP": "North Korea", "US": "the United States", "JP": "Japan"}
_FIXED = {
    "no russia": "Russia is not named",
    "no korea": "Korea is not named",
    "no actor": "no state of the region in title or lead",
    "long": "long text",
    "length": "length of the text",
}


def feature_words(space: FeatureSpace, number: int, place: str, names: Mapping[str, str]) -> str:
    """Describe a feature of an article: “Russia and THAAD in one sentence of the lead”.

    Args:
        space: the features.
        number: of the feature.
        place: where it stands in this article, of ``place_words``.
        names: what people call a concept or a home country.
    """
    family, member = space.family(number), space.member(number)
    kind, _, rest = family.partition(" ")
    actor = names.get(rest.removesuffix(" + "), rest.removesuffix(" + "))
    name = names.get(member, member)
    words = {
        "": f"{name} {place}",
        "seed": f"clause “{member.partition('.')[2].replace('-', ' ')}” {place}",
        "front": f"{actor} and {name} both in title or lead",
        "long": f"long text with {actor} in title or lead",
        "only": f"long text with {names.get(rest[6:], rest[6:])} in the title only",
        "home": f"source in {HOME_NAMES.get(rest[:2], '')}{f', {name} {place}' if member else ''}",
    }
    if family in _FIXED:
        return _FIXED[family]
    return words.get(kind) or f"{names.get(kind, kind)} and {name} {_TOGETHER[place]}"


def place_words(value: float) -> str:
    """Say where a feature of this value stands."""
    if value >= TITLE:
        return _TITLE
    if value >= LEAD:
        return _LEAD
    return _TEXT if value <= BODY else _REPEATED


_TITLE, _LEAD, _TEXT, _REPEATED = "in the title", "in the lead", "in the text", "in several sentences of the text"
_TOGETHER = {
    _TITLE: _TITLE,
    _LEAD: "in one sentence of the lead",
    _TEXT: "in one sentence of the text",
    _REPEATED: "in one sentence of the text",
}
