"""A backtest gives the same result on one core and on several."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.services import backtest as service
from pipeline.store import open_store, transaction

_TEXTS = (
    (
        "Moon Jae-in addresses the State Duma",
        "The president called for a gas pipeline from Russia through North Korea.",
    ),
    ("A late harvest", "The rain that fell last week did little for the orchards."),
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Ids far apart, so that there are several slices."""
    path = tmp_path / "tumen.db"
    conn = open_store(path)
    with transaction(conn):
        conn.execute(
            "INSERT INTO feeds (name, url, asked_url, language, kind, added_at) VALUES ('P', 'x', '', 'en', 'x', '')"
        )
        for at in range(12):
            title, text = _TEXTS[at % 2]
            conn.execute(
                "INSERT INTO articles (id, title, text, feed_id, sorted_at, url, published_url, method, content_hash,"
                " first_seen_at, fetched_at) VALUES (?, ?, ?, 1, '', ?, '', 'x', ?, '', '')",
                (1 + 400 * at, title, text, f"a{at}", f"h{at}"),
            )
    conn.close()
    return path


def test_backtest_is_the_same_on_one_core_and_on_two(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    two = service.backtest(database, None)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert service.backtest(database, None) == two
    assert two.articles == 12
    change = two.topics["duma_summit"]
    assert (change.added, change.removed, len(change.added_samples)) == (6, 0, 5)
