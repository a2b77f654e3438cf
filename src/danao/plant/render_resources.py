"""Calendars, people, electricity and money as they stand in the plant file."""

from __future__ import annotations

from typing import Any

from danao.plant import weekly
from danao.plant.model import Calendar, Pool, Tariff, Worth
from danao.plant.money import Per, money_written
from danao.plant.quantities import written
from danao.plant.rendering import Line


def rendered_calendar(calendar: Calendar) -> Any:
    """A list of shifts where texts can say it, else the spans and the cycle."""
    texts = weekly.shifts(calendar.open) if calendar.cycle == weekly.WEEK else None
    if texts:
        return Line(shifts=texts)
    spans = [[written(start, "time"), written(end, "time")] for start, end in calendar.open]
    line = Line(open=spans)
    if calendar.cycle != weekly.WEEK:
        line["cycle"] = written(calendar.cycle, "time")
    return line


def rendered_pool(pool: Pool) -> Line:
    """People on one line."""
    line = Line()
    if pool.count != 1:
        line["count"] = pool.count
    if pool.skills:
        line["skills"] = list(pool.skills)
    if pool.calendar:
        line["calendar"] = pool.calendar
    return line


def rendered_tariff(tariff: Tariff, currency: str) -> dict[str, Any]:
    """A tariff, with hours of the week as texts where those can say it."""
    result: dict[str, Any] = {"price": money_written(tariff.price, currency, "/kWh")}
    if tariff.windows:
        result["windows"] = _windows(tariff, currency)
    if tariff.peak:
        result["peak"] = money_written(tariff.peak, currency, "/kW")
    if tariff.interval != 0.25:
        result["interval"] = written(tariff.interval, "time")
    return result


def _windows(tariff: Tariff, currency: str) -> Any:
    named: dict[str, str] = {}
    again: list[tuple[float, float, float]] = []
    for price in dict.fromkeys(price for *_, price in tariff.windows):
        spans = [(start, end) for start, end, one in tariff.windows if one == price]
        for text in weekly.shifts(spans) or ():
            named[text] = money_written(price, currency, "/kWh")
            again += [(start, end, price) for start, end in weekly.united(weekly.spans(text))]
    if tuple(again) == tariff.windows:
        return named
    return [
        [written(start, "time"), written(end, "time"), money_written(price, currency, "/kWh")]
        for start, end, price in tariff.windows
    ]


def rendered_worth(worth: Worth) -> dict[str, Any]:
    """What results are worth, each price with its currency."""
    result: dict[str, Any] = {"currency": worth.currency}
    for key, prices in (("margin", worth.margin), ("scrap", worth.scrap)):
        if prices:
            result[key] = Line({name: money_written(price, worth.currency, "") for name, price in prices})
    units: dict[str, Per] = {"late": "/h", "work_in_process": "/h", "labour": "/h", "restart": ""}
    for key, per in units.items():
        if getattr(worth, key):
            result[key] = money_written(getattr(worth, key), worth.currency, per)
    return result
