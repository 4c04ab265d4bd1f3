"""Shows why an article is, or is not, flagged: the text with its evidence marked, and every addend of every sum. Pure.

In: an article's title and text with its ``Assessment``. Out: lines for a terminal, or one HTML page that needs nothing
else and runs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from pipeline.model import Assessment, Evidence, Passage

Mark = Callable[[str, Evidence], str]
Plain = Callable[[str], str]


def marked(text: str, field: str, evidence: Iterable[Evidence], mark: Mark, plain: Plain = lambda part: part) -> str:
    """The text with each piece of evidence marked once; of overlapping ones the first and longest.

    Args:
        text: the title or the text.
        field: which of the two it is.
        evidence: of the assessment.
        mark: makes the marked form of a piece.
        plain: makes the shown form of what lies between.
    """
    parts: list[str] = []
    done = 0
    for one in sorted((e for e in evidence if e.field == field), key=lambda e: (e.start, -e.end)):
        if one.start >= done:
            parts += [plain(text[done : one.start]), mark(text[one.start : one.end], one)]
            done = one.end
    return "".join([*parts, plain(text[done:])])


def lines(
    title: str,
    text: str,
    assessment: Assessment,
    passages: Sequence[Passage],
    mark: Callable[[str], str] = lambda part: f"[{part}]",
) -> list[str]:
    """The explanation for a terminal.

    Args:
        title: of the article.
        text: of the article.
        assessment: what flagging says of it.
        passages: of the reference, for the nearest one's words.
        mark: how a piece of evidence is shown.
    """
    show: Mark = lambda part, _: mark(part)  # noqa: E731 - two words, used twice
    told = [marked(title, "title", assessment.evidence, show), ""]
    told += [line for line in marked(text, "text", assessment.evidence, show).splitlines() if line.strip()]
    verdict = "relevant" if assessment.relevant else "not relevant"
    flagged = ", ".join(f"{topic} {score:.2f}" for topic, score in assessment.topics.items()) or "on no topic"
    told += ["", f"{verdict}, {assessment.relevance:.2f}; {flagged}"]
    for topic, terms in _by_topic(assessment).items():
        told += ["", topic]
        told += [f"  {weight:+5.1f}  {clause:<28} {words}" for clause, weight, words in terms]
        told.append(f"  {sum(weight for _, weight, _ in terms):+5.1f}  in all; flagged from 0 on")
    told += ["", *(f"near: {miss.topic} ({miss.score:.2f}): {miss.missing}" for miss in assessment.near_misses)]
    digests = {passage.id: passage.digest for passage in passages}
    for near in assessment.passages[:1]:
        told += ["", f"nearest passage {near.passage} ({near.similarity:.2f}): {digests.get(near.passage, '')}"]
        told.append(f"  shared: {', '.join(near.shared)}")
    told += ["", f"config {assessment.config_version}"]
    return told


def _by_topic(assessment: Assessment) -> Mapping[str, list[tuple[str, float, str]]]:
    grouped: dict[str, list[tuple[str, float, str]]] = {}
    words: dict[tuple[str, str], list[str]] = {}
    for one in assessment.evidence:
        words.setdefault((one.topic, one.clause), []).append(one.surface)
    for term in assessment.terms:
        shown = ", ".join(dict.fromkeys(words.get((term.topic, term.clause), ())))
        note = f" ({term.note})" if term.note else ""
        grouped.setdefault(term.topic, []).append((term.clause, term.weight, f"{shown[:90]}{note}"))
    return grouped


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body {{ font: 17px/1.55 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }}
:root {{ color-scheme: light dark }}
mark {{ background: #ffd866; color: #000; border-radius: 3px; padding: 0 .1em }}
table {{ border-collapse: collapse; width: 100%; font-size: .85em }}
td {{ border-top: 1px solid #8884; padding: .2em .5em; vertical-align: top }}
td.n {{ text-align: right; font-variant-numeric: tabular-nums }}
aside {{ border-left: 4px solid #8886; padding-left: 1rem }}
</style></head><body>
<h1>{marked_title}</h1>
{paragraphs}
<h2>{verdict}</h2>
{tables}
{near}
<aside>{passage}</aside>
<p><small>config {version}</small></p>
</body></html>
"""


def page(title: str, text: str, assessment: Assessment, passages: Sequence[Passage]) -> str:
    """The explanation as a page: everything escaped, no script, nothing loaded from elsewhere."""

    def mark(part: str, one: Evidence) -> str:
        return f'<mark title="{escape(f"{one.concept}: {one.topic}/{one.clause}", quote=True)}">{escape(part)}</mark>'

    body = marked(text, "text", assessment.evidence, mark, escape)
    tables = [_table(topic, terms) for topic, terms in _by_topic(assessment).items()]
    near = "".join(f"<p>Nearly {escape(m.topic)}: {escape(m.missing)}</p>" for m in assessment.near_misses)
    digests = {passage.id: passage.digest for passage in passages}
    nearest = "".join(
        f"<p>Nearest passage {escape(p.passage)} ({p.similarity:.2f}): {escape(digests.get(p.passage, ''))}</p>"
        for p in assessment.passages[:1]
    )
    verdict = "Relevant" if assessment.relevant else "Not relevant"
    flagged = ", ".join(assessment.topics) or "on no topic"
    return _PAGE.format(
        title=escape(title),
        marked_title=marked(title, "title", assessment.evidence, mark, escape),
        paragraphs="\n".join(f"<p>{line}</p>" for line in body.splitlines() if line.strip()),
        verdict=escape(f"{verdict} ({assessment.relevance:.2f}): {flagged}"),
        tables="\n".join(tables),
        near=near,
        passage=nearest,
        version=escape(assessment.config_version),
    )


def _table(topic: str, terms: list[tuple[str, float, str]]) -> str:
    rows = [*terms, ("in all; flagged from 0 on", sum(weight for _, weight, _ in terms), "")]
    cells = "".join(
        f'<tr><td class="n">{weight:+.1f}</td><td>{escape(clause)}</td><td>{escape(words)}</td></tr>'
        for clause, weight, words in rows
    )
    return f"<h3>{escape(topic)}</h3><table>{cells}</table>"
