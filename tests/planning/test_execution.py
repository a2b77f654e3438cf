"""Plans in the twin: exact where nothing is random, in their sequence where something is."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from danao.core import BadInput
from danao.planning import ShopKind, bridge, executed, plan_plant, random_shop, robust_plans
from danao.planning.execution import PlantPlan, parts_with
from danao.planning.order_books import with_order_book
from danao.plant.distribution import Distribution, Family
from danao.plant.example import example
from danao.plant.model import Order, Plant
from danao.plant.resources import Batch, Calendar, EnergyStates, Failure, Tariff, Worth
from danao.twin import Twin
from danao.twin.outcomes import outcomes
from danao.twin.plans import FollowedPlan, PlannedStep
from danao.twin.trace import Trace

SMALL = ShopKind(stations=4, machines=2, products=6, shortest_route=3, spread=0)


def _shop(seed: int, orders: int = 20) -> Plant:
    """Some orders with whole minutes and nothing random."""
    shop = random_shop(seed, SMALL)
    random = np.random.default_rng(seed)
    products = tuple(
        replace(
            product,
            route=tuple(
                replace(step, time=Distribution(Family.CONSTANT, (max(1, round(60 * step.time.mean)) / 60,)))
                for step in product.route
            ),
        )
        for product in shop.products
    )
    book = tuple(
        Order(
            products[int(random.integers(len(products)))].name,
            release=int(random.integers(0, 120)) / 60,
            due=int(random.integers(100, 600)) / 60,
        )
        for _ in range(orders)
    )
    return replace(shop, products=products, sources=(), orders=book)


def _plan(plant: Plant) -> PlantPlan:
    return plan_plant(plant, time_limit=None, step_limit=300, threads=1)


def _by_operation(plan: PlantPlan, trace: Trace) -> list[tuple[int, float, float]]:
    """Machine, start and end of each operation in a run."""
    orders = plan.bridge.plant.orders
    places = {order: place for place, order in enumerate(sorted(range(len(orders)), key=lambda n: orders[n].release))}
    found = executed(trace)
    return [found[places[order], step] for order, step in plan.bridge.steps]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("early", [False, True])
def test_without_chance_the_twin_does_exactly_what_was_planned(seed: int, early: bool) -> None:
    plan = _plan(_shop(seed))
    schedule, problem = plan.plan.schedule, plan.bridge.problem
    twin = Twin(plan.bridge.plant, plan=plan.bridge.followed(schedule, early=early))
    for i, (machine, start, end) in enumerate(_by_operation(plan, twin.trace(1, 200.0))):
        assert machine == schedule.machine_of(problem, i)
        assert start == pytest.approx(schedule.start[i] / 60, abs=1e-9)
        assert end == pytest.approx(schedule.end[i] / 60, abs=1e-9)


def test_what_the_plan_costs_is_what_its_execution_costs() -> None:
    plan = _plan(_shop(1))
    runs = plan.twin(early=False).run([1], 200.0)
    assert runs.finished.sum() == 20
    assert 60 * runs.lateness_hours.sum() == pytest.approx(plan.plan.parts["weighted tardiness"])
    assert parts_with(plan.bridge, plan.plan.schedule) == plan.plan.parts


def test_without_early_starts_a_loose_plan_is_kept_to_the_minute() -> None:
    plan = _plan(_shop(2))
    late = replace(plan.plan.schedule, start=plan.plan.schedule.start * 3, end=plan.plan.schedule.start * 3)
    twin = Twin(plan.bridge.plant, plan=plan.bridge.followed(late))
    starts = [start for _, start, _ in _by_operation(plan, twin.trace(1, 500.0))]
    np.testing.assert_allclose(starts, late.start / 60, atol=1e-9)


def test_a_breakdown_shifts_the_plan_to_the_right_and_keeps_its_sequences() -> None:
    plan = _plan(_shop(3))
    plant = replace(
        plan.bridge.plant,
        stations=tuple(
            replace(
                one,
                failures=(
                    Failure(
                        "calendar", Distribution(Family.EXPONENTIAL, (2.0,)), Distribution(Family.EXPONENTIAL, (1.0,))
                    ),
                ),
            )
            for one in plan.bridge.plant.stations
        ),
    )
    schedule, problem = plan.plan.schedule, plan.bridge.problem
    for seed in range(3):
        done = _by_operation(plan, Twin(plant, plan=plan.bridge.followed(schedule)).trace(seed, 400.0))
        starts = np.array([start for _, start, _ in done])
        assert (starts >= schedule.start / 60 - 1e-9).all()
        assert starts.max() > schedule.start.max() / 60 + 0.5
        for order in schedule.orders(problem):
            assert (np.diff(starts[order]) > 0).all()
            assert len({done[i][0] for i in order}) <= 1


def test_dispatching_takes_over_where_a_machine_is_down_for_long() -> None:
    plan = _plan(_shop(3))
    stop = Failure("calendar", Distribution(Family.CONSTANT, (1.0,)), Distribution(Family.CONSTANT, (50.0,)))
    stations = list(plan.bridge.plant.stations)
    stations[0] = replace(stations[0], failures=(stop,))
    plant = replace(plan.bridge.plant, stations=tuple(stations))
    kept = Twin(plant, plan=plan.bridge.followed(plan.plan.schedule, patience=math.inf)).run([1], 300.0)
    free = Twin(plant, plan=plan.bridge.followed(plan.plan.schedule, patience=1.0)).run([1], 300.0)
    assert kept.finished.sum() == free.finished.sum() == 20
    assert free.lateness_hours.sum() <= kept.lateness_hours.sum()


def test_with_no_patience_at_all_every_order_is_still_made_once() -> None:
    plan = _plan(_shop(0))
    trace = Twin(plan.bridge.plant, plan=plan.bridge.followed(plan.plan.schedule, patience=0.0)).trace(1, 300.0)
    assert len(trace.of("start")) == len(plan.bridge.steps)
    assert len(trace.of("leave")) == 20


def test_scrap_rework_and_setups_do_not_stop_a_plan() -> None:
    plant = with_order_book(example("machine-shop"), 40, 7)
    plan = _plan(plant)
    assert set(plan.bridge.ignored) >= {"scrap and rework", "breakdowns and maintenance"}
    for patience in (math.inf, 0.5):
        runs = plan.twin(patience=patience).run(range(10), 400.0)
        np.testing.assert_array_equal(runs.finished.sum(axis=1) + runs.scrapped.sum(axis=1), 40)


def test_shifts_are_kept_by_plan_and_twin_alike() -> None:
    plant = _shop(1, orders=10)
    day = Calendar("day", ((6.0, 14.0),), 24.0)
    plant = replace(plant, calendars=(day,), stations=tuple(replace(one, calendar="day") for one in plant.stations))
    plan = _plan(plant)
    starts = [start for _, start, _ in _by_operation(plan, plan.twin(early=False).trace(1, 200.0))]
    np.testing.assert_allclose(starts, plan.plan.schedule.start / 60, atol=1e-9)
    assert all(6 <= start % 24 < 14 for start in starts)


def test_parts_that_the_plan_does_not_know_fill_its_gaps() -> None:
    plan = _plan(_shop(1))
    plant = replace(plan.bridge.plant, sources=random_shop(1, SMALL).sources)
    runs = Twin(plant, plan=plan.bridge.followed(plan.plan.schedule)).run([1], 100.0)
    assert runs.finished.sum() > 20


def test_robust_plans_have_a_price_in_the_plan_and_the_first_has_none() -> None:
    plant = with_order_book(example("machine-shop"), 30, 3)
    found = robust_plans(plant, range(4), 300.0, (None, 0.8), time_limit=None, step_limit=200, threads=1)
    assert found[0].price == 0.0
    assert found[0].planned == found[0].plan.plan.value
    assert found[1].costs.shape == (4,)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((PlannedStep(99, 0, 0, 0.0),), "order 99"),
        ((PlannedStep(0, 0, 0, 0.0),), "steps"),
        ((PlannedStep(0, 0, 0, math.nan),), "start"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(steps: tuple[PlannedStep, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Twin(_shop(0), plan=FollowedPlan(steps))


def _powered(seed: int) -> Plant:
    """A shop whose machines draw power, dear in some hours of every Monday."""
    shop = _shop(seed)
    powers = EnergyStates(working=30.0, idle=4.0)
    return replace(
        shop,
        stations=tuple(replace(one, energy=powers) for one in shop.stations),
        tariff=Tariff(0.1, windows=((1.0, 4.0, 0.9), (6.0, 7.0, -0.05))),
        worth=Worth("EUR", late=0.5),
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_energy_of_a_plan_is_what_the_twin_pays_above_idling(seed: int) -> None:
    plant = _powered(seed)
    machines = sum(one.machines for one in plant.stations)
    hours = 200.0
    weeks = plan_plant(plant, step_limit=1, time_limit=None).bridge.problem.energy
    assert weeks is not None
    prices = [
        weeks.prices[int(np.searchsorted(weeks.begins, minute, "right")) - 1] for minute in range(int(60 * hours))
    ]
    idling = machines * 4.0 * float(np.sum(prices)) / 60
    paid = {}
    for objective in ("weighted tardiness", "money"):
        plan = plan_plant(plant, objective, time_limit=None, step_limit=2000, threads=1)
        items = outcomes(plan.twin(early=False).run([1], hours), plant).items
        assert -float(items["electricity"][0]) == pytest.approx(plan.plan.parts["energy cost"] + idling)
        assert -float(items["lateness"][0]) == pytest.approx(0.5 * plan.plan.parts["weighted tardiness"] / 60)
        paid[objective] = -float(items["electricity"][0] + items["lateness"][0])
    assert paid["money"] < paid["weighted tardiness"] - 1.0


def test_a_machine_that_is_switched_off_costs_its_whole_power_and_is_told() -> None:
    plant = _powered(0)
    powers = EnergyStates(working=30.0, idle=4.0, setup=6.0, off=1.0, off_after=0.5)
    built = bridge(replace(plant, stations=tuple(replace(one, energy=powers) for one in plant.stations)))
    assert {mode.power for one in built.problem.operations for mode in one.modes} == {29.0}
    assert {(one.idle_power, one.setup_power) for one in built.problem.machines} == {(3.0, 5.0)}
    assert "switching idle machines off" in built.ignored


def test_money_without_any_price_is_refused() -> None:
    with pytest.raises(BadInput, match="neither a price of lateness nor a tariff"):
        plan_plant(replace(_shop(0), worth=None), "money")


def test_a_machine_that_is_not_there_and_a_negative_patience_are_refused() -> None:
    plan = _plan(_shop(0))
    followed = plan.bridge.followed(plan.plan.schedule)
    with pytest.raises(BadInput, match="machine 7"):
        Twin(
            plan.bridge.plant,
            plan=replace(followed, steps=(replace(followed.steps[0], machine=7), *followed.steps[1:])),
        )
    with pytest.raises(BadInput, match="patience"):
        Twin(plan.bridge.plant, plan=replace(followed, patience=-1.0))


def test_what_a_plan_cannot_say_is_refused() -> None:
    plant = _shop(0)
    with pytest.raises(BadInput, match="no orders"):
        bridge(replace(plant, orders=(), sources=random_shop(0, SMALL).sources))
    batches = replace(plant, stations=(replace(plant.stations[0], batch=Batch(4)), *plant.stations[1:]))
    with pytest.raises(BadInput, match="batches"):
        bridge(batches)
    with pytest.raises(BadInput, match="quantile"):
        bridge(plant, at=1.0)
    with pytest.raises(BadInput, match="time unit"):
        bridge(plant, unit=0.0)


def test_the_example_of_the_guide_runs_as_printed(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    exec(compile(code, "policies.md", "exec"), {})
    assert "80 % quantiles" in capsys.readouterr().out
