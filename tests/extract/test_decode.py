"""Charsets: what the page is really in, whatever it and the server say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import extract
from pipeline.extract.decode import to_utf8
from tests.extract.pages import LANGUAGES, Parts, page, text

URL = "https://courier.example/1"
CHARSETS = [
    ("ru", "windows-1251"),
    ("ru", "koi8-r"),
    ("ru", "iso-8859-5"),
    ("ko", "euc-kr"),
    ("ko", "cp949"),
    ("en", "windows-1252"),
]


def encoded(language: str, charset: str, declared: str) -> bytes:
    meta = f'<meta charset="{declared}">' if declared else ""
    return page(Parts(language=language)).replace('<meta charset="utf-8">', meta).encode(charset, "xmlcharrefreplace")


@pytest.mark.parametrize(("language", "charset"), CHARSETS)
def test_the_meta_element_names_it(language: str, charset: str) -> None:
    assert extract(encoded(language, charset, charset), URL).text == text(language)


@pytest.mark.parametrize(("language", "charset"), CHARSETS)
def test_the_header_names_it(language: str, charset: str) -> None:
    source = encoded(language, charset, "")
    assert extract(source, URL, content_type=f'text/html; charset="{charset.upper()}"').text == text(language)


@pytest.mark.parametrize(
    ("language", "charset"), [pair for pair in CHARSETS if pair[1] not in ("iso-8859-5", "windows-1252")]
)
def test_nobody_names_it(language: str, charset: str) -> None:
    assert extract(encoded(language, charset, ""), URL).text == text(language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "content_type", ["text/html; charset=iso-8859-1", "text/html; charset=nonsense", "text/html", None]
)
def test_a_wrong_header_does_not_spoil_utf8(language: str, content_type: str | None) -> None:
    assert extract(page(Parts(language=language)).encode(), URL, content_type=content_type).text == text(language)


def test_a_wrong_meta_element_does_not_spoil_utf8() -> None:
    assert extract(encoded("ru", "utf-8", "windows-1251"), URL).text == text("ru")


def test_a_servers_default_of_latin1_gives_way_to_the_meta_element() -> None:
    source = encoded("ru", "windows-1251", "windows-1251")
    assert extract(source, URL, content_type="text/html; charset=ISO-8859-1").text == text("ru")


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_byte_order_marks_and_wide_pages(charset: str) -> None:
    assert extract(page(Parts(language="ko")).encode(charset), URL).text == text("ko")


def test_a_few_broken_bytes_cost_a_few_characters() -> None:
    source = page(Parts(language="ru")).encode()
    middle = source.index("чиновников".encode())
    found = extract(source[:middle] + b"\xff\xfe" + source[middle:], URL).text
    assert found.split("\n")[0] == text("ru").split("\n")[0]
    assert "чиновников" in found


@given(
    st.binary(max_size=400),
    st.sampled_from([None, "text/html; charset=euc-kr", "charset=base64", "charset=utf-16", "charset="]),
)
def test_any_bytes_decode(body: bytes, content_type: str | None) -> None:
    to_utf8(body, content_type).decode("utf-8")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=200))
def test_utf8_comes_back_as_it_was(sample: str) -> None:
    assert to_utf8(b"<p>" + sample.encode()).decode() == "<p>" + sample
