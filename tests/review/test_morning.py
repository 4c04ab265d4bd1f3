"""A morning at the desk in Chromium: nothing typed is lost, keys of every layout, two analysts, the brief."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.store import open_store, reviews
from tests.alerts.mailbox import mailbox
from tests.review.conftest import chromium, open_desk, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.review.conftest import Served

pytestmark = pytest.mark.skipif(chromium() is None, reason="Chromium is not installed (Debian package chromium)")
PRESS = """([key, code, repeat]) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key, code, repeat: Boolean(repeat), bubbles: true, cancelable: true }))"""


def said(page: Any, words: str) -> None:
    page.wait_for_function(
        "words => document.getElementById('status').textContent.includes(words)", arg=words, timeout=30_000
    )


def current(page: Any) -> int:
    return int(page.locator("#article article").get_attribute("data-id"))


def moved(page: Any, number: int) -> None:
    page.wait_for_function("id => document.querySelector('#article article').dataset.id !== id", arg=str(number))


def opened(page: Any, number: int) -> None:
    page.wait_for_function("id => document.querySelector('#article article').dataset.id === id", arg=str(number))


def colleague(desk: Served, article: int, verdict: Any) -> None:
    conn = open_store(desk.database)
    token = f"boris-{article}-{verdict}"
    new = reviews.NewVerdict(article=article, analyst="boris", verdict=verdict, revision=1, token=token)
    assert reviews.put(conn, new, datetime.now(UTC)).refusal is None
    conn.close()


def test_keys_work_under_russian_and_korean_layouts_and_do_not_repeat(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    for key, code in (("о", "KeyJ"), ("ㅓ", "KeyJ"), ("Process", "KeyJ"), ("J", "KeyJ")):
        before = current(page)
        page.evaluate(PRESS, [key, code])
        moved(page, before)
    page.evaluate(PRESS, ["т", "KeyN"])
    assert page.evaluate("document.activeElement.id") == "note-text"
    page.keyboard.press("Escape")
    before = current(page)
    for at in range(15):
        page.evaluate(PRESS, ["1", "Digit1", at > 0])
    moved(page, before)
    said(page, "saved")
    assert desk.rows("SELECT article_id, verdict FROM reviews") == [(before, "relevant")]
    page.locator(".filter-box > summary").click()
    page.locator("select[name=topic]").focus()
    before = current(page)
    page.evaluate(PRESS, ["2", "Digit2"])
    page.evaluate(PRESS, ["j", "KeyJ"])
    assert current(page) == before
    assert desk.rows("SELECT count(*) FROM reviews") == [(1,)]


def test_note_survives_moving_on_a_reload_and_a_lost_session(desk: Served, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    open_desk(desk, page)
    first = current(page)
    page.keyboard.press("n")
    page.keyboard.type("call Seoul")
    page.keyboard.press("Escape")
    said(page, "Note saved")
    assert desk.rows("SELECT article_id, note FROM notes") == [(first, "call Seoul")]
    page.keyboard.press("j")
    moved(page, first)
    page.keyboard.press("k")
    opened(page, first)
    assert page.input_value("#note-text") == "call Seoul"
    cookies = context.cookies()
    context.clear_cookies(name="ds_actor")
    page.keyboard.press("n")
    page.keyboard.type(" and Moscow")
    page.keyboard.press("Escape")
    said(page, "kept in this browser")
    page.keyboard.press("2")
    said(page, "kept in this browser, not saved yet")
    assert desk.rows("SELECT count(*) FROM reviews") == [(0,)]
    context.add_cookies(cookies)
    page.goto(f"{desk.base}/-/tumen/article/{first}")
    said(page, "from before: 1 saved")
    assert desk.rows("SELECT article_id, verdict, note FROM reviews") == [
        (first, "not_relevant", "call Seoul and Moscow")
    ]


def test_verdicts_given_without_a_connection_arrive_once(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    page.wait_for_load_state("networkidle")
    page.route("**/verdict*", lambda route: route.abort())
    given = []
    for key in "123":
        given.append(current(page))
        page.keyboard.press(key)
        moved(page, given[-1])
    said(page, "not saved yet")
    assert page.locator("#queue .verdict-sign").count() == 3
    page.unroute("**/verdict*")
    page.reload()
    said(page, "from before: 3 saved")
    expected = list(zip(given, ("relevant", "not_relevant", "escalate"), strict=True))
    assert desk.rows("SELECT article_id, verdict FROM reviews ORDER BY id") == expected
    page.goto(f"{desk.base}/-/tumen")
    page.keyboard.press("u")  # after a reload
    said(page, "Undone")
    opened(page, given[-1])
    assert desk.rows("SELECT article_id, verdict FROM standing ORDER BY review_id") == expected[:2]
    assert ", 2 by you" in page.inner_text("#counts")


def test_verdict_over_a_colleague_asks_and_can_be_given_up(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    first = current(page)
    other = int(page.locator("#queue a[data-id]").nth(2).get_attribute("data-id"))
    colleague(desk, first, "relevant")
    colleague(desk, other, "escalate")
    page.keyboard.press("2")
    said(page, "boris chose “relevant”")
    assert page.locator(f'#queue a[data-id="{other}"].gone').count() == 1, "judged by a colleague"
    page.get_by_role("button", name="Take theirs").click()
    said(page, "A colleague's verdict stands: relevant")
    assert desk.rows(f"SELECT verdict, analyst FROM standing WHERE article_id = {first}") == [("relevant", "boris")]
    assert "relevant · boris" in page.inner_text("#banner")


def test_corrected_topics_are_shown_and_kept_by_the_next_verdict(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    first = current(page)
    page.keyboard.press("t")
    page.locator("#topics input[value=third_partner]").check()
    page.locator("#topics input[value=third_partner]").press("Escape")
    page.keyboard.press("1")
    moved(page, first)
    said(page, "saved")
    page.keyboard.press("k")
    opened(page, first)
    assert page.locator("#topics input[value=third_partner]").is_checked()
    page.keyboard.press("3")
    said(page, "escalate: saved")
    stored = desk.rows("SELECT topics FROM reviews ORDER BY id")
    assert len(stored) == 2
    assert stored[0] == stored[1]
    assert "third_partner" in str(stored[0])


def test_new_articles_are_announced_without_moving_the_page(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    before = current(page)
    conn = open_store(desk.database)
    columns = [row[1] for row in conn.execute("PRAGMA table_info(articles)") if row[1] not in ("id", "url", "story_id")]
    conn.execute(
        f"INSERT INTO articles ({', '.join(columns)}, url) SELECT {', '.join(columns)}, 'https://new.invalid/'"
        " FROM articles WHERE relevant = 1 LIMIT 1"
    )
    conn.close()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.locator("#news:not([hidden])").wait_for()
    assert page.inner_text("#news") == "1 new – show"
    assert current(page) == before


def test_brief_is_put_in_order_by_keys_and_keeps_its_sentences(desk: Served, browser: Any) -> None:
    page = browser.new_page()
    open_desk(desk, page)
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/brief")
    listed = page.locator(".brief-items > li[data-id]").evaluate_all("all => all.map(one => one.dataset.id)")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.keyboard.type("Worth reading.")
    page.keyboard.press("Escape")
    said(page, "Sentence saved")
    with page.expect_navigation():
        page.keyboard.press("Alt+ArrowDown")
    page.wait_for_load_state()
    after = page.locator(".brief-items > li[data-id]").evaluate_all("all => all.map(one => one.dataset.id)")
    assert after[:2] == [listed[1], listed[0]]
    assert page.evaluate("document.activeElement.dataset.id") == listed[0]
    assert page.locator("h2").filter(has_text=re.compile("THAAD")).count() == 0, "an order of one's own has no sections"
    assert page.locator(f'li[data-id="{listed[0]}"] textarea').input_value() == "Worth reading."
    page.keyboard.press("x")
    page.locator(".left-out").wait_for()
    assert page.locator(f'li[data-id="{listed[0]}"]').count() == 0


def test_story_verdict_and_phone_buttons(desk: Served, browser: Any) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    open_desk(desk, page)
    first = current(page)
    page.get_by_role("button", name="Next article").click()
    moved(page, first)
    page.get_by_role("button", name="Previous article").click()
    opened(page, first)
    page.get_by_role("button", name="not relevant").click()
    said(page, "saved")
    page.locator("#status button", has_text="Undo").click()
    said(page, "Undone")
    opened(page, first)
    assert desk.rows("SELECT count(*) FROM standing WHERE verdict IS NOT NULL") == [(0,)]


def test_a_morning_from_queue_to_mail_by_keys(archive: Path, tmp_path: Path, browser: Any) -> None:
    config = tmp_path / "config"
    config.mkdir()
    with mailbox() as inbox:
        target = f'[[target]]\nname = "duty desk"\nurl = "{inbox.address}"\n'
        (config / "alerts.toml").write_text(target, encoding="utf-8")
        with serving(archive, tmp_path, "--config", str(config)) as desk:
            page = browser.new_page()
            open_desk(desk, page)
            judged: list[int] = []
            for at in range(12):
                judged.append(current(page))
                if at == 2:
                    page.keyboard.press("n")
                    page.keyboard.type("Ask the ministry.")
                    page.keyboard.press("Escape")
                page.keyboard.press("3" if at == 2 else "2" if at == 5 else "1")
                moved(page, judged[-1])
            said(page, "saved")
            page.wait_for_function("() => document.querySelectorAll('#queue .reviewed').length >= 12")
            page.keyboard.press("g")
            page.keyboard.press("b")
            page.wait_for_url("**/brief")
            page.select_option("select[name=since]", "1w")
            page.select_option("select[name=which]", "reviewed")
            page.get_by_role("button", name="Show", exact=True).click()
            page.wait_for_url("**which=reviewed**")
            page.get_by_role("button", name="Send", exact=True).click()
            said(page, "Sent to duty desk")
            titles = {int(str(row[0])): str(row[1]) for row in desk.rows("SELECT id, title FROM articles")}
    (message,) = inbox.got
    text = message.get_content()
    assert "reviewed only" in str(message["Subject"])
    first = text.index("## Escalated")
    assert first == text.index("## ")
    assert first < text.index("Note: Ask the ministry.") < text.index("\n## ", first)
    assert titles[judged[2]][:30] in text
    assert titles[judged[5]][:30] not in text
