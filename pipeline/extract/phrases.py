"""What furniture says of itself: the wordings of lines that stand in an article's column without being the article.

English, Russian and Korean, and the other languages of the sources as far as their wordings are as fixed. A match is
evidence, never a verdict: ``evidence`` weighs it against the rest. All are matched against lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_Held = tuple[str, Callable[[str], object] | None]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Wordings of one kind.

    Attributes:
        starts: what a line begins with, for ``match``.
        holds: literals that a line holds, each with the search that the line must pass, too, if any.
        ends: what a line without blanks around it ends with.
    """

    starts: re.Pattern[str] | None = None
    holds: tuple[_Held, ...] = ()
    ends: tuple[str, ...] = ()


def _starts(*wordings: str) -> re.Pattern[str]:
    return re.compile("|".join(wordings))


def _holds(*literals: str) -> tuple[_Held, ...]:
    return tuple((literal, None) for literal in "|".join(literals).split("|"))


def _searched(searches: Mapping[str, str]) -> tuple[_Held, ...]:
    return tuple((literal, re.compile(pattern).search) for literal, pattern in searches.items())


PHRASES: dict[str, Phrase] = {
    "photo": Phrase(
        starts=_starts(
            r"\W*(?:photo|image|picture|foto|bild|credit|getty|фото|сним|사진|写真|source|quelle|video|видео|영상)\b"
        ),
        holds=_holds("©|getty images|afp via|ap photo|shutterstock|istock|picture alliance")
        + _searched({"/": r"/ ?(?:reuters|afp|ap)\b"}),
        ends=("dpa", "연합뉴스"),
    ),
    "copyright": Phrase(
        holds=_holds(
            "©|ⓒ|copyright|all rights reserved|reproduction|alle rechte|tous droits",
            "무단|저작권|전재|재배포|禁無断|無断転載|все права|перепечатк|при использовании материал",
        )
        + _searched({"(c)": r"\(c\)\s?20"}),
    ),
    "also": Phrase(
        starts=_starts(
            r"\W*(?:read (?:also|more|next)|see (?:also|more)|also (?:read|on)|more (?:on|from|about)|related"
            r"|recommended|don.t miss|watch|listen|click here|tap here|lesen sie|mehr (?:zum|von|dazu)"
            r"|auch (?:interessant|lesen)|lire (?:aussi|la suite)|à lire|leer|lea también|leggi|les (?:også|mer)"
            r"|läs (?:också|mer)|lees|przeczytaj|zobacz|читайте|читать|смотрите|также|подробнее"
            r"|по теме|관련|함께|이 기사|もっと|あわせて|関連)(?!\w)",
        )
    ),
    "call": Phrase(
        holds=_holds(
            "subscri|sign up|newsletter|register|our app|do you have a|contact us|whatsapp|telegram|facebook|twitter",
            "instagram|youtube|abonn|anmelden|рассылк|подпис|телеграм|구독|댓글|제보|카카오|네이버|会員|登録",
        )
        + _searched(
            {
                "log": r"log ?in\b",
                "follow ": r"follow (?:us|me)",
                "download ": r"download (?:the|our)",
                "mail": r"e-?mail",
                "tik": r"tik ?tok",
            }
        ),
    ),
    "byline": Phrase(
        starts=_starts(
            r"\W*(?:by|von|par|por|di|da|av|af|text|reporting|edited|written|editing|автор|текст|글|기자|文)\b[^.]{3,60}$"
        ),
        holds=_searched({"@": r"@[\w-]+\.\w+"}),
        ends=("기자", "특파원"),
    ),
    "date": Phrase(
        starts=_starts(
            r"\W*(?:published|updated|posted|last|modified|aktualisiert|stand|veröffentlicht|опубликовано|입력|수정|등록"
            r"|승인|公開|更新|mis à jour|publié)\b.{0,80}$",
            r"(?=.{0,65}+$)(?:.{0,30}\d{1,2}[:.]\d{2}.{0,30}$|.{0,25}\b(?:19|20)\d\d\b.{0,20}$)",
        )
    ),
    "author": Phrase(
        holds=_holds(
            "contributed to this|reporting by|editing by|associated press|first published",
        )
        + _searched(
            {
                "is a": r"\bis an? (?:\w+ ){0,4}(?:reporter|editor|writer|journalist|correspondent|author|professor"
                r"|fellow|columnist|producer)\b",
                "this ": r"this (?:story|article) (?:was|has|originally)",
                "with report": r"with reports? from",
                "mit ": r"mit (?:dpa|material)",
            }
        )
    ),
    "colon": Phrase(ends=(":",)),
    "question": Phrase(ends=("?",)),
    "figures": Phrase(starts=_starts(r"[\W\d]*$")),
    "address": Phrase(holds=_holds("www.|pic.twitter") + _searched({"://": "https?://"})),
}
_STARTS = tuple((name, phrase.starts.match) for name, phrase in PHRASES.items() if phrase.starts)
_ENDS = tuple((name, phrase.ends) for name, phrase in PHRASES.items() if phrase.ends)
_ALL_ENDS = tuple(end for _, ends in _ENDS for end in ends)


class Lookout:
    """Finds phrases in the lines of one page; a literal that the page does not hold is sought in none of its lines."""

    def __init__(self, lines: Iterable[str]) -> None:
        page = "\n".join(lines)
        held = ((name, [held for held in phrase.holds if held[0] in page]) for name, phrase in PHRASES.items())
        self._holds = [(name, literals) for name, literals in held if literals]

    def names(self, line: str) -> list[str]:
        """The phrases in one of the lines, in lower case and without blanks around it; a phrase may come twice."""
        found = [name for name, starts in _STARTS if starts(line)]
        if line.endswith(_ALL_ENDS):
            found += [name for name, ends in _ENDS if line.endswith(ends)]
        for name, literals in self._holds:
            if any(literal in line and (search is None or search(line)) for literal, search in literals):
                found.append(name)
        return found
