"""Charsets: turn the bytes of a feed or a page into text, whatever their labels say.

Evidence in this order: byte order mark; bytes that are valid UTF-8 (no other text is so by chance); the XML
declaration; the HTTP header; the ``meta`` element; the bytes themselves. Labels are read as browsers read them (WHATWG
Encoding Standard): ``euc-kr`` means its superset cp949, ``gb2312`` gb18030, ``iso-8859-1`` windows-1252. A label that
the bytes contradict is ignored.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE_STARTS = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_XML = re.compile(rb"<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([\w.:-]{1,40})", re.IGNORECASE)
_HEADER = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_META_BYTES = 8192  # the part of a page in which its meta element is looked for
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_CONTROL = bytes(set(range(0x20)) - set(b"\t\n\r\x1b\x0e\x0f"))  # ESC, SO and SI switch charsets within ISO 2022

# Labels that Python does not know, or knows as another charset than browsers do.
_LABELS = {
    **dict.fromkeys(
        ("cseuckr", "csksc56011987", "iso-ir-149", "ks_c_5601-1989", "ksc_5601", "windows-949", "windows949"), "cp949"
    ),
    **dict.fromkeys(("csgb2312", "gb_2312", "gb_2312-80"), "gb18030"),
    **dict.fromkeys(("cn-big5", "x-big5"), "big5hkscs"),
    "windows-31j": "cp932",
    "cseucpkdfmtjapanese": "euc_jp",
    **dict.fromkeys(("iso88591", "ansi", "l1"), "cp1252"),
    **dict.fromkeys(("win-1251", "win1251", "cp-1251", "windows1251"), "cp1251"),
    **dict.fromkeys(("koi8", "koi", "koi8r", "cskoi8r"), "koi8_r"),
    "koi8-ru": "koi8_u",
    **dict.fromkeys(("csibm866", "dos-866"), "cp866"),
    "mac-ukrainian": "mac_cyrillic",
    **dict.fromkeys(("unicode-1-1-utf-8", "unicode20utf8"), "utf-8"),
    **dict.fromkeys(("dos-874", "windows-874"), "cp874"),
    **dict.fromkeys(("iso-8859-8-i", "logical", "csiso88598i"), "iso8859_8"),
    **dict.fromkeys(("mac", "csmacintosh"), "mac_roman"),
}
# Python's name of a charset, and the superset that browsers read in its place.
_SUPERSETS = {
    "euc_kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "cp950": "big5hkscs",
    "shift_jis": "cp932", "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "koi8-r": "koi8_r", "koi8-u": "koi8_u", "mac-roman": "mac_roman",
    "mac-cyrillic": "mac_cyrillic",
}  # fmt: skip
# Python's other codecs are no charsets of documents (rot13, idna), or need a byte order mark (utf-16).
_DOCUMENT_CHARSETS = re.compile(
    r"(cp\d|iso8859[-_]|iso2022_(jp|kr)|koi8_|euc_jp|mac[-_]|big5|gb18030|utf-8$|hz$|johab$)"
)
_WEAK = frozenset({"cp1252", "cp1254", "mac_roman"})  # web servers add these labels without looking
_BAD_SHARE = 0.05

# For each charset that is detected: its everyday letters, and the most frequent letters of its language.
_KOREAN = ("[가-힣]", "[이다는의을가고에은한도를로하]", 2.5)
_JAPANESE = ("[ぁ-んァ-ヶー一-龥]", "[のにはをたがでとし]", 2.5)
_CHINESE = ("[一-龥]", "[的一是在了不和有人这這中大国國]", 2.5)
_RUSSIAN = ("[а-яё]", "[оеаинтсрв]", 1.0)
_DETECTED = {
    "cp949": _KOREAN,
    "cp932": _JAPANESE,
    "euc_jp": _JAPANESE,
    "gb18030": _CHINESE,
    "big5hkscs": _CHINESE,
    **dict.fromkeys(("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic"), _RUSSIAN),
}
# Non-ASCII bytes, each with an ASCII byte that may be the second half of a pair.
_PAIRS = re.compile(rb"[\x80-\xff]+[\x40-\x7e]?(?:[\x80-\xff]+[\x40-\x7e]?)*")
_SAMPLE_BYTES = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Text and how it was decoded.

    Attributes:
        encoding: the name of a Python codec.
        problem: what is wrong with the labels or the bytes, as a sentence; None when all is right.
    """

    text: str
    encoding: str
    problem: str | None = None


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Turn a body into text. Never fails; linear in the length.

    Args:
        body: the document without content encoding.
        content_type: the HTTP header.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return Decoded(text=body[len(mark) :].decode(codec, "replace"), encoding=codec)
    start = body[:1024].lstrip()
    for first, codec in _WIDE_STARTS:
        if start.startswith(first):
            return Decoded(text=body.decode(codec, "replace").removeprefix("\ufeff"), encoding=codec)
    body = body.translate(None, _CONTROL)
    labels = _labels(body, content_type)
    utf8 = _as_utf8(body, declared="utf-8" in labels)
    if utf8 is not None and not utf8.isascii():
        return Decoded(text=utf8, encoding="utf-8")
    if utf8 is not None:
        return _seven_bit(body, utf8, labels)
    return _as_labelled(body, labels) or _as_detected(body, labels)


def codec_of(label: str) -> str | None:
    """Return the Python codec of a charset label; None for a label that names no charset of documents."""
    label = label.strip().strip("\"'").lower()
    for name in (label, label.removeprefix("x-").removeprefix("x-")):
        if name in _LABELS:
            return _LABELS[name]
        try:
            codec = codecs.lookup(name).name
        except LookupError:
            continue
        codec = _SUPERSETS.get(codec, codec)
        return codec if _DOCUMENT_CHARSETS.match(codec) else None
    return None


def _as_utf8(body: bytes, *, declared: bool) -> str | None:
    """Return the body as UTF-8 if it is UTF-8, at most cut short or with a few characters broken.

    A document that declares UTF-8 may have up to half of its characters beyond ASCII broken: an English feed has few.
    """
    try:
        return codecs.utf_8_decode(body, "strict", False)[0]
    except UnicodeDecodeError:
        pass
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(1 for _ in re.finditer(r"[^\x00-\x7f\ufffd]", text))
    return text if broken <= (1 if declared else _BAD_SHARE) * whole else None


def _labels(body: bytes, content_type: str | None) -> list[str]:
    """Return the charsets that the document and the header name, strongest label first."""
    declared = [_XML.search(body[:1024]), _HEADER.search((content_type or "").encode("ascii", "ignore"))]
    declared += _META.finditer(body[:_META_BYTES])
    codecs_ = [codec_of(match[1].decode("ascii", "ignore")) for match in declared if match]
    return list(dict.fromkeys(codec for codec in codecs_ if codec))


def _seven_bit(body: bytes, text: str, labels: list[str]) -> Decoded:
    """Return ASCII, unless a label names a charset that hides in seven bits and the bytes have its escapes."""
    for codec in labels:
        if codec == "cp037" or (codec.startswith(("iso2022", "hz")) and (b"\x1b" in body or b"~{" in body)):
            return Decoded(text=body.decode(codec, "replace"), encoding=codec)
    return Decoded(text=text, encoding="utf-8")


def _as_labelled(body: bytes, labels: list[str]) -> Decoded | None:
    """Return the text by the first label that fits the bytes; a weak label comes last."""
    for codec in sorted(labels, key=lambda codec: codec in _WEAK):
        if codec == "utf-8" or codec.startswith(("iso2022", "hz")):
            continue
        if codec in _WEAK and _has_long_runs(body):
            continue
        text = body.decode(codec, "replace")
        broken = text.count("\ufffd")
        if broken and broken > _BAD_SHARE * sum(map(len, _HIGH_RUN.findall(body))):
            continue
        problem = None if codec == labels[0] else f"The charset label is wrong: the text is in {codec}."
        return Decoded(text=text, encoding=codec, problem=problem)
    return None


def _has_long_runs(body: bytes) -> bool:
    """Return whether most bytes above 127 stand three or more together, as in no Latin script."""
    lengths = [len(run) for run in _HIGH_RUN.findall(body)]
    return sum(length for length in lengths if length >= 3) > 0.5 * sum(lengths)


def _as_detected(body: bytes, labels: list[str]) -> Decoded:
    codec = detect(body)
    problem = f"The charset label is missing or wrong: the text was read as {codec}."
    if not labels:
        problem = f"The document names no charset: the text was read as {codec}."
    return Decoded(text=body.decode(codec, "replace"), encoding=codec, problem=problem)


def detect(body: bytes) -> str:
    """Return the charset in which the bytes look most like running text; windows-1252 when none fits."""
    runs = _HIGH_RUN.findall(body)
    if sum(map(len, runs)) < 1.6 * len(runs):
        return "cp1252"  # single letters between ASCII letters: accents
    sample = b" ".join(run for run in _PAIRS.findall(body) if len(run) > 1)[:_SAMPLE_BYTES]
    scores = {codec: _score(sample, codec) for codec in _DETECTED}
    best = max(scores, key=lambda codec: scores[codec])
    return best if scores[best] > 0.5 else "cp1252"


def _score(sample: bytes, codec: str) -> float:
    """Return 0…2: the share of everyday letters, plus the weighted share of the most frequent letters."""
    everyday, frequent, weight = _DETECTED[codec]
    text = sample.decode(codec, "replace")
    letters = sum(1 for letter in text if letter > "\x7f")
    if not letters:
        return 0.0
    share = len(re.findall(everyday, text)) / letters
    frequent_share = len(re.findall(frequent, text)) / letters
    return share * 0.7 + min(frequent_share * weight, 1.0) - 3 * text.count("\ufffd") / letters
