"""Bad input: a result or a clear refusal, in bounded time, and never an exception."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.extract import extract
from pipeline.extract.bounds import MAX_BYTES
from tests.extract.pages import PARAGRAPHS, Parts, page, text

URL = "https://courier.example/1"
LINE = PARAGRAPHS["en"][0]

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "empty"),
    "blanks": (lambda: b" \n\t", "empty"),
    "a document": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 400, "a PDF"),
    "an image": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(5000), "a PNG image"),
    "noise": (lambda: bytes(range(256)) * 40, "binary"),
    "plain words": (LINE.encode, "no markup"),
    "twenty megabytes": (lambda: b"<p>" + b"ferry line " * 2_000_000, f"larger than {MAX_BYTES // 1024 // 1024} MB"),
    "a million attributes": (lambda: b"<p " + b" ".join(b"a%d=1" % n for n in range(1_000_000)) + b">x", "attributes"),
    "a million tags": (lambda: b"<b>" * 1_000_000, "tags"),
    "100,000 paragraphs": (lambda: b"<p>a short line" * 100_000, "more than 30,000 blocks"),
    "text below 2,047 levels": (lambda: b"<div>" * 3_000 + b"<p>" + LINE.encode(), "more than 2,047 levels"),
    "5,000 tables inside each other": (lambda: b"<table><tr><td>" * 5_000 + LINE.encode(), "more than 2,047 levels"),
}
READ: dict[str, Callable[[], bytes]] = {
    "100,000 levels": lambda: b"<div>" * 100_000 + b"<p>x",
    "200,000 links": lambda: b"".join(b'<a href="/%d">link %d</a>' % (n, n) for n in range(200_000)),
    "50,000 line breaks": lambda: b"text<br>" * 50_000,
    "200,000 line breaks": lambda: b"text<br>" * 200_000,
    "200,000 empty line breaks": lambda: b"<br>" * 200_000,
    "50,000 links": lambda: b"".join(b'<a href="/%d">link %d</a>' % (n, n) for n in range(50_000)),
    "2,000 objects around the text": lambda: b"<object>" * 2_000 + f"<p>{LINE}</p>".encode() * 5_000,
    "text at 1,500 levels": lambda: b"<div>" * 1_500 + f"<p>{LINE}</p>".encode() * 5_000,
    "10,000 paragraphs": lambda: b"".join(b"<p>%d %s</p>" % (n, LINE.encode()) for n in range(10_000)),
    "unclosed everything": lambda: b"<div><p><b><i><a href=x><span><table><tr><td>" * 3_000,
    "script only": lambda: b"<script>" + b"x=1;" * 300_000,
    "unclosed scripts": lambda: b"<script>" * 100_000,
    "unclosed comments": lambda: b"<!--" * 100_000,
    "quotes without end": lambda: b'<script>"' + b'\\"a' * 500_000,
    "deep JSON": lambda: b'<script type="application/ld+json">' + b'{"a":[' * 50_000 + b"</script><p>x",
    "broken JSON": lambda: b'<script type="application/ld+json">{"headline":"' + b"\\x " * 300_000 + b"</script><p>x",
    "an image inside a tag": lambda: b'<img src="data:image/png;base64,' + b"A/" * 1_000_000 + b'"><p>x',
    "one long word": lambda: b"<p>" + b"a" * 2_000_000,
    "addresses of mail": lambda: b"<p>" + b"a.b@c-d." * 20_000,
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_parser_should_see_is_refused_with_a_reason(what: str) -> None:
    make, reason = REFUSED[what]
    found = extract(make(), URL)
    assert found.text == ""
    assert found.method.startswith("refused: ")
    assert reason in found.method


@pytest.mark.parametrize("what", READ)
def test_a_strange_page_takes_bounded_time(what: str) -> None:
    source = READ[what]()
    start = time.process_time()
    extract(source, URL)
    # far above what it takes (2 s at most on an idle machine), below what a quadratic step would
    assert time.process_time() - start < 10


def test_an_article_below_a_thousand_levels_is_read() -> None:
    body = "<div>" * 1_000 + f"<article><h1>x</h1>{''.join(f'<p>{line}</p>' for line in PARAGRAPHS['en'])}</article>"
    assert extract(page(Parts(body=body)).encode(), URL).text == text("en")


def test_scripts_that_compare_are_no_tags_with_attributes() -> None:
    script = "<script>for(i=0;i<n && " + "a b/c " * 5_000 + ";i++){}</script>"
    assert extract(page(Parts(head=script)).encode(), URL).text == text("en")


SOUP = """
<p>|</p>|<div class='article-body'>|</div>|<a href='/x'>|</a>|<h1>|</h1>|<br>|<br><br>|<table><tr><td>|</table>|<script>
</script>|<script type='application/ld+json'>|{"@type":"NewsArticle",|"headline":"x"|}|<!--|-->|<svg>|<math>|<template>
<time datetime='2026-13-45'>|&#0;|&amp;|<meta property='og:title' content='|'>|<html lang='|<body onload=x>|<p hidden>
<figure><figcaption>|<ul><li>|<nav>|<aside>|<form>|<title>|<link rel=canonical href='//[::1'>
"""
FRAGMENTS = st.sampled_from([*SOUP.strip().replace("\n", "|").split("|"), "\x00", "\ufffe", LINE])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FRAGMENTS | st.text(max_size=20), max_size=40), st.text(max_size=30))
@example(["<svg>", "\ufffe"], "")
def test_any_tag_soup_gives_a_result(pieces: list[str], url: str) -> None:
    found = extract(("<html>" + "".join(pieces)).encode("utf-8", "surrogatepass"), url)
    assert 0 <= found.quality <= 1
    assert found.published is None or found.published.tzinfo is not None
    assert "" not in found.text.split("\n") or not found.text


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_give_a_result(body: bytes) -> None:
    extract(body, URL)
