import dataclasses

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.scheduling import draw_factors, evaluate, example_lines, simulate
from danao.scheduling.no_wait import timing


def test_factors_of_one_reproduce_the_plan() -> None:
    for line in example_lines(3):
        plan = evaluate(line, line.executed_sequence)
        result = simulate(line, line.executed_sequence, np.ones((2, line.jobs)))
        np.testing.assert_allclose(result.start_hours[1], plan.start_hours, rtol=0, atol=1e-9)
        np.testing.assert_allclose(result.completion_hours[1], plan.completion_hours, rtol=0, atol=1e-9)
        assert result.total_tardiness[0] == pytest.approx(plan.total_tardiness, abs=1e-9)
        assert result.cost[0] == pytest.approx(plan.cost, rel=1e-12)


def test_a_trial_is_the_plan_of_a_line_whose_hours_are_scaled() -> None:
    line = example_lines(1, seed=2)[0]
    assert line.machines is not None
    factors = draw_factors(line, [11], 0.2)
    scaled = dataclasses.replace(
        line.machines,
        feed_hours=line.machines.feed_hours * factors[0],
        machine_hours=line.machines.machine_hours * factors[0][:, None],
    )
    gaps = timing.leaves(scaled)[:, None, :] + scaled.setup_hours - timing.reaches(scaled)[None, :, :]
    waiting = np.where(timing.follows_on(line.machines), scaled.feed_hours[:, None], gaps.max(axis=2))
    other = dataclasses.replace(
        line, process_hours=line.process_hours * factors[0], waiting_hours=waiting, machines=None
    )
    expected = evaluate(other, line.executed_sequence)
    result = simulate(line, line.executed_sequence, factors)
    np.testing.assert_allclose(result.completion_hours[0], expected.completion_hours, atol=1e-9)
    assert result.total_tardiness[0] == pytest.approx(expected.total_tardiness)


def test_twice_the_process_times_burn_twice_the_job_gas() -> None:
    line = example_lines(1, seed=2)[0]
    alone = dataclasses.replace(line, idle_gas=np.zeros_like(line.idle_gas))
    result = simulate(alone, line.executed_sequence, np.full((1, line.jobs), 2.0))
    assert result.gas[0] == pytest.approx(2 * line.job_gas.sum())


def test_factors_have_mean_one_the_declared_variation_and_depend_on_the_seed_only() -> None:
    line = example_lines(1)[0]
    factors = draw_factors(line, range(4_000), 0.2)
    assert factors.mean() == pytest.approx(1.0, abs=0.003)
    assert factors.std() == pytest.approx(0.2, abs=0.003)
    np.testing.assert_array_equal(draw_factors(line, [3_999, 7], 0.2), factors[[3_999, 7]])
    np.testing.assert_array_equal(draw_factors(line, [1], 0.0), np.ones((1, line.jobs)))


def test_lines_without_fitting_machine_hours_and_wrong_factors_are_refused() -> None:
    line = example_lines(1)[0]
    ones = np.ones((1, line.jobs))
    with pytest.raises(BadInput, match="no machine times"):
        simulate(dataclasses.replace(line, machines=None), line.executed_sequence, ones)
    wrong = dataclasses.replace(line, waiting_hours=line.waiting_hours + 1)
    with pytest.raises(BadInput, match="but the machine times give"):
        simulate(wrong, line.executed_sequence, ones)
    with pytest.raises(BadInput, match="factors"):
        simulate(line, line.executed_sequence, 0 * ones)
    with pytest.raises(BadInput, match="variation"):
        draw_factors(line, [1], -0.1)
