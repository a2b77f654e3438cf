"""The chart of a sequence on a no-wait line agrees with what the sequence comes to, hour by hour."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from danao.scheduling.no_wait import evaluate, example_lines
from danao.scheduling.no_wait.gantt_chart import gantt_chart
from danao.scheduling.no_wait.timing import follows_on

LINES = example_lines(3)


def sequences(line):
    return [line.executed_sequence, np.random.default_rng(1).permutation(line.jobs)]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_nothing_overlaps_on_a_machine_and_every_job_is_on_each(line):
    for sequence in sequences(line):
        chart = gantt_chart(line, sequence, "plan")
        for row in range(len(chart.rows)):
            bars = sorted((bar for bar in chart.bars if bar.row == row), key=lambda bar: (bar.start, bar.end))
            assert all(one.end <= two.start + 1e-9 for one, two in pairwise(bars))
            assert [bar.name for bar in bars if bar.kind == "work"] == [f"job {job + 1}" for job in sequence]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_jobs_begin_and_end_when_the_sequence_says(line):
    for sequence in sequences(line):
        result, chart = evaluate(line, sequence), gantt_chart(line, sequence, "plan")
        work = [bar for bar in chart.bars if bar.kind == "work"]
        last = len(chart.rows) - 1
        assert {bar.name: bar.start for bar in work if bar.row == 0} == pytest.approx(
            {f"job {job + 1}": result.start_hours[job] for job in range(line.jobs)}
        )
        assert max(bar.end for bar in work if bar.row == last) == pytest.approx(
            result.completion_hours[result.sequence[-1]]
        )
        assert {bar.name for bar in work if bar.late} == {
            f"job {job + 1}" for job in np.flatnonzero(result.tardiness_hours > 0)
        }


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_every_job_is_held_by_the_one_before_it_to_the_second(line):
    for sequence in sequences(line):
        chart, follows = gantt_chart(line, sequence, "plan"), follows_on(line.machines)
        setups = {(bar.row, bar.name.removeprefix("setup for ")): bar for bar in chart.bars if bar.kind == "setup"}
        numbers = {f"job {job + 1}": job for job in range(line.jobs)}
        held = [(chart.bars[a], chart.bars[b]) for a, b in chart.path if chart.bars[a].name != chart.bars[b].name]
        assert [two.name for _, two in held] == [f"job {job + 1}" for job in sequence[1:]]
        for one, two in held:
            assert one.row == two.row
            setup = setups.get((two.row, two.name))
            between = 0.0 if setup is None else setup.end - setup.start
            if follows[numbers[one.name], numbers[two.name]]:
                between = 0.0
            assert two.start == pytest.approx(one.end + between, abs=1e-6)


def test_the_band_ends_with_the_idle_gas_of_the_sequence():
    for line in LINES:
        result, band = (
            evaluate(line, line.executed_sequence),
            gantt_chart(line, line.executed_sequence, "plan").band,
        )
        assert band.power[-1][1] == pytest.approx(result.gas - line.job_gas.sum())
        assert all(one[1] <= two[1] for one, two in pairwise(band.power))


def test_without_hours_of_machines_there_is_one_row():
    line = replace(LINES[0], machines=None)
    chart = gantt_chart(line, line.executed_sequence, "plan")
    assert chart.rows == ("line",)
    assert all(one.end == two.start for one, two in pairwise(chart.bars))
    assert all(bar.critical for bar in chart.bars)
