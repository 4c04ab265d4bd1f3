"""Datelines: the place and agency before a report's first sentence. A place there is where the reporter sat.

“(자카르타=연합뉴스) 기자 =”, “JAKARTA, Nov. 3 (Yonhap) --”, “ТОКИО, 3 мая. /ТАСС/.”
"""

from __future__ import annotations

import re

_SEARCHED = 120  # characters of the text
_KOREAN = r"\s*[(\[〔][^()\[\]〔〕\n]{1,40}=[^()\[\]〔〕\n]{1,30}[)\]〕](?:[^=.\n]{1,40}기자\s*=)?"
_MONTH = r"(?:[A-Z][a-z]{2,8}\.?|[а-я]{3,8}\.?)"
_DATE = rf"(?:{_MONTH} \d{{1,2}}|\d{{1,2}} {_MONTH})"
_PLACE = r"[A-ZА-ЯЁ][\w.'’-]+(?:[ -][A-ZА-ЯЁ][\w.'’-]+){0,3}"
_AGENCY = r"(?:\s*[(/][^()/\n]{2,30}[)/])"
_WESTERN = rf"\s*{_PLACE}(?:/{_PLACE})?, {_DATE}(?:, \d{{4}})?\.?{_AGENCY}?\s*(?:--|[—–.-])"
_DATELINE = re.compile(f"{_KOREAN}|{_WESTERN}")


def dateline_end(whole: str, start: int) -> int:
    """Return the offset behind the dateline at the start of a text, or ``start`` if there is none.

    Args:
        whole: title, line feed and text.
        start: of the text.
    """
    found = _DATELINE.match(whole, start, start + _SEARCHED)
    return found.end() if found else start
