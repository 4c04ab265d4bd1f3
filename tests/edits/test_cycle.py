"""Whole cycles over real sockets: pages that are edited, deleted and walled, and what people see of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cycle.run import run_cycle
from pipeline.store import page_archive
from tests.edits.world import Piece, Scene, Sites, plan
from tests.world.server import Answer, Hostile

START = datetime.now(UTC) - timedelta(days=20)


class Story:
    """Some English articles with chosen fates, and cycles at chosen hours."""

    def __init__(self, folder: Path, stack: ExitStack, kinds: list[str], *, more: str = "", feeds: str = "") -> None:
        pieces = [piece for piece in plan(3 * len(kinds), seed=5) if piece.language == "en"]
        for piece, kind in zip(pieces, kinds, strict=True):
            piece.kind, piece.hours, piece.stable = kind, 1.0, False
        self.pieces = pieces
        self.site = stack.enter_context(Sites("en", pieces))
        self.scene = Scene([self.site], folder, START, more, feeds)

    def run(self, *hours: float) -> None:
        for hour in hours:
            self.scene.move_to(hour)
            run_cycle(self.scene.database, self.scene.folder, trigger="test", now=self.scene.now)

    def rows(self, sql: str) -> list[Any]:
        conn = sqlite3.connect(self.scene.database)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()

    def asked(self, piece: Piece) -> int:
        return self.site.paths().count(piece.path)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def test_edits_are_found_stored_and_shown_and_deletions_are_confirmed(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["number", "headline", "unchanged", "404", "soft 404", "bot wall", "typo"])
    story.run(0)
    first = story.rows("SELECT title FROM articles ORDER BY id")
    story.run(2.1)
    assert sorted(story.rows("SELECT kind, reported FROM edits WHERE kind <> 'cosmetic'")) == [
        ("fact", 1),
        ("headline", 1),
        ("wording", 0),
    ]
    facts = json.loads(story.rows("SELECT parts FROM edits WHERE kind = 'fact'")[0][0])
    assert next(part["facts"] for part in facts if part["kind"] == "fact")
    assert story.rows("SELECT count(*) FROM revisions") == [(3,)]
    assert story.rows("SELECT title FROM articles ORDER BY id") != first
    assert story.rows("SELECT count(*) FROM looks WHERE state = 'missing'") == [(2,)]
    story.run(26.3)
    gone = story.rows("SELECT summary FROM edits WHERE kind = 'gone' ORDER BY summary")
    assert ["status 404" in text or "not found" in text for (text,) in gone] == [True, True]
    ((reason,),) = story.rows("SELECT reason FROM looks WHERE reason LIKE '%bot check%'")
    assert reason == "The page is a bot check in place of the article."
    story.run(168.2, 200)
    assert all(story.asked(piece) <= 4 for piece in story.pieces)
    assert story.rows("SELECT count(*) FROM looks WHERE next_at IS NOT NULL") == [(0,)]
    assert story.rows("SELECT count(*) FROM edits WHERE reported") == [(4,)]


def test_page_that_comes_back_with_another_number_and_date_is_reported(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["404"])
    story.run(0)
    before = story.rows("SELECT sorted_at FROM articles")
    story.run(2.1, 26.3)
    story.pieces[0].kind = "number"
    story.run(168.2, 200)
    assert story.rows("SELECT kind, reported FROM edits ORDER BY id") == [("gone", 1), ("back", 1)]
    ((summary, parts),) = story.rows("SELECT summary, parts FROM edits WHERE kind = 'back'")
    assert summary.startswith("The page is there again, 1 sentence reworded: ")
    assert {part["kind"] for part in json.loads(parts)} >= {"fact"}
    assert story.rows("SELECT state, missing_since, looks FROM looks") == [("ended", None, 3)]
    assert story.rows("SELECT revision, sorted_at FROM articles") == [(2, *before[0])]


def test_cycle_before_the_first_look_asks_for_nothing(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["number"])
    story.run(0, 1.5)
    assert story.asked(story.pieces[0]) == 1


def test_conditional_request_saves_the_page(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["unchanged"])
    story.pieces[0].stable = True
    story.run(0, 2.1)
    assert story.rows("SELECT status, outcome FROM fetches WHERE kind = 'page' ORDER BY id") == [
        (200, "fetched"),
        (304, "not_modified"),
    ]


def test_pages_are_kept_only_while_they_are_watched(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["unchanged"])
    story.run(0, 2.1)
    path = page_archive.path_beside(story.scene.database)

    def copies() -> int:
        conn = sqlite3.connect(path)
        try:
            return int(conn.execute("SELECT count(*) FROM copies").fetchone()[0])
        finally:
            conn.close()

    assert copies() == 1
    archive = page_archive.PageArchive.open(path)
    archive.prune_watched(story.scene.now() + timedelta(days=30))
    archive.close()
    assert copies() == 0


def test_damaged_archive_costs_the_comparison_and_is_reported_once(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["number", "number"])
    story.run(0)
    path = page_archive.path_beside(story.scene.database)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))  # the header and the schema stay
    story.scene.move_to(2.1)
    report = run_cycle(story.scene.database, story.scene.folder, trigger="test", now=story.scene.now)
    assert ["page archive" in trouble.reason for trouble in report.troubles] == [True]
    assert [story.asked(piece) for piece in story.pieces] == [2, 2]


@pytest.mark.parametrize("off", ["source", "settings"])
def test_looks_can_be_switched_off(tmp_path: Path, stack: ExitStack, off: str) -> None:
    more = {"feeds": "edits = false\n"} if off == "source" else {"more": "after_hours = []\n"}
    story = Story(tmp_path, stack, ["number"], **more)
    story.run(0, 2.1, 24.1)
    assert story.asked(story.pieces[0]) == 1
    if off == "settings":
        assert not page_archive.path_beside(story.scene.database).exists()


def test_looks_that_are_planned_end_when_a_source_is_switched_off(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["number"])
    story.run(0)
    feeds = tmp_path / "feeds.toml"
    feeds.write_text(feeds.read_text(encoding="utf-8") + "edits = false\n", encoding="utf-8")
    story.run(2.1)
    assert story.asked(story.pieces[0]) == 1
    assert story.rows("SELECT state, reason FROM looks") == [("ended", "Looks are off for this source.")]


def test_budget_per_day_leaves_the_rest_for_later(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["unchanged"] * 4, more="per_day = 1\n")
    story.run(0, 2.1, 3.0)
    assert sum(story.asked(piece) for piece in story.pieces) == 4 + 1


def test_slow_site_does_not_hold_the_cycle_and_is_not_asked_again_at_once(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["unchanged"])
    story.run(0)
    settings = tmp_path / "tumen.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("seconds = 600", "seconds = 1"), encoding="utf-8")
    story.site.delay = 30.0
    began = datetime.now(UTC)
    story.run(2.1, 2.2)
    assert datetime.now(UTC) - began < timedelta(seconds=35)  # the request alone would take 40
    assert story.asked(story.pieces[0]) == 2
    assert story.rows("SELECT count(*) FROM edits") == [(0,)]


def test_same_change_on_three_articles_is_the_layout(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["layout", "layout", "layout", "number"])
    story.run(0, 2.1)
    assert story.rows("SELECT kind, count(*) FROM edits WHERE kind <> 'cosmetic' GROUP BY kind ORDER BY kind") == [
        ("fact", 1),
        ("layout", 3),
    ]
    assert story.rows("SELECT count(*) FROM edits WHERE reported = 1") == [(1,)]


def test_article_that_loses_its_subject_loses_its_flags(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["unchanged"])
    story.run(0)
    before = {topic for (topic,) in story.rows("SELECT topic FROM flags")}
    piece = story.pieces[0]
    piece.title = "Ferry service on the river takes shape"
    instead = {
        "Russian President Vladimir Putin": "The mayor",
        "North Korean leader Kim Jong Un": "a guest",
        "South Korea": "The county",
        "North Korea": "the village",
        "Russia": "The town",
        "Pyongyang": "the hall",
    }
    for word, other in instead.items():
        piece.paragraphs = [line.replace(word, other) for line in piece.paragraphs]
    story.run(2.1)
    assert before
    ((lost,),) = story.rows("SELECT flags_lost FROM edits WHERE reported = 1")
    assert set(json.loads(lost)) == before


def test_page_that_alternates_ends_with_a_line_and_few_revisions(tmp_path: Path, stack: ExitStack) -> None:
    story = Story(tmp_path, stack, ["unchanged"])
    piece = story.pieces[0]
    first = list(piece.paragraphs)
    second = [line.replace("winter", "summer of 1999") for line in first]
    for at, hour in enumerate((0.0, 2.1, 24.1, 168.1)):
        piece.paragraphs = second if at % 2 else first
        story.run(hour)
    assert story.rows("SELECT count(*) FROM edits WHERE kind <> 'cosmetic'") == [(2,)]
    ((state, reason),) = story.rows("SELECT state, reason FROM looks")
    assert state == "ended"
    assert "alternates" in reason


def test_alert_and_submission_go_out_once(tmp_path: Path, stack: ExitStack) -> None:
    hook = stack.enter_context(Hostile())
    saved = "/save/"
    story = Story(
        tmp_path, stack, ["number", "unchanged"], more=f'submit_to = "{hook.url(saved)}"\nsubmit_per_hour = 1\n'
    )
    settings = tmp_path / "tumen.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("allow_private = [", f'allow_private = ["127.0.0.1:{hook.port}", '), encoding="utf-8"
    )
    (tmp_path / "alerts.toml").write_text(
        f'[[target]]\nname = "hook"\nurl = "json://127.0.0.1:{hook.port}/hook"\n'
        '[[rule]]\nname = "Edits"\nto = ["hook"]\nwhen = "edited"\nedits = ["fact"]\n',
        encoding="utf-8",
    )
    page = story.site.url(story.pieces[0].path)
    hook.answers |= {"/hook": Answer(body=b"{}"), f"{saved}{page}": Answer(body=b"ok")}
    story.run(0, 2.1, 2.3)
    assert story.rows("SELECT rule, state, subject LIKE 'Edited: %', body LIKE '%First said%' FROM alerts") == [
        ("Edits", "sent", 1, 1)
    ]
    assert story.rows("SELECT state, url FROM submissions") == [("sent", page)]
    assert sum(path.startswith(saved) for path in hook.paths()) == 1
