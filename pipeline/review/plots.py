"""Draws numbers as SVG. Pure: in go rows, out comes markup in which every text is escaped; colours come from the style.

Each plot has a title and a description for screen readers, and says its largest value; the page prints the same
numbers as a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from markupsafe import Markup, escape


def columns(title: str, values: Sequence[tuple[str, float]], *, width: int = 240, height: int = 84) -> Markup:
    """A column for each value, over time; the first and the last name stand below."""
    top = max((value for _, value in values), default=0.0)
    step = width / max(len(values), 1)
    bars = []
    for at, (name, value) in enumerate(values):
        tall = (height - 30) * value / top if top else 0
        bars.append(
            Markup(
                '<rect class="mark" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}: {:g}</title></rect>'
            ).format(at * step, height - 16 - tall, _wide(step), tall, name, value)
        )
    said = f"{len(values)} values, the largest {top:g}"
    parts = [*bars, *_frame([name for name, _ in values], top, width, height)]
    return _svg(title, said, width, height, Markup("").join(parts))


def stacks(
    title: str, values: Sequence[tuple[str, int, int]], names: tuple[str, str], *, width: int = 480, height: int = 120
) -> Markup:
    """A column of two parts for each value, over time: the first part below, the second on it.

    Args:
        title: of the plot.
        values: name, first, second.
        names: what the two parts are.
        width: in units of the drawing.
        height: likewise.
    """
    top = max((first + second for _, first, second in values), default=0)
    step = width / max(len(values), 1)
    scale = (height - 30) / top if top else 0
    bars = []
    for at, (name, first, second) in enumerate(values):
        said = f"{name}: {first} {names[0]}, {second} {names[1]}"
        for kind, count, below in (("ok", first, 0), ("rest", second, first)):
            if count:
                bars.append(
                    Markup(
                        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
                    ).format(
                        kind,
                        at * step,
                        height - 16 - scale * (below + count),
                        _wide(step),
                        max(scale * count, 0.5),
                        said,
                    )
                )
    said = f"{sum(v[1] for v in values)} {names[0]}, {sum(v[2] for v in values)} {names[1]}"
    parts = [*bars, *_frame([value[0] for value in values], top, width, height)]
    return _svg(title, said, width, height, Markup("").join(parts))


def rows(title: str, values: Sequence[tuple[str, float]], *, width: int = 480) -> Markup:
    """A bar for each value, named at its left, largest first."""
    top = max((value for _, value in values), default=0.0)
    parts = []
    for at, (name, value) in enumerate(values):
        y = at * 20
        parts.append(
            Markup(
                '<text x="190" y="{0}" text-anchor="end">{1}</text>'
                '<rect class="mark" x="198" y="{2}" width="{3:.1f}" height="13"></rect>'
                '<text x="{4:.1f}" y="{0}">{5:g}</text>'
            ).format(
                y + 13,
                _short(name),
                y + 2,
                (width - 260) * value / top if top else 0,
                204 + ((width - 260) * value / top if top else 0),
                value,
            )
        )
    return _svg(
        title, f"{len(values)} bars, the largest {top:g}", width, max(20 * len(values), 20), Markup("").join(parts)
    )


def precision(title: str, values: Sequence[tuple[str, int, int]], *, width: int = 480) -> Markup:
    """The share of right verdicts for each name, with Wilson's 95 % interval as a whisker.

    Args:
        title: of the plot.
        values: name, right, all.
        width: in units of the drawing.
    """
    parts = []
    scale = width - 280
    for at, (name, good, every) in enumerate(values):
        y = at * 20
        low, high = wilson(good, every)
        share = good / every if every else 0.0
        parts.append(
            Markup(
                '<text x="190" y="{0}" text-anchor="end">{1}</text>'
                '<rect class="ok" x="198" y="{2}" width="{3:.1f}" height="13"></rect>'
                '<line class="whisker" x1="{4:.1f}" x2="{5:.1f}" y1="{6}" y2="{6}"></line>'
                '<text x="{7}" y="{0}">{8:.0f} % of {9}</text>'
            ).format(
                y + 13,
                _short(name),
                y + 2,
                scale * share,
                198 + scale * low,
                198 + scale * high,
                y + 8,
                width - 74,
                100 * share,
                every,
            )
        )
    return _svg(title, f"{len(values)} shares", width, max(20 * len(values), 20), Markup("").join(parts))


def wilson(good: int, every: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson (1927); (0, 1) where there is nothing to count."""
    if not every:
        return 0.0, 1.0
    z = 1.959964
    share, spread = good / every, z * z / every
    centre = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / every + spread / (4 * every)) / (1 + spread)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def strip(title: str, marks: Sequence[bool]) -> Markup:
    """A small square for each poll, oldest first: full height when it went well, half when it failed."""
    parts = [
        Markup('<rect class="{}" x="{}" y="{}" width="4" height="{}"></rect>').format(
            "ok" if good else "bad", 5 * at, 0 if good else 6, 12 if good else 6
        )
        for at, good in enumerate(marks)
    ]
    failed = sum(not good for good in marks)
    return _svg(
        title, f"{len(marks)} polls, {failed} failed", max(5 * len(marks), 5), 12, Markup("").join(parts), small=True
    )


def _wide(step: float) -> float:
    """A column's width: with a gap beside it, and never a slab."""
    return min(max(step - 1, 0.5), 28)


def _frame(names: Sequence[str], top: float, width: float, height: float) -> list[Markup]:
    """The axis, the first and the last name below it, and the largest value."""
    parts = [
        Markup('<line class="axis" x1="0" x2="{0}" y1="{1}" y2="{1}"></line>').format(width, height - 16),
        Markup('<text x="{}" y="10" text-anchor="end">{:g}</text>').format(width, top),
    ]
    if names:
        parts.append(Markup('<text x="0" y="{}">{}</text>').format(height - 3, names[0]))
    if len(names) > 1:
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(width, height - 3, names[-1]))
    return parts


def _svg(title: str, said: str, width: float, height: float, inside: Markup, *, small: bool = False) -> Markup:
    size = Markup(' width="{}" height="{}"').format(width, height) if small else Markup("")
    kind = "plot small" if small else "plot"
    return Markup(
        '<svg class="{}" viewBox="0 0 {:g} {:g}"{} role="img"><title>{}</title><desc>{}</desc>{}</svg>'
    ).format(kind, width, height, size, escape(title), said, inside)


def _short(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"
