"""Any history of verdicts, notes and undos, compared with a plain reading of it in Python."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.model import Verdict
from pipeline.store import open_store, reviews
from pipeline.store.values import to_json

NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)
STORY = {1: 1, 2: 1, 3: 1, 4: None}  # of each article
IRRELEVANT = 3
ARTICLES, ANALYSTS = st.sampled_from(sorted(STORY)), st.sampled_from(("anna", "boris"))
TOPICS = st.sampled_from((None, None, None, (), ("gas",), ("gas", "rails")))
GIVEN = st.sampled_from([verdict for verdict in get_args(Verdict) if verdict != "withdrawn"])


@dataclass(frozen=True)
class Given:
    """One row of the log, as the model keeps it."""

    at: int
    article: int
    analyst: str
    verdict: str
    topics: tuple[str, ...] | None
    revision: int
    batch: int | None


@cache
def filled() -> Path:
    """Return a database with the articles; each history starts with a copy."""
    path = Path(tempfile.mkdtemp()) / "tumen.db"
    atexit.register(shutil.rmtree, path.parent)
    conn = open_store(path)
    conn.executescript(
        "INSERT INTO feeds (name, url, asked_url, language, kind, added_at)"
        " VALUES ('n', 'u', 'u', 'en', 'daily', 't');"
        "INSERT INTO topics (id, title, position) VALUES ('gas', 'Gas', 1), ('rails', 'Rails', 2);"
        "INSERT INTO stories (id, title, first_seen_at, last_seen_at) VALUES (1, '', '', '');"
    )
    for article, story in STORY.items():
        conn.execute(
            "INSERT INTO articles (id, title, relevant, topics, feed_id, sorted_at, url, published_url, method,"
            " content_hash, first_seen_at, fetched_at, text, story_id) VALUES (?, 't', ?, '[]', 1, 't', ?, 'u',"
            " 'feed', 'h', 't', 't', 'x', ?)",
            (article, article != IRRELEVANT, f"https://a.example/{article}", story),
        )
    conn.close()
    return path


class Desk(RuleBasedStateMachine):
    """Two analysts at four articles. ``log`` and ``notes`` are all that the model remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.conn = open_store(Path(shutil.copy(filled(), self.folder / "tumen.db")))
        self.log: list[Given] = []
        self.notes: dict[tuple[int, str], tuple[int, str]] = {}
        self.revisions = dict.fromkeys(STORY, 1)
        self.clock = 0
        self.requests: list[tuple[reviews.NewVerdict, reviews.Stored]] = []

    def teardown(self) -> None:
        """Remove the database."""
        self.conn.close()
        shutil.rmtree(self.folder)

    def newest(self, article: int, analyst: str) -> Given | None:
        """Return the analyst's last word on an article, an undo included."""
        own = [one for one in self.log if (one.article, one.analyst) == (article, analyst)]
        return own[-1] if own else None

    def standing(self, article: int) -> Given | None:
        """Return the newest verdict that its own analyst has neither replaced nor undone."""
        last = [found for analyst in ("anna", "boris") if (found := self.newest(article, analyst))]
        return max((one for one in last if one.verdict != "withdrawn"), key=lambda one: one.at, default=None)

    def post(self, new: reviews.NewVerdict) -> reviews.Stored:
        """Give a verdict to the database, a second after the last one."""
        self.clock += 1
        stored = reviews.put(self.conn, new, NOW + timedelta(seconds=self.clock))
        self.requests.append((new, stored))
        return stored

    def remember(self, new: reviews.NewVerdict, others: list[int], seen: int) -> None:
        """Add the rows of a verdict to the model."""
        batch = self.clock if others else None
        for article in (new.article, *others):
            own = article == new.article
            stood = self.standing(article)
            topics = new.topics if own and new.topics is not None else (stood.topics if stood else None)
            revision = min(seen, self.revisions[article]) if own else self.revisions[article]
            row = Given(len(self.log), article, new.analyst, new.verdict, topics, revision, batch)
            self.log.append(row)

    def noted(self, article: int, analyst: str, text: str) -> None:
        """Remember a note. A text that the analyst's note has already does not make it newer."""
        if self.notes.get((article, analyst), (0, ""))[1] != text:
            self.notes[article, analyst] = (self.clock, text)

    @rule(
        article=ARTICLES, analyst=ANALYSTS, verdict=GIVEN, topics=TOPICS, story=st.booleans(), seen=st.integers(1, 4),
        note=st.sampled_from(("", "", "call Seoul")),
    )  # fmt: skip
    def judge(
        self, article: int, analyst: str, verdict: Verdict, topics: tuple[str, ...] | None, story: bool, seen: int,
        note: str,
    ) -> None:  # fmt: skip
        """An analyst decides on an article, or on all of its story that waits."""
        others = [
            other
            for other, of in STORY.items()
            if story and of == STORY[article] is not None and other != article
            and other != IRRELEVANT and self.standing(other) is None
        ]  # fmt: skip
        new = reviews.NewVerdict(
            article=article, analyst=analyst, verdict=verdict, topics=topics, story=story, revision=seen, note=note,
            token=f"token-{self.clock}",
        )  # fmt: skip
        assert sorted(self.post(new).articles) == sorted([article, *others])
        self.remember(new, others, seen)
        for judged in (article, *others):
            self.noted(judged, analyst, note or self.notes.get((judged, analyst), (0, ""))[1])

    @rule(article=ARTICLES, analyst=ANALYSTS)
    def undo(self, article: int, analyst: str) -> None:
        """An analyst undoes the last verdict on an article, and those given with it that still stand."""
        last = self.newest(article, analyst)
        new = reviews.NewVerdict(
            article=article, analyst=analyst, verdict="withdrawn", revision=1, token=f"token-{self.clock}"
        )
        stored = self.post(new)
        if last is None or last.verdict == "withdrawn":
            assert stored.refusal == "nothing_to_undo"
            return
        others = [
            one.article
            for one in self.log
            if one.batch is not None and one.batch == last.batch and one.article != article
            and self.newest(one.article, analyst) == one
        ]  # fmt: skip
        assert sorted(stored.articles) == sorted([article, *others])
        self.remember(new, others, 1)

    @rule(article=ARTICLES, analyst=ANALYSTS, text=st.sampled_from(("", "look again", "call Seoul")))
    def write_note(self, article: int, analyst: str, text: str) -> None:
        """An analyst writes a note, or removes it."""
        self.clock += 1
        new = reviews.NewNote(article=article, analyst=analyst, note=text, token=f"note-{self.clock}")
        assert reviews.put_note(self.conn, new, NOW + timedelta(seconds=self.clock))
        self.noted(article, analyst, text)

    @rule(which=st.integers(0, 50))
    def repeat(self, which: int) -> None:
        """A page sends a verdict again, because the connection broke."""
        if self.requests:
            new, stored = self.requests[which % len(self.requests)]
            if stored.refusal is None:
                assert reviews.put(self.conn, new, NOW).id == stored.id

    @rule(article=ARTICLES)
    def revise(self, article: int) -> None:
        """The paper changes an article's text."""
        self.revisions[article] += 1
        self.conn.execute("UPDATE articles SET revision = revision + 1 WHERE id = ?", (article,))

    @invariant()
    def log_is_kept(self) -> None:
        """The table of verdicts equals the model's log."""
        rows = self.conn.execute("SELECT article_id, analyst, verdict, topics, revision FROM reviews ORDER BY id")
        given = [
            (one.article, one.analyst, one.verdict, None if one.topics is None else to_json(one.topics), one.revision)
            for one in self.log
        ]
        assert sorted(map(tuple, rows), key=str) == sorted(given, key=str)

    @invariant()
    def standing_is_right(self) -> None:
        """What stands for each article equals the model's reading of the log."""
        for article in STORY:
            verdict, found = self.standing(article), reviews.standing(self.conn, article)
            queue = self.conn.execute("SELECT verdict FROM articles WHERE id = ?", (article,)).fetchone()
            assert queue is None or queue[0] == (verdict.verdict if verdict else None)
            written = [(at, text) for (number, _), (at, text) in self.notes.items() if number == article and text]
            note = max(written)[1] if written else None
            if found is None:
                assert (verdict, note) == (None, None)
            else:
                assert (found.verdict, found.analyst) == (
                    (verdict.verdict, verdict.analyst) if verdict else (None, None)
                )
                assert found.note == note

    @invariant()
    def last_verdict_is_found(self) -> None:
        """The article that “undo” concerns is that of the analyst's newest verdict that stands."""
        for analyst in ("anna", "boris"):
            own = [one for one in self.log if one.analyst == analyst and self.newest(one.article, analyst) == one]
            given = [one for one in own if one.verdict != "withdrawn"]
            found = reviews.last_given(self.conn, analyst)
            if not given:
                assert found is None
            else:
                newest = max(given, key=lambda one: one.at)
                same = {one.article for one in given if one.batch is not None and one.batch == newest.batch}
                assert found in {newest.article, *same}


TestAnyHistory = Desk.TestCase
TestAnyHistory.settings = settings(max_examples=15, stateful_step_count=60, deadline=None)
