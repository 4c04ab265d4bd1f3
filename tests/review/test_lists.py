"""The lists of the desk over HTTP: filters that are remembered, time zones, glosses, translations."""

from __future__ import annotations

import html
import re
import shutil
import time
import urllib.parse
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from pipeline import shipped
from pipeline.review import filters, gloss, interface, local_time
from pipeline.review.article import translate_link
from tests.review.conftest import serving
from tests.review.test_desk import give, signed_in
from tests.services.test_translator import address

if TYPE_CHECKING:
    import urllib.request
    from pathlib import Path

    from tests.review.conftest import Served

__all__ = ["address"]  # a fixture

NOW = datetime(2026, 11, 30, 1, 30, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")


def post(desk: Served, client: urllib.request.OpenerDirector, path: str, csrf: str, **fields: str) -> tuple[int, str]:
    form = urllib.parse.urlencode({"csrftoken": csrf} | fields).encode()
    return desk.ask(client, path, form)[:2]


def listed(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<li><a href="[^"]+" data-id="(\d+)"', page)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("queue=flaged", "Did you mean “flagged”?"),
        ("sort=zzz", "Expected one of: age, newest, best"),
        ("topic=thad", "Did you mean “thaad”?"),
        ("language=xx", "There is no language “xx”"),
        ("source=999999", "There is no source “999999”"),
        ("days=soon", "“soon” is not a number"),
        ("origin=archives", "Did you mean “archive”?"),
        ("verdict=maybe", "There is no verdict “maybe”"),
    ],
)
def test_filter_that_does_not_exist_is_an_error_with_a_sentence(library: Served, query: str, message: str) -> None:
    status, page, _ = library.get(f"/-/tumen?{query}")
    assert status == 400
    assert message in html.unescape(page)


def test_filters_are_remembered_saved_and_shared_as_an_address(desk: Served) -> None:
    client, csrf = signed_in(desk)
    _, page, _ = desk.ask(client, "/-/tumen?sort=newest&language=ko&remember=1", None)
    korean = listed(page)
    assert korean
    assert '<span class="title" lang="ru">' not in page
    assert listed(desk.ask(client, "/-/tumen", None)[1]) == korean, "remembered"
    assert listed(desk.get("/-/tumen?sort=newest&language=ko")[1]) == korean, "shared"
    assert len(listed(desk.get("/-/tumen")[1])) > len(korean), "of one analyst"
    status, page = post(desk, client, "/-/tumen/filters", csrf, name="Korean papers", query="?sort=newest&language=ko")
    assert status == 200
    assert 'href="/-/tumen?sort=newest&amp;language=ko" aria-current="true">Korean papers</a>' in page
    assert post(desk, client, "/-/tumen/filters", csrf, name="x", query="?queue=none")[0] == 400
    assert post(desk, client, "/-/tumen/filters", csrf, name="x", query="")[0] == 400
    _, page = post(desk, client, "/-/tumen/filters", csrf, name="Korean papers", remove="1")
    assert "Korean papers" not in page
    _, page, _ = desk.ask(client, "/-/tumen?remember=1", None)
    assert len(listed(page)) > len(korean), "forgotten"


def test_judged_articles_are_in_their_lists_with_a_banner(desk: Served) -> None:
    client, csrf = signed_in(desk)
    first, second, *_ = listed(desk.ask(client, "/-/tumen?sort=best", None)[1])
    give(desk, client, csrf, article=first, verdict="escalate", note="call Seoul", token="first-token")
    give(desk, client, csrf, article=second, verdict="not_relevant", token="second-token")
    assert first not in listed(desk.ask(client, "/-/tumen", None)[1])
    lists = {name: listed(desk.ask(client, f"/-/tumen?queue={name}", None)[1]) for name in filters.LISTS}
    assert lists["escalated"] == lists["relevant"] == lists["notes"] == [first]
    assert set(lists["mine"]) == {first, second}
    assert {first, second} <= set(lists["flagged"])
    _, page, _ = desk.ask(client, f"/-/tumen/article/{first}", None)
    banner = page.split('id="banner">')[1].split("</p>")[0]
    assert "escalate" in banner
    assert "anna" in banner
    assert page.count("call Seoul") >= 2, "as a note, and in the box"
    assert give(desk, client, csrf, article=first, verdict="withdrawn", token="third-token")[1]["last"] == second
    assert give(desk, client, csrf, article=first, verdict="withdrawn", token="fourth-token")[0] == 409


def test_times_follow_the_zone_of_the_browser_or_of_the_analyst(desk: Served) -> None:
    client, csrf = signed_in(desk)
    dated = {row[0]: str(row[1]) for row in desk.rows("SELECT id, published FROM articles WHERE published IS NOT NULL")}
    number = next(one for one in listed(desk.ask(client, "/-/tumen?sort=newest", None)[1]) if one in dated)
    at = datetime.fromisoformat(dated[number])
    path = f"/-/tumen/article/{number}"
    assert f"{at:%Y-%m-%d %H:%M} UTC" in desk.ask(client, path, None)[1]
    _, page, _ = desk.get(path, cookie="tumen_zone=Asia%2FSeoul")
    assert f"{at.astimezone(SEOUL):%Y-%m-%d %H:%M} KST" in page
    assert post(desk, client, "/-/tumen/zone", csrf, zone="Asia/Seoul")[0] == 200
    assert f"{at.astimezone(SEOUL):%Y-%m-%d %H:%M} KST" in desk.ask(client, path, None)[1]
    assert post(desk, client, "/-/tumen/zone", csrf, zone="Mars/Base")[0] == 400
    assert desk.get("/-/tumen", cookie="tumen_zone=nowhere; x")[0] == 200


def test_note_with_a_lone_surrogate_and_unknown_topic_are_no_failure(desk: Served) -> None:
    client, csrf = signed_in(desk)
    raw = b'{"article": 1, "verdict": "relevant", "token": "a-good-token", "revision": 1, "note": "a\\ud800b"}'
    assert give(desk, client, csrf, raw)[0] == 200
    assert desk.rows("SELECT note FROM reviews") == [("a?b",)]
    status, answer = give(desk, client, csrf, topics=["nonsense", "<b>"], flagged="", token="next-token")
    assert status == 400
    assert "topics does not exist" in answer["error"]


@pytest.mark.parametrize(
    ("at", "day", "moment"),
    [
        ("2026-11-30T00:30:00Z", "Today", "09:30"),
        ("2026-11-29T14:30:00Z", "Yesterday", "yesterday 23:30"),
        ("2026-11-24T06:00:00Z", "Tue 24 Nov", "24 Nov 15:00"),
        ("2025-03-02T06:00:00Z", "Sun 2 Mar 2025", "2 Mar 2025"),
        ("", "", ""),
        ("not a time", "", ""),
    ],
)
def test_times_are_named_as_in_a_calendar(at: str, day: str, moment: str) -> None:
    assert local_time.to_day(at, SEOUL, NOW) == day
    assert local_time.to_moment(at, SEOUL, NOW) == moment
    assert local_time.midnight(NOW, SEOUL) == NOW - timedelta(hours=10, minutes=30)


def test_times_are_named_in_the_language_of_the_reader() -> None:
    korean = interface.load("ko")
    assert local_time.to_moment("2026-11-29T14:30:00Z", SEOUL, NOW, korean) == "어제 23:30"
    assert local_time.to_moment("2026-11-24T06:00:00Z", SEOUL, NOW, korean) == "11월 24일 15:00"
    assert local_time.to_day("2025-03-02T06:00:00Z", SEOUL, NOW, korean) == "2025년 3월 2일 (일)"


def test_gloss_names_concepts_of_a_title_in_its_order_without_parts_of_longer_ones() -> None:
    assert gloss.of_title("Санкции против КНДР: стройки Приморья", "ru", wait=True) == (
        "Sanctions on North Korea", "Primorye",
    )  # fmt: skip
    assert gloss.of_title("Sanctions on North Korea", "en", wait=True) == ()
    assert gloss.of_title("", "ko", wait=True) == ()


def test_translate_link_fills_in_the_article(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.review import configured
    from pipeline.settings import DeskSettings

    class Config:
        desk = DeskSettings(translate="https://t.example/?u={url}&from={language}&q={title}")

    monkeypatch.setattr(configured, "settings", Config)
    article: dict[str, Any] = {"url": "https://a.example/?x=1", "title": "Газ {url}", "language": "ru"}
    link = translate_link(article)
    assert link.startswith("https://t.example/?u=https%3A%2F%2Fa.example%2F%3Fx%3D1&from=ru&q=%D0%93")
    assert "%7Burl%7D" in link, "a title is no template"
    assert translate_link(article | {"language": "en"}) == ""


def test_titles_are_translated_in_the_background_and_marked_as_a_machines(
    archive: Path, tmp_path: Path, address: str
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "tumen.toml").write_text(f'[desk]\ntranslator = "{address}"\n', encoding="utf-8")
    shutil.copy(shipped.CONFIG / "feeds.toml", config)
    with serving(archive, tmp_path, "--config", str(config)) as desk:
        page = ""
        for _ in range(100):
            page = desk.get("/-/tumen?language=ru")[1]
            if "machine translation" in page:
                break
            time.sleep(0.1)
        assert "(machine translation)" in page
        assert desk.rows("SELECT DISTINCT translator FROM title_translations") == [
            ("LibreTranslate 1.6.2 at 127.0.0.1",)
        ]
