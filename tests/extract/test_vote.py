"""trafilatura's vote by the short way: the same text as trafilatura's own, whatever the page."""

from __future__ import annotations

from copy import deepcopy

import pytest
import trafilatura
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml.html import HtmlElement, fromstring

from pipeline.extract import vote
from pipeline.extract.kinds import remembering, remembering_first
from pipeline.extract.tree import parse, strip_unseen
from tests.extract.pages import FURNITURE, LANGUAGES, PARAGRAPHS, TITLES, Parts, page, paragraphs

_REGEXPS = {"re": "http://exslt.org/regular-expressions"}
_COMMENTS = "".join(f"<div class='comment'><p>{line} Reader {n}</p></div>" for n, line in enumerate(PARAGRAPHS["en"]))
_TEASERS = "".join(
    f"<div class='teaser'><h3>{TITLES['en']}</h3><p>{n}. {PARAGRAPHS['en'][n % 4]}</p></div>" for n in range(90)
)
BODIES = {
    "article": "",
    "nothing": "<p>Too short.</p>",
    "furniture": f"<article>{paragraphs('en', ''.join(FURNITURE['en']))}</article>",
    "comments": f"<article>{paragraphs('en')}<div class='comments'>{_COMMENTS}</div></article>",
    "appended": f"<article>{paragraphs('en')}<div class='infinite-scroll'>{_COMMENTS}</div></article>",
    "appended, with heading": f"<div class='infinite-scroll'><h1>{TITLES['en']}</h1>{paragraphs('en')}</div>",
    "cells": f"<table><tr><td class=main><h1>A</h1>{''.join(f'<p>{line}' for line in PARAGRAPHS['en'])}</td></table>",
    "lines": f"<div class=news_body>{'<br><br>'.join(PARAGRAPHS['ko'])}</div>",
    "no paragraphs": "".join(f"<div class=css-{n}><div>{line}</div></div>" for n, line in enumerate(PARAGRAPHS["ru"])),
    "list": f"<div class='post-content'><ul>{''.join(f'<li>{line}</li>' for line in PARAGRAPHS['en'])}</ul></div>",
    "a stub among teasers": f"<article><p>{PARAGRAPHS['en'][0]}</p><p>{PARAGRAPHS['en'][1]}</p>{_TEASERS}</article>",
    "hidden characters": f"<article><p>{PARAGRAPHS['en'][0]}\u200b\xad\n{PARAGRAPHS['en'][1]}</p></article>",
    "a script": f"<article>{paragraphs('en')}</article><script>var a = 1;</script>",
}


def theirs(root: HtmlElement) -> str:
    """What trafilatura itself says."""
    found = trafilatura.bare_extraction(deepcopy(root), fast=True, include_comments=False)
    return str(getattr(found, "text", None) or "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_vote_is_trafilaturas(body: str, language: str) -> None:
    root = parse(page(Parts(language=language, body=body)).encode())
    assert root is not None
    if "<script" not in body:
        strip_unseen(root)
    assert vote.vote(root) == theirs(root)


def test_most_pages_go_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the vote is as right as ever, and takes twice the time without a word."""
    monkeypatch.setattr(vote, "_long_way", lambda _: pytest.fail("the long way"))
    for body in list(BODIES.values())[:8]:
        root = parse(page(Parts(body=body)).encode())
        assert root is not None
        strip_unseen(root)
        vote.vote(root)


def test_another_trafilatura_goes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    root = fromstring(page(Parts()))
    strip_unseen(root)
    expected = theirs(root)
    monkeypatch.delattr(vote._CORE, "extract_content")
    assert vote._quicken() is None
    monkeypatch.setattr(vote, "_PRUNED", None)
    monkeypatch.setattr(vote, "_CORE", trafilatura.core)
    assert vote.vote(root) == expected != ""


def test_trafilaturas_own_paths_are_left_alone() -> None:
    assert all(isinstance(path, etree.XPath) for path in trafilatura.xpaths.OVERALL_DISCARD_XPATH)
    assert vote._CORE is not trafilatura.core


PATHS = (
    ".//*[self::div or self::p][re:test(@class, 'nav|^ad-') or @id='x']",
    ".//*[contains(translate(@class, 'T', 't'), 'teaser') or @hidden]",
    ".//*[self::div][re:test(@id|@class, 'x')]",
    ".//*[self::div][contains(@class, 'nav')][not(.//p)]",
    ".//*[self::div][not(@class)]",
    ".//p|.//div[@id='x']",
    ".//*[@class='x'][1]",
    "(.//*[@class='x'])[1]",
    "(.//*[starts-with(@class, 'x')])[1]|(.//p)[1]",
    ".//*[contains(., 'nav')]",
    ".//*[@class='a]b' or @id=\"it's\"]",
)
_trees = st.recursive(
    st.just(""),
    lambda inner: st.builds(
        "<{0} {1}>{2}</{0}>".format,
        st.sampled_from(("div", "p", "section")),
        st.sampled_from(("", "class=x", "class=nav", "id=x class=y", "class=y id=x", "hidden", "class='ad-1 Teaser'")),
        st.lists(inner, max_size=3).map("".join),
    ),
    max_leaves=12,
)


@given(st.lists(_trees, max_size=3), st.sets(st.sampled_from(PATHS), max_size=4))
def test_what_is_remembered_is_what_the_paths_find(trees: list[str], sources: set[str]) -> None:
    root = fromstring(f"<html><body><div class=nav>nav</div>{''.join(trees)}</body></html>")
    paths = [etree.XPath(source, namespaces=_REGEXPS) for source in sources]
    for _ in range(2):  # found out, and remembered
        found = [element for find in remembering(paths) for element in find(root)]
        assert set(found) == {element for path in paths for element in path(root)}
    for path in paths:
        assert remembering_first(path)(root)[:1] == path(root)[:1]
