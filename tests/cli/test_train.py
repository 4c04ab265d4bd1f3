"""``tumen train``: a model from labelled files, and one clear line for each bad one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipeline.flagging import Flagger
from tests.command import tumen

RELEVANT = ("Putin and Moon discuss gas pipeline", "Lavrov in Pyongyang for talks", "Москва и Сеул обсудили газопровод")
OTHER = (
    "Orchestra opens its season",
    "Harvest is late this year",
    "Football: Spain beat Italy",
    "Сеул: выставка кошек",
)


def write(path: Path, change: dict[str, object] | None = None, *, relevant: int = 30, other: int = 30) -> Path:
    """Write labelled headlines."""
    rows: list[dict[str, object]] = [
        {"id": f"{word}{n}", "lang": "en", "kind": "headline", "title": f"{titles[n % len(titles)]} ({n})", "text": "",
         "relevant": int(word == "r"), "topics": ["pipelines"] * ("gas" in titles[n % len(titles)])}
        for word, titles, count in (("r", RELEVANT, relevant), ("o", OTHER, other))
        for n in range(count)
    ]  # fmt: skip
    rows[0] |= change or {}
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_a_model_is_trained_and_used(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    done = tumen("train", write(tmp_path / "made.jsonl"), "--quick", "--rule", "first", "-o", config / "model.toml")
    assert done.returncode == 0, done.stderr
    flagger = Flagger.from_config(config)
    assert (flagger.model.provenance.rule, flagger.model.provenance.sets) == ("first", ("made: 60 items",))
    assert flagger.flag("Putin and Moon discuss a pipeline", "").relevant
    assert not flagger.flag("Orchestra closes its season", "").relevant
    assert "seed clauses only" in tumen("topics", "list", "--config", config).stdout


def test_figures_are_out_of_sample_set_by_set(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{name}.jsonl") for name in ("one", "two")]
    for file in files[1:]:
        file.write_text(file.read_text("utf-8").replace(" (", " no. ("), encoding="utf-8")
    done = tumen("train", *files)
    assert done.returncode == 0, done.stderr
    assert re.search(r"one: 60 items, relevance F1 [01]\.\d{3}", done.stderr)
    assert "[head.relevance]" in done.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"relevant": 2}, "line 1: “relevant” must be 0 or 1"),
        ({"topics": ["tanks"]}, "there is no topic “tanks”"),
    ],
)
def test_a_bad_line_stops_training_and_the_old_model_stays(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    old = tmp_path / "model.toml"
    old.write_text("old")
    done = tumen("train", write(tmp_path / "bad.jsonl", change), "--quick", "-o", old)
    assert (done.returncode, done.stderr.count("\n")) == (78, 1)
    assert message in done.stderr
    assert old.read_text() == "old"


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((5, 5), "10 labelled items are too few; training needs 50."),
        ((60, 0), "all items have the same label"),
    ],
)
def test_too_few_labels_or_one_class_are_refused(tmp_path: Path, counts: tuple[int, int], message: str) -> None:
    done = tumen("train", write(tmp_path / "few.jsonl", relevant=counts[0], other=counts[1]), "--quick")
    assert (done.returncode, done.stderr.count("\n")) == (78, 1)
    assert message in done.stderr


def test_a_broken_model_stops_a_command_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text('[head.thaad]\nintercept = nan\ncut = 0.4\nweights = { "thaad" = 1.0 }\n')
    done = tumen("topics", "list", "--config", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (78, 1)
    assert "model.toml: head.thaad › intercept: must be a number" in done.stderr


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    """The topic “fisheries” of docs/editing-topics.md, as written there."""
    text = (Path(__file__).parents[2] / "docs" / "editing-topics.md").read_text("utf-8")
    blocks = [
        re.sub(r"^   ", "", block, flags=re.MULTILINE) for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    ]
    shipped = Path(__file__).parents[2] / "config"
    for folder, block in (("concepts", blocks[0]), ("topics", blocks[1])):
        (tmp_path / folder).mkdir()
        for path in (shipped / folder).glob("*.toml"):
            (tmp_path / folder / path.name).write_text(path.read_text("utf-8"), encoding="utf-8")
        (tmp_path / folder / "fisheries.toml").write_text(block, encoding="utf-8")
    (tmp_path / "piece.txt").write_text("Seoul and Moscow agree on fishing quota\n")
    told = tumen("explain", tmp_path / "piece.txt", "--config", tmp_path)
    assert told.returncode == 0, told.stderr
    assert "+3.5  clause “two states” in the title" in told.stdout
    assert "+1.0  in all: probability 0.73" in told.stdout
    assert "duma" in tumen("topics", "list", "--config", tmp_path).stdout
