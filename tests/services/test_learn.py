"""``tumen learn``: what verdicts change, what they cannot change, and the way back."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.learn import RANDOM, drifted, pool, try_analyst
from pipeline import shipped
from pipeline.flagging import Flagger
from pipeline.flagging.labels import LabelledItem
from pipeline.services.learn import contradictions, enough, items_from, items_of, learn
from pipeline.store import open_store
from pipeline.store.audit import Count
from pipeline.store.judged import Judged
from tests import command
from tests.flagging.small import flagger as small_flagger

UNWANTED = "thaad"


@pytest.fixture(scope="module")
def flagger() -> Flagger:
    return Flagger.from_config()


@pytest.fixture(scope="module")
def items(flagger: Flagger) -> list[LabelledItem]:
    """Labelled items of two sets."""
    return pool(flagger, ("independent", "fifth"))


def verdict(article: int, *, relevant: bool = True, analyst: str = "anna", **fields: Any) -> Judged:
    values: dict[str, Any] = {
        "corrected": None, "flagged": None, "queue": "main", "week": "2026-11-02", "batch": None, "story": None,
        "title": f"Title {article}", "text": "", "home": None, "language": "en",
    }  # fmt: skip
    return Judged(article=article, analyst=analyst, relevant=relevant, **(values | fields))


def fill(database: Path, judged: Iterable[tuple[LabelledItem, str]]) -> None:
    """Store articles, each with a verdict of anna's."""
    conn = open_store(database)
    with conn:
        conn.execute(
            "INSERT INTO feeds (name, url, asked_url, language, kind, added_at)"
            " VALUES ('a', 'https://a.invalid/', 'https://a.invalid/', 'en', 'news', '')"
        )
        for number, (item, decision) in enumerate(judged, 1):
            time = f"2026-11-{1 + number % 28:02}T06:00:00Z"
            conn.execute(
                "INSERT INTO articles (id, title, text, relevance, relevant, feed_id, language, sorted_at, url,"
                " published_url, method, content_hash, first_seen_at, fetched_at) VALUES"
                " (?1, ?2, ?3, 0.9, 1, 1, ?4, ?5, ?1, ?1, 'feed', ?1, ?5, ?5)",
                (number, item.title, item.text, item.language, time),
            )
            conn.execute(
                "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token)"
                " VALUES (?1, 'anna', ?2, ?3, 1, 'token-' || ?1)",
                (number, decision, time),
            )
    conn.close()


def decided(items: Sequence[LabelledItem], count: int) -> list[tuple[LabelledItem, str]]:
    """Return verdicts of a desk that stopped wanting one topic."""
    wanted = [drifted(item, UNWANTED) for item in items[:count]]
    return [(item, "relevant" if item.relevant else "not_relevant") for item in wanted]


def tumen(*words: str | Path) -> tuple[int, str]:
    done = command.tumen(*words)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    return folder


# ---------------------------------------------------------------------------------------------- what is learned


def test_200_verdicts_with_a_drift_of_taste_rank_later_articles_better(
    flagger: Flagger, items: list[LabelledItem]
) -> None:
    found = try_analyst(flagger, items, unwanted=UNWANTED)
    assert found.outcome.steps["relevance"] == "refitted"
    assert found.gain[0] > 0
    assert any(concept == "missile_defence" for _, concept, change in found.outcome.concepts[:20] if change < 0)


def test_random_verdicts_change_nothing(flagger: Flagger, items: list[LabelledItem]) -> None:
    found = try_analyst(flagger, items, unwanted=RANDOM)
    assert found.outcome.model.heads == flagger.model.heads
    assert found.before == found.after


def test_prior_is_scored_as_the_flagger_scores_it(flagger: Flagger, items: list[LabelledItem]) -> None:
    """Every weight of the model takes part in the fit, also of features that few of the judged articles have."""
    from pipeline.flagging.training import Settings, design, priors

    names = {name for head in flagger.model.heads.values() for name in head.weights}
    data = design(flagger, items[:20], Settings(), names)
    found = priors(flagger, data.columns, flagger.model).log_odds(data.matrix)
    for row, item in enumerate(items[:20]):
        expected = flagger.scored(item.title, item.text, item.home).log_odds
        assert found[row] == pytest.approx(expected)


def test_few_verdicts_only_calibrate(flagger: Flagger, items: list[LabelledItem]) -> None:
    few = [replace(drifted(item, UNWANTED), unsure=frozenset()) for item in items[:99]]
    assert not enough(few)
    found = learn(flagger, few)
    assert "refitted" not in found.steps.values()
    one_kind = [replace(item, relevant=number > 28) for number, item in enumerate(items[:200])]
    assert not enough(one_kind)
    assert enough([replace(item, relevant=number > 29) for number, item in enumerate(items[:200])])


def test_corrected_topics_teach_a_topic() -> None:
    start = small_flagger()
    titles = ["Japan buys cedar", "Korea sleeps", "Russia waits", "Japan and Korea talk"]
    verdicts = [
        verdict(n, relevant=n % 2 == 0, title=titles[n % 4], corrected=("wood",) if n % 4 == 0 else ())
        for n in range(160)
    ]
    found = learn(start, items_of(verdicts, [], ["wood"]))
    assert found.steps["wood"] == "refitted"
    assert start.with_model(found.model).flag("Japan fells a cedar", "").topics.keys() == {"wood"}


# ---------------------------------------------------------------------------------------------- weights and labels


def test_audited_articles_count_for_those_they_stand_for() -> None:
    counts = [
        Count(language=language, week="2026-11-02", part="audit", size=size, judged=10, wanted=0)
        for language, size in (("en", 40), ("ru", 20))
    ]
    found = items_of([verdict(1, queue="audit"), verdict(2)], counts, [])
    assert [item.weight for item in found] == [3.0, 1.0]


def test_verdicts_on_a_story_and_of_two_analysts_share_their_weight() -> None:
    story = [verdict(number, batch="b", story=7) for number in range(4)]
    both = [verdict(9, relevant=True), verdict(9, relevant=False, analyst="boris")]
    found = items_of([*story, *both], [], [])
    assert [item.weight for item in found] == [0.25] * 4 + [0.5] * 2
    assert contradictions(found) == 1


def test_topics_are_learned_from_corrections_and_accepted_flags_only() -> None:
    cases = [
        verdict(1, corrected=("thaad",)),
        verdict(2, flagged=("sanctions",)),
        verdict(3, flagged=("sanctions",), relevant=False),
        verdict(4, flagged=()),
        verdict(5),
    ]
    found = items_of(cases, [], ["thaad", "sanctions"])
    assert [sorted(item.topics) for item in found] == [["thaad"], ["sanctions"], [], [], []]
    assert [bool(item.unsure) for item in found] == [False, False, True, True, True]


def test_only_the_latest_verdict_of_an_analyst_counts(tmp_path: Path, items: list[LabelledItem]) -> None:
    fill(tmp_path / "t.db", decided(items, 3))
    conn = open_store(tmp_path / "t.db")
    for number, (article, analyst, decision) in enumerate(
        [(1, "anna", "withdrawn"), (2, "anna", "escalate"), (3, "boris", "not_relevant")]
    ):
        conn.execute(
            "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token) VALUES (?, ?, ?, '', 1, ?)",
            (article, analyst, decision, f"later-{number}"),
        )
    found = {item.id: item.relevant for item in items_from(conn, [])}
    conn.close()
    assert found.keys() == {"2/anna", "3/anna", "3/boris"}
    assert found["2/anna"]
    assert not found["3/boris"]


# ---------------------------------------------------------------------------------------------- the command


def test_dry_run_apply_and_undo(tmp_path: Path, config: Path, items: list[LabelledItem]) -> None:
    database = tmp_path / "tumen.db"
    fill(database, decided(items, 150))
    where = ("--db", database, "--config", config)
    code, text = tumen("learn", "--dry-run", *where)
    assert code == 0, text
    assert "relevance: new weights" in text
    assert "average precision" in text
    assert "difference" in text
    assert "Nothing was written" in text
    assert list(config.iterdir()) == []

    code, text = tumen("learn", *where)
    assert code == 2, "nobody can be asked"
    assert list(config.iterdir()) == []

    code, text = tumen("learn", "--yes", *where)
    assert code == 0, text
    learned = (config / "model.toml").read_bytes()
    assert b"verdicts: 150" in learned
    code, text = tumen("learn", "--yes", *where)
    assert (config / "model.toml").read_bytes() == learned, "a verdict counts once"
    assert "stays as it is" in text

    assert tumen("learn", "--undo", *where)[0] == 0
    assert not (config / "model.toml").exists()
    code, text = tumen("learn", "--undo", *where)
    assert code == 66
    assert "no earlier model" in text


def test_undo_restores_a_model_of_the_folder(config: Path) -> None:
    from pipeline.services import model_files

    (config / "model.toml").write_text("own", encoding="utf-8")
    model_files.apply(config, "learned", config / "model.toml")
    model_files.apply(config, "learned again", config / "model.base.toml")
    assert (config / "model.base.toml").read_text(encoding="utf-8") == "own"
    model_files.undo(config)
    assert (config / "model.toml").read_text(encoding="utf-8") == "learned"


def test_no_verdict_and_one_kind_of_verdict_change_nothing(
    tmp_path: Path, config: Path, items: list[LabelledItem]
) -> None:
    empty, one_kind = tmp_path / "empty.db", tmp_path / "one.db"
    fill(empty, [])
    fill(one_kind, [(item, "relevant") for item in items[:5]])
    for database, expected in ((empty, "no verdict"), (one_kind, "All 5 verdicts are “relevant”")):
        code, text = tumen("learn", "--yes", "--db", database, "--config", config)
        assert code == 0
        assert expected in text
        assert len(text.splitlines()) == 1
    assert list(config.iterdir()) == []


def test_bad_input_is_one_line_and_the_model_stays(tmp_path: Path, config: Path, items: list[LabelledItem]) -> None:
    database = tmp_path / "tumen.db"
    fill(database, decided(items, 4))
    model = (shipped.CONFIG / "model.toml").read_text(encoding="utf-8")
    cut, other = tmp_path / "cut", tmp_path / "other"
    for folder, text in ((cut, model[: len(model) // 2 + 7]), (other, model.replace("missile_defence", "no_such_one"))):
        folder.mkdir()
        (folder / "model.toml").write_text(text, encoding="utf-8")
    cases: list[tuple[list[str | Path], int, str]] = [
        (["--db", database], 78, "shipped config"),
        (["--db", database, "--config", tmp_path / "none"], 78, "does not exist"),
        (["--db", tmp_path / "none.db", "--config", config], 73, "tumen run"),
        (["--db", database, "--config", cut], 78, "model.toml"),
        (["--db", database, "--config", other], 78, "no_such_one"),
    ]
    for words, code, message in cases:
        found, text = tumen("learn", "--yes", *words)
        assert found == code, text
        assert message in text
        assert len(text.splitlines()) == 1, text
    assert (other / "model.toml").read_text(encoding="utf-8") == model.replace("missile_defence", "no_such_one")


def test_folder_that_cannot_be_written_keeps_its_model(config: Path) -> None:
    from pipeline.errors import StoreError
    from pipeline.services import model_files

    shutil.copy(shipped.CONFIG / "model.toml", config / "model.toml")
    (config / "model.previous.toml.part").mkdir()  # root may write into a folder without permission
    with pytest.raises(StoreError, match="cannot be written"):
        model_files.apply(config, "new", config / "model.toml")
    assert (config / "model.toml").read_bytes() == (shipped.CONFIG / "model.toml").read_bytes()
