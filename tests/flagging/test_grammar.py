"""What a surface of the lexicon finds: a table of surfaces, texts and answers."""

from __future__ import annotations

import pytest

from pipeline.flagging.catalogue import Group
from pipeline.flagging.matcher import Matcher


def found(surface: str, language: str, text: str) -> list[str]:
    """The pieces of the text in which a surface is found."""
    matcher = Matcher(["concept"], [Group(0, language, (surface,), False)])
    return [text[hit.start : hit.end] for hit in matcher.find(text)]


@pytest.mark.parametrize(
    ("surface", "language", "text", "pieces"),
    [
        # ё is е, in the surface and in the text
        ("королев", "ru", "Генерал Королёв прибыл.", ["Королёв"]),
        ("королёв", "ru", "Генерал Королев прибыл.", ["Королев"]),
        # every kind of hyphen, dash and space is one
        ("су-57", "ru", "Истребитель Су\u201157 показали.", ["Су\u201157"]),
        ("су-57", "ru", "Истребитель Су\u201357 показали.", ["Су\u201357"]),
        ("su 57", "en", "The Su\u00a057 flew.", ["Su\u00a057"]),
        # whole words, unless a * frees the ending
        ("russia", "en", "Russian gas for Russia", ["Russia"]),
        ("russia*", "en", "Russian gas for Russia", ["Russian", "Russia"]),
        ("gas pipeline", "en", "two gas pipelines", ["gas pipelines"]),  # an English plural
        # case counts after =
        ("=US", "en", "US help for us", ["US"]),
        # any one of up to three spaces of a Korean surface may be left out
        ("북한 노동당 중앙 위원회", "ko", "북한노동당중앙위원회가 열렸다", ["북한노동당중앙위원회"]),
        ("북한 노동당 중앙 위원회", "ko", "북한 노동당중앙 위원회가 열렸다", ["북한 노동당중앙 위원회"]),
        ("북한 노동당 중앙 위원회", "ko", "북한노동당 중앙 위원회가 열렸다", ["북한노동당 중앙 위원회"]),
        # a Korean surface is not found inside a word; its ending is free
        ("사드", "ko", "사드를 배치했다", ["사드"]),
        ("사드", "ko", "메르세사드 공장", []),
        ("~사드", "ko", "메르세사드 공장", ["사드"]),
        # one that ends in Latin letters needs an end of the word
        ("한국 KF", "ko", "한국 KFC 매장", []),
        ("한국 KF", "ko", "한국 KF가 밝혔다", ["한국 KF"]),
        ("=한국 KF", "ko", "한국 KF가 밝혔다", []),
        # headline signs of one or two hanja count only beside Hangul
        ("北", "ko", "北, 미사일 발사", ["北"]),
        ("北露", "ko", "北露 정상회담 열려", ["北露"]),
        ("北露", "ko", "北露首脳会談が開催", []),
        ("北", "ko", "北海道で開催", []),
        # soft hyphens and decomposed Hangul do not hide a word
        ("gazprom", "en", "Gaz\u00adprom said", ["Gaz\u00adprom"]),
        ("사드", "ko", "\u1109\u1161\u1103\u1173를 배치", ["\u1109\u1161\u1103\u1173"]),
    ],
)
def test_surface_finds(surface: str, language: str, text: str, pieces: list[str]) -> None:
    assert found(surface, language, text) == pieces
