"""What furniture says of itself: the wordings of lines that stand in an article's column without being the article.

English, Russian and Korean, and the other languages of the sources as far as their wordings are as fixed. A match is
evidence, never a verdict: ``evidence`` weighs it against the rest. All are matched against lower case.
"""

from __future__ import annotations

import re


def _either(*wordings: str) -> re.Pattern[str]:
    return re.compile("|".join(wordings))


PHRASES: dict[str, re.Pattern[str]] = {
    "photo": _either(
        r"^\W*(?:photo|image|picture|foto|bild|credit|getty|фото|сним|사진|写真|source|quelle|video|видео|영상)\b",
        r"©|getty images|/ ?(?:reuters|afp|ap)\b|afp via|ap photo|shutterstock|istock|dpa$|picture alliance",
        r"=?연합뉴스\s*$",
    ),
    "copyright": _either(
        r"©|ⓒ|copyright|all rights reserved|\(c\)\s?20|reproduction|alle rechte|tous droits",
        r"무단|저작권|전재|재배포|禁無断|無断転載",
        r"все права|перепечатк|при использовании материал",
    ),
    "also": _either(
        r"^\W*(?:read (?:also|more|next)|see (?:also|more)|also (?:read|on)|more (?:on|from|about)|related|recommended"
        r"|don.t miss|watch|listen|click here|tap here|lesen sie|mehr (?:zum|von|dazu)|auch (?:interessant|lesen)"
        r"|lire (?:aussi|la suite)|à lire|leer|lea también|leggi|les (?:også|mer)|läs (?:också|mer)|lees|przeczytaj"
        r"|zobacz|читайте|читать|смотрите|также|подробнее|по теме|관련|함께|이 기사|もっと|あわせて|関連)(?!\w)",
    ),
    "call": _either(
        r"subscri|sign up|newsletter|log ?in\b|register|follow (?:us|me)|download (?:the|our)|our app|do you have a",
        r"contact us|e-?mail|whatsapp|telegram|facebook|twitter|instagram|youtube|tik ?tok|abonn|anmelden",
        r"рассылк|подпис|телеграм|구독|댓글|제보|카카오|네이버|会員|登録",
    ),
    "byline": _either(
        r"^\W*(?:by|von|par|por|di|da|av|af|text|reporting|edited|written|editing|автор|текст|글|기자|文)\b[^.]{3,60}$",
        r"@[\w-]+\.\w+|기자\s*$|특파원\s*$",
    ),
    "date": _either(
        r"^\W*(?:published|updated|posted|last|modified|aktualisiert|stand|veröffentlicht|опубликовано|입력|수정|등록"
        r"|승인|公開|更新|mis à jour|publié)\b.{0,80}$",
        r"^.{0,30}\d{1,2}[:.]\d{2}.{0,30}$|^.{0,25}\b(?:19|20)\d\d\b.{0,20}$",
    ),
    "author": _either(
        r"\bis an? (?:\w+ ){0,4}(?:reporter|editor|writer|journalist|correspondent|author|professor|fellow|columnist"
        r"|producer)\b",
        r"contributed to this|reporting by|editing by|with reports? from|associated press|first published",
        r"this (?:story|article) (?:was|has|originally)|mit dpa|mit material",
    ),
    "colon": re.compile(r":\s*$"),
    "question": re.compile(r"\?\s*$"),
    "figures": re.compile(r"^[\W\d]*$"),
    "address": re.compile(r"https?://|www\.|pic\.twitter"),
}
