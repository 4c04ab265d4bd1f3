"""The desk's own texts in English, Russian and Korean."""

from __future__ import annotations

import re
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.review import interface, pages
from pipeline.text.catalogue import Catalogue
from tests.review.conftest import Served

FOLDER = Path(interface.__file__).parent
_TEXT = r'"((?:[^"\\]|\\.)*)"'
_CALLS = re.compile(rf"\bt\(\s*{_TEXT}|\bt\.count\(\s*{_TEXT},\s*{_TEXT}")
_ERRORS = re.compile(rf"(?:RequestError\(|_form_again\(datasette, request, )\s*\d+,\s*{_TEXT}[,)\s]")
TRANSLATED = [language for language in interface.LANGUAGES if language != "en"]


def texts() -> dict[str, bool]:
    """Return every text of the templates, scripts and errors, and whether it has plural forms."""
    found: dict[str, bool] = {}
    for path in [*FOLDER.glob("html/*.html"), *FOLDER.glob("templates/*.html"), *FOLDER.glob("assets/*.js"),
                 *FOLDER.glob("*.py"), *FOLDER.parent.glob("services/brief*.py")]:  # fmt: skip
        source = path.read_text(encoding="utf-8")
        for text, _, many in _CALLS.findall(source):
            found[text or many] = bool(many)
        for text in _ERRORS.findall(source):
            found[text] = False
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_has_a_translation_with_the_same_values(language: str) -> None:
    words = interface.load(language).words
    missing = [text for text in texts() if text not in words]
    assert not missing, f"add to words/{language}.toml: {missing}"
    for text, found in words.items():
        forms: list[Any] = found if isinstance(found, list) else [found]
        for form in forms:
            assert sorted(re.findall(r"{\w+}", form)) == sorted(re.findall(r"{\w+}", text)), text


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_texts_have_one_form_per_plural_of_the_language(language: str) -> None:
    words = interface.load(language).words
    forms = {"ru": 3, "ko": 1}[language]
    for text, plural in texts().items():
        assert isinstance(words[text], list) == plural, text
        assert not plural or len(words[text]) == forms, text


def test_languages_have_the_same_keys_in_the_same_tables() -> None:
    read = {name: tomllib.loads((FOLDER / f"words/{name}.toml").read_text(encoding="utf-8")) for name in TRANSLATED}
    keys = {name: {table: set(words) for table, words in tables.items()} for name, tables in read.items()}
    assert keys["ru"] == keys["ko"]


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("de,ru;q=0.7,en;q=0.3", "ru"), ("fr", "en"), ("ru;q=x,en", "en"),
     ("en;q=0.5,ko;q=0.9", "ko")],
)  # fmt: skip
def test_browser_language_is_used(header: str, language: str) -> None:
    assert interface.accepted(header) == language


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_kind_of_concept_has_a_name(language: str, library: Served) -> None:
    words = interface.load(language).words
    for (kind,) in library.rows("SELECT DISTINCT kind FROM concepts"):
        assert pages.kind_name(str(kind)) in words


@pytest.mark.parametrize(("language", "heading"), [("ru", "Переданные выше"), ("ko", "상부 보고")])
def test_brief_is_in_the_language_of_the_desk(language: str, heading: str, desk: Served) -> None:
    with closing(sqlite3.connect(desk.database)) as conn, conn:
        conn.execute(
            "INSERT INTO reviews (article_id, analyst, verdict, revision, at, token, note) SELECT id, 'boris',"
            " 'escalate', 1, first_seen_at, 'brief-token', 'Hm.' FROM articles WHERE relevant = 1 LIMIT 1"
        )
    for form in ("", ".md", ".html"):
        _, text, _ = desk.get(f"/-/tumen/brief{form}", accept_language=language, cookie="tumen_zone=Asia/Seoul")
        assert heading in text
        assert "KST" in text
        for english in ("New articles", "feeds work", " since ", "No articles on", "Matched words", "Also in", "Note:"):
            assert english not in text, (form, english)


def test_russian_numbers_take_their_form() -> None:
    russian = Catalogue("ru", {"{n} articles": ["{n} статья", "{n} статьи", "{n} статей"]})
    counted = [russian.count("{n} article", "{n} articles", n) for n in (1, 3, 5, 11, 21, 112)]
    assert counted == ["1 статья", "3 статьи", "5 статей", "11 статей", "21 статья", "112 статей"]


def test_desk_follows_the_browser_and_the_choice_of_the_reader(desk: Served) -> None:
    assert '<html lang="ko">' in desk.get("/-/tumen/login", accept_language="ko")[1]
    client = desk.client()
    _, page, _ = desk.ask(client, "/-/tumen/login?x=1", None, accept_language="ko")
    fields = dict(re.findall(r'<input type="hidden" name="(csrftoken|back)" value="([^"]+)"', page))
    assert fields["back"] == "/-/tumen/login?x=1"
    body = f"csrftoken={fields['csrftoken']}&back=/-/tumen/login&language=ru".encode()
    _, page, _ = desk.ask(client, "/-/tumen/language", body, accept_language="ko")
    assert "Войти" in page
    body = f"csrftoken={fields['csrftoken']}&back=//evil.example/&language=en".encode()
    _, page, _ = desk.ask(client, "/-/tumen/language", body)
    assert "to review" in page
