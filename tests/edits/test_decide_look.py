"""When a page is looked at again, and when it counts as gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.edits import decide_look, judge_response, judge_version
from pipeline.edits.answers import Missing, NotAsked, Same, Unreadable
from pipeline.edits.decide_look import Answer, Changed, first_look
from pipeline.model import Change, Fetched, FetchFailed, NotModified, Version
from pipeline.model.edits import LookDecision, LookHistory

START = datetime(2026, 11, 2, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCHEDULE = (2 * HOUR, 24 * HOUR, 168 * HOUR)
EDIT = Changed(Change(kind="fact"))
RETURN = Changed(Change(kind="fact"), returned=True)
GONE, WALL = Missing("status 404"), Unreadable("A bot challenge blocks the site.")


def play(answers: list[Answer], schedule: tuple[timedelta, ...] = SCHEDULE) -> list[tuple[float, LookDecision]]:
    """Answer each look when it is due, until there is no further one; the last answer repeats."""
    history = LookHistory(started_at=START, schedule=schedule)
    now: datetime | None = START + schedule[0]
    played: list[tuple[float, LookDecision]] = []
    while now is not None:
        decision = decide_look(history, answers[min(len(played), len(answers) - 1)], now)
        played.append(((now - START) / HOUR, decision))
        assert len(played) < 20
        history = replace(
            history,
            state=decision.state,
            missing_since=decision.missing_since,
            looks=len(played) + 1,
            reason=decision.reason,
            changes=decision.changes,
            returns=decision.returns,
        )
        now = decision.next_at
    return played


def hours(answers: list[Answer]) -> list[float]:
    return [at for at, _ in play(answers)]


def test_unchanged_page_is_looked_at_three_times() -> None:
    assert hours([Same()]) == [2, 24, 168]
    assert all(not decision.store and not decision.gone and not decision.reason for _, decision in play([Same()]))


def test_page_is_gone_after_two_looks_a_day_apart_and_not_before() -> None:
    looks = play([GONE])
    assert [(at, decision.gone) for at, decision in looks[:2]] == [(2, None), (26, "status 404")]
    assert [decision.state for _, decision in looks[:2]] == ["missing", "gone"]


def test_page_that_is_gone_is_looked_at_once_more_if_looks_are_left() -> None:
    assert hours([GONE]) == [2, 26, 168]
    assert [decision.state for _, decision in play([GONE, GONE, Same()])] == ["missing", "gone", "ended"]
    assert [decision.back for _, decision in play([GONE, GONE, EDIT])] == [False, False, True]
    assert [decision.back for _, decision in play([GONE])] == [False, False, False]


@pytest.mark.parametrize("answer", [WALL, NotAsked(None)])
@pytest.mark.parametrize("hours", [168, 300])
def test_page_that_is_gone_stays_gone_behind_a_wall(answer: Answer, hours: int) -> None:
    history = LookHistory(started_at=START, schedule=SCHEDULE, state="gone", missing_since=START, looks=3)
    decision = decide_look(history, answer, START + hours * HOUR)
    assert (decision.state, decision.back) == ("gone", False)


@pytest.mark.parametrize(("before", "hours_of_looks"), [(1, [2, 24, 48]), (2, [2, 24, 168, 192])])
def test_page_that_disappears_later_is_confirmed_with_few_looks(before: int, hours_of_looks: list[float]) -> None:
    looks = play([*[Same()] * before, GONE])
    assert [at for at, _ in looks] == hours_of_looks
    assert looks[-1][1].gone


def test_second_look_too_early_decides_nothing() -> None:
    history = LookHistory(started_at=START, schedule=SCHEDULE, state="missing", missing_since=START + 2 * HOUR)
    decision = decide_look(history, GONE, START + 5 * HOUR)
    assert decision.gone is None
    assert decision.next_at == START + 26 * HOUR


def test_page_missing_once_that_comes_back_was_never_gone() -> None:
    looks = play([GONE, Same()])
    assert not any(decision.gone for _, decision in looks)
    assert looks[-1][1].missing_since is None
    assert len(looks) == 3


@pytest.mark.parametrize("wall", [WALL, NotAsked(None)])
def test_bot_wall_and_unreachable_site_are_no_deletion(wall: Answer) -> None:
    assert not any(decision.gone for _, decision in play([wall, wall, Same()]))
    assert not any(decision.gone for _, decision in play([GONE, wall, wall, Same()]))


def test_site_that_refuses_twice_is_left_alone_with_one_clear_line() -> None:
    looks = play([WALL])
    assert [at for at, _ in looks] == [2, 24]
    assert looks[-1][1].reason == WALL.reason
    assert looks[-1][1].state == "ended"


def test_page_missing_and_then_walled_is_asked_a_bounded_number_of_times() -> None:
    assert len(play([GONE, WALL])) == 4


def test_page_that_changes_each_time_makes_one_revision_per_look() -> None:
    looks = play([EDIT])
    assert sum(decision.store for _, decision in looks) == 3
    assert looks[-1][1].reason == "The page changed at each of 3 looks; there is no further look."


def test_page_that_alternates_between_two_texts_is_left_alone_at_the_second_return() -> None:
    looks = play([EDIT, RETURN, RETURN])
    assert [decision.store for _, decision in looks] == [True, True, False]
    assert "alternates" in looks[-1][1].reason


def test_looks_that_were_missed_are_left_out() -> None:
    decision = decide_look(LookHistory(started_at=START, schedule=SCHEDULE), Same(), START + 30 * HOUR)
    assert decision.next_at == START + 168 * HOUR


def test_site_that_must_be_left_alone_costs_no_look_and_ends_at_last() -> None:
    history = LookHistory(started_at=START, schedule=SCHEDULE)
    decision = decide_look(history, NotAsked(5 * HOUR), START + 2 * HOUR)
    assert decision.next_at == START + 7 * HOUR
    assert decide_look(history, NotAsked(None), START + 241 * HOUR).state == "ended"


URL = "https://news.example/world/2026/ferries.html"


def fetched(url: str) -> Fetched:
    return Fetched(url=url, status=200, headers={}, body=b"x")


@pytest.mark.parametrize(
    ("outcome", "missing"),
    [
        (FetchFailed(url=URL, kind="not_found", reason="r"), "status 404"),
        (FetchFailed(url=URL, kind="gone", reason="r"), "status 410"),
        (fetched("https://news.example/"), "redirect to the home page"),
        (fetched("https://news.example/world/"), "redirect to a section of the site"),
        (fetched("https://news.example/404.html"), "redirect to an error page"),
        (fetched(URL), None),
        (fetched("https://news.example/world/2026/ferries-2.html"), None),
        (fetched("https://consent.other.example/"), None),
    ],
)
def test_status_or_redirect_shows_that_a_page_is_missing(outcome: Fetched | FetchFailed, missing: str | None) -> None:
    answer = judge_response(outcome, URL)
    assert answer == (None if missing is None else Missing(missing))


def test_failures_are_no_evidence() -> None:
    assert isinstance(judge_response(FetchFailed(url=URL, kind="blocked", reason="A bot wall."), URL), Unreadable)
    assert isinstance(judge_response(FetchFailed(url=URL, kind="status", reason="500.", status=500), URL), Unreadable)
    assert isinstance(judge_response(FetchFailed(url=URL, kind="deferred", reason="w"), URL), NotAsked)
    assert isinstance(judge_response(NotModified(url=URL, headers={}), URL), Same)


TEXT = "The envoys met in the harbour town on Friday. They signed a plan for 12 ferries. Moscow did not comment."


@pytest.mark.parametrize(
    ("title", "text", "visible", "wall", "kind"),
    [
        ("Page not found", "", "Sorry, this page was not found.", False, Missing),
        ("Страница не найдена", "", "Материал удалён или не существует", False, Missing),
        ("안내", "", "삭제된 기사입니다. 페이지를 찾을 수 없습니다.", False, Missing),
        ("Just a moment...", "", "Checking your browser before you continue. 404", False, Unreadable),
        ("Подождите", "", "Подтвердите, что вы не робот", False, Unreadable),
        ("Envoys sign a plan", "", "", False, Unreadable),
        ("Envoys sign a plan", "Subscribe to read on.", "", True, Unreadable),
        ("Envoys sign a plan", TEXT, "", False, type(None)),
        ("Envoys fail", "Quite another report stands here now, on other things. " * 12, "", False, type(None)),
    ],
)
def test_page_without_the_article_is_missing_or_cannot_be_judged(
    title: str, text: str, visible: str, wall: bool, kind: type
) -> None:
    old = Version("Envoys sign a plan", TEXT)
    assert type(judge_version(old, Version(title, text), visible, wall=wall)) is kind


def history(**state: object) -> LookHistory:
    return LookHistory(started_at=START, schedule=SCHEDULE, **state)  # type: ignore[arg-type] # fields by name


LAST = START + SCHEDULE[-1]
MISSING_SINCE = START + 2 * HOUR


@pytest.mark.parametrize(
    ("before", "answer", "at", "expected"),
    [
        # a look that could not be made is made soon, but not for ever
        (history(), NotAsked(None), START + 2 * HOUR, ("watched", START + 3 * HOUR, "")),
        (history(), NotAsked(5 * HOUR), START + 2 * HOUR, ("watched", START + 7 * HOUR, "")),
        (history(), NotAsked(timedelta(seconds=1)), START + 2 * HOUR, ("watched", START + 3 * HOUR, "")),
        (history(), NotAsked(None), LAST + 72 * HOUR, ("watched", LAST + 73 * HOUR, "")),
        (history(), NotAsked(None), LAST + 73 * HOUR, ("ended", None, "The site could not be asked in time")),
        # a page that was missing once
        (history(), GONE, START + 2 * HOUR, ("missing", START + 26 * HOUR, "The page was missing at the last look")),
        (
            history(state="missing", missing_since=MISSING_SINCE, looks=2),
            WALL,
            START + 26 * HOUR,
            ("missing", START + 50 * HOUR, WALL.reason),
        ),
        (
            history(state="missing", missing_since=MISSING_SINCE, looks=4),
            WALL,
            START + 26 * HOUR,
            ("ended", None, WALL.reason),
        ),
        (
            history(state="missing", missing_since=MISSING_SINCE, looks=2),
            Same(),
            START + 26 * HOUR,
            ("watched", LAST, ""),
        ),
        # the end of the schedule
        (history(looks=2), Same(), LAST, ("ended", None, "")),
        (history(looks=3), Same(), START + 30 * HOUR, ("ended", None, "")),
        (history(looks=2, changes=1), EDIT, LAST, ("ended", None, "")),
        (history(looks=2, changes=2), EDIT, LAST, ("ended", None, "The page changed at each of 3 looks")),
        (history(looks=1, changes=2), EDIT, START + 24 * HOUR, ("watched", LAST, "")),
        (history(returns=1), RETURN, START + 24 * HOUR, ("ended", None, "The page alternates between earlier texts")),
    ],
)
def test_what_follows_from_a_look(
    before: LookHistory, answer: Answer, at: datetime, expected: tuple[str, datetime | None, str]
) -> None:
    decision = decide_look(before, answer, at)
    state, next_at, reason = expected
    assert (decision.state, decision.next_at) == (state, next_at)
    assert decision.reason.startswith(reason)
    assert bool(decision.reason) == bool(reason)


@pytest.mark.parametrize("answer", [GONE, WALL, NotAsked(None), Same(), EDIT])
def test_counts_of_earlier_looks_are_kept(answer: Answer) -> None:
    decision = decide_look(history(changes=1, returns=1, looks=1), answer, START + 24 * HOUR)
    assert (decision.changes, decision.returns) == (1 + (answer is EDIT), 1)


def test_look_that_sent_no_request_keeps_a_page_missing() -> None:
    before = history(state="missing", missing_since=MISSING_SINCE, looks=1)
    assert decide_look(before, NotAsked(None), START + 26 * HOUR).missing_since == MISSING_SINCE


def test_schedule_of_one_look_has_no_row_of_changes() -> None:
    one = LookHistory(started_at=START, schedule=(2 * HOUR,))
    decision = decide_look(one, EDIT, START + 2 * HOUR)
    assert (decision.state, decision.store, decision.reason) == ("ended", True, "")


def test_first_look_is_the_first_step_of_the_schedule() -> None:
    assert first_look(START, SCHEDULE) == START + 2 * HOUR
    assert first_look(START, ()) is None


def test_reasons_and_waits_of_failures_are_passed_on() -> None:
    blocked = FetchFailed(url=URL, kind="blocked", reason="A bot wall.")
    assert judge_response(blocked, URL) == Unreadable("A bot wall.")
    deferred = FetchFailed(url=URL, kind="deferred", reason="w", retry_after=2 * HOUR)
    assert judge_response(deferred, URL) == NotAsked(2 * HOUR)
    short = replace(fetched(URL), truncated=True)
    assert judge_response(short, URL) == Unreadable("The response ended too early.")
    assert judge_response(fetched("https://news.example/world/?page=2"), URL) is None


LONG = "Quite another report stands here now, on other things. " * 12


@pytest.mark.parametrize(
    ("title", "text", "visible", "wall", "reason"),
    [
        ("Just a moment...", "", "Checking your browser", False, "The page is a bot check"),
        ("Envoys sign", "Subscribe to read on.", "", True, "The page is a paywall or a consent page"),
        ("Page not found", "", "", False, "a “not found” page with status 200"),
        ("Envoys sign a plan", "", "Related: 404 days of talks. Not found: a way out.", False, "The page shows no"),
        ("Envoys sign a plan", "", "", False, "The page shows no article text."),
        ("", LONG, "", False, "The page shows no article text."),
        ("Page not found, says a report", f"{LONG * 3} captcha", "", False, None),  # a whole article about it
        ("Other", "The envoys met in the town on Friday, signed a plan for ferries.", "", False, None),  # same words
        ("Other", "The envoys met.", "", False, "The page shows no article text."),  # but a third of the length
    ],
)
def test_reason_why_a_page_is_no_article(title: str, text: str, visible: str, wall: bool, reason: str | None) -> None:
    answer = judge_version(Version("Envoys sign a plan", TEXT), Version(title, text), visible, wall=wall)
    if answer is None:
        assert reason is None
    else:
        assert (answer.how if isinstance(answer, Missing) else answer.reason).startswith(reason or "?")
