"""The review page in Chromium, by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.review.conftest import Served, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(chromium() is None, reason="Chromium is not installed (Debian package chromium)")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


@pytest.fixture
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS.split())
        yield started
        started.close()


def test_ten_articles_by_keyboard_and_one_taken_back(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(desk.link)
    wanted = []
    for at in range(10):
        number = page.locator("#article article").get_attribute("data-id")
        verdict = ("relevant", "not_relevant", "escalate")[at % 3]
        wanted.append((int(number), verdict))
        page.keyboard.press(str(at % 3 + 1))
        page.wait_for_function("id => document.querySelector('#article article').dataset.id !== id", arg=number)
        page.wait_for_function("() => document.getElementById('said').textContent.includes('saved')")
        page.evaluate("document.getElementById('said').textContent = ''")
    assert desk.rows("SELECT article_id, verdict FROM reviews ORDER BY id") == wanted
    page.keyboard.press("u")
    page.wait_for_function("() => document.getElementById('said').textContent.includes('Taken back')")
    assert page.locator("#article article").get_attribute("data-id") == str(wanted[-1][0])
    assert desk.rows("SELECT count(*) FROM reviews WHERE verdict = 'withdrawn'") == [(1,)]
    assert problems == []


def test_a_note_and_other_topics_go_with_the_verdict(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    page.goto(desk.link)
    page.keyboard.press("n")
    page.keyboard.type("1 2 3 jk")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.locator("#topics input").first.wait_for()
    page.keyboard.press("Space")
    page.keyboard.press("3")
    page.wait_for_function("() => document.getElementById('said').textContent.includes('saved')")
    ((verdict, note, topics),) = desk.rows("SELECT verdict, note, topics FROM reviews")
    assert (verdict, note) == ("escalate", "1 2 3 jk")
    assert topics is not None


def test_an_expired_session_is_told_and_the_article_stays_unreviewed(desk: Served, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(desk.link)
    context.clear_cookies(name="ds_actor")
    page.keyboard.press("1")
    page.wait_for_function("() => document.getElementById('said').classList.contains('problem')")
    assert "sign in" in page.inner_text("#said")
    assert page.locator("#queue .done").count() == 0
    assert desk.rows("SELECT * FROM reviews") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_telephone_and_follows_the_colours_of_the_system(
    library: Served, browser: Any, scheme: str
) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme).new_page()
    for path in ("", "/dashboard", "/op-ed", "/feeds", "/search?q=Korea", "/login"):
        page.goto(f"{library.base}/-/tumen{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(22, 24, 27)") == (scheme == "dark")


def test_hostile_articles_run_nothing(library: Served, browser: Any) -> None:
    page = browser.new_page()
    number = library.rows("SELECT id FROM articles WHERE title LIKE '<script%'")[0][0]
    page.goto(f"{library.base}/-/tumen/article/{number}")
    page.wait_for_load_state()
    assert not page.title().startswith("owned")
    assert "<script>" in page.inner_text("#article h1")
    assert page.locator("#original").count() == 0
    assert page.locator("#article script, #article img").count() == 0


def test_searching_from_the_review_page_in_three_languages(library: Served, browser: Any) -> None:
    page = browser.new_page()
    for words, language in (("사드", "ko"), ("Госдума", "ru"), ("sanctions", "en")):
        page.goto(f"{library.base}/-/tumen")
        page.keyboard.press("/")
        page.locator("#q:focus").wait_for()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        page.wait_for_url("**q=*")
        assert page.locator(f'.results a[lang="{language}"]').count() > 0, words
