"""Small logs for tests, written as a plant would."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

MONDAY = datetime(2024, 1, 1)
HEADER = ("order", "operation", "machine", "start", "end")


def written(path: Path, rows: Iterable[Sequence[object]], header: Sequence[str] = HEADER, separator: str = ",") -> Path:
    """A CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, delimiter=separator)
        table.writerow(header)
        table.writerows(rows)
    return path


def at(hour: float) -> str:
    """An hour from Monday on, in ISO 8601."""
    return (MONDAY + timedelta(hours=hour)).isoformat()


def line(orders: int = 40, seed: int = 1, hours: tuple[float, float] = (1.0, 0.5)) -> list[tuple[str, ...]]:
    """Orders that go over saw and mill, one machine each, first come first served, always open."""
    chooser = np.random.default_rng(seed)
    saw = mill = 0.0
    arrival = 0.0
    rows = []
    for number in range(orders):
        arrival += float(chooser.exponential(2.0))
        begin = max(arrival, saw)
        saw = begin + float(chooser.gamma(4, hours[0] / 4))
        rows.append((f"A{number}", "sawing", "saw", at(begin), at(saw)))
        begin = max(saw, mill)
        mill = begin + float(chooser.gamma(4, hours[1] / 4))
        rows.append((f"A{number}", "milling", "mill", at(begin), at(mill)))
    return rows
