"""The adapter returns what trafilatura's public function returns, and leaves the tree as it is."""

from __future__ import annotations

import pytest
import trafilatura
from lxml.html import fromstring, tostring

from pipeline.extract.libraries import trafilatura_authors, trafilatura_text
from tests.extract.pages import LANGUAGES, Parts, page


@pytest.mark.parametrize("language", LANGUAGES)
def test_adapter_gives_trafilaturas_text_and_keeps_the_tree(language: str) -> None:
    source = page(Parts(language=language))
    root = fromstring(source)
    before = tostring(root)
    assert trafilatura_text(root) == trafilatura.extract(source, fast=True, include_comments=False)
    assert tostring(root) == before


def test_page_without_text_gives_no_text_and_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert trafilatura_text(fromstring("<html><body><p></p></body></html>")) == ""
    assert not caplog.records


def test_adapter_gives_the_authors_of_trafilaturas_metadata_and_keeps_the_tree() -> None:
    root = fromstring(page(Parts(body="<article><p class='author'>Mara Lindgren</p><p>The ferry runs.</p></article>")))
    before = tostring(root)
    assert trafilatura_authors(root) == trafilatura.extract_metadata(root, extensive=False).author == "Mara Lindgren"
    assert tostring(root) == before
