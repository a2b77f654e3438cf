from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danao.core.errors import BadInput
from danao.scheduling import RULES, NoWaitLine, check, evaluate, example_lines
from danao.scheduling.no_wait import timing

THREE_JOBS: dict[str, Any] = {
    "name": "three",
    "process_hours": [3.0, 2.0, 4.0],
    "waiting_hours": [[0.0, 1.0, 2.0], [1.5, 0.0, 0.5], [3.0, 2.5, 0.0]],
    "due_hours": [24.0, 2.0, 3.0],
    "job_gas": [10.0, 20.0, 30.0],
    "idle_gas": [[0.0, 5.0, 7.0], [1.0, 0.0, 2.0], [4.0, 6.0, 0.0]],
    "gas_price": 2.0,
}


def three_jobs(**changes: Any) -> NoWaitLine:
    return NoWaitLine(**(THREE_JOBS | changes))


def test_three_jobs_worked_out_by_hand() -> None:
    outcome = evaluate(three_jobs(), [1, 0, 2])
    np.testing.assert_array_equal(outcome.start_hours, [1.5, 0.0, 3.5])
    np.testing.assert_array_equal(outcome.completion_hours, [4.5, 2.0, 7.5])
    np.testing.assert_array_equal(outcome.tardiness_hours, [0.0, 0.0, 4.5])
    assert outcome.gas == 10 + 20 + 30 + 1 + 7
    assert outcome.cost == 2 * outcome.gas


@given(st.permutations(range(12)))
def test_the_plain_checker_agrees_with_the_array_code(order: list[int]) -> None:
    line = example_lines(1, seed=3, jobs=12)[0]
    fast, plain = evaluate(line, order), check(line, order)
    np.testing.assert_allclose(fast.start_hours, plain.start_hours, atol=1e-9)
    np.testing.assert_allclose(fast.tardiness_hours, plain.tardiness_hours, atol=1e-9)
    assert fast.cost == pytest.approx(plain.cost)
    assert fast.total_tardiness == pytest.approx(plain.total_tardiness)


@pytest.mark.parametrize(
    ("sequence", "word"),
    [([0, 1, 1], "used 2 times"), ([0, 1], "missing"), ([0, 1, 3], "unknown"), ([0.5, 1.0, 2.0], "float64")],
)
def test_a_sequence_that_is_no_permutation_is_refused_by_name(sequence: list[int], word: str) -> None:
    with pytest.raises(BadInput, match=word):
        evaluate(three_jobs(), sequence)
    with pytest.raises(BadInput, match=word):
        check(three_jobs(), sequence)


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("waiting_hours", [[0.0, 1.0, 2.0], [1.0, 0.0, -0.5], [1.0, 1.0, 0.0]], r"waiting_hours\[1\]\[2\]"),
        ("due_hours", [1.0, float("nan"), 2.0], r"due_hours\[1\]"),
        ("idle_gas", [[0.0, 1.0, 2.0], [1.0, 0.0, 0.5]], r"2 x 3"),
        ("job_gas", [1.0, 2.0], "Expected 3"),
        ("gas_price", -1.0, "gas_price"),
    ],
)
def test_bad_tables_are_refused_with_the_entry(field: str, value: object, where: str) -> None:
    with pytest.raises(BadInput, match=where):
        three_jobs(**{field: value})


def test_jobs_of_one_recipe_can_be_exchanged_anywhere_without_changing_the_gas() -> None:
    line = example_lines(1, seed=8)[0]
    recipes = line.recipes()
    rng = np.random.default_rng(0)
    for _ in range(50):
        order = rng.permutation(line.jobs)
        a, b = rng.choice(np.flatnonzero(recipes == recipes[order[0]]), 2)
        swapped = np.where(order == a, b, np.where(order == b, a, order))
        assert evaluate(line, swapped).gas == pytest.approx(evaluate(line, order).gas)


def test_every_rule_gives_a_sequence_of_all_jobs_in_the_order_it_promises() -> None:
    for line in example_lines(3, seed=4):
        for rule in RULES.values():
            assert sorted(rule(line)) == list(range(line.jobs))
        due = line.due_hours[RULES["earliest due date"](line)]
        assert (np.diff(due) >= 0).all()
        campaigns = line.recipes()[RULES["recipe campaigns"](line)]
        assert (np.diff(campaigns) != 0).sum() == line.recipes().max()


def test_example_lines_repeat_for_a_seed_and_obey_the_timing_formula() -> None:
    first, again, other = example_lines(3, seed=1), example_lines(12, seed=1), example_lines(3, seed=2)
    for one, two, three in zip(first, again, other, strict=False):
        np.testing.assert_array_equal(one.idle_gas, two.idle_gas)
        assert not np.array_equal(one.process_hours, three.process_hours)
        assert one.machines is not None
        np.testing.assert_array_equal(timing.waiting_hours(one.machines), one.waiting_hours)


def test_no_two_jobs_are_in_one_machine_at_the_same_time() -> None:
    line = example_lines(1, seed=6)[0]
    assert line.machines is not None
    outcome = evaluate(line, line.executed_sequence)
    leaves, reaches = timing.leaves(line.machines), timing.reaches(line.machines)
    follows = timing.follows_on(line.machines)
    for i, r in zip(line.executed_sequence[:-1], line.executed_sequence[1:], strict=True):
        if not follows[i, r]:
            free = outcome.start_hours[i] + leaves[i] + line.machines.setup_hours[i, r]
            assert (outcome.start_hours[r] + reaches[r] >= free - 1e-9).all()
