"""Numbers lead to their articles; Datasette's tables are in the frame of the desk."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.review import plots
from tests.review.conftest import Served, chromium

if TYPE_CHECKING:
    from pathlib import Path

NEEDS_BROWSER = pytest.mark.skipif(chromium() is None, reason="Chromium is not installed (Debian package chromium)")


def links(page: str, start: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(rf'href="({re.escape(start)}[^"]+)"', page)]


def found(desk: Served, link: str) -> int:
    """Return the number of articles that a link of the desk lists."""
    status, page, _ = desk.get(link)
    assert status == 200
    counted = re.search(r"([\d,]+) articles?</?", page) or re.search(r"([\d,]+) articles? ·", page)
    return int(counted[1].replace(",", "")) if counted else 0


def test_every_column_of_the_dashboard_leads_to_as_many_articles(library: Served) -> None:
    _, page, _ = library.get("/-/tumen/dashboard?days=30")
    bars = re.findall(r'<a href="([^"]+)" aria-label="[^":]+: (\d+) of (\d+) articles', page)
    assert len(bars) > 5
    for link, flags, _ in bars:
        assert found(library, html.unescape(link)) == int(flags)


def test_totals_and_shares_of_the_dashboard_lead_to_their_articles(library: Served) -> None:
    _, page, _ = library.get("/-/tumen/dashboard")
    totals = re.findall(r'<dd><a href="([^"]+)">([\d,]+)</a>', page)
    assert len(totals) == 4
    for link, number in totals:
        assert found(library, html.unescape(link)) == int(number)
    shares = re.findall(r'<td><a href="([^"]+state=flagged[^"]*)">(\d+)</a></td><td>(\d+)</td>', page)
    assert len(shares) > 5
    for link, flagged, _ in shares:
        assert found(library, html.unescape(link)) == int(flagged)


def test_dashboard_is_filtered_by_language_and_source(library: Served) -> None:
    _, page, _ = library.get("/-/tumen/dashboard?language=ko")
    number = library.rows("SELECT count(*) FROM articles WHERE language = 'ko' AND sorted_at > date('now', '-7 days')")
    assert f">{number[0][0]}</a>" in page
    assert all("language=ko" in link for link in links(page, "/-/tumen/search?") if "since" in link)
    assert library.get("/-/tumen/dashboard?source=1&days=365")[0] == 200


def test_running_week_is_drawn_dashed_and_topics_have_one_scale(library: Served) -> None:
    _, page, _ = library.get("/-/tumen/dashboard")
    plots_of_topics = page.split('class="plots"')[1].split("</div>")[0]
    assert 'class="col running"' in plots_of_topics
    tops = set(re.findall(r'y="10" text-anchor="end">([^<]+)<', plots_of_topics))
    assert len(tops) == 1


def test_failed_checks_are_red(library: Served) -> None:
    _, page, _ = library.get("/-/tumen/dashboard")
    assert '<rect class="bad"' in page
    assert '<rect class="rest"' not in page.split("Feed checks by day")[-1]


def test_passages_topics_and_months_of_the_op_ed_lead_to_articles(library: Served) -> None:
    _, page, _ = library.get("/-/tumen/op-ed")
    passages = re.findall(r'href="(/-/tumen/search\?passage=[^"&]+&amp;order=date)">(\d+) flag', page)
    assert passages
    for link, number in passages:
        passage = re.findall(r"passage=([^&]+)", link)[0]
        articles = library.rows(f"SELECT count(DISTINCT article_id) FROM flags WHERE passage_id = '{passage}'")[0][0]
        assert found(library, html.unescape(link)) == articles
        assert int(str(articles)) <= int(number)
    months = [link for link in links(page, "/-/tumen/search?passage=") if "since" in link]
    assert months
    assert all(found(library, link) for link in months)
    assert not re.search(r"<h2>\d+\. (\w+)</h2>.*<h2>\d+\. \1</h2>", page, re.DOTALL), "two passages of one name"


def test_feeds_page_counts_articles_and_leads_to_them(library: Served) -> None:
    _, page, _ = library.get("/-/tumen/feeds")
    counted = re.findall(r'href="(/-/tumen/search\?source=\d+&amp;since=[\d-]+&amp;order=date)">(\d+)</a>', page)
    assert len(counted) == library.rows("SELECT count(*) FROM feeds WHERE enabled = 1")[0][0]
    for link, number in counted:
        assert found(library, html.unescape(link)) == int(number)


def test_bar_that_is_too_short_to_hit_has_a_link_of_full_height() -> None:
    drawn = str(
        plots.columns("Weeks", [plots.Bar(name="w1", value=0.01, href="/x?a=1&b=<"), plots.Bar(name="w2", value=9)])
    )
    assert 'href="/x?a=1&amp;b=&lt;"' in drawn
    assert drawn.count("<a ") == 1
    assert 'class="area" x="0.0" y="0"' in drawn
    assert 'role="group"' in drawn


def test_tables_have_the_header_of_the_desk_also_without_tumen_serve(library: Served, archive: Path) -> None:
    plain = subprocess.run(
        [sys.executable, "-m", "datasette", str(archive), "--get", f"/{archive.stem}"],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    for page in (plain, library.get("/tumen")[1], library.get("/tumen/articles/1")[1], library.get("/tumen/queue")[1]):
        assert '<html lang="en">' in page
        assert '<a href="/-/tumen/dashboard">Dashboard</a>' in page
        assert 'aria-current="page">Tables</a>' in page
    order = [
        plain.index(f">{name}</a>") for name in ("articles", "flags", "reviews", "feeds", "stories", "alert_times")
    ]
    assert order == sorted(order)
    assert "Relevant articles without a verdict, most relevant first." in plain, "queries have descriptions"


def test_titles_in_queries_lead_to_the_desk(library: Served) -> None:
    for query, kind in (("queue", "article"), ("stories", "story")):
        _, page, _ = library.get(f"/tumen/{query}")
        assert re.search(rf'col-title[^>]*><a href="/-/tumen/{kind}/\d+">', page), query
    _, page, _ = library.get("/tumen/queue")
    assert not re.search(r"\d{4}-\d\d-\d\dT", page.split("<tbody>")[1].split("</tbody>")[0])


@NEEDS_BROWSER
def test_rows_of_tables_take_one_line(library: Served, archive: Path, browser: Any) -> None:
    from tests.review.test_security import plain_datasette

    page = browser.new_page(viewport={"width": 1400, "height": 900})
    with plain_datasette(archive) as base:
        for address in (
            f"{library.base}/tumen/articles",
            f"{base}/{archive.stem}/articles",
            f"{library.base}/tumen/queue",
        ):
            page.goto(address)
            heights = page.eval_on_selector_all("tbody tr", "rows => rows.map((row) => row.offsetHeight)")
            assert len(heights) > 5
            assert max(heights) < 40, address
    page.goto(f"{library.base}/tumen/articles/1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1400


@NEEDS_BROWSER
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_story_search_and_tables_pass_axe(library: Served, browser: Any, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_context(color_scheme=scheme).new_page()
    for path in ("/-/tumen/story/1", "/-/tumen/search?topic=thaad", "/nothing", "/tumen", "/tumen/articles",
                 "/tumen/articles/1", "/tumen/queue"):  # fmt: skip
        page.goto(library.base + path)
        page.wait_for_timeout(50)  # the script names the controls after the load
        results = Axe().run(page)
        assert results.violations_count == 0, f"{path}: {results.generate_report()}"
