"""A Gantt chart as data: rows, bars, closed windows, the critical path, power, prices. Knows of no problem or plan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from danao.core.errors import BadInput


@dataclass(frozen=True)
class Bar:
    """Something that takes time on a row."""

    row: int
    start: float
    """Time units."""
    end: float
    """Time units, `start` or later."""
    name: str
    order: str = ""
    """The order it belongs to; bars of one order are followed through all charts of a page."""
    kind: Literal["work", "setup"] = "work"
    """Setups are drawn lower and darker, before the work they are for."""
    colour: int = 0
    """Number of its colour; things of the same kind have the same."""
    critical: bool = False
    late: bool = False
    """Whether its order is finished after it is due."""
    why: str = ""
    """Why it is not earlier."""
    facts: tuple[tuple[str, str], ...] = ()
    """What else there is to tell, as (name, value)."""


@dataclass(frozen=True)
class Closed:
    """A row on which nothing may run for a while."""

    row: int
    start: float
    end: float


@dataclass(frozen=True)
class Band:
    """An amount over time below the bars: power and its price, or what has been used so far."""

    power: tuple[tuple[float, float], ...]
    """(time, amount) from each time on; ascending times."""
    unit: str = "kW"
    prices: tuple[tuple[float, float, float], ...] = ()
    """(start, end, price) windows, ascending."""
    price_unit: str = ""
    name: str = "power"
    """What the amount is."""


@dataclass(frozen=True)
class Chart:
    """One plan.

    Raises:
        BadInput: A bar, a closed window or a pair of the path names a row or a bar that is not there, or a time is not
            finite or runs backwards.
    """

    name: str
    rows: tuple[str, ...]
    bars: tuple[Bar, ...]
    figures: tuple[tuple[str, str], ...] = ()
    """What the plan comes to, as (name, value)."""
    closed: tuple[Closed, ...] = ()
    path: tuple[tuple[int, int], ...] = ()
    """Pairs of bars, by number, of which the first holds the second on the critical path."""
    band: Band | None = None
    notes: tuple[str, ...] = field(default=())
    """Sentences below the chart."""

    def __post_init__(self) -> None:
        where = f"chart {self.name!r}"
        marks: dict[str, Sequence[Bar | Closed]] = {"bar": self.bars, "closed window": self.closed}
        for kind, spans in marks.items():
            for number, one in enumerate(spans):
                if not 0 <= one.row < len(self.rows):
                    found = f"row {one.row}"
                    raise BadInput(
                        f"{where}, {kind} {number}", found, f"Expected 0 to {len(self.rows) - 1}", "Correct the row"
                    )
                if not -math.inf < one.start <= one.end < math.inf:
                    found = f"from {one.start} to {one.end}"
                    raise BadInput(
                        f"{where}, {kind} {number}", found, "Expected finite times, the end not first", "Correct them"
                    )
        for pair in self.path:
            if not all(0 <= bar < len(self.bars) for bar in pair):
                expected = f"Expected bars 0 to {len(self.bars) - 1}"
                raise BadInput(f"{where}, path", f"bars {pair[0]} and {pair[1]}", expected, "Correct the pair")

    def times(self) -> Iterator[float]:
        """Every time at which a bar starts or ends."""
        for bar in self.bars:
            yield bar.start
            yield bar.end
