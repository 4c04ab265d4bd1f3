"""Plain words for features and terms: what an analyst reads beside each addend of a score. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.flagging.features import BODY, LEAD, TITLE, FeatureSpace

HOME_NAMES = {"RU": "Russia", "KR": "South Korea", "KP": "North Korea", "US": "the United States", "JP": "Japan"}
_FIXED = {
    "no russia": "Russia is not named",
    "no korea": "Korea is not named",
    "no actor": "no state of the region in title or lead",
    "long": "long text",
    "length": "length of the text",
}


def feature_words(space: FeatureSpace, number: int, value: float, names: Mapping[str, str]) -> str:
    """Describe a feature of an article: “Russia and THAAD in one sentence of the lead”.

    Args:
        space: the features.
        number: of the feature.
        value: in this article.
        names: what people call a concept or a home country.
    """
    family, member = space.family(number), space.member(number)
    kind, _, rest = family.partition(" ")
    actor = names.get(rest.removesuffix(" + "), rest.removesuffix(" + "))
    name = names.get(member, member)
    words = {
        "": f"{name} {_place(value)}",
        "seed": f"clause “{member.partition('.')[2].replace('-', ' ')}” {_place(value)}",
        "title": f"{name} {_place(TITLE)}",
        "front": f"{actor} and {name} both in title or lead",
        "long": f"long text with {actor} in title or lead",
        "only": f"long text with {names.get(rest[6:], rest[6:])} in the title only",
        "home": f"source in {HOME_NAMES.get(rest[:2], '')}{f', {name} {_place(value)}' if member else ''}",
    }
    if family in _FIXED:
        return _FIXED[family]
    return words.get(kind) or f"{names.get(kind, kind)} and {name} {_together(value)}"


def _together(value: float) -> str:
    return _place(value) if value >= TITLE else f"in one sentence {_place(value).replace('in ', 'of ', 1)}"


def _place(value: float) -> str:
    if value >= TITLE:
        return "in the title"
    if value >= LEAD:
        return "in the lead"
    return "in the text" if value <= BODY else "in several sentences of the text"
