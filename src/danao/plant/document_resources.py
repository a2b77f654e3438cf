"""What the stations of the plant file share: calendars, people, electricity, money."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic_core import CoreSchema

from danao.core.errors import BadInput
from danao.plant import weekly
from danao.plant.model import Calendar, Pool, Tariff, Worth
from danao.plant.money import Amount, Money, PerHour, PerKilowatt, PerKilowattHour, money
from danao.plant.quantities import pattern, quantity
from danao.plant.times import Count, Hours, MayBeEmpty, Name, Written, refusal

_TIME = {"type": "string", "pattern": pattern("time")}


def _spans(value: Any) -> list[weekly.Span]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts:
        example = "Write, for example, [Mon-Fri 06:00-14:00]"
        raise refusal(BadInput("", "no list of shifts", "Expected hours of the week", example))
    found, mistakes = [], []
    for text in texts:
        try:
            found += weekly.spans(text if isinstance(text, str) else "a list or mapping")
        except BadInput as mistake:
            mistakes.append(mistake)
    if mistakes:
        raise refusal(*mistakes)
    return list(weekly.united(found))


_SHIFT_SCHEMA = {"type": "string", "pattern": weekly.PATTERN, "examples": ["Mon-Fri 06:00-14:00"]}
_SHIFTS_SCHEMA = {"anyOf": [_SHIFT_SCHEMA, {"type": "array", "items": _SHIFT_SCHEMA, "minItems": 1}]}


class CalendarDocument(Written):
    """Shifts: texts such as `Mon-Fri 06:00-14:00`, or spans from the start of a cycle; a list alone is texts."""

    shifts: Annotated[list[weekly.Span], BeforeValidator(_spans), WithJsonSchema(_SHIFTS_SCHEMA)] | None = Field(
        None, description="Hours of the week; those that touch or overlap are one."
    )
    open: list[tuple[Hours, Hours]] | None = Field(
        None, description="Instead of shifts: [start, end] of each open span, from the start of the cycle, ascending."
    )
    cycle: Hours | None = Field(None, description="With `open`: time after which the spans repeat; left out: a week.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        value = {"shifts": value} if isinstance(value, (list, str)) else value
        if isinstance(value, dict):
            if ("shifts" in value) == ("open" in value):
                found = "both shifts and open" if "open" in value else "neither shifts nor open"
                example = "Write, for example, shifts: [Mon-Fri 06:00-14:00]"
                raise refusal(BadInput("", found, "Expected exactly one of them", example))
            if "shifts" in value and "cycle" in value:
                raise refusal(BadInput("", "shifts with a cycle", "Expected a cycle with `open` alone", "Remove it"))
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A list of texts, or the mapping."""
        long = dict(handler.resolve_ref_schema(handler(schema)))
        return {"description": long.pop("description", ""), "anyOf": [*_SHIFTS_SCHEMA["anyOf"], long]}

    def calendar(self, name: str) -> Calendar:
        """As the engines know it."""
        spans = self.shifts if self.shifts is not None else self.open or []
        return Calendar(name, tuple(spans), weekly.WEEK if self.cycle is None else self.cycle)


class PoolDocument(MayBeEmpty):
    """People with the same skills: operators, setters, a repair crew."""

    count: Count = Field(1, description="How many there are in each shift.")
    skills: list[Name] = Field(
        default_factory=list, description="What they can do; left out: the name of the pool is the skill."
    )
    calendar: Name | None = Field(None, description="Shifts; left out: always there.")

    def pool(self, name: str) -> Pool:
        """As the engines know it."""
        return Pool(name, self.count, tuple(self.skills), self.calendar or "")


Window = tuple[float, float, Money]


def _windows(value: Any) -> list[Window]:
    found: list[Window] = []
    mistakes = []
    rows = value.items() if isinstance(value, dict) else value if isinstance(value, list) else [None]
    for row in rows:
        try:
            found += _window(row, isinstance(value, dict))
        except BadInput as mistake:
            mistakes.append(mistake)
    if mistakes:
        raise refusal(*mistakes)
    return found


def _window(row: Any, named: bool) -> list[Window]:
    if named:
        price = money(row[1], "/kWh")
        return [(start, end, price) for start, end in weekly.united(weekly.spans(row[0]))]
    if not isinstance(row, list) or len(row) != 3:
        example = "Write, for example, {Mon-Fri 08:00-20:00: 0.21 EUR/kWh}"
        raise BadInput("", "no window", "Expected hours of the week and a price for each", example)
    return [(quantity(row[0], "time"), quantity(row[1], "time"), money(row[2], "/kWh"))]


_PRICE = {"type": "string", "pattern": r"[A-Z]{3}\s*/kWh\s*$"}
_WINDOWS_SCHEMA = {
    "anyOf": [
        {"type": "object", "propertyNames": {"pattern": weekly.PATTERN}, "additionalProperties": _PRICE},
        {"type": "array", "items": {"type": "array", "prefixItems": [_TIME, _TIME, _PRICE], "minItems": 3}},
    ]
}


class TariffDocument(Written):
    """What electricity costs."""

    price: PerKilowattHour = Field(description="Outside the windows.", examples=["0.18 EUR/kWh"])
    windows: Annotated[list[Window], BeforeValidator(_windows), WithJsonSchema(_WINDOWS_SCHEMA)] = Field(
        default_factory=list,
        description="{Mon-Fri 08:00-20:00: 0.21 EUR/kWh}, or a list of [start, end, price].",
    )
    peak: PerKilowatt | None = Field(
        None, description="Price of the highest mean power over a demand interval, per run of the twin."
    )
    interval: Hours = Field(0.25, description="Demand interval.")

    def tariff(self) -> Tariff:
        """As the engines know it."""
        windows = tuple((start, end, price.amount) for start, end, price in self.windows)
        return Tariff(self.price.amount, windows, 0.0 if self.peak is None else self.peak.amount, self.interval)

    def currencies(self) -> list[tuple[str, str]]:
        """(key, currency) of every price."""
        peak = [("peak", self.peak.currency)] if self.peak is not None else []
        windows = [("windows", currency) for currency in dict.fromkeys(price.currency for *_, price in self.windows)]
        return [("price", self.price.currency), *windows, *peak]


class WorthDocument(Written):
    """What the results of the plant are worth; electricity is priced by the tariff."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = Field("EUR", description="ISO 4217; of all prices here.")
    margin: dict[Name, Amount] = Field(
        default_factory=dict, description="Contribution margin of one good part, by product."
    )
    scrap: dict[Name, Amount] = Field(default_factory=dict, description="Cost of one scrapped part, by product.")
    late: PerHour | None = Field(None, description="Cost of one hour that one part is late.")
    work_in_process: PerHour | None = Field(None, description="Cost of one part in the plant for one hour.")
    labour: PerHour | None = Field(None, description="Cost of one hour of one person on shift.")
    restart: Amount | None = Field(None, description="Cost of one warm-up of a machine.")

    def worth(self) -> Worth:
        """As the engines know it."""
        late, waiting, labour, restart = (
            0.0 if price is None else price.amount
            for price in (self.late, self.work_in_process, self.labour, self.restart)
        )
        return Worth(
            self.currency,
            tuple((name, price.amount) for name, price in self.margin.items()),
            tuple((name, price.amount) for name, price in self.scrap.items()),
            late,
            waiting,
            labour,
            restart,
        )

    def currencies(self) -> list[tuple[tuple[str, ...], str]]:
        """(keys, currency) of every price."""
        single = [
            ((name,), price.currency)
            for name in ("late", "work_in_process", "labour", "restart")
            if (price := getattr(self, name)) is not None
        ]
        by_product = [
            ((key, name), price.currency)
            for key, prices in (("margin", self.margin), ("scrap", self.scrap))
            for name, price in prices.items()
        ]
        return [*by_product, *single]
