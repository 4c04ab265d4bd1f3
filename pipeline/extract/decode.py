"""Bytes to text: which charset a page is really in.

Evidence in this order: a byte order mark; UTF-8 that holds over the whole page (no other charset looks like it by
chance); what the header and the page itself declare, as far as the bytes allow; the content. Labels are read as
browsers do (WHATWG Encoding Standard): euc-kr is cp949, gb2312 is gb18030, iso-8859-1 is windows-1252.
"""

from __future__ import annotations

import codecs
import re

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WIDER = {
    "euc_kr": "cp949",
    "johab": "johab",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "gb18030",
    "shift_jis": "cp932",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "big5": "big5hkscs",
    "utf-16": "utf-8",  # a page whose meta element can be read is not in UTF-16
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
_LABELS = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "windows-949": "cp949",
    "uhc": "cp949",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-cp1251": "cp1251",
    "win-1251": "cp1251",
    "koi": "koi8_r",
    "koi8": "koi8_r",
}
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META = re.compile(
    rb"<meta\b[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r")) + b"\x7f"
_XML = re.compile(rb"^\s*<\?xml[^>]{0,300}\?>")
_HEAD_BYTES = 8192
_GUESSES = ("cp949", "cp932", "euc_jp", "gb18030", "big5hkscs", "cp1251", "koi8_r")
_SAMPLE_BYTES = 60_000
_HIGH = re.compile(rb"[\x80-\xff]+")
_PAIRS = re.compile(rb"[\x80-\xff]+[\x40-\x7e]?(?:[\x80-\xff]+[\x40-\x7e]?)*")
"""Non-ASCII bytes, each with an ASCII byte that may be the second half of a pair."""


def to_utf8(html: bytes, content_type: str | None = None) -> bytes:
    """The page in UTF-8, without control characters and without an XML declaration."""
    try:
        html.decode("utf-8")
        utf8 = html
    except UnicodeDecodeError:
        utf8 = decode(html, content_type).encode("utf-8", "replace")
    utf8 = utf8.translate(None, _CONTROLS).removeprefix(codecs.BOM_UTF8)
    return _XML.sub(b"", utf8, count=1)


def decode(html: bytes, content_type: str | None = None) -> str:
    """The page as text. Bytes that the charset does not know become U+FFFD."""
    for mark, charset in _BOMS:
        if html.startswith(mark):
            return html[len(mark) :].decode(charset, "replace")
    if html[1:200:2].count(0) > 40:
        return html.decode("utf-16-le", "replace")
    try:
        return html.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _declared(html, content_type)
    for charset in declared:
        if charset != "utf-8" and _fits(html, charset):
            return html.decode(charset, "replace")
    if "utf-8" in declared and _errors(html, "utf-8") < 0.02:
        return html.decode("utf-8", "replace")
    return html.decode(guess(html), "replace")


def _declared(html: bytes, content_type: str | None) -> list[str]:
    """The charsets that the page and the header name; a bare Latin-1 (servers' default) comes last."""
    found = []
    if content_type and (match := _CHARSET.search(content_type.encode("ascii", "ignore"))):
        found.append(match[1])
    found += [match[1] or match[2] for match in _META.finditer(html[:_HEAD_BYTES])]
    charsets = [charset for label in found if (charset := _lookup(label.decode("ascii", "ignore")))]
    return sorted(dict.fromkeys(charsets), key=lambda charset: charset == "cp1252")


def _lookup(label: str) -> str | None:
    label = label.strip().lower()
    if label in _LABELS:
        return _LABELS[label]
    try:
        info = codecs.lookup(label)
    except LookupError:
        return None
    # "base64", "rot13" and their like are codecs for Python, but no charsets
    if not info._is_text_encoding:  # noqa: SLF001  the only sign that the codecs module gives
        return None
    return _WIDER.get(info.name, info.name)


def _errors(html: bytes, charset: str) -> float:
    """Share of the page's non-ASCII characters that the charset cannot read."""
    text = html.decode(charset, "replace")
    foreign = sum(1 for c in text if c > "\x7f")
    return text.count("\ufffd") / foreign if foreign else 0.0


def _fits(html: bytes, charset: str) -> bool:
    return _errors(html, charset) < (0.02 if charset != "cp1252" else 0.001)


def guess(html: bytes) -> str:
    """The charset that makes most sense of the page's own letters, Windows-1252 when none does."""
    runs = _HIGH.findall(html)
    if len(b"".join(runs)) < 1.6 * len(runs):
        return "cp1252"  # single letters between ASCII ones: accents
    sample = b" ".join(run for run in _PAIRS.findall(html) if len(run) > 1)[:_SAMPLE_BYTES]
    best = max(_GUESSES, key=lambda charset: _likeness(sample, charset))
    return best if _likeness(sample, best) > 0.5 else "cp1252"


_EVERYDAY = {
    "cp949": re.compile(r"[가-힣]"),
    "cp932": re.compile(r"[ぁ-んァ-ヶー]|[一-龥]"),
    "euc_jp": re.compile(r"[ぁ-んァ-ヶー]|[一-龥]"),
    "gb18030": re.compile(r"[一-龥]"),
    "big5hkscs": re.compile(r"[一-龥]"),
    "cp1251": re.compile(r"[а-яё]"),
    "koi8_r": re.compile(r"[а-яё]"),
}
_TELLING = {
    "cp949": re.compile(r"[이다는의을가고에은한도를로하]"),
    "cp932": re.compile(r"[のにはをたがでとし]"),
    "euc_jp": re.compile(r"[のにはをたがでとし]"),
    "gb18030": re.compile(r"[的一是在了不和有人这中大国]"),
    "big5hkscs": re.compile(r"[的一是在了不和有人這中大國]"),
    "cp1251": re.compile(r"[оеаинтсрв]"),
    "koi8_r": re.compile(r"[оеаинтсрв]"),
}
"""The commonest characters of the charset's languages: together a fifth (Han) to over a half (Cyrillic) of any text."""


def _likeness(sample: bytes, charset: str) -> float:
    """0…2: how much of the sample reads as everyday letters, and how many of those are the commonest ones."""
    text = sample.decode(charset, "replace")
    letters = sum(1 for c in text if c > "\x7f")
    if not letters:
        return 0.0
    everyday = len(_EVERYDAY[charset].findall(text)) / letters
    telling = len(_TELLING[charset].findall(text)) / letters
    wrong = text.count("\ufffd") / letters
    return everyday * 0.7 + min(telling * (1.0 if charset in ("cp1251", "koi8_r") else 2.5), 1.0) - 3 * wrong
