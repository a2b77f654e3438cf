"""The still picture of a chart: bars, windows, path and power as SVG whose width is time and whose height is pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator

from markupsafe import Markup

from danao.core.pictures import INK, SERIES
from danao.scheduling.gantt.chart import Band, Bar, Chart

ROW = 24
"""Pixels from one row to the next."""
BAND = 72
"""Pixels of the band with power and prices."""
_WORK = (3.0, 18.0)
_SETUP = (12.0, 9.0)
"""Pixels from the top of a row, and of height."""
_TICKS = 8
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def bars(chart: Chart, span: tuple[float, float]) -> Markup:
    """The `<svg>` of rows and bars; the rectangles in its group `bars` are the chart's bars, in their order."""
    height = ROW * len(chart.rows)
    parts = [
        f'<svg class="bars" viewBox="{_box(span, height)}" preserveAspectRatio="none" height="{height}" '
        'focusable="false" aria-hidden="true">',
        '<g class="stripes">',
        *(
            f'<rect x="{_n(span[0])}" y="{row * ROW}" width="{_n(span[1] - span[0])}" height="{ROW}"/>'
            for row in range(0, len(chart.rows), 2)
        ),
        '</g><g class="closed">',
        *(_rect(one.start, one.end, one.row * ROW, float(ROW)) for one in chart.closed),
        '</g><g class="all">',
        *(_bar(bar) for bar in chart.bars),
        '</g><path class="path" d="',
        *_path(chart),
        '"/></svg>',
    ]
    return Markup("".join(parts))


def band(one: Band, span: tuple[float, float], most: float) -> Markup:
    """The `<svg>` of an amount over time, `most` at its top, with prices behind it; the dearer the darker."""
    prices = [price for _, _, price in one.prices]
    low, high = min(prices, default=0.0), max(prices, default=0.0)
    parts = [
        f'<svg class="band" viewBox="{_box(span, BAND)}" preserveAspectRatio="none" height="{BAND}" '
        'focusable="false" aria-hidden="true"><g class="prices">'
    ]
    for start, end, price in one.prices:
        share = (price - low) / (high - low) if high > low else 0.5
        width = _n(max(end - start, 0.0))
        opacity = f"{0.12 + 0.6 * share:.3f}"
        parts.append(f'<rect x="{_n(start)}" y="0" width="{width}" height="{BAND}" fill-opacity="{opacity}"/>')
    parts.append('</g><path class="power" d="')
    if one.power and most > 0:
        parts.append(f"M{_n(one.power[0][0])} {BAND}")
        for time, level in one.power:
            parts.append(f"H{_n(time)}V{_n(BAND - (BAND - 6) * level / most)}")
        parts.append(f"V{BAND}Z")
    parts.append('"/></svg>')
    return Markup("".join(parts))


def peak(one: Band) -> float:
    """Largest amount."""
    return max((level for _, level in one.power), default=0.0)


def ticks(span: tuple[float, float]) -> list[float]:
    """Round times within a span, about eight."""
    width = span[1] - span[0]
    power = 10.0 ** math.floor(math.log10(width / _TICKS))
    step = next(power * factor for factor in _STEPS if power * factor >= width / _TICKS)
    first, last = math.ceil(span[0] / step), math.floor(span[1] / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def label_ink(colour: str) -> str:
    """Dark or white, whichever is easier to read on a colour.

    Source: contrast ratio of WCAG 2.2, relative luminance of sRGB.
    """
    return max((INK, "#ffffff"), key=lambda ink: contrast(ink, colour))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _bar(bar: Bar) -> str:
    top, height = _WORK if bar.kind == "work" else _SETUP
    colour = "s" if bar.kind == "setup" else f"c{bar.colour % len(SERIES)}"
    marks = (" k" if bar.critical else "") + (" l" if bar.late else "")
    return _rect(bar.start, bar.end, bar.row * ROW + top, height, f"{colour}{marks}")


def _rect(start: float, end: float, top: float, height: float, kind: str = "") -> str:
    named = f'class="{kind}" ' if kind else ""
    return f'<rect {named}x="{_n(start)}" y="{_n(top)}" width="{_n(end - start)}" height="{_n(height)}"/>'


def _path(chart: Chart) -> Iterator[str]:
    """A line to the start of each bar from the end of the one that holds it, or from its start where both overlap."""
    for number, other in chart.path:
        one, two = chart.bars[number], chart.bars[other]
        since = one.end if one.end <= two.start else one.start
        yield f"M{_n(since)} {one.row * ROW + ROW // 2}L{_n(two.start)} {two.row * ROW + ROW // 2}"


def _box(span: tuple[float, float], height: int) -> str:
    return f"{_n(span[0])} 0 {_n(span[1] - span[0])} {height}"


def _n(value: float) -> str:
    return f"{value:.10g}"
