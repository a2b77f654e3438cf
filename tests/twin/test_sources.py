from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.plant import (
    Calendar,
    Distribution,
    Family,
    Plant,
    Product,
    Segment,
    Source,
    Station,
    read_plant,
    write_plant,
)
from danao.twin import Twin

SHIFTS = Calendar("shifts", tuple((24.0 * day + 6, 24.0 * day + 14) for day in range(5)))
HALF_AN_HOUR = Distribution(Family.CONSTANT, (0.5,))


def plant(*sources: Source) -> Plant:
    made = dict.fromkeys(name for source in sources for name in source.made)
    route = (Segment("saw", Distribution(Family.CONSTANT, (0.01,))),)
    return Plant("shop", (Station("saw"),), tuple(Product(name, route) for name in made), sources, calendars=(SHIFTS,))


def arrivals(one: Plant, hours: float, seed: int = 1) -> np.ndarray:
    return Twin(one).trace(seed, hours).of("enter")


def test_gaps_on_a_calendar_count_its_open_hours_alone() -> None:
    times = arrivals(plant(Source("a", HALF_AN_HOUR, calendar="shifts")), 336.0)["time"]
    week = [24.0 * day + 6 + 0.5 * number for day in range(5) for number in range(1, 17)]
    np.testing.assert_allclose(times, [*week, *(168 + hour for hour in week)])


def test_a_gap_of_several_weeks_is_as_long_in_open_hours() -> None:
    times = arrivals(plant(Source("a", Distribution(Family.CONSTANT, (100.0,)), calendar="shifts")), 168.0 * 10)["time"]
    np.testing.assert_allclose(times[:3], [168 * 2 + 48 + 6 + 4, 168 * 4 + 4 * 24 + 6 + 8, 168 * 7 + 48 + 6 + 4])


def test_random_arrivals_come_in_open_hours_at_the_rate_of_these() -> None:
    one = plant(Source("a", Distribution(Family.EXPONENTIAL, (0.5,)), calendar="shifts"))
    times = np.concatenate([arrivals(one, 168.0 * 20, seed)["time"] for seed in range(5)])
    rest = times % 168
    inside = np.any([(start < rest) & (rest <= end) for start, end in SHIFTS.open], axis=0)
    assert inside.all()
    assert len(times) == pytest.approx(5 * 20 * 40 * 2, rel=3 / np.sqrt(8000))


def test_a_mix_brings_its_products_in_their_shares() -> None:
    one = plant(Source("", Distribution(Family.CONSTANT, (0.1,)), products={"a": 2, "b": 1, "c": 1}))
    events = arrivals(one, 2000.0)
    counts = np.bincount(events["product"], minlength=3)
    assert counts.sum() == len(events) == pytest.approx(20_000, abs=1)
    np.testing.assert_allclose(counts / counts.sum(), [0.5, 0.25, 0.25], atol=4 * np.sqrt(0.25 / 20_000))
    follows = np.bincount(events["product"][1:][events["product"][:-1] == 0], minlength=3)
    np.testing.assert_allclose(follows / follows.sum(), [0.5, 0.25, 0.25], atol=4 * np.sqrt(0.25 / 10_000))


def test_parts_of_a_mix_are_counted_by_product_and_with_a_name_by_source() -> None:
    gaps = Distribution(Family.CONSTANT, (0.1,))
    runs = Twin(plant(Source("", gaps, products={"a": 1, "b": 1}))).run([1], 100.0)
    assert runs.finished.sum() == pytest.approx(1000, abs=2)
    assert (runs.finished[0] > 400).all()
    named = Twin(plant(Source("", gaps, products={"a": 1, "b": 1}, name="orders"))).run([1], 100.0)
    assert named.finished.sum() == runs.finished.sum()


def test_a_plant_file_keeps_the_calendar_and_the_mix(tmp_path: Path) -> None:
    one = plant(Source("", HALF_AN_HOUR, products={"a": 2.5, "b": 1}, calendar="shifts", name="orders"))
    write_plant(one, tmp_path / "plant.yaml")
    assert read_plant(tmp_path / "plant.yaml") == one


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("product: a, products: {a: 1}, gaps: 1 h", "both product and products"),
        ("gaps: 1 h", "neither product nor products"),
        ("products: {a: 0}, gaps: 1 h", "0"),
        ("products: {zinc: 1}, gaps: 1 h", "zinc"),
        ("product: a, gaps: 1 h, calendar: nights", "nights"),
        ("product: a, saturated: true, calendar: shifts", "saturated source"),
        ("products: {a: 1}, saturated: true", "saturated source"),
    ],
)
def test_a_source_that_cannot_be_is_told_with_its_line(tmp_path: Path, lines: str, told: str) -> None:
    path = tmp_path / "plant.yaml"
    path.write_text(
        "plant: shop\nproducts: {a: {route: [{station: saw, time: 1 h}]}}\nstations: {saw: {}}\n"
        f"calendars: {{shifts: [Mon-Fri 06:00-14:00]}}\nsources:\n  - {{{lines}}}\n"
    )
    with pytest.raises(BadInput) as caught:
        read_plant(path)
    assert told in str(caught.value)
    assert "plant.yaml:6" in str(caught.value)
