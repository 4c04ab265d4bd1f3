"""Makes an archive of N invented articles, as cycles, flags and analysts would have left it.

    python -m benchmarks.archive 200000 archive.db

English, Russian and Korean by turns, two years, 60 feeds, every fifth article relevant with flags, evidence and terms,
every tenth of these reviewed. The same seed gives the same archive. Some two minutes for 200,000 articles.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline import shipped
from pipeline.cycle.flagging_config import load_flagger
from pipeline.store import open_store, transaction
from pipeline.store.values import to_json, to_text
from pipeline.text.words import index_terms

_WORDS = {
    "en": (
        "harbour minister envoy talks cargo winter market border rail summit grain sanctions pipeline Vladivostok Seoul"
        " Moscow Pyongyang council treaty missile exercise tourist ferry contract university museum river bridge price"
    ),
    "ru": (
        "порт министр посол переговоры груз зима рынок граница дорога саммит зерно санкции газопровод Владивосток Сеул"
        " Москва Пхеньян совет договор ракета учения турист паром контракт институт музей река мост Госдума"
    ),
    "ko": (
        "항구 장관 대사 회담 화물 겨울 시장 국경 철도 정상회담 곡물 제재 가스관 블라디보스토크 서울 모스크바 평양 의회"
        " 조약 미사일 훈련 관광객 여객선 계약 대학교 박물관 다리 가격 사드"
    ),
}
_LANGUAGES = ("en", "ru", "ko")
_TAILS = ("을", "를", "이", "가", "은", "는", "에", "에서", "의", "")


def make(path: Path, number: int, seed: int = 7) -> None:
    """Write the archive."""
    rng = random.Random(seed)
    conn = open_store(path)
    conn.execute("PRAGMA synchronous = OFF")
    _, version = load_flagger(conn, shipped.CONFIG, lambda: datetime.now(UTC))
    topics = [row[0] for row in conn.execute("SELECT id FROM topics ORDER BY position")]
    passages = [row[0] for row in conn.execute("SELECT id FROM passages")]
    concepts = [row[0] for row in conn.execute("SELECT id FROM concepts LIMIT 60")]
    now = datetime.now(UTC)
    with transaction(conn):
        for at in range(60):
            conn.execute(
                "INSERT INTO feeds (name, url, asked_url, language, kind, added_at) VALUES (?, ?, ?, ?, 'news', ?)",
                (
                    f"Paper {at}",
                    url := f"https://paper{at}.invalid/feed",
                    url,
                    ("en", "ru", "ko")[at % 3],
                    to_text(now),
                ),
            )
        for at in range(12_000):
            conn.execute(
                "INSERT INTO fetches (feed_id, at, kind, url, outcome) VALUES (?, ?, 'feed', '', ?)",
                (at % 60 + 1, to_text(now - timedelta(minutes=at)), "fetched" if rng.random() < 0.95 else "timeout"),
            )
    for start in range(0, number, 1000):
        with transaction(conn):
            for at in range(start, min(start + 1000, number)):
                write_article(conn, rng, at, now - timedelta(seconds=(number - at) * 63_000_000 // number), version)
                if at % 5 == 0:
                    _reasons(conn, rng, at + 1, topics, passages, concepts, version)
        print(f"\r{start + 1000:,} of {number:,}", end="", flush=True)
    _entries(conn)
    conn.execute("ANALYZE")
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    print(f"\n{path}: {path.stat().st_size / 1e6:,.0f} MB")


def _entries(conn: sqlite3.Connection) -> None:
    """The entry that each article came of; a thousand wait, and one in a hundred was given up."""
    with transaction(conn):
        conn.execute(
            "INSERT INTO entries (identity, feed_id, guid, url, published_url, title, digest, first_seen_at,"
            " next_try_at, state, article_id)"
            " SELECT url, feed_id, url, url, url, title, '', first_seen_at, first_seen_at, 'flagged', id FROM articles"
        )
        for state, which in (
            ("dead", "article_id % 100 = 7"),
            ("failed", "article_id % 400 = 9"),
            ("new", "id % 400 = 1"),
        ):
            conn.execute(f"UPDATE entries SET state = '{state}', article_id = NULL WHERE {which}")


def write_article(conn: sqlite3.Connection, rng: random.Random, at: int, when: datetime, version: str) -> None:
    """One article of invented words, the ``at``-th."""
    language = _LANGUAGES[at % 3]
    words = _WORDS[language].split()

    def phrase(length: int) -> str:
        return " ".join(f"{rng.choice(words)}{rng.choice(_TAILS) if language == 'ko' else ''}" for _ in range(length))

    title, text = f"{phrase(8)} {at}", "\n".join(f"{phrase(30)}." for _ in range(6))
    relevant = at % 5 == 0
    stamp = to_text(when)
    url = f"https://paper{at % 60}.invalid/{at}"
    conn.execute(
        "INSERT INTO articles (title, text, search_terms, relevance, relevant, topics, feed_id, language, published,"
        " published_from, sorted_at, url, published_url, method, quality, characters, content_hash, first_seen_at,"
        " fetched_at, config_version)"
        " VALUES (?, ?, ?, ?, ?, '[]', ?, ?, ?, 'feed', ?, ?, ?, 'trafilatura', 0.9, ?, ?, ?, ?, ?)",
        (
            title, text, index_terms(title, text), rng.uniform(0.5, 1) if relevant else rng.uniform(0, 0.5), relevant,
            at % 60 + 1, language, stamp, stamp, url, url, len(text), str(at), stamp, stamp, version,
        ),
    )  # fmt: skip


def _reasons(
    conn: sqlite3.Connection,
    rng: random.Random,
    article: int,
    topics: list[str],
    passages: list[str],
    concepts: list[str],
    version: str,
) -> None:
    chosen = rng.sample(topics, rng.choice((1, 1, 2, 3)))
    stamp, text = conn.execute("SELECT sorted_at, text FROM articles WHERE id = ?", (article,)).fetchone()
    conn.execute("UPDATE articles SET topics = ?, top_topic = ? WHERE id = ?", (to_json(chosen), chosen[0], article))
    for topic in chosen:
        conn.execute(
            "INSERT INTO flags (article_id, topic, score, passage_id, revision, config_version, sorted_at, flagged_at)"
            " VALUES (?, ?, ?, ?, 1, ?, ?, ?)",
            (article, topic, rng.uniform(0, 5), rng.choice(passages), version, stamp, stamp),
        )
        for _ in range(8):
            start = rng.randrange(len(text) - 12)
            conn.execute(
                'INSERT INTO evidence (article_id, topic, clause, concept, surface, field, start, "end")'
                " VALUES (?, ?, 'clause', ?, ?, 'text', ?, ?)",
                (article, topic, rng.choice(concepts), text[start : start + 6], start, start + 6),
            )
        for weight in (-1.0, 1.3, 0.8):
            conn.execute(
                "INSERT INTO terms (article_id, topic, clause, weight) VALUES (?, ?, 'clause', ?)",
                (article, topic, weight),
            )
    conn.execute(
        "INSERT INTO near_passages (article_id, passage_id, similarity) VALUES (?, ?, 0.4)",
        (article, rng.choice(passages)),
    )
    if article % 50 == 1:
        conn.execute(
            "INSERT INTO reviews (article_id, analyst, verdict, topics, note, at, revision, config_version, token)"
            " VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)",
            (
                article, rng.choice(("anna", "boris", "chul")),
                rng.choice(("relevant", "relevant", "not_relevant", "escalate")),
                to_json(rng.sample(topics, 1)) if article % 250 == 1 else None,
                "Seen at the ministry too." if article % 150 == 1 else "",
                stamp, version, f"archive-{article}",
            ),
        )  # fmt: skip
    if article % 40 == 36:
        _story(conn, article, stamp)


def _story(conn: sqlite3.Connection, article: int, stamp: str) -> None:
    """One story of this flagged article and the one before, of the two languages that they have."""
    members = (article - 5, article)
    story = conn.execute(
        "INSERT INTO stories (title, lead_article_id, articles, sources, first_seen_at, last_seen_at)"
        " SELECT title, id, 2, 2, sorted_at, ? FROM articles WHERE id = ? RETURNING id",
        (stamp, members[0]),
    ).fetchone()[0]
    for member, how in zip(members, ("first", "event"), strict=True):
        conn.execute("UPDATE articles SET story_id = ? WHERE id = ?", (story, member))
        conn.execute(
            "INSERT INTO story_members VALUES (?, ?, ?, NULL, 'Both name the same harbour.', ?)",
            (member, story, how, stamp),
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int)
    parser.add_argument("path", type=Path)
    arguments = parser.parse_args()
    make(arguments.path, arguments.number)
