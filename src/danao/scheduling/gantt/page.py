"""Charts as one HTML page that loads nothing: pictures that stand and print alone, and a script to look into them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from danao.core.errors import BadInput
from danao.core.pictures import SERIES
from danao.scheduling.gantt import picture
from danao.scheduling.gantt.chart import Band, Chart


def gantt_page(title: str, charts: Sequence[Chart], *, unit: str = "", colours: str = "", note: str = "") -> str:
    """One self-contained HTML document with charts above each other on one axis of time.

    The same charts give the same bytes. Without a script, and on paper, the pictures show everything; with it they are
    zoomed, moved and asked, by pointer and by keyboard.

    Args:
        title: Of the page.
        charts: From the top, such as the plan before and the plan after.
        unit: Of time, for people.
        colours: What a colour stands for, such as `order`.
        note: A sentence below the title.

    Raises:
        BadInput: There is no chart.
    """
    if not charts:
        raise BadInput("gantt_page", "no charts", "Expected at least one", "Make a chart of each plan")
    span = _span(charts)
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    return environment.from_string(_asset("gantt.html.j2")).render(
        style=Markup(_asset("gantt.css")) + Markup(_series()),
        script=Markup(_asset("gantt.js")),
        data=Markup(_data(charts, span, unit)),
        title=title,
        note=note,
        unit=unit,
        colours=colours,
        row=picture.ROW,
        band=picture.BAND,
        ticks=[(f"{value:.10g}", 100 * (value - span[0]) / (span[1] - span[0])) for value in picture.ticks(span)],
        charts=[
            {
                "chart": chart,
                "bars": picture.bars(chart, span),
                "band": picture.band(chart.band, span, _top(charts, chart.band)) if chart.band is not None else None,
                "peak": f"{_amount(picture.peak(chart.band))} {chart.band.unit}" if chart.band is not None else "",
                "prices": _price_words(chart),
                "works": sum(bar.kind == "work" for bar in chart.bars),
            }
            for chart in charts
        ],
        setups=any(bar.kind == "setup" for chart in charts for bar in chart.bars),
        late=any(bar.late for chart in charts for bar in chart.bars),
        critical=any(bar.critical for chart in charts for bar in chart.bars),
        closed=any(chart.closed for chart in charts),
    )


def _span(charts: Sequence[Chart]) -> tuple[float, float]:
    """From the earliest start, or 0, to the latest end of all charts."""
    times = [0.0, *(time for chart in charts for time in chart.times())]
    first, last = min(times), max(times)
    return first, last if last > first else first + 1.0


def _data(charts: Sequence[Chart], span: tuple[float, float], unit: str) -> str:
    """What the script knows, as JSON that cannot end its element."""
    document: dict[str, Any] = {
        "span": list(span),
        "unit": unit,
        "row": picture.ROW,
        "inks": [picture.label_ink(colour) for colour in SERIES],
        "charts": [
            {
                "name": chart.name,
                "rows": list(chart.rows),
                "bars": [
                    [
                        bar.row,
                        bar.start,
                        bar.end,
                        bar.name,
                        bar.order,
                        bar.kind,
                        bar.colour % len(SERIES),
                        bar.critical,
                        bar.late,
                        bar.why,
                        [list(fact) for fact in bar.facts],
                    ]
                    for bar in chart.bars
                ],
                "path": [list(pair) for pair in chart.path],
                "band": None
                if chart.band is None
                else {
                    "power": [list(step) for step in chart.band.power],
                    "name": chart.band.name,
                    "unit": chart.band.unit,
                    "prices": [list(window) for window in chart.band.prices],
                    "priceUnit": chart.band.price_unit,
                },
            }
            for chart in charts
        ],
    }
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _top(charts: Sequence[Chart], band: Band) -> float:
    """The largest amount of all charts with such a band, so that they can be compared by eye."""
    return max(picture.peak(one.band) for one in charts if one.band is not None and one.band.unit == band.unit)


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def _price_words(chart: Chart) -> str:
    if chart.band is None or not chart.band.prices:
        return ""
    prices = [price for _, _, price in chart.band.prices]
    return f"{min(prices):g} to {max(prices):g} {chart.band.price_unit}".rstrip()


def _series() -> str:
    return "".join(f".c{number}{{fill:{colour}}}\n" for number, colour in enumerate(SERIES))


def _asset(name: str) -> str:
    return resources.files("danao.scheduling.gantt").joinpath(name).read_text(encoding="utf-8")
