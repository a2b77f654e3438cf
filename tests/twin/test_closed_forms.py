"""Textbook formulas, each with enough replications to see an error of one or two percent.

Every check states its power: the 95 % interval of the estimate must be narrower than the promised share of the value,
so that a test can fail, and the value must lie within 3.5 standard errors, which an exact twin misses once in 2,000.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from danao.plant.model import (
    Distribution,
    Failure,
    Family,
    Plant,
    Pool,
    Product,
    Segment,
    Source,
    Station,
)
from danao.twin import Twin
from danao.twin.kpis import station_kpis
from danao.twin.runs import DOWN, WORKING
from tests.twin.plants import constant, exponential, queue, serial_line


def assert_mean(values, truth, power):
    """The mean of independent values is the truth, and the values are many enough to tell."""
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert 1.96 * error <= power * abs(truth), f"half-width {1.96 * error / abs(truth):.2%}, promised {power:.2%}"
    score = (values.mean() - truth) / error
    assert abs(score) < 3.5, f"{values.mean():.6g}, expected {truth:.6g}: z = {score:.2f}"


def erlang_wait(servers, load):
    """Mean wait in an M/M/c queue with service of mean 1; Gross & Harris, Fundamentals of Queueing Theory, ch. 2."""
    tail = load**servers / math.factorial(servers) * servers / (servers - load)
    waits = tail / (sum(load**k / math.factorial(k) for k in range(servers)) + tail)
    return waits / (servers - load)


@pytest.mark.parametrize(
    ("servers", "utilisation", "wait", "hours"),
    [(1, 0.9, 9.0, 300_000), (2, 0.9, 4.26316, 200_000), (5, 0.8, 0.55411, 60_000), (10, 0.95, 1.65117, 100_000)],
)
def test_the_wait_before_parallel_machines_is_erlangs_within_2_percent(servers, utilisation, wait, hours):
    load = servers * utilisation
    assert erlang_wait(servers, load) == pytest.approx(wait, abs=5e-6)
    twin = Twin(queue(exponential(1 / load), exponential(1.0), servers))
    runs = twin.run(range(1_000, 1_040), hours, warm_up=hours / 40)
    assert_mean(runs.wip_hours / (load * hours) - 1.0, wait, 0.02)


@pytest.mark.parametrize(
    ("service", "variation", "hours"),
    [
        (constant(1.0), 0.0, 100_000),
        (Distribution(Family.GAMMA, (1.0, 0.5)), 0.25, 150_000),
        (Distribution(Family.TRIANGULAR, (0.0, 1.0, 2.0)), 1 / 6, 120_000),
        (Distribution(Family.UNIFORM, (0.0, 2.0)), 1 / 3, 150_000),
        (exponential(1.0), 1.0, 200_000),
        (Distribution(Family.LOGNORMAL, (1.0, 1.0)), 1.0, 300_000),
        (Distribution(Family.GAMMA, (1.0, 2.0)), 4.0, 400_000),
    ],
    ids=["constant", "gamma 0.25", "triangular", "uniform", "exponential", "lognormal", "gamma 4"],
)
def test_the_wait_before_a_general_machine_is_pollaczeks_within_1_5_percent(service, variation, hours):
    """Pollaczek-Khinchine: rho (1 + scv) / (2 (1 - rho)) mean services."""
    load = 0.8
    wait = load * (1 + variation) / (2 * (1 - load))
    runs = Twin(queue(exponential(1 / load), service)).run(range(2_000, 2_040), hours, warm_up=hours / 40)
    assert_mean(runs.wip_hours / (load * hours) - 1.0, wait, 0.015)


MACHINES, MEANS = (1, 3, 1), (0.5, 1.5, 0.6)


def network():
    """Three stations with two loops back, scrap on the way, and parts that visit one station alone.

    Returns the plant, and the flow through each station from the traffic equations.
    """
    entering, probe, back_to_first, scrapped, back_to_second = 0.8, 0.2, 0.25, 0.1, 0.2
    first, second, third = (exponential(mean) for mean in MEANS)
    route = (
        Segment("first", first),
        Segment("second", second, rework=back_to_first, rework_to=0),
        Segment("third", third, scrap=scrapped, rework=back_to_second, rework_to=1),
    )
    alone = tuple(Product(f"{step.station} alone", (Segment(step.station, step.time),)) for step in route)
    plant = Plant(
        "network",
        tuple(Station(step.station, machines) for step, machines in zip(route, MACHINES, strict=True)),
        (*alone, Product("part", route)),
        (*(Source(one.name, exponential(1 / probe)) for one in alone), Source("part", exponential(1 / entering))),
    )
    moves = np.array([[0.0, 1.0, 0.0], [back_to_first, 0.0, 1.0 - back_to_first], [0.0, back_to_second, 0.0]])
    of_parts = np.linalg.solve(np.eye(3) - moves.T, [entering, 0.0, 0.0])
    return plant, of_parts + probe


def product_form(flows):
    """Mean number at each station: each behaves as an M/M/c queue of its own (Jackson 1957)."""
    loads = flows * np.array(MEANS)
    waits = [erlang_wait(servers, load) for servers, load in zip(MACHINES, loads, strict=True)]
    return loads + loads * waits


def test_a_network_with_feedback_has_product_form_at_every_station_within_1_percent():
    """Little's law station by station: flow times the mean lead time of the parts that visit that station alone."""
    plant, flows = network()
    runs = Twin(plant).run(range(3_000, 3_040), 50_000.0, warm_up=1_000.0)
    numbers = product_form(flows)
    for station in range(3):
        lead = runs.lead_hours[:, station] / runs.finished[:, station]
        assert_mean(flows[station] * lead, numbers[station], 0.01)
    assert_mean(runs.wip_hours / runs.hours, numbers.sum(), 0.01)


def test_the_hours_at_every_station_of_a_network_are_those_of_the_product_form_within_1_percent():
    """The same numbers from the hours that parts waited and machines worked."""
    plant, flows = network()
    runs = Twin(plant).run(range(4_000, 4_040), 50_000.0, warm_up=1_000.0)
    at_stations = (runs.queue_hours + runs.state_hours[:, :, WORKING]) / runs.hours
    for station, number in enumerate(product_form(flows)):
        assert_mean(at_stations[:, station], number, 0.01)


def mean_down(machines, crew, ratio):
    """Mean number of machines down when `crew` people repair them: birth and death process; Gross & Harris, ch. 2.

    `ratio` is the mean repair over the mean time to failure of one machine.
    """
    weights = [1.0]
    for down in range(machines):
        weights.append(weights[-1] * (machines - down) * ratio / min(down + 1, crew))
    return sum(down * weight for down, weight in enumerate(weights)) / sum(weights)


@pytest.mark.parametrize(("machines", "crew"), [(4, 1), (6, 1), (6, 2), (1, 1)])
def test_machines_that_share_a_repair_crew_are_down_as_often_as_in_the_repair_model(machines, crew):
    """M machines, c repairers, within 1 percent; what stays up makes the output."""
    up, down = 10.0, 2.0
    failure = Failure("calendar", exponential(up), exponential(down), crew="fitter")
    plant = Plant(
        "hall",
        (Station("loom", machines, failures=(failure,)),),
        (Product("cloth", (Segment("loom", exponential(1.0)),)),),
        (Source("cloth"),),
        pools=(Pool("crew", crew, ("fitter",)),),
    )
    runs = Twin(plant).run(range(5_000, 5_040), 25_000.0, warm_up=200.0)
    expected = mean_down(machines, crew, down / up)
    assert_mean(runs.state_hours[:, 0, DOWN] / runs.hours, expected, 0.01)
    assert_mean(runs.throughput, machines - expected, 0.01)


@pytest.mark.parametrize(("pallets", "fitters"), [(4, 1), (6, 2)])
def test_a_limit_on_the_parts_in_the_plant_closes_the_network_within_half_a_percent(pallets, fitters):
    """The repair model once more, as a CONWIP line: so many parts go round between a wide and a narrow station."""
    up, down = 10.0, 2.0
    plant = Plant(
        "round",
        (Station("wide", pallets), Station("narrow", fitters)),
        (Product("part", (Segment("wide", exponential(up)), Segment("narrow", exponential(down)))),),
        (Source("part", limit=pallets),),
    )
    runs = Twin(plant).run(range(5_500, 5_540), 50_000.0, warm_up=200.0)
    expected = mean_down(pallets, fitters, down / up)
    assert_mean(runs.throughput, (pallets - expected) / up, 0.005)
    assert runs.wip_hours == pytest.approx(pallets * runs.hours)


def failing_queue(clock, load, machines):
    """Machines that fail every 50 h on a clock, for 5 h; parts come with a load of hours of work per hour."""
    plant = queue(exponential(1.0 / load), exponential(1.0), machines)
    failure = Failure(clock, exponential(50.0), exponential(5.0))
    return replace(plant, stations=(replace(plant.stations[0], failures=(failure,)),))


def expected_failures(rate, repair_rate, hours):
    """Mean number of failures of a machine that is up at the start; Ross, Introduction to Probability Models, ch. 6."""
    both = rate + repair_rate
    up = repair_rate / both
    return rate * (up * hours + (1 - up) / both * (1 - math.exp(-both * hours)))


@pytest.mark.parametrize("general", [False, True])
@pytest.mark.parametrize("hours", [20.0, 2_000.0])
def test_machines_fail_on_the_calendar_clock_as_often_as_two_states_alternate(general, hours):
    """Whatever their work; also in a span so short that it matters that they are up at the start."""
    runs = Twin(failing_queue("calendar", 0.8, 3), general=general).run(range(int(80_000 / hours)), hours)
    assert_mean(runs.breakdowns[:, 0] / 3, expected_failures(1 / 50, 1 / 5, hours), 0.05)


@pytest.mark.parametrize("general", [False, True])
def test_machines_fail_on_the_operation_clock_in_proportion_to_their_work(general):
    hours = 20_000.0
    runs = Twin(failing_queue("operation", 0.6, 1), general=general).run(range(40), hours, warm_up=500.0)
    assert_mean(runs.breakdowns[:, 0], 0.6 * hours / 50.0, 0.03)
    busy = Twin(serial_line([exponential(1.0)], [], [Failure("operation", exponential(50.0), exponential(5.0))]))
    assert_mean(busy.run(range(40), 2_000.0).breakdowns[:, 0], expected_failures(1 / 50, 1 / 5, 2_000.0), 0.06)


def test_the_hours_between_failures_and_to_repair_are_those_that_the_plant_describes():
    """On the operation clock, work between failures is what the distribution says; a crew that is shared adds waits."""
    plant = failing_queue("operation", 0.6, 1)
    found = station_kpis(Twin(plant).run(range(40), 20_000.0))
    assert_mean(found.operating_time_between_failures[:, 0], 50.0, 0.03)
    assert_mean(found.time_to_repair[:, 0], 5.0, 0.03)


def test_a_machine_that_fails_in_a_second_way_while_it_is_down_goes_down_once():
    """Down from 10 h to 20 h; the second failure strikes at 15 h, and its repair of 1 h is over before."""
    first = Failure("calendar", constant(10.0), constant(10.0))
    second = Failure("calendar", constant(15.0), constant(1.0))
    plant = queue(constant(1.0), constant(0.5))
    plant = replace(plant, stations=(replace(plant.stations[0], failures=(first, second)),))
    runs = Twin(plant).run([1], 28.0)
    assert runs.breakdowns.tolist() == [[1]]
    assert runs.state_hours[0, 0, DOWN] == pytest.approx(10.0)


@pytest.mark.parametrize("clock", ["operation", "calendar"])
def test_a_machine_is_down_in_proportion_to_what_its_failure_clock_counts(clock):
    """Down hours per hour on the clock are repair over time to failure, however often the line starves and blocks it.

    The clock of an operation failure runs while the machine works, that of a calendar failure while it is not down.
    """
    up, down = Distribution(Family.WEIBULL, (20.0, 1.5)), Distribution(Family.LOGNORMAL, (3.0, 2.0))
    times = [exponential(1.0), constant(0.7), Distribution(Family.UNIFORM, (0.2, 2.0))]
    runs = Twin(serial_line(times, [1, 2], [Failure(clock, up, down)] * 3)).run(range(6_000, 6_040), 60_000.0)
    hours = runs.state_hours
    counted = hours[:, :, WORKING] if clock == "operation" else hours.sum(axis=2) - hours[:, :, DOWN]
    for machine in range(3):
        assert_mean(hours[:, machine, DOWN] / counted[:, machine], down.mean / up.mean, 0.01)


@pytest.mark.parametrize(("first", "second"), [(1.0, 1.0), (1.0, 0.7)])
@pytest.mark.parametrize("buffer", [0, 1, 3, 8, 20])
def test_two_machines_are_a_queue_with_a_last_place_within_a_quarter_percent(buffer, first, second):
    """M/M/1 with b + 2 places: the second machine works unless it is empty; (b + 2)/(b + 3) for equal machines."""
    weights = [(second / first) ** number for number in range(buffer + 3)]
    expected = (1 - weights[0] / sum(weights)) / second
    if first == second:
        assert expected == pytest.approx((buffer + 2) / (buffer + 3))
    line = serial_line([exponential(first), exponential(second)], [buffer])
    runs = Twin(line).run(range(7_000, 7_040), 30_000.0, warm_up=1_000.0)
    assert_mean(runs.throughput, expected, 0.0025)


@pytest.mark.parametrize(("stations", "expected"), [(3, 22 / 39), (4, 0.51478), (5, 0.48580), (6, 0.46671)])
def test_lines_without_buffers_have_hillier_and_bolings_throughput_within_a_tenth_percent(stations, expected):
    """Hillier & Boling, Operations Research 15 (1967): exponential service of mean 1."""
    line = serial_line([exponential(1.0)] * stations, [0] * (stations - 1))
    runs = Twin(line).run(range(8_000, 8_040), 100_000.0, warm_up=500.0)
    assert_mean(runs.throughput, expected, 0.001)


WORK, BLOCK, STARVE = "working", "blocked", "starved"


def three_machines(means):
    """Exact throughput of three exponential machines without buffers: a Markov chain of eight states, solved."""

    def second_is_free(first, third):
        """What the machines do when the second one has just given its part away."""
        return (WORK, WORK, third) if first == BLOCK else (first, STARVE, third)

    def after(state, machine):
        first, second, third = state
        if machine == 0:
            return (WORK, WORK, third) if second == STARVE else (BLOCK, second, third)
        if machine == 1:
            return second_is_free(first, WORK) if third == STARVE else (first, BLOCK, third)
        return second_is_free(first, WORK) if second == BLOCK else (first, second, STARVE)

    states, rates = [(WORK, STARVE, STARVE)], {}
    for state in states:
        for machine in range(3):
            if state[machine] == WORK:
                target = after(state, machine)
                rates[state, target] = rates.get((state, target), 0.0) + 1 / means[machine]
                if target not in states:
                    states.append(target)
    assert len(states) == 8
    chain = np.zeros((8, 8))
    for (source, target), rate in rates.items():
        chain[states.index(source), states.index(target)] += rate
        chain[states.index(source), states.index(source)] -= rate
    shares = np.linalg.lstsq(np.vstack([chain.T, np.ones(8)]), np.array([0.0] * 8 + [1.0]), rcond=None)[0]
    return sum(share for state, share in zip(states, shares, strict=True) if state[2] == WORK) / means[2]


def test_a_bowl_of_work_beats_an_even_line_and_a_hill_loses():
    """The middle machine should have less work (Hillier & Boling 1966), with the same work in all."""
    assert three_machines((1.0, 1.0, 1.0)) == pytest.approx(22 / 39)
    assert three_machines((1.0, 1 / 1.1, 1.0)) == pytest.approx(0.58362, abs=5e-6)
    shapes = {"bowl": (1.05, 0.9, 1.05), "even": (1.0, 1.0, 1.0), "hill": (0.95, 1.1, 0.95)}
    made, exact = {}, {}
    for name, means in shapes.items():
        line = serial_line([exponential(mean) for mean in means], [0, 0])
        made[name] = Twin(line).run(range(9_000, 9_040), 100_000.0, warm_up=500.0).throughput
        exact[name] = three_machines(means)
        assert_mean(made[name], exact[name], 0.001)
    assert exact["bowl"] > exact["even"] > exact["hill"]
    assert_mean(made["bowl"] - made["even"], exact["bowl"] - exact["even"], 0.25)
    assert_mean(made["even"] - made["hill"], exact["even"] - exact["hill"], 0.1)


def test_a_spare_place_belongs_in_the_middle():
    """Four machines, four places: (1, 2, 1) beats (2, 1, 1), by the difference of the two Markov chains."""
    times = [exponential(1.0)] * 4
    middle, front = (
        Twin(serial_line(times, buffers)).run(range(10_000, 10_040), 100_000.0, warm_up=500.0).throughput
        for buffers in ([1, 2, 1], [2, 1, 1])
    )
    assert_mean(middle, 0.65717532, 0.001)
    assert_mean(front, 0.64980927, 0.001)
    assert_mean(middle - front, 0.65717532 - 0.64980927, 0.1)
