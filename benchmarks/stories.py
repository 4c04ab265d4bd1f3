"""What joining articles into stories costs, and how surely copies are found.

    python -m benchmarks.stories 10000

Stores N invented articles in a new database: five of each text, of which four are copies with 1, 2, 4 or 6 of 12
sentences written anew, under other titles, in other papers, each with its paper's footer. Every fifth text names
concepts. Prints the CPU time that stories add to an article (signing by a worker, joining by the writer), beside the
time that storing and indexing it takes, and precision and recall over pairs of copies.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from benchmarks.archive import _WORDS
from pipeline.cycle.story_stage import StoryStage
from pipeline.model import Article, ArticleId, FeedId, Stored
from pipeline.store import open_store, transaction
from pipeline.store.values import to_text
from pipeline.stories import fingerprint, load_model, sign
from pipeline.text.words import index_terms

_CHANGED = (0, 1, 2, 4, 6)  # sentences of twelve


def make(number: int) -> None:
    """Store, join, print."""
    rng = random.Random(3)
    with tempfile.TemporaryDirectory() as folder:
        conn = open_store(Path(folder) / "tumen.db")
        conn.execute("PRAGMA synchronous = OFF")
        concepts = sorted(load_model().rarity)[:300]
        now = datetime.now(UTC)
        with transaction(conn):
            for feed in range(20):
                conn.execute(
                    "INSERT INTO feeds (name, url, asked_url, language, kind, added_at) VALUES (?, ?, ?, 'en', 'x', ?)",
                    (f"Paper {feed}", f"https://p{feed}.invalid", "", to_text(now)),
                )
        stage, storing, signing, joining, origin = StoryStage(), [], [], [], {}
        for start in range(0, number, 50):
            with transaction(conn):
                for at in range(start, min(start + 50, number)):
                    article, hits, text = _article(rng, at, now - timedelta(seconds=40 * (number - at)), concepts)
                    began = time.process_time()
                    stored = _store(conn, article)
                    between = time.process_time()
                    sentences = fingerprint(article.title, article.text)
                    signature = sign(article.title, article.text, "en", hits, year=2026, model=load_model())
                    signed = time.process_time()
                    stage.place(conn, stored, sentences, signature, now)
                    joining.append((time.process_time() - signed) * 1000)
                    signing.append((signed - between) * 1000)
                    storing.append((between - began) * 1000)
                    origin[stored.id] = text
        found: dict[int, list[int]] = defaultdict(list)
        for story, article_id in conn.execute("SELECT story_id, article_id FROM story_members WHERE how <> 'event'"):
            found[story].append(origin[article_id])
        conn.close()
    right = sum(n * (n - 1) // 2 for texts in found.values() for n in (texts.count(one) for one in set(texts)))
    joined = sum(len(texts) * (len(texts) - 1) // 2 for texts in found.values())
    every = len(set(origin.values())) * 10
    joining.sort()
    print(
        f"{number} articles: storing {statistics.mean(storing):.2f} ms an article,"
        f" signing {statistics.mean(signing):.2f}, joining {statistics.mean(joining):.2f}"
        f" (median {statistics.median(joining):.2f}, p95 {joining[int(number * 0.95)]:.2f});"
        f" pairs of copies: precision {right / max(joined, 1):.3f}, recall {right / every:.3f}"
    )


def _article(
    rng: random.Random, at: int, when: datetime, concepts: list[str]
) -> tuple[Article, list[tuple[str, int]], int]:
    text = at // 5
    words = _WORDS["en"].split()

    def sentence(seed: str) -> str:
        own = random.Random(seed)
        return " ".join(own.choice(words) for _ in range(12)) + "."

    sentences = [sentence(f"{text} {place}") for place in range(12)]
    for place in rng.sample(range(12), _CHANGED[at % 5]):
        sentences[place] = sentence(f"own {at} {place}")
    feed = rng.randrange(20) + 1
    body = "\n".join([*sentences, f"Subscribe to the daily letter of the editors of paper number {feed} for more."])
    title = sentence(f"title {at}")
    article = Article(
        feed=FeedId(feed), url=f"https://p{feed}.invalid/{at}", published_url="", title=title, text=body, summary="",
        content_hash=sha256(body.encode()).hexdigest(), language="en", home=None, published=when,
        published_from="feed", published_assumed=False, authors=(), canonical_url=None, site=None, section=None,
        tags=(), method="trafilatura", quality=0.9, wall=None, first_seen_at=when, fetched_at=when,
    )  # fmt: skip
    hits = [(concept, 0) for concept in rng.sample(concepts, 12)] if text % 5 == 0 else []
    return article, hits, text


def _store(conn: object, article: Article) -> Stored:
    stamp = to_text(article.first_seen_at)
    row = conn.execute(  # type: ignore[attr-defined]
        "INSERT INTO articles (title, text, search_terms, feed_id, language, published, sorted_at, url, published_url,"
        " method, content_hash, first_seen_at, fetched_at) VALUES (?, ?, ?, ?, 'en', ?, ?, ?, '', 'x', ?, ?, ?)"
        " RETURNING id",
        (
            article.title, article.text, index_terms(article.title, article.text), article.feed, stamp, stamp,
            article.url, article.content_hash, stamp, stamp,
        ),
    ).fetchone()  # fmt: skip
    return Stored(id=ArticleId(row[0]), revision=1, what="new")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int)
    make(parser.parse_args().number)
