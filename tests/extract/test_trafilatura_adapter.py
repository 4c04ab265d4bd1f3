"""The adapter returns what trafilatura's public function returns, and leaves the tree as it is."""

from __future__ import annotations

import pytest
import trafilatura
from lxml.html import fromstring, tostring

from pipeline.extract.trafilatura_adapter import main_text
from tests.extract.pages import LANGUAGES, Parts, page


@pytest.mark.parametrize("language", LANGUAGES)
def test_adapter_gives_trafilaturas_text_and_keeps_the_tree(language: str) -> None:
    source = page(Parts(language=language))
    root = fromstring(source)
    before = tostring(root)
    assert main_text(root) == trafilatura.extract(source, fast=True, include_comments=False)
    assert tostring(root) == before


def test_page_without_text_gives_no_text_and_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert main_text(fromstring("<html><body><p></p></body></html>")) == ""
    assert not caplog.records
