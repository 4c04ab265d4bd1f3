"""Telegram channels from their preview pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.feeds.listing import parse_list
from pipeline.model import KeyedFeed, ParsedEntry, Seen
from tests.world.listing_site import channel, post

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
LONG = "Министры двух стран обсудили поставки угля через порт. " * 8


def read(page: str) -> KeyedFeed:
    url = "https://t.me/s/harbour"
    found = parse_list(page.encode(), url, "text/html", via="telegram", timezone=None, now=NOW, seen=Seen())
    return found.document


def only(*posts: str) -> ParsedEntry:
    (entry,) = read(channel("Harbour", posts)).entries
    return entry.entry


def test_post_is_an_entry_with_its_own_link_text_date_and_first_sentence_as_title() -> None:
    entry = only(post("harbour", 7, "<b>Порт открыт.</b> Суда идут<br/><br/>Второй абзац &amp; конец", AT))
    assert (entry.url, entry.id) == ("https://t.me/harbour/7", "https://t.me/harbour/7")
    assert entry.content == "Порт открыт. Суда идут\nВторой абзац & конец"
    assert (entry.title, entry.published) == ("Порт открыт.", AT)
    assert read(channel("Harbour", [])).feed.title == "Harbour"


def test_forwarded_post_names_the_channel_it_came_from() -> None:
    assert only(post("harbour", 7, LONG, AT, forwarded="Embassy")).authors == ("Embassy",)


def test_views_and_edit_mark_alone_do_not_change_a_post_but_new_words_do() -> None:
    first, again, edited = (
        read(channel("Harbour", [one])).entries[0]
        for one in (
            post("harbour", 7, LONG, AT),
            post("harbour", 7, LONG, AT, edited=True).replace("49K", "50K"),
            post("harbour", 7, LONG + "Исправлено.", AT, edited=True),
        )
    )
    assert first.digest == again.digest != edited.digest
    assert edited.entry.tags == ("edited",)


@pytest.mark.parametrize("preview", ["", "https://paper.example/news/12"])
def test_post_that_mainly_links_to_a_page_makes_the_page_the_article(preview: str) -> None:
    anchor = '<a href="https://paper.example/news/12">https://paper.example/news/12</a>'
    entry = only(post("harbour", 7, f"Порт снова открыт {anchor}", AT, preview=preview))
    assert (entry.url, entry.id) == ("https://paper.example/news/12", "https://t.me/harbour/7")
    assert (entry.content, entry.title) == ("", "Порт снова открыт")


@pytest.mark.parametrize(
    "text",
    [
        LONG + '<a href="https://paper.example/news/12">Читать</a>',
        'Подписаться <a href="https://t.me/other">на канал</a> порта',
        'Сайт: <a href="https://paper.example/">paper.example</a>',
        '<a href="https://a.example/1">Раз</a> и <a href="https://b.example/2">два</a>',
    ],
)
def test_post_with_its_own_text_stands_for_itself(text: str) -> None:
    assert only(post("harbour", 7, text, AT)).url == "https://t.me/harbour/7"


def test_text_of_the_post_that_is_answered_is_left_out() -> None:
    own = '<div class="tgme_widget_message_text'
    quoted = f'<a class="tgme_widget_message_reply">{own}">Старый пост</div></a>'
    answer = post("harbour", 7, LONG, AT).replace(own, quoted + own, 1)
    assert only(answer).content == LONG.strip()


def test_picture_without_text_is_left_out() -> None:
    assert read(channel("Harbour", [post("harbour", 7, "", AT)])).entries == ()


def test_channel_without_preview_is_a_problem() -> None:
    assert "no public preview" in (read("<html><body>View in Telegram</body></html>").feed.problem or "")
