"""Plots as SVG.

In: rows of numbers. Out: markup with every text escaped; colours come from the style sheet. Pure. Each plot has a title
for screen readers and shows its largest value. The page prints the same numbers as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from markupsafe import Markup

Z95 = 1.959964  # a normal variable is within ± this many standard deviations in 95 % of cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a plot.

    Attributes:
        name: shown as the label of the axis and in the tooltip.
        value: its length, in the unit of the plot.
        text: the tooltip; by default name and value.
        href: where the bar leads; "" for nowhere.
        running: the period is not over, so the bar is drawn dashed.
    """

    name: str
    value: float
    text: str = ""
    href: str = ""
    running: bool = False


def columns(
    title: str, bars: Sequence[Bar], *, top: float | None = None, unit: str = "", width: int = 240, height: int = 84
) -> Markup:
    """Draw one column per bar, over time, with the first and the last name below.

    Args:
        title: the title of the plot.
        bars: in order of time.
        top: the value at the top of the plot, so that several plots have the same scale; by default the largest value.
        unit: shown after the values.
        width: width in SVG units.
        height: height in SVG units.
    """
    top = max((bar.value for bar in bars), default=0.0) if top is None else top
    step = width / max(len(bars), 1)
    drawn = []
    for at, bar in enumerate(bars):
        tall = (height - 30) * bar.value / top if top else 0
        tooltip = bar.text or f"{bar.name}: {bar.value:g}{unit}"
        rect = Markup(
            '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
        ).format(
            "col running" if bar.running else "col",
            at * step,
            height - 16 - tall,
            _column_width(step),
            tall,
            tooltip,
        )
        drawn.append(_linked(rect, bar, tooltip, x=at * step, step=step, height=height))
    parts = [*drawn, *_frame([bar.name for bar in bars], f"{top:.3g}{unit}", width, height)]
    return _svg(title, width, height, parts)


def _linked(rect: Markup, bar: Bar, tooltip: str, *, x: float, step: float, height: float) -> Markup:
    """Return a bar inside a link that covers the whole height, so that a short bar can be clicked too."""
    if not bar.href or not bar.value:
        return rect
    area = Markup('<rect class="area" x="{:.1f}" y="0" width="{:.1f}" height="{:.1f}"></rect>').format(
        x, step, height - 16
    )
    # the table below the plot has the same links for the keyboard
    return Markup('<a href="{}" aria-label="{}" tabindex="-1">{}{}</a>').format(bar.href, tooltip, area, rect)


def stacks(
    title: str,
    values: Sequence[tuple[str, int, int]],
    names: tuple[str, str],
    *,
    kinds: tuple[str, str] = ("ok", "rest"),
    hrefs: Sequence[str] = (),
) -> Markup:
    """Draw one column of two stacked parts per value, over time.

    Args:
        title: the title of the plot.
        values: name, lower part, upper part.
        names: the names of the two parts.
        kinds: the colours of the two parts: ``ok``, ``rest`` or ``bad``.
        hrefs: where each column leads.
    """
    width, height = 480, 120
    top = max((first + second for _, first, second in values), default=0)
    step = width / max(len(values), 1)
    scale = (height - 30) / top if top else 0
    drawn = []
    for at, (name, first, second) in enumerate(values):
        tooltip = f"{name}: {first} {names[0]}, {second} {names[1]}"
        bars = [
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
            for kind, count, below in ((kinds[0], first, 0), (kinds[1], second, first))
            if count
        ]
        bar = Bar(name=name, value=first + second, href=hrefs[at] if hrefs else "")
        drawn.append(_linked(Markup("").join(bars), bar, tooltip, x=at * step, step=step, height=height))
    parts = [*drawn, *_frame([value[0] for value in values], f"{top:g}", width, height)]
    return _svg(title, width, height, parts)


def rows(title: str, bars: Sequence[Bar]) -> Markup:
    """Draw one horizontal bar per value, with its name on the left and its text on the right."""
    width = 480
    top = max((bar.value for bar in bars), default=0.0)
    parts = []
    for at, bar in enumerate(bars):
        y = at * 20
        length = (width - 300) * bar.value / top if top else 0
        row = Markup(
            '<text x="190" y="{0}" text-anchor="end">{1}</text>'
            '<rect class="col" x="198" y="{2}" width="{3:.1f}" height="13"></rect>'
            '<text x="{4:.1f}" y="{0}">{5}</text>'
        ).format(y + 13, _short(bar.name), y + 2, length, 204 + length, bar.text)
        parts.append(Markup('<a href="{}">{}</a>').format(bar.href, row) if bar.href else row)
    return _svg(title, width, max(20 * len(bars), 20), parts)


def precision(title: str, values: Sequence[tuple[str, int, int]]) -> Markup:
    """Draw the share of correct flags per name, with a whisker for Wilson's 95 % interval.

    Args:
        title: the title of the plot.
        values: name, correct, all.
    """
    width = 480
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
                '<text x="{7}" y="{0}">{8:.0f} % ({9}/{10})</text>'
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
                good,
                every,
            )
        )
    return _svg(title, width, max(20 * len(values), 20), parts)


def wilson(good: float, every: float) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share after Wilson (1927). (0, 1) if there are no observations."""
    if not every:
        return 0.0, 1.0
    share, spread = good / every, Z95 * Z95 / every
    centre = (share + spread / 2) / (1 + spread)
    half = Z95 * sqrt(share * (1 - share) / every + spread / (4 * every)) / (1 + spread)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def reliability(title: str, bins: Sequence[tuple[float, int, int]]) -> Markup:
    """Draw mean probability against the share of wanted articles, with 95 % range; on the diagonal both agree.

    Args:
        title: the title of the plot.
        bins: mean probability, wanted articles, all judged articles.
    """
    size = 240
    side = size - 40
    parts = [Markup('<line class="axis" x1="20" y1="{0}" x2="{0}" y2="20"></line>').format(size - 20)]
    for mean, wanted, every in bins:
        low, high = wilson(wanted, every)
        tooltip = f"{mean:.2f}: {wanted}/{every}"
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
    names = (("0", 20, "start"), ("1", size - 20, "end"))
    parts += [
        Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, size - 4, anchor, name)
        for name, x, anchor in names
    ]
    return _svg(title, size, size, parts, small=True)


def strip(title: str, polls: Sequence[bool]) -> Markup:
    """Draw one small bar per poll, oldest first: full height if it succeeded, half if it failed."""
    parts = [
        Markup('<rect class="{}" x="{}" y="{}" width="4" height="{}"></rect>').format(
            "ok" if good else "bad", 5 * at, 0 if good else 6, 12 if good else 6
        )
        for at, good in enumerate(polls)
    ]
    return _svg(title, max(5 * len(polls), 5), 12, parts, small=True)


def _column_width(step: float) -> float:
    """Return a column's width: a gap on its right, and at most 28 units."""
    return min(max(step - 1, 0.5), 28)


def _frame(names: Sequence[str], top: str, width: float, height: float) -> list[Markup]:
    """Draw the axis, the first and last name below it, and the largest value."""
    parts = [
        Markup('<line class="axis" x1="0" x2="{0}" y1="{1}" y2="{1}"></line>').format(width, height - 16),
        Markup('<text x="{}" y="10" text-anchor="end">{}</text>').format(width, top),
    ]
    if names:
        parts.append(Markup('<text x="0" y="{}">{}</text>').format(height - 3, names[0]))
    if len(names) > 1:
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(width, height - 3, names[-1]))
    return parts


def _svg(title: str, width: float, height: float, parts: Sequence[Markup], *, small: bool = False) -> Markup:
    size = Markup(' width="{}" height="{}"').format(width, height) if small else Markup("")
    kind = "plot small" if small else "plot"
    inside = Markup("").join(parts)
    role = "group" if "<a " in inside else "img"  # links inside an image would be hidden from screen readers
    return Markup('<svg class="{}" viewBox="0 0 {:g} {:g}"{} role="{}" aria-label="{}">{}</svg>').format(
        kind, width, height, size, role, title, inside
    )


def _short(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"
