"""The review page in Chromium, by keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.review.conftest import Served, chromium, open_desk
from tests.review.test_traps import add_duplicates

pytestmark = pytest.mark.skipif(chromium() is None, reason="Chromium is not installed (Debian package chromium)")


def test_ten_verdicts_by_keyboard_and_one_undone(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    open_desk(desk, page)
    expected = []
    for at in range(10):
        number = page.locator("#article article").get_attribute("data-id")
        verdict = ("relevant", "not_relevant", "escalate")[at % 3]
        expected.append((int(number), verdict))
        page.keyboard.press(str(at % 3 + 1))
        page.wait_for_function("id => document.querySelector('#article article').dataset.id !== id", arg=number)
        page.wait_for_function("() => document.getElementById('status').textContent.includes('saved')")
        page.evaluate("document.getElementById('status').textContent = ''")
    assert desk.rows("SELECT article_id, verdict FROM reviews ORDER BY id") == expected
    page.keyboard.press("u")
    page.wait_for_function("() => document.getElementById('status').textContent.includes('Undone')")
    page.locator(f"#article article[data-id='{expected[-1][0]}']").wait_for()
    assert desk.rows("SELECT count(*) FROM reviews WHERE verdict = 'withdrawn'") == [(1,)]
    assert problems == []


def test_note_and_corrected_topics_are_saved_with_the_verdict(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    page.keyboard.press("n")
    page.keyboard.type("1 2 3 jk")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.locator("#topics input").first.wait_for()
    page.keyboard.press("Space")
    page.keyboard.press("3")  # in the panel a digit switches a topic
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.wait_for_function("() => document.getElementById('status').textContent.includes('saved')")
    ((verdict, note, topics),) = desk.rows("SELECT verdict, note, topics FROM reviews")
    assert (verdict, note) == ("escalate", "1 2 3 jk")
    assert topics is not None


def test_expired_session_is_reported_and_article_stays_unreviewed(desk: Served, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    open_desk(desk, page)
    context.clear_cookies(name="ds_actor")
    page.keyboard.press("1")
    page.wait_for_function("() => document.getElementById('status').classList.contains('problem')")
    assert "sign in" in page.inner_text("#status")
    assert page.locator("#queue .reviewed").count() == 0
    assert desk.rows("SELECT * FROM reviews") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_follows_dark_mode(library: Served, browser: Any, scheme: str) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme).new_page()
    for path in ("", "?queue=flagged", "/brief", "/dashboard", "/op-ed", "/feeds", "/search?q=Korea", "/login"):
        page.goto(f"{library.base}/-/tumen{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(22, 24, 27)") == (scheme == "dark")


def test_hostile_article_runs_no_script(library: Served, browser: Any) -> None:
    page = browser.new_page()
    number = library.rows("SELECT id FROM articles WHERE title LIKE '<script%'")[0][0]
    page.goto(f"{library.base}/-/tumen/article/{number}")
    page.wait_for_load_state()
    assert not page.title().startswith("owned")
    assert "<script>" in page.inner_text("#article h1")
    assert page.locator("#original").count() == 0
    assert page.locator("#article script, #article img").count() == 0


def test_search_from_review_page_in_three_languages(library: Served, browser: Any) -> None:
    page = browser.new_page()
    for words, language in (("사드", "ko"), ("Госдума", "ru"), ("sanctions", "en")):
        page.goto(f"{library.base}/-/tumen")
        page.keyboard.press("/")
        page.locator("#q:focus").wait_for()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        page.wait_for_url("**q=*")
        assert page.locator(f'.results a[lang="{language}"]').count() > 0, words


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_passes_axe(desk: Served, browser: Any, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    best = int(str(desk.rows("SELECT id FROM review_queue LIMIT 1")[0][0]))
    add_duplicates(desk.database, best, 2)
    page = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()
    open_desk(desk, page)
    paths = [
        "",
        f"/article/{best}",
        "?queue=flagged&sort=newest",
        "/brief",
        "/search?q=Korea",
        "/search?q=-x",
        "/dashboard?days=365",
        "/op-ed",
        "/feeds",
        "/login",
    ]
    for path in paths:
        page.goto(f"{desk.base}/-/tumen{path}")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        if not path:
            page.keyboard.press("2")
            page.wait_for_function("() => document.getElementById('status').textContent.includes('saved')")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"


def test_lost_connection_is_reported_and_verdict_is_not_shown_as_saved(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    first = page.locator("#article article").get_attribute("data-id")
    page.wait_for_load_state("networkidle")
    desk.stop()
    page.keyboard.press("1")
    page.wait_for_function("id => document.querySelector('#article article').dataset.id !== id", arg=first)
    page.wait_for_function("() => document.getElementById('status').classList.contains('problem')", timeout=30_000)
    assert "not saved" in page.inner_text("#status")
    assert page.locator("#queue .reviewed").count() == 0
    for _ in range(5):  # beyond what was fetched ahead
        page.keyboard.press("j")
    page.wait_for_function("() => /cannot be/.test(document.getElementById('status').textContent)")
    assert page.locator("#article article").count() == 1


def test_form_works_without_javascript(desk: Served, browser: Any) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    open_desk(desk, page)
    page.goto(f"{desk.base}/-/tumen?language=ko")
    first = page.locator("#article article").get_attribute("data-id")
    page.get_by_role("button", name="not relevant").click()
    assert page.url.endswith("/-/tumen?language=ko")
    assert page.locator("#article article").get_attribute("data-id") != first
    assert desk.rows("SELECT article_id, verdict FROM reviews") == [(int(first), "not_relevant")]


def test_key_s_switches_between_story_and_single_article(desk: Served, browser: Any) -> None:
    best = int(str(desk.rows("SELECT id FROM review_queue LIMIT 1")[0][0]))
    ids = add_duplicates(desk.database, best, 2)
    page = browser.new_page()
    open_desk(desk, page)
    page.goto(f"{desk.base}/-/tumen?sort=best")
    assert "2 more articles on this story" in page.inner_text("#article")
    page.keyboard.press("s")
    assert "this article alone" in page.inner_text("#status")
    page.keyboard.press("s")
    page.keyboard.press("1")
    page.wait_for_function("() => document.getElementById('status').textContent.includes('for the story: saved')")
    assert desk.rows("SELECT count(*), count(DISTINCT batch) FROM reviews") == [(3, 1)]
    page.keyboard.press("u")
    page.wait_for_function("() => document.getElementById('status').textContent.includes('Undone')")
    assert desk.rows(f"SELECT count(*) FROM articles WHERE verdict IS NULL AND id IN {tuple(ids)}") == [(3,)]


def test_highlights_are_announced_by_keyboard_with_concept_and_weight(library: Served, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{library.base}/-/tumen")
    marks = page.locator("#article h1 mark, #article .text mark")
    kinds = {one.split("k-")[1] for one in marks.evaluate_all("all => all.map(one => one.className)")}
    assert len(kinds) > 2
    page.keyboard.press("e")
    status = page.inner_text("#status")
    assert status.startswith(f"1 of {marks.count()}, {marks.first.inner_text()}: ")
    assert any(sign in status for sign in "+-")
    page.keyboard.press("Shift+E")
    assert page.inner_text("#status").startswith(f"{marks.count()} of ")


def test_korean_and_russian_text_has_language_and_line_breaks(library: Served, browser: Any) -> None:
    page = browser.new_page()
    for language in ("ko", "ru"):
        number = library.rows(f"SELECT id FROM articles WHERE language = '{language}' AND relevant = 1 LIMIT 1")[0][0]
        page.goto(f"{library.base}/-/tumen/article/{number}")
        assert page.locator("#article-title").get_attribute("lang") == language
        assert page.locator("#article .text").get_attribute("lang") == language
        style = page.evaluate("getComputedStyle(document.querySelector('#article .text')).wordBreak")
        assert (style == "keep-all") == (language == "ko")
        assert page.locator(f'#queue [lang="{language}"]').count() > 0


def test_tab_key_reaches_everything_in_page_order(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    page.evaluate("document.querySelector('.filter-box').open = true")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    seen = []
    for _ in range(120):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "() => { const one = document.activeElement;"
            " return [one.tagName, one.name || one.id || one.textContent.trim(), getComputedStyle(one).outlineStyle] }"
        )
        seen.append((here[0], here[1]))
        assert here[2] != "none" or here[0] == "BODY", f"no ring on {here}"
        if here[1] == "note":
            break
    names = [name for _, name in seen]
    order = [names.index(name) for name in ("topic", "language", "source", "days", "verdict")]
    assert order == sorted(order)
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    page.locator("#article").focus()
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_filters_are_in_the_url_and_survive_a_verdict(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    page.locator(".filter-box > summary").click()
    page.select_option("select[name=language]", "ru")
    page.select_option("select[name=days]", "7")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**language=ru**")
    assert page.locator("#queue .title:not([lang=ru])").count() == 0
    waiting = page.locator("#queue a").count()
    page.keyboard.press("1")
    page.wait_for_function("() => document.getElementById('status').textContent.includes('saved')")
    assert f"{waiting - 1} to review" in page.inner_text("#counts")
    assert "language=ru" in page.url
