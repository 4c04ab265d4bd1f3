"""HTML to plain text: no tags, no entities, no invisible characters. Takes linear time.

The result is plain text and must be escaped on a page. Tags that were escaped twice are removed too, so that nothing
in the result looks like markup.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import partial

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\ufdd0-\ufdef]|[\U000e0000-\U000e007f]"
)
_HUGE_REFERENCE = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{8,});?")
_PAIR = re.compile(
    r"&#(?:(5[56]\d{3})|[xX]([dD][89abAB][0-9a-fA-F]{2}));&#(?:(5[67]\d{3})|[xX]([dD][c-fC-F][0-9a-fA-F]{2}));"
)
_SKIPPED = re.compile(
    r"<!--|<!\[CDATA\[|\]\]>|<(script|style|template|noscript|iframe|object|svg|math)\b", re.IGNORECASE
)
_ENDS = {
    "<!--": re.compile("-->"),
    **{
        name: re.compile(rf"</{name}\b[^<>]*>?", re.IGNORECASE)
        for name in ("script", "style", "template", "noscript", "iframe", "object", "svg", "math")
    },
}
_NAMES = (
    "a abbr acronym address applet area article aside audio b base bdi bdo big blink blockquote body br button canvas"
    " caption center cite code col colgroup data dd del details dfn dialog dir div dl dt em embed fieldset figcaption"
    " figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins"
    " kbd label legend li link main map mark marquee math menu meta nav nobr noscript object ol optgroup option p param"
    " picture pre q rb rp rt ruby s samp script section select small source span strike strong style sub summary sup"
    " svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr"
)
_BLOCKS = frozenset(
    str.split(
        "address article aside blockquote body br caption center dd div dl dt fieldset figcaption figure footer form h1"
        " h2 h3 h4 h5 h6 header hr li main nav ol p pre section table td tfoot th thead title tr ul"
    )
)
_REST = r"(?:(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>|[^<>]*+(?:>|(?=<)|$))"  # a closed quote may hold ">"
_ANY = "|".join(sorted(str.split(_NAMES), key=len, reverse=True))
_BLOCK = re.compile(
    rf"<(?=[a-z/])/?(?:{'|'.join(sorted(_BLOCKS, key=len, reverse=True))})(?![\w:-]){_REST}", re.IGNORECASE
)
_TAG = re.compile(
    rf"<(?=[a-z/!?])(?:/?(?:(?:{_ANY})(?=[\s/<>]|$)|[a-z][\w-]*:[\w:-]+){_REST}|[!?/](?=[a-z\[])[^<>]*+>?)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"<([A-Z][A-Za-z]*)(?: [\w&]+)*>")
_END_TAG = re.compile(r"</([a-z][a-z0-9]*)")
_OFTEN_UNCLOSED = frozenset(str.split("area b base br col dd dt hr i img input li link meta option p td th tr u wbr"))
_ENTITY = re.compile(r"&(?:#\d|#[xX][0-9a-fA-F]|[a-zA-Z]{2,31};)")
_LONG_WORD = re.compile(r"\S{512}")


def one_line(markup: str, limit: int) -> str:
    """Return the text of a title, name or summary in one line, cut to ``limit`` characters, if possible at a word.

    Labels that newsrooms write in angle brackets stay: "<TIME> …", "<Q&A> …".
    """
    return _cut(clean(_bare(markup, limit, " ", labels=True)), limit)


def paragraphs(markup: str, limit: int) -> str:
    """Return the text of an article, one paragraph per line, cut to ``limit`` characters."""
    lines = (clean(line) for line in _bare(markup, limit, "\n").splitlines())
    return _cut("\n".join(line for line in lines if line), limit)


def clean(text: str) -> str:
    """Normalise plain text to one line: NFC, single spaces, without control and invisible characters."""
    text = " ".join(text.split())
    if text.isascii() and text.isprintable():
        return text
    if not text.isprintable():
        text = " ".join(_HIDDEN.sub("", text).split())
    return _normal(text)


def unescape(text: str) -> str:
    """Resolve HTML's character references, also in surrogate pairs. References beyond Unicode give nothing."""
    if "&#" in text:
        text = join_surrogates(_HUGE_REFERENCE.sub("", text))
    return html.unescape(text)


def join_surrogates(text: str) -> str:
    """Join references to the two halves of a character (``&#55357;&#56832;``, as some Java systems write)."""
    return _PAIR.sub(_join_pair, text) if "&#" in text else text


def _bare(markup: str, limit: int, between: str, *, labels: bool = False) -> str:
    """Remove tags and resolve references, up to three times: feeds escape once or twice."""
    text = markup[: 4 * limit + 8192]
    for _ in range(3):
        if "<" in text:
            text = _without_skipped(text, between)
            closed = set(_END_TAG.findall(text.lower())) if labels else None
            for tags, instead in ((_BLOCK, between), (_TAG, "")):
                text = tags.sub(instead if closed is None else partial(_unless_label, instead, closed), text)
        if "&" not in text or not _ENTITY.search(text):
            break
        text = unescape(text)
    return text


def _unless_label(instead: str, closed: set[str], tag: re.Match[str]) -> str:
    """Return a label in angle brackets as it is: no attributes, a capital, and no end tag in the text."""
    label = _LABEL.fullmatch(tag[0])
    name = label[1].lower() if label else ""
    return tag[0] if label and name not in closed and name not in _OFTEN_UNCLOSED else instead


def _without_skipped(text: str, between: str) -> str:
    """Remove comments and elements such as scripts. Of an element without an end, remove the start tag only."""
    kept: list[str] = []
    endless: set[str] = set()  # without an end in the rest of the text; searching again would take quadratic time
    position = 0
    while match := _SKIPPED.search(text, position):
        name = (match[1] or match[0]).lower()
        kept.append(text[position : match.start()])
        end = _ENDS[name].search(text, match.end()) if name in _ENDS and name not in endless else None
        if end:
            position = end.end()
            kept.append(between)
        else:
            endless.add(name)
            tag = _TAG.match(text, match.start()) if match[1] else None
            position = tag.end() if tag else match.end()
    kept.append(text[position:])
    return "".join(kept)


def _join_pair(match: re.Match[str]) -> str:
    high = int(match[1]) if match[1] else int(match[2], 16)
    low = int(match[3]) if match[3] else int(match[4], 16)
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return ""


def _normal(text: str) -> str:
    """Normalise to NFC. Long words in pieces: sorting a long run of combining marks takes quadratic time."""
    if _LONG_WORD.search(text):
        return "".join(unicodedata.normalize("NFC", text[i : i + 512]) for i in range(0, len(text), 512))
    return unicodedata.normalize("NFC", text)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    at = text.rfind(" ", limit // 2, limit)
    return text[: at if at > 0 else limit].rstrip()
