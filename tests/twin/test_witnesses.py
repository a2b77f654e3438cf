"""The twin against a second implementation, where formulas are few: failures by hours of work, lines without buffers.

Both estimates have an error of their own; the difference must lie within 3.5 of its standard errors. The error bound of
each row says how small a difference would be seen.
"""

import math
from dataclasses import dataclass

import pytest

from danao.plant.model import Distribution, Failure, Family
from danao.twin import Twin
from tests.twin.plants import constant, exact_lines, exponential, line_of, serial_line
from tests.twin.witnesses import throughput_with_buffers, throughput_without_buffers

REPLICATIONS, WARM_UP = 12, 300.0


@dataclass(frozen=True)
class Line:
    times: list[Distribution]
    buffers: list[int]
    failure: Failure | None
    hours: float
    """Of each SimPy replication."""
    table: tuple[str, str, str, str] | None = None
    """Rates, buffers, failure rates and failure clock of its row in the table of exact throughputs."""

    @property
    def failures(self):
        return [self.failure] * len(self.times)

    def plant(self):
        return serial_line(self.times, self.buffers, self.failures if self.failure else None)


def weibull(mean, shape):
    return Distribution(Family.WEIBULL, (mean / math.gamma(1 + 1 / shape), shape))


def gamma(mean, deviation):
    return Distribution(Family.GAMMA, (mean, deviation))


def uniform(low, high):
    return Distribution(Family.UNIFORM, (low, high))


MARKOV = Failure("operation", exponential(50.0), exponential(5.0))
OFTEN = Failure("operation", exponential(10.0), exponential(10.0))
WORN = Failure("operation", weibull(12.0, 2.5), gamma(2.0, 1.0))

WITH_BUFFERS = {
    "two, seldom": Line([exponential(1.0)] * 2, [4], MARKOV, 20_000.0, ("1 1", "4", "0.02 0.02", "operation")),
    "two, often": Line([exponential(1.0)] * 2, [10], OFTEN, 30_000.0, ("1 1", "10", "0.1 0.1", "operation")),
    "three": Line(
        [exponential(1.0)] * 3, [2, 2], MARKOV, 12_000.0, ("1.0 1.0 1.0", "2 2", "0.02 0.02 0.02", "operation")
    ),
    "four, of all kinds": Line(
        [gamma(1.0, 0.5), uniform(0.5, 1.3), constant(0.8), exponential(0.9)], [1, 3, 2], WORN, 6_000.0
    ),
    "three, failing within a part": Line(
        [constant(2.0), constant(1.8), constant(2.0)],
        [1, 1],
        Failure("operation", weibull(1.0, 0.8), constant(0.2)),
        4_000.0,
    ),
}
WITHOUT_BUFFERS = {
    "three": Line([exponential(1.0)] * 3, [0] * 2, None, 8_000.0, ("1.0 1.0 1.0", "0 0", "", "")),
    "five": Line([exponential(1.0)] * 5, [0] * 4, None, 5_000.0, ("1.0 1.0 1.0 1.0 1.0", "0 0 0 0", "", "")),
    "four, of all kinds": Line(
        [gamma(1.0, 0.5), uniform(0.2, 1.6), constant(0.9), exponential(0.8)], [0] * 3, None, 6_000.0
    ),
    "three, failing": Line(
        [exponential(1.0)] * 3, [0] * 2, MARKOV, 12_000.0, ("1.0 1.0 1.0", "0 0", "0.02 0.02 0.02", "operation")
    ),
    "three, worn": Line([gamma(1.0, 0.7), constant(0.9), uniform(0.3, 1.5)], [0] * 2, WORN, 6_000.0),
}


def mean_and_error(values):
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))


def of_the_twin(line):
    """Twice as many replications, ten times as long: the witness alone decides how much can be seen."""
    seeds = range(2 * REPLICATIONS)
    return mean_and_error(Twin(line.plant()).run(seeds, 10 * line.hours, warm_up=WARM_UP).throughput.tolist())


def assert_agreement(line, witnessed):
    """The witness saw what the twin says, to about a percent, and both what the table has."""
    (here, error_here), (there, error_there) = of_the_twin(line), mean_and_error(witnessed)
    assert error_there < 0.005 * there
    assert abs(here - there) < 3.5 * math.hypot(error_here, error_there)
    if exact := exact_throughput(line):
        assert abs(here - exact) < 3.5 * error_here
        assert abs(there - exact) < 3.5 * error_there


def exact_throughput(line):
    """Of the row that the line names, or 0 where there is none or the table is not at hand."""
    for row in exact_lines():
        if line.table == (row["mu"], row["buffers"], row["fail_rate"], row["failure_clock"]):
            assert line_of(row) == line.plant()
            return float(row["throughput"])
    return 0.0


def test_every_line_that_names_a_row_of_the_table_has_one():
    if not exact_lines():
        pytest.skip("the table exact_lines is not on this machine (DANAO_DATA or ../shared/data)")
    named = [line for line in (*WITH_BUFFERS.values(), *WITHOUT_BUFFERS.values()) if line.table]
    assert len(named) == 6
    assert all(exact_throughput(line) for line in named)


@pytest.mark.parametrize("name", WITH_BUFFERS)
def test_machines_that_wear_by_work_agree_with_a_second_implementation(name):
    line = WITH_BUFFERS[name]
    assert_agreement(
        line,
        [
            throughput_with_buffers(line.times, line.buffers, line.failures, line.hours, WARM_UP, seed)
            for seed in range(REPLICATIONS)
        ],
    )


@pytest.mark.parametrize("name", WITHOUT_BUFFERS)
def test_lines_without_buffers_agree_with_a_second_implementation(name):
    line = WITHOUT_BUFFERS[name]
    assert_agreement(
        line,
        [
            throughput_without_buffers(line.times, line.failures, line.hours, WARM_UP, seed)
            for seed in range(REPLICATIONS)
        ],
    )
