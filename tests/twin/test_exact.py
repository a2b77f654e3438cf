"""The twin against exact answers: Markov chains, queueing formulas, product form."""

import csv
import math

import numpy as np
import pytest

from danao.core.data import roots
from danao.plant.model import Distribution, Failure, Family, Plant, Product, Segment, Source, Station
from danao.twin import Twin
from tests.twin.plants import constant, exponential, queue, serial_line


def exact_lines():
    """Rows of the table of exact throughputs, or none where it is not at hand."""
    path = next((root / "exact_lines" / "exact_lines.csv" for root in roots() if (root / "exact_lines").is_dir()), None)
    if path is None:
        return []
    with path.open() as file:
        return list(csv.DictReader(file))


def line_of(row):
    count = int(row["K"])
    means = [1 / float(rate) for rate in row["mu"].split()]
    buffers = [int(places) for places in row["buffers"].split()]
    failures = None
    if row["fail_rate"]:
        rates = zip(row["fail_rate"].split(), row["repair_rate"].split(), strict=True)
        failures = [
            Failure(row["failure_clock"], exponential(1 / float(fail)), exponential(1 / float(repair)))
            for fail, repair in rates
        ]
    assert count == len(means)
    return serial_line([exponential(mean) for mean in means], buffers, failures)


def z_score(values, truth):
    return (values.mean() - truth) / (values.std(ddof=1) / math.sqrt(len(values)))


@pytest.mark.realdata
def test_every_line_with_an_exact_throughput_is_met():
    rows = exact_lines()
    if not rows:
        pytest.skip("the table exact_lines is not on this machine (DANAO_DATA or ../shared/data)")
    scores = []
    for number, row in enumerate(rows):
        runs = Twin(line_of(row)).run(range(1000 * number, 1000 * number + 12), 15_000.0, warm_up=500.0)
        scores.append(z_score(runs.throughput, float(row["throughput"])))
    assert len(scores) == 81
    assert np.abs(scores).max() < 5.0  # t with 11 degrees of freedom, 81 rows: 5 is exceeded in 3 % of test runs
    assert np.sqrt(np.mean(np.square(scores))) < 1.5


@pytest.mark.parametrize("buffer", [0, 1, 4, 10])
def test_two_equal_machines_produce_b_plus_2_over_b_plus_3(buffer):
    runs = Twin(serial_line([exponential(1.0)] * 2, [buffer])).run(range(30), 20_000.0, warm_up=200.0)
    assert abs(z_score(runs.throughput, (buffer + 2) / (buffer + 3))) < 4


def erlang_c(servers, load):
    total = sum(load**k / math.factorial(k) for k in range(servers))
    tail = load**servers / math.factorial(servers) * servers / (servers - load)
    return tail / (total + tail)


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.5), (1, 0.9), (2, 0.9), (5, 0.8), (10, 0.95)])
def test_the_wait_in_an_m_m_c_queue_is_erlangs(servers, utilisation):
    load = servers * utilisation
    wait = erlang_c(servers, load) / (servers - load)
    runs = Twin(queue(exponential(1 / load), exponential(1.0), servers)).run(range(40), 20_000.0, warm_up=2_000.0)
    measured = runs.wip_hours / (load * runs.hours) - 1.0  # Little's law, service of mean 1
    assert abs(z_score(measured, wait)) < 4


@pytest.mark.parametrize(
    ("service", "variation"),
    [
        (constant(1.0), 0.0),
        (Distribution(Family.GAMMA, (1.0, 0.5)), 0.25),
        (exponential(1.0), 1.0),
        (Distribution(Family.LOGNORMAL, (1.0, 1.0)), 1.0),
        (Distribution(Family.UNIFORM, (0.0, 2.0)), 1 / 3),
        (Distribution(Family.TRIANGULAR, (0.0, 1.0, 2.0)), 1 / 6),
        (Distribution(Family.GAMMA, (1.0, 2.0)), 4.0),
    ],
)
def test_the_wait_in_an_m_g_1_queue_is_pollaczeks(service, variation):
    utilisation = 0.8
    wait = utilisation * (1 + variation) / (2 * (1 - utilisation))
    runs = Twin(queue(exponential(1 / utilisation), service)).run(range(40), 25_000.0, warm_up=2_000.0)
    measured = runs.wip_hours / (utilisation * runs.hours) - 1.0
    assert abs(z_score(measured, wait)) < 4


def test_an_open_jackson_network_has_product_form():
    """Two stations with feedback: a tenth of the parts goes through both again."""
    arrival, rework = 0.5, 0.1
    plant = Plant(
        "network",
        (Station("first", 1), Station("second", 2)),
        (
            Product(
                "part",
                (
                    Segment("first", exponential(1.0)),
                    Segment("second", exponential(2.5), rework=rework, rework_to=0),
                ),
            ),
        ),
        (Source("part", exponential(1 / arrival)),),
    )
    flow = arrival / (1 - rework)
    load = flow * 2.5
    mean_first = flow / (1 - flow)
    mean_second = load + erlang_c(2, load) * load / (2 - load)
    runs = Twin(plant).run(range(40), 20_000.0, warm_up=2_000.0)
    assert abs(z_score(runs.wip_hours / runs.hours, mean_first + mean_second)) < 4


def test_machine_repair_availability_is_up_over_up_plus_down():
    """A machine that never starves or blocks: calendar clock and operation clock have the same availability."""
    for clock in ("calendar", "operation"):
        failure = Failure(clock, exponential(9.0), exponential(1.0))
        runs = Twin(serial_line([exponential(0.1)], [], [failure])).run(range(30), 10_000.0, warm_up=100.0)
        assert abs(z_score(runs.throughput, 9.0)) < 4


@pytest.mark.parametrize("family", [Family.WEIBULL, Family.NORMAL, Family.EMPIRICAL, Family.LOGNORMAL, Family.GAMMA])
def test_drawn_times_have_the_mean_they_say(family):
    parameters = {Family.WEIBULL: (2.0, 1.5), Family.NORMAL: (5.0, 0.5), Family.EMPIRICAL: (1.0, 2.0, 6.0)}
    distribution = Distribution(family, parameters.get(family, (2.0, 0.7)))
    runs = Twin(serial_line([distribution], [])).run(range(20), 20_000.0)
    assert abs(z_score(runs.throughput, 1 / distribution.mean)) < 4


def test_the_normal_quantile_is_scipys():
    from scipy.special import ndtri

    from danao.twin.sampling import normal_quantile

    points = np.concatenate([np.logspace(-15, -1, 60), np.linspace(0.1, 0.9, 81), 1 - np.logspace(-10, -1, 60)])
    assert [normal_quantile(u) for u in points] == pytest.approx(ndtri(points), rel=1e-7, abs=1e-12)
