"""Pages as UTF-8 for the HTML parser."""

from __future__ import annotations

import codecs
import re

from pipeline.text.charset import decode

_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r")) + b"\x7f"
_XML = re.compile(rb"^\s*<\?xml[^>]{0,300}\?>")


def to_utf8(html: bytes, content_type: str | None = None) -> bytes:
    """Return the page in UTF-8, without control characters and without an XML declaration."""
    try:
        html.decode("utf-8")
        utf8 = html
    except UnicodeDecodeError:
        utf8 = decode(html, content_type).text.encode("utf-8", "replace")
    utf8 = utf8.translate(None, _CONTROLS).removeprefix(codecs.BOM_UTF8)
    return _XML.sub(b"", utf8, count=1)
