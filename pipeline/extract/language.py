"""The language of a text, by its script, else by the page's declaration, else by frequent short words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache

_SAMPLE = 2_000
_SCRIPTS = (
    ("hangul", re.compile("[가-힣]")), ("kana", re.compile("[ぁ-ヿ]")), ("han", re.compile("[一-鿿]")),
    ("cyrillic", re.compile("[Ѐ-ӿ]")), ("latin", re.compile("[A-Za-zÀ-ɏ]")),
    ("el", re.compile("[Ͱ-Ͽ]")), ("he", re.compile("[א-ת]")), ("ar", re.compile("[؀-ۿ]")), ("th", re.compile("[ก-๛]")),
    ("hi", re.compile("[ऀ-ॿ]")), ("ka", re.compile("[ა-ჿ]")), ("hy", re.compile("[Ա-֏]")), ("bn", re.compile("[ঀ-৿]")),
    ("ta", re.compile("[஀-௿]")), ("my", re.compile("[က-႟]")), ("km", re.compile("[ក-៿]")), ("am", re.compile("[ሀ-፿]")),
)  # fmt: skip
_CODES = frozenset(name for name, _ in _SCRIPTS if len(name) == 2)
_CYRILLIC_LANGUAGES = frozenset(["ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "tt", "ba", "cv", "os"])
_HAN_LANGUAGES = frozenset(("zh", "ja", "yue"))
_ARABIC_LANGUAGES = frozenset(["ar", "fa", "ur", "ps", "ug", "ckb", "sd"])
_DEVANAGARI_LANGUAGES = frozenset(["hi", "mr", "ne"])
_UKRAINIAN, _RUSSIAN = "іїєґІЇЄҐ", "ыэёъЫЭЁЪ"
_ENOUGH = 20
_WORD = re.compile(r"[^\W\d_]+")
_ASCII_WORD = re.compile(r"[a-z]+")
_CODE = re.compile(r"^\s*([A-Za-z]{2,3})(?:[-_]|\s*$)")
_SHORT_WORDS = {
    "en": "the of and to in that is was for with on said by from has have it not are were",
    "de": "der die und das den von mit ist des im nicht für auf dem ein eine sich zu auch wird",
    "fr": "le la les des et une est dans pour que qui du par sur au avec pas plus sont il",
    "es": "el los las una por con para del que se como más pero su este al lo ha en es",
    "it": "il di che la per un una con del non sono della dei nel alla gli anche più ha è",
    "pt": "o os as um uma para com não por que do da em mais foi ao se na no pelo",
    "nl": "de het een van en dat niet is op te zijn voor met die aan er om ook maar bij",
    "pl": "w na się nie że do jest jak ale po przez dla od za tym oraz czy był które to",
    "tr": "ve bir bu için ile da de olarak olan daha çok sonra kadar gibi en ise ne dedi",
    "vi": "của và là có được cho không trong người với các những một đã này để khi từ",
    "id": "yang dan di dengan untuk pada ini itu dari dalam tidak akan ke telah oleh juga",
}
_WORDS = {code: frozenset(words.split()) for code, words in _SHORT_WORDS.items()}
_LANGUAGES_OF = {
    word: [code for code, words in _WORDS.items() if word in words] for word in frozenset().union(*_WORDS.values())
}


def detect(text: str, *declared: str) -> str | None:
    """Return the ISO 639-1 code of the text's language.

    Args:
        text: title and text, as far as known.
        declared: the page's own claims (``lang``, ``og:locale``, ``inLanguage`` …), the most reliable first.
    """
    claims = [match[1].lower() for claim in declared if (match := _CODE.match(claim or ""))]
    sample = text[:_SAMPLE]
    signs = Counter(sample)
    letters = sum(number for sign, number in signs.items() if sign.isalpha())
    if letters < _ENOUGH:
        return claims[0] if claims else None
    shares: defaultdict[str, float] = defaultdict(float)
    for sign, number in signs.items():
        shares[_script_of(sign)] += number / letters
    return _by_script(sample, shares, claims) or _by_words(sample, claims)


def _by_script(sample: str, shares: Mapping[str, float], claims: list[str]) -> str | None:
    if shares["hangul"] > 0.2:
        return "ko"
    if shares["cyrillic"] > 0.3 and shares["cyrillic"] > shares["latin"]:
        return _cyrillic(sample, claims)
    if shares["kana"] > 0.1:
        return "ja"
    if shares["han"] > 0.3:
        return next((claim for claim in claims if claim in _HAN_LANGUAGES - {"ja"}), "zh")
    for code, share in shares.items():
        if code in _CODES and share > 0.3:
            family = {"ar": _ARABIC_LANGUAGES, "hi": _DEVANAGARI_LANGUAGES}.get(code, frozenset((code,)))
            return next((claim for claim in claims if claim in family), code)
    return None


@lru_cache(maxsize=20_000)
def _script_of(sign: str) -> str:
    """Return the script of a letter, or the language if only one is written in it; "" for other characters."""
    return next((name for name, pattern in _SCRIPTS if pattern.match(sign)), "")


def _cyrillic(sample: str, claims: list[str]) -> str:
    """Return the declared Cyrillic language; Russian letters outweigh a declared Ukrainian and vice versa."""
    ukrainian, russian = (sum(map(sample.count, letters)) for letters in (_UKRAINIAN, _RUSSIAN))
    claim = next((claim for claim in claims if claim in _CYRILLIC_LANGUAGES), None)
    if claim not in (None, "ru", "uk"):
        return claim
    if ukrainian > 3 * russian + 3:
        return "uk"
    if russian > 3 * ukrainian + 3:
        return "ru"
    return claim or "ru"


def _by_words(sample: str, claims: list[str]) -> str | None:
    """Return the page's own claim, unless the short words of another language clearly outweigh it."""
    words = (_ASCII_WORD if sample.isascii() else _WORD).findall(sample.lower())
    counts = dict.fromkeys(_WORDS, 0)
    for word, number in Counter(filter(_LANGUAGES_OF.__contains__, words)).items():
        for code in _LANGUAGES_OF[word]:
            counts[code] += number
    best = max(counts, key=lambda code: counts[code])
    claim = claims[0] if claims else None
    if counts[best] < max(3, 0.08 * len(words)):
        return claim
    if (
        claim is None
        or (claim in counts and counts[best] > 2 * counts[claim])
        or claim in ("ko", "ru", "ja", "zh", "uk")
    ):
        return best
    return claim
