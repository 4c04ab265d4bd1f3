"""Explanation of a score: the text with its evidence marked, and the terms of every sum. Pure.

In: an article's title and text with its ``Assessment``. Out: lines for a terminal, or one HTML page that loads nothing
and runs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from pipeline.flagging.model import probability
from pipeline.model import Assessment, Evidence, Passage, Term

Mark = Callable[[str, Evidence], str]
Plain = Callable[[str], str]


def marked(text: str, field: str, evidence: Iterable[Evidence], mark: Mark, plain: Plain = lambda part: part) -> str:
    """Mark each piece of evidence once; of overlapping ones the first and longest.

    Args:
        text: the title or the text.
        field: which of the two it is.
        evidence: of the assessment.
        mark: makes the marked form of a piece.
        plain: makes the shown form of what lies between.
    """
    parts: list[str] = []
    done = 0
    for piece in sorted((e for e in evidence if e.field == field), key=lambda e: (e.start, -e.end)):
        if piece.start >= done:
            parts += [plain(text[done : piece.start]), mark(text[piece.start : piece.end], piece)]
            done = piece.end
    return "".join([*parts, plain(text[done:])])


def lines(
    title: str,
    text: str,
    assessment: Assessment,
    passages: Sequence[Passage],
    mark: Callable[[str], str] = lambda part: f"[{part}]",
) -> list[str]:
    """Return the explanation for a terminal.

    Args:
        title: of the article.
        text: of the article.
        assessment: its scores and reasons.
        passages: of the reference, for the text of the closest one.
        mark: makes the shown form of a piece of evidence.
    """

    def show(part: str, _: Evidence) -> str:
        return mark(part)

    shown = [marked(title, "title", assessment.evidence, show), ""]
    shown += [line for line in marked(text, "text", assessment.evidence, show).splitlines() if line.strip()]
    shown += ["", _summary(assessment)]
    for topic, terms in _by_topic(assessment).items():
        shown += ["", topic]
        shown += [f"  {term.weight:+5.1f}  {term.clause}" for term in terms]
        shown.append(f"  {_log_odds(terms):+5.1f}  in all: probability {probability(_log_odds(terms)):.2f}")
    shown += ["", *(f"near miss: {miss.topic} ({miss.score:.2f}): {miss.missing}" for miss in assessment.near_misses)]
    digests = {passage.id: passage.digest for passage in passages}
    for near in assessment.passages[:1]:
        shown += ["", f"closest passage {near.passage} ({near.similarity:.2f}): {digests.get(near.passage, '')}"]
        shown.append(f"  both name: {', '.join(near.shared)}")
    shown += ["", f"config {assessment.config_version}"]
    return shown


def _summary(assessment: Assessment) -> str:
    verdict = "relevant" if assessment.relevant else "not relevant"
    flagged = ", ".join(f"{topic} {score:.2f}" for topic, score in assessment.topics.items()) or "no topic"
    return f"{verdict}, {assessment.relevance:.2f}; {flagged}"


def _by_topic(assessment: Assessment) -> Mapping[str, list[Term]]:
    grouped: dict[str, list[Term]] = {}
    for term in assessment.terms:
        grouped.setdefault(term.topic, []).append(term)
    return grouped


def _log_odds(terms: Iterable[Term]) -> float:
    return sum(term.weight for term in terms)


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
    """Return the explanation as a page: everything escaped, no script, nothing loaded from elsewhere."""

    def mark(part: str, piece: Evidence) -> str:
        why = escape(f"{piece.concept}: {piece.topic}, {piece.clause}", quote=True)
        return f'<mark title="{why}">{escape(part)}</mark>'

    body = marked(text, "text", assessment.evidence, mark, escape)
    tables = [_table(topic, terms) for topic, terms in _by_topic(assessment).items()]
    near = "".join(f"<p>Near miss: {escape(m.topic)}: {escape(m.missing)}</p>" for m in assessment.near_misses)
    digests = {passage.id: passage.digest for passage in passages}
    closest = "".join(
        f"<p>Closest passage {escape(p.passage)} ({p.similarity:.2f}): {escape(digests.get(p.passage, ''))}</p>"
        for p in assessment.passages[:1]
    )
    return _PAGE.format(
        title=escape(title),
        marked_title=marked(title, "title", assessment.evidence, mark, escape),
        paragraphs="\n".join(f"<p>{line}</p>" for line in body.splitlines() if line.strip()),
        verdict=escape(_summary(assessment)),
        tables="\n".join(tables),
        near=near,
        passage=closest,
        version=escape(assessment.config_version),
    )


def _table(topic: str, terms: Sequence[Term]) -> str:
    total = _log_odds(terms)
    rows = [(term.weight, term.clause) for term in terms]
    rows.append((total, f"in all: probability {probability(total):.2f}"))
    cells = "".join(f'<tr><td class="n">{weight:+.1f}</td><td>{escape(words)}</td></tr>' for weight, words in rows)
    return f"<h3>{escape(topic)}</h3><table>{cells}</table>"
