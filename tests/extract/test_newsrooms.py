"""F1 of text, days and authors on pages built like those of our Russian and Korean sources."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.extraction import shingles
from pipeline.extract import extract
from tests.extract.newsrooms import Sample, samples

URL = "https://newsroom.example/a/1"


def f1(sample: Sample, text: str) -> float:
    wanted, got = shingles(sample.text), shingles(text)
    hits = (wanted & got).total()
    return 2 * hits / (wanted.total() + got.total())


@pytest.mark.parametrize("language", ["ru", "ko"])
def test_pages_of_our_sources_are_read(language: str) -> None:
    found = [(page, extract(page.html, URL)) for page in samples(language)]
    assert len(found) >= 40
    assert statistics.mean(f1(page, one.text) for page, one in found) >= 0.95
    assert statistics.mean(str(one.published)[:10] == str(page.published)[:10] for page, one in found) >= 0.95
    assert statistics.mean(page.author in one.authors for page, one in found) >= 0.85
    assert statistics.mean(one.title == page.title for page, one in found) >= 0.95
