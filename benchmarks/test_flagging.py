"""Cost of flagging: ``python -m pytest benchmarks/test_flagging.py``.

Texts have about 5 KB of UTF-8 each. Compare the matcher with ``str.lower()`` on the same text, the least that any
case-insensitive matching must do. Targets, on average over our full articles in turn: 300 µs to score, 600 µs to
explain, 0.4 s to load.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from pipeline.flagging import Flagger

_BYTES = 5_000
_ITEMS = Path(__file__).parents[1] / "tests/eval"
# News of another kind, as most news is; a third of the text on the subject; a full article on the subject.
_KINDS = ("plain", "dense", "article")
_PARAGRAPHS = {
    "en": (
        "Officials in Vladivostok and Seoul met again on Tuesday to talk about the gas pipeline through North Korea.\n"
        "The orchestra rehearsed in the new hall, and its conductor said that the season would open in spring.\n"
        "Farmers in the valley expect a late harvest; the rain that fell last week did little for the orchards.\n"
    ),
    "ru": (
        "Во Владивостоке вновь обсудили газопровод, который прошёл бы через КНДР в Южную Корею.\n"
        "Оркестр репетировал в новом зале, и дирижёр сказал, что сезон откроется весной.\n"
        "Скорее всего, урожай в долине будет поздним: недавний дождь садам почти не помог.\n"
    ),
    "ko": (
        "러시아와 한국 관계자들이 블라디보스토크에서 북한을 지나는 가스관을 다시 논의했다.\n"
        "교향악단은 새 공연장에서 연습했고 지휘자는 봄에 첫 연주회를 연다고 말했다.\n"
        "골짜기의 농부들은 늦은 수확을 예상한다. 지난주에 내린 비는 과수원에 별 도움이 되지 않았다.\n"
    ),
}


@cache
def _flagger() -> Flagger:
    return Flagger.from_config()


def _text(language: str, kind: str) -> str:
    if kind == "article":
        return _article(language)
    paragraphs = _PARAGRAPHS[language]
    if kind == "plain":
        paragraphs = paragraphs.partition("\n")[2]
    return paragraphs * (_BYTES // len(paragraphs.encode()) + 1)


@cache
def _articles(language: str, sets: str = "*", *, on_subject: bool = False) -> list[tuple[str, str]]:
    """Our own full articles of these sets, title and text; with ``on_subject`` only the relevant ones."""
    files = [path.read_text("utf-8") for path in sorted(_ITEMS.glob(f"{sets}.jsonl"))]
    items = [json.loads(line) for file in files for line in file.splitlines()]
    wanted = [item for item in items if item.get("kind") == "article" and item["lang"] == language]
    return [(item["title"], item["text"]) for item in wanted if item["relevant"] or not on_subject]


def _article(language: str) -> str:
    """Articles on the subject, up to the size of the other texts."""
    articles = ["\n".join(article) for article in _articles(language, "independent", on_subject=True)]
    return "\n".join(articles).encode()[:_BYTES].decode("utf-8", "ignore")


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("language", _PARAGRAPHS)
def test_flag(benchmark: BenchmarkFixture, language: str, kind: str) -> None:
    """Match, score and explain an article."""
    text = _text(language, kind)
    told = benchmark(_flagger().flag, text.partition("\n")[0], text)
    assert bool(told.topics) == (kind != "plain")


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("language", _PARAGRAPHS)
def test_score(benchmark: BenchmarkFixture, language: str, kind: str) -> None:
    """Match and score, without evidence, passages and terms."""
    text = _text(language, kind)
    assert bool(benchmark(_flagger().score, text.partition("\n")[0], text).topics) == (kind != "plain")


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("language", _PARAGRAPHS)
def test_match(benchmark: BenchmarkFixture, language: str, kind: str) -> None:
    """The matcher alone: folding, automaton, rules at each place."""
    text = _text(language, kind)
    benchmark(_flagger().matcher.hits, text)


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("language", _PARAGRAPHS)
def test_lower(benchmark: BenchmarkFixture, language: str, kind: str) -> None:
    """The floor for the matcher."""
    assert benchmark(_text(language, kind).lower)


@pytest.mark.parametrize("what", ["lower", "match", "score", "flag"])
@pytest.mark.parametrize("language", _PARAGRAPHS)
def test_in_turn(benchmark: BenchmarkFixture, language: str, what: str) -> None:
    """All our articles, relevant or not, in turn; with -s it prints the time per article."""
    flagger, pairs = _flagger(), _articles(language)
    texts = ["\n".join(pair) for pair in pairs]
    work: Callable[[], object] = {
        "lower": lambda: [text.lower() for text in texts],
        "match": lambda: [flagger.matcher.hits(text) for text in texts],
        "score": lambda: [flagger.score(*pair) for pair in pairs],
        "flag": lambda: [flagger.flag(*pair) for pair in pairs],
    }[what]
    assert benchmark(work)
    print(f"\n{language} {what}: {benchmark.stats.stats.min * 1e6 / len(texts):.0f} µs per article")


def test_load(benchmark: BenchmarkFixture) -> None:
    """Read and check the shipped config."""
    assert benchmark.pedantic(Flagger.from_config, rounds=3).topics
