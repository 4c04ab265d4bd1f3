"""Plots as SVG.

In: rows of numbers. Out: markup with every text escaped; colours come from the style sheet. Pure. Each plot has a title
and a description for screen readers and shows its largest value. The page prints the same numbers as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from markupsafe import Markup, escape

Z95 = 1.959964  # a normal variable is within ± this many standard deviations in 95 % of cases


def columns(title: str, values: Sequence[tuple[str, float]], *, width: int = 240, height: int = 84) -> Markup:
    """Draw one column per value, over time, with the first and the last name below."""
    top = max((value for _, value in values), default=0.0)
    step = width / max(len(values), 1)
    bars = []
    for at, (name, value) in enumerate(values):
        tall = (height - 30) * value / top if top else 0
        bars.append(
            Markup(
                '<rect class="col" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}: {:g}</title></rect>'
            ).format(at * step, height - 16 - tall, _column_width(step), tall, name, value)
        )
    description = f"{len(values)} values, the largest {top:g}"
    parts = [*bars, *_frame([name for name, _ in values], top, width, height)]
    return _svg(title, description, width, height, Markup("").join(parts))


def stacks(
    title: str, values: Sequence[tuple[str, int, int]], names: tuple[str, str], *, width: int = 480, height: int = 120
) -> Markup:
    """Draw one column of two stacked parts per value, over time.

    Args:
        title: the title of the plot.
        values: name, lower part, upper part.
        names: the names of the two parts.
        width: width in SVG units.
        height: height in SVG units.
    """
    top = max((first + second for _, first, second in values), default=0)
    step = width / max(len(values), 1)
    scale = (height - 30) / top if top else 0
    bars = []
    for at, (name, first, second) in enumerate(values):
        tooltip = f"{name}: {first} {names[0]}, {second} {names[1]}"
        for kind, count, below in (("ok", first, 0), ("rest", second, first)):
            if count:
                bars.append(
                    Markup(
                        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
                    ).format(
                        kind,
                        at * step,
                        height - 16 - scale * (below + count),
                        _column_width(step),
                        max(scale * count, 0.5),
                        tooltip,
                    )
                )
    description = f"{sum(v[1] for v in values)} {names[0]}, {sum(v[2] for v in values)} {names[1]}"
    parts = [*bars, *_frame([value[0] for value in values], top, width, height)]
    return _svg(title, description, width, height, Markup("").join(parts))


def rows(title: str, values: Sequence[tuple[str, float]], *, width: int = 480) -> Markup:
    """Draw one horizontal bar per value, with its name on the left."""
    top = max((value for _, value in values), default=0.0)
    parts = []
    for at, (name, value) in enumerate(values):
        y = at * 20
        parts.append(
            Markup(
                '<text x="190" y="{0}" text-anchor="end">{1}</text>'
                '<rect class="col" x="198" y="{2}" width="{3:.1f}" height="13"></rect>'
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
    """Draw the share of correct flags per name, with a whisker for Wilson's 95 % interval.

    Args:
        title: the title of the plot.
        values: name, correct, all.
        width: width in SVG units.
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


def wilson(good: float, every: float) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share after Wilson (1927). (0, 1) if there are no observations."""
    if not every:
        return 0.0, 1.0
    share, spread = good / every, Z95 * Z95 / every
    centre = (share + spread / 2) / (1 + spread)
    half = Z95 * sqrt(share * (1 - share) / every + spread / (4 * every)) / (1 + spread)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def reliability(title: str, bins: Sequence[tuple[float, int, int]], *, size: int = 240) -> Markup:
    """Draw mean probability against the share of wanted articles, with 95 % range; on the diagonal both agree.

    Args:
        title: the title of the plot.
        bins: mean probability, wanted articles, all judged articles.
        size: width and height in SVG units.
    """
    side = size - 40
    parts = [Markup('<line class="axis" x1="20" y1="{0}" x2="{0}" y2="20"></line>').format(size - 20)]
    for mean, wanted, every in bins:
        low, high = wilson(wanted, every)
        tooltip = f"mean score {mean:.2f}: {wanted} of {every} relevant"
        parts.append(
            Markup(
                '<line class="whisker" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"></line>'
                '<rect class="col" x="{3:.1f}" y="{4:.1f}" width="6" height="6"><title>{5}</title></rect>'
            ).format(
                20 + side * mean,
                size - 20 - side * low,
                size - 20 - side * high,
                17 + side * mean,
                size - 23 - side * wanted / every,
                tooltip,
            )
        )
    names = (("0", 20, "start"), ("score", size / 2, "middle"), ("1", size - 20, "end"))
    parts += [
        Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, size - 4, anchor, name)
        for name, x, anchor in names
    ]
    return _svg(title, f"{sum(every for *_, every in bins)} judged articles", size, size, Markup("").join(parts))


def strip(title: str, polls: Sequence[bool]) -> Markup:
    """Draw one small bar per poll, oldest first: full height if it succeeded, half if it failed."""
    parts = [
        Markup('<rect class="{}" x="{}" y="{}" width="4" height="{}"></rect>').format(
            "ok" if good else "bad", 5 * at, 0 if good else 6, 12 if good else 6
        )
        for at, good in enumerate(polls)
    ]
    failed = sum(not good for good in polls)
    return _svg(
        title, f"{len(polls)} checks, {failed} failed", max(5 * len(polls), 5), 12, Markup("").join(parts), small=True
    )


def _column_width(step: float) -> float:
    """Return a column's width: a gap on its right, and at most 28 units."""
    return min(max(step - 1, 0.5), 28)


def _frame(names: Sequence[str], top: float, width: float, height: float) -> list[Markup]:
    """Draw the axis, the first and last name below it, and the largest value."""
    parts = [
        Markup('<line class="axis" x1="0" x2="{0}" y1="{1}" y2="{1}"></line>').format(width, height - 16),
        Markup('<text x="{}" y="10" text-anchor="end">{:g}</text>').format(width, top),
    ]
    if names:
        parts.append(Markup('<text x="0" y="{}">{}</text>').format(height - 3, names[0]))
    if len(names) > 1:
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(width, height - 3, names[-1]))
    return parts


def _svg(title: str, description: str, width: float, height: float, inside: Markup, *, small: bool = False) -> Markup:
    size = Markup(' width="{}" height="{}"').format(width, height) if small else Markup("")
    kind = "plot small" if small else "plot"
    return Markup(
        '<svg class="{}" viewBox="0 0 {:g} {:g}"{} role="img"><title>{}</title><desc>{}</desc>{}</svg>'
    ).format(kind, width, height, size, escape(title), description, inside)


def _short(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"
