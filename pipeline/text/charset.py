"""A feed's bytes as text, whatever their label says.

Order of belief: byte order mark; bytes that are valid multi-byte UTF-8 (other texts are so by chance practically
never); the XML declaration; the HTTP header; the bytes themselves. Labels are read as browsers read them (WHATWG
Encoding Standard): ``euc-kr`` means its superset cp949, ``gb2312`` gb18030, ``iso-8859-1`` windows-1252. A label that
the bytes contradict is passed over.
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
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_BARE_HIGH = re.compile(rb"[\x80-\xff]")
_CONTROL = bytes(set(range(0x20)) - set(b"\t\n\r\x1b\x0e\x0f"))  # the last three shift within ISO 2022

_LABELS = {
    **dict.fromkeys(
        str.split("""euc-kr euckr cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ks_c_5601
        ksc5601 ksc_5601
        ks-c-5601-1987 windows-949 x-windows-949 cp949 ms949 uhc x-euc-kr"""),
        "cp949",
    ),
    **dict.fromkeys(
        str.split("""gb2312 gbk chinese csgb2312 csiso58gb231280 gb_2312 gb_2312-80 iso-ir-58 x-gbk gb18030 cp936
        euc-cn"""),
        "gb18030",
    ),
    **dict.fromkeys(str.split("big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950"), "big5hkscs"),
    **dict.fromkeys(str.split("shift_jis shift-jis sjis x-sjis csshiftjis ms_kanji windows-31j ms932 cp932"), "cp932"),
    **dict.fromkeys(str.split("euc-jp x-euc-jp cseucpkdfmtjapanese"), "euc_jp"),
    **dict.fromkeys(
        str.split("""iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1 ascii us-ascii ansi_x3.4-1968 cp819
        ibm819 cp1252
        windows-1252 x-cp1252 iso-ir-100 ansi"""),
        "cp1252",
    ),
    **dict.fromkeys(str.split("windows-1251 cp1251 x-cp1251 win-1251 win1251 cp-1251 windows1251"), "cp1251"),
    **dict.fromkeys(str.split("koi8-r koi8 koi8_r koi cskoi8r koi8r"), "koi8_r"),
    **dict.fromkeys(str.split("koi8-u koi8-ru"), "koi8_u"),
    **dict.fromkeys(str.split("ibm866 866 cp866 csibm866 dos-866"), "cp866"),
    **dict.fromkeys(str.split("x-mac-cyrillic x-mac-ukrainian mac-cyrillic"), "mac_cyrillic"),
    **dict.fromkeys(str.split("utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8"), "utf-8"),
    **dict.fromkeys(str.split("iso-8859-9 latin5 windows-1254 l5"), "cp1254"),
    **dict.fromkeys(str.split("iso-8859-11 tis-620 windows-874 dos-874"), "cp874"),
    **dict.fromkeys(str.split("iso-8859-8-i logical csiso88598i"), "iso8859_8"),
    **dict.fromkeys(str.split("macintosh mac x-mac-roman csmacintosh"), "mac_roman"),
    "cp037": "cp037",
}
# What Python adds to these names is either no charset of documents or needs bytes that a byte order mark would tell.
_OTHER = re.compile(r"(windows-|cp|ibm|iso-?8859-|iso-2022-(jp|kr)|hz|viscii|mac|tis|johab)[a-z0-9_-]*")
_WEAK = frozenset({"cp1252", "cp1254", "mac_roman"})  # web servers add these without looking
_BAD_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Text and how it was got.

    Attributes:
        encoding: a Python codec's name.
        problem: what was wrong with labels or bytes, as a sentence; None when all was right.
    """

    text: str
    encoding: str
    problem: str | None = None


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Turn a body into text. Never fails; linear in the length.

    Args:
        body: as it came, without content encoding.
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
    utf8 = _as_utf8(body)
    if utf8 is not None and not utf8.isascii():
        return Decoded(text=utf8, encoding="utf-8")
    labels = _labels(start, content_type)
    if utf8 is not None:
        return _seven_bit(body, utf8, labels)
    return _as_labelled(body, labels) or _as_detected(body, labels)


def codec_of(label: str) -> str | None:
    """The Python codec that a charset label stands for; None for a label that names no charset of documents."""
    label = label.strip().strip("\"'").lower()
    if label in _LABELS:
        return _LABELS[label]
    try:
        return codecs.lookup(label).name if _OTHER.fullmatch(label) else None
    except LookupError:
        return None


def _as_utf8(body: bytes) -> str | None:
    """The body as UTF-8 when it is that, at most cut short or with a few characters broken."""
    try:
        return codecs.utf_8_decode(body, "strict", False)[0]
    except UnicodeDecodeError:
        pass
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(1 for _ in re.finditer(r"[^\x00-\x7f\ufffd]", text))
    return text if broken <= _BAD_SHARE * whole else None


def _labels(start: bytes, content_type: str | None) -> list[str]:
    declared = _DECLARED.search(start)
    header = _CHARSET.search(content_type or "")
    found = [codec_of(match[1].decode("ascii")) for match in (declared,) if match]
    found += [codec_of(header[1])] if header else []
    return list(dict.fromkeys(codec for codec in found if codec))


def _seven_bit(body: bytes, text: str, labels: list[str]) -> Decoded:
    """ASCII, unless a label names one of the charsets that hide in seven bits and the bytes have their escapes."""
    for codec in labels:
        if codec.startswith(("iso2022", "hz")) and (b"\x1b" in body or b"~{" in body):
            return Decoded(text=body.decode(codec, "replace"), encoding=codec)
        if codec == "cp037":
            return Decoded(text=body.decode(codec, "replace"), encoding=codec)
    return Decoded(text=text, encoding="utf-8")


def _as_labelled(body: bytes, labels: list[str]) -> Decoded | None:
    """The first label that the bytes bear out."""
    for codec in labels:
        if codec == "utf-8" or codec.startswith(("utf", "iso2022", "hz")):
            continue
        if codec in _WEAK and _runs_long(body):
            continue
        text = body.decode(codec, "replace")
        broken = text.count("\ufffd")
        if broken and broken > _BAD_SHARE * len(_BARE_HIGH.findall(body)):
            continue
        told = None if codec == labels[0] else f"The charset label is wrong: the text is in {codec}."
        return Decoded(text=text, encoding=codec, problem=told)
    return None


def _runs_long(body: bytes) -> bool:
    """Whether most bytes above 127 stand three or more together, as in no Latin script."""
    lengths = [len(run) for run in _HIGH_RUN.findall(body)]
    return sum(length for length in lengths if length >= 3) > 0.5 * sum(lengths)


def _as_detected(body: bytes, labels: list[str]) -> Decoded:
    codec = detect(body)
    told = f"The charset label is missing or wrong: the text was read as {codec}."
    if codec == "utf-8":
        told = "The text is damaged: many of its characters are not valid UTF-8."
    elif not labels:
        told = f"The feed names no charset: the text was read as {codec}."
    return Decoded(text=body.decode(codec, "replace"), encoding=codec, problem=told)


def detect(body: bytes) -> str:
    """The charset that the bytes look most like: Korean and Russian by letters, else by charset-normalizer."""
    runs = _HIGH_RUN.findall(body)
    high = b" ".join(runs)[:65536]
    if _looks_korean(b" ".join(run for run in runs if len(run) > 1)[:65536]):
        return "cp949"
    if _runs_long(body) and (cyrillic := _best_cyrillic(high)):
        return cyrillic
    from charset_normalizer import from_bytes

    best = from_bytes(body[:32768]).best()
    codec = codec_of(best.encoding.replace("_", "-")) if best else None
    return codec or "cp1252"


def _looks_korean(high: bytes) -> bool:
    """Whether pairs of bytes are Hangul syllables of KS X 1001, or of cp949's extension among them."""
    text = high.decode("cp949", "replace").replace(" ", "")
    if len(text) < 4:
        return False
    hangul = sum(1 for letter in text if "가" <= letter <= "힣")
    common = sum(1 for letter in text if letter in _COMMON_HANGUL)
    return hangul >= 0.8 * len(text) and common >= 0.2 * len(text)


# The commonest syllables of running Korean and the commonest letters of running Russian.
_COMMON_HANGUL = frozenset(
    "이다는의에을가하고한로지기서사은도를대인정자어리시해원일부과아전수제나들보있으성상라것안국회장"
)
_COMMON_CYRILLIC = frozenset("оеаинтсрвлкмдп")


def _best_cyrillic(high: bytes) -> str | None:
    best, score = None, 0.45
    for codec in ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic"):
        text = high.decode(codec, "replace").replace(" ", "")
        share = sum(1 for letter in text if letter in _COMMON_CYRILLIC) / max(len(text), 1)
        if share > score:
            best, score = codec, share
    return best
