"""Laws that hold in every run, whatever the numbers."""

import itertools

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.plant.model import (
    Distribution,
    Failure,
    Family,
    Plant,
    Product,
    Segment,
    Source,
    Station,
)
from danao.twin import Deadlock, Twin
from tests.twin.plants import constant, exponential, queue, serial_line

FAILING = Failure("operation", exponential(20.0), exponential(2.0))


def shop(rule="fifo", buffer=3):
    """Two products, parallel machines, setups, scrap, rework, failures: everything at once."""
    return Plant(
        "shop",
        (
            Station("saw", 2, None, rule=rule, failures=(Failure("calendar", exponential(50.0), exponential(1.0)),)),
            Station("mill", 1, buffer, rule=rule, setup={("a", "b"): 0.5, ("b", "a"): 0.3}, failures=(FAILING,)),
            Station("wash", 1, buffer, rule=rule),
        ),
        (
            Product(
                "bracket",
                (
                    Segment("saw", exponential(0.8)),
                    Segment("mill", exponential(0.5), setup_class="a", scrap=0.05),
                    Segment("wash", Distribution(Family.UNIFORM, (0.1, 0.5)), rework=0.1, rework_to=0),
                ),
            ),
            Product("shaft", (Segment("saw", exponential(1.0)), Segment("mill", exponential(0.4), setup_class="b"))),
        ),
        (
            Source("bracket", exponential(2.0), due_after=6.0),
            Source("shaft", exponential(3.0), due_after=4.0, priority=1),
        ),
    )


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("finished", "lead_hours", "state_hours"))


def test_the_same_seed_gives_the_same_bits_whatever_the_threads_and_neighbours():
    twin = Twin(shop())
    together = twin.run(range(20), 500.0, threads=2)
    assert same(together, twin.run(range(20), 500.0, threads=1))
    alone = twin.run([7], 500.0)
    assert np.array_equal(alone.lead_hours[0], together.lead_hours[7])


def test_machine_hours_add_up_exactly():
    runs = Twin(shop()).run(range(10), 800.0, warm_up=50.0)
    assert runs.state_hours.sum(axis=2) == pytest.approx(np.tile([1600.0, 800.0, 800.0], (10, 1)), rel=1e-12)


def test_parts_are_neither_made_nor_lost():
    """What entered is what left and what is still inside; entered parts are those of a plant that does nothing."""
    plant = shop()
    runs = Twin(plant).run(range(5), 2_000.0)
    gates = Plant(
        "gate",
        (Station("gate", 1),),
        tuple(Product(product.name, (Segment("gate", constant(1e-9)),)) for product in plant.products),
        plant.sources,
    )
    entered = Twin(gates).run(range(5), 2_000.0).finished
    left = runs.finished + runs.scrapped
    inside = (entered - left).sum(axis=1)
    assert (inside >= 0).all()
    assert (inside < 60).all()


def test_littles_law_holds_in_every_run_to_the_last_digits():
    """A queue that is empty at both ends: the area under the work in process is the sum of the times in the plant."""
    plant = Plant(
        "bursts",
        (Station("a", 1), Station("b", 1, 2)),
        (Product("part", (Segment("a", constant(0.3)), Segment("b", Distribution(Family.UNIFORM, (0.1, 0.6))))),),
        (Source("part", constant(1.0), first=constant(0.5)),),
    )
    runs = Twin(plant).run(range(20), 1_000.2)
    inside = runs.finished[:, 0] == 1000
    assert inside.any()
    assert runs.wip_hours[inside] == pytest.approx(runs.lead_hours[inside, 0], rel=1e-9)


def test_a_reversed_reliable_line_has_the_same_throughput():
    """Reversibility of saturated lines (Muth 1979)."""
    times, buffers = [exponential(1.0), exponential(0.7), exponential(1.3)], [1, 4]
    forward = Twin(serial_line(times, buffers)).run(range(40), 20_000.0, warm_up=500.0).throughput
    backward = Twin(serial_line(times[::-1], buffers[::-1])).run(range(100, 140), 20_000.0, warm_up=500.0).throughput
    error = np.sqrt(forward.var(ddof=1) / 40 + backward.var(ddof=1) / 40)
    assert abs(forward.mean() - backward.mean()) < 4 * error


def test_doubling_all_times_halves_the_throughput_exactly():
    def line(scale):
        failure = Failure("calendar", exponential(50.0 * scale), exponential(5.0 * scale))
        return serial_line([exponential(scale)] * 4, [2, 0, 3], [failure] * 4)

    slow, fast = (Twin(line(scale)).run(range(5), 4_000.0 * scale) for scale in (2.0, 1.0))
    assert np.array_equal(slow.finished, fast.finished)
    assert slow.state_hours == pytest.approx(2 * fast.state_hours, rel=1e-12)


def test_more_buffer_never_costs_throughput_on_the_same_random_numbers():
    """Saturated lines are monotone in their buffers, path by path."""
    finished = [
        Twin(serial_line([exponential(1.0)] * 5, [places] * 4)).run(range(20), 2_000.0).finished[:, 0]
        for places in (0, 1, 2, 5)
    ]
    for smaller, larger in itertools.pairwise(finished):
        assert (larger >= smaller).all()


def test_pairing_a_buffer_change_saves_a_factor_of_five_in_variance():
    """The figure of the notes: buffers 4 against 5 on a line of ten, the same seeds for both."""
    small, large = (
        Twin(serial_line([exponential(1.0)] * 10, [places] * 9)).run(range(200), 2_000.0, warm_up=200.0).throughput
        for places in (4, 5)
    )
    apart = small.var(ddof=1) + large.var(ddof=1)
    assert apart / (large - small).var(ddof=1) > 5


def test_a_policy_against_itself_differs_by_exactly_nothing():
    first, second = (Twin(shop("edd")).run(range(10), 300.0) for _ in range(2))
    assert same(first, second)


def test_names_mean_nothing():
    times = [exponential(1.0), exponential(0.8)]
    plain = Twin(serial_line(times, [2])).run(range(5), 500.0)
    renamed = Twin(serial_line(times, [2], names=["zeta", "alpha"])).run(range(5), 500.0)
    assert same(plain, renamed)


def test_the_calendar_in_blocks_gives_the_same_run_as_the_flat_one(monkeypatch):
    plant = serial_line([exponential(1.0)] * 10, [2] * 9, [FAILING] * 10)
    flat = Twin(plant).run(range(5), 2_000.0)
    monkeypatch.setattr("danao.twin.twin.FLAT_UP_TO", 0)
    assert same(flat, Twin(plant).run(range(5), 2_000.0))


def test_the_full_loop_gives_the_same_run_as_the_lean_one():
    plain = shop().stations
    route = (Segment("saw", exponential(1.0)), Segment("wash", exponential(0.4)))
    lean = Plant("lean", plain[:1] + plain[2:], (Product("p", route),), (Source("p", exponential(1.0)),))
    full = Plant("full", (*lean.stations, Station("unused", 1, rule="spt")), lean.products, lean.sources)
    a, b = Twin(lean).run(range(5), 500.0), Twin(full).run(range(5), 500.0)
    assert np.array_equal(a.finished, b.finished)
    assert np.array_equal(a.lead_hours, b.lead_hours)


def test_tables_grow_when_the_plant_fills_up():
    plant = queue(exponential(0.5), exponential(1.0))
    small, large = Twin(plant, parts=4), Twin(plant, parts=100_000)
    assert same(small.run(range(3), 2_000.0), large.run(range(3), 2_000.0))


@pytest.mark.parametrize("rule", ["fifo", "lifo", "spt", "edd", "critical ratio", "priority", "least setup"])
def test_every_rule_keeps_the_machines_busy(rule):
    """Work is conserved: one machine, no setups, and every rule finishes about as many parts."""
    runs = Twin(queue(exponential(1.25), exponential(1.0), rule=rule)).run(range(10), 5_000.0)
    assert runs.utilisation.mean() == pytest.approx(0.8, abs=0.03)


def two_kinds(rule):
    """Short and long jobs at one machine, utilisation 0.9."""
    return Plant(
        "kinds",
        (Station("machine", 1, rule=rule, setup={("x", "y"): 0.3, ("y", "x"): 0.3}),),
        (
            Product("short", (Segment("machine", constant(0.4), setup_class="x"),)),
            Product("long", (Segment("machine", constant(2.0), setup_class="y"),)),
        ),
        (Source("short", exponential(1.5), due_after=3.0), Source("long", exponential(5.0), due_after=20.0)),
    )


def test_rules_do_what_they_are_for():
    runs = {rule: Twin(two_kinds(rule)).run(range(20), 3_000.0) for rule in ("fifo", "spt", "edd", "least setup")}
    lead = {rule: run.lead_hours.sum(axis=1) / run.finished.sum(axis=1) for rule, run in runs.items()}
    late = {rule: run.late.sum(axis=1) / run.finished.sum(axis=1) for rule, run in runs.items()}
    setup = {rule: run.state_hours[:, 0, 4] for rule, run in runs.items()}
    assert lead["spt"].mean() < lead["fifo"].mean()
    assert late["edd"].mean() < late["fifo"].mean()
    assert setup["least setup"].mean() < 0.7 * setup["fifo"].mean()


def test_scrap_and_rework_happen_as_often_as_they_should():
    runs = Twin(shop()).run(range(40), 5_000.0)
    brackets = runs.finished[:, 0].sum() + runs.scrapped[:, 0].sum() + runs.reworked[:, 0].sum()
    milled = brackets  # every pass through the mill ends scrapped, reworked or finished
    assert runs.scrapped[:, 0].sum() / milled == pytest.approx(0.05, abs=0.004)
    assert runs.reworked[:, 0].sum() / (milled * 0.95) == pytest.approx(0.1, abs=0.006)


def test_a_loop_that_locks_up_is_explained_and_does_not_hang():
    plant = Plant(
        "loop",
        (Station("a", 1, 0), Station("b", 1, 0)),
        (Product("part", (Segment("a", constant(1.0)), Segment("b", constant(1.0), rework=0.9, rework_to=0))),),
        (Source("part", constant(0.5)),),
    )
    with pytest.raises(Deadlock, match=r"all machines of a, b are blocked by each other.*Enlarge a buffer"):
        Twin(plant).run(range(3), 1_000.0)


def test_impossible_spans_and_rules_are_refused():
    with pytest.raises(BadInput, match="span above 0"):
        Twin(shop()).run([1], 0.0)
    with pytest.raises(BadInput, match="unknown dispatching rule"):
        Twin(shop("magic"))
