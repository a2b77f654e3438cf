import dataclasses
import itertools
import math

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.scheduling import NoWaitLine, bound, check, evaluate, example_lines, front, hypervolume, search


def small_line(seed: int, jobs: int = 6, recipes: int | None = None) -> NoWaitLine:
    rng = np.random.default_rng(seed)
    gas = rng.uniform(0, 5, (jobs, jobs))
    if recipes is not None:
        recipe = rng.integers(0, recipes, jobs)
        gas = np.where(recipe[:, None] == recipe[None, :], 0.0, gas[np.ix_(recipe, recipe)])
    return NoWaitLine(
        name=f"small-{seed}",
        process_hours=rng.uniform(1, 3, jobs),
        waiting_hours=rng.uniform(0.5, 3, (jobs, jobs)),
        due_hours=rng.uniform(3, 12, jobs),
        job_gas=rng.uniform(1, 5, jobs),
        idle_gas=gas,
        gas_price=2.0,
    )


LINES = [small_line(seed, recipes=recipes) for seed in range(4) for recipes in (None, 2, 4)]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_search_finds_and_bound_never_exceeds_the_optimum_of_all_permutations(line: NoWaitLine) -> None:
    outcomes = [evaluate(line, order) for order in itertools.permutations(range(line.jobs))]
    for limit in (*np.quantile([outcome.total_tardiness for outcome in outcomes], [0.0, 0.02, 0.2]), math.inf):
        optimum = min(outcome.cost for outcome in outcomes if outcome.total_tardiness <= limit + 1e-9)
        found = search(line, float(limit), time_limit=None, steps=400_000)
        assert found.feasible
        assert found.cost == pytest.approx(optimum)
        proven = bound(line, float(limit), incumbent=found.sequence, time_limit=60.0)
        assert proven.value <= optimum
        if math.isinf(limit):
            assert proven.value == pytest.approx(optimum)
            assert proven.proven_optimal


def test_the_bound_is_infinite_or_below_where_no_sequence_is_within_the_limit() -> None:
    line = dataclasses.replace(small_line(1), due_hours=np.full(6, 2.0))
    least = min(evaluate(line, order).total_tardiness for order in itertools.permutations(range(6)))
    assert least > 0
    proven = bound(line, least / 2, time_limit=60.0)
    assert not proven.proven_optimal


def test_with_many_recipes_the_plain_path_bound_is_valid() -> None:
    line = small_line(3, jobs=18)
    proven = bound(line, math.inf, time_limit=20.0)
    found = search(line, math.inf, time_limit=None, steps=1_000_000)
    assert proven.method == "path"
    assert proven.value <= found.cost
    assert proven.value == pytest.approx(found.cost, rel=0.01)


def test_the_search_repeats_itself_for_a_seed_and_a_number_of_steps() -> None:
    line = example_lines(1)[0]
    one, two = (search(line, time_limit=None, steps=100_000, seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.sequence, two.sequence)
    assert one.steps == two.steps == 100_000


def test_the_result_is_never_worse_than_a_start_within_the_limit() -> None:
    for line in example_lines(3, seed=9):
        limit = evaluate(line, line.executed_sequence).total_tardiness
        good = search(line, time_limit=None, steps=200_000)
        assert good.tardiness <= limit + 1e-6
        again = search(line, time_limit=None, steps=10, start=good.sequence)
        assert again.cost <= good.cost
        assert check(line, good.sequence).cost == pytest.approx(good.cost)


def test_an_unreachable_limit_gives_the_least_tardy_sequence_found_and_says_so() -> None:
    line = dataclasses.replace(small_line(1), due_hours=np.full(6, 2.0))
    found = search(line, 0.0, time_limit=None, steps=400_000)
    least = min(evaluate(line, order).total_tardiness for order in itertools.permutations(range(6)))
    assert not found.feasible
    assert found.tardiness == pytest.approx(least)


def test_a_line_of_one_job_needs_no_search() -> None:
    line = NoWaitLine("one", np.ones(1), np.zeros((1, 1)), np.ones(1), np.ones(1), np.zeros((1, 1)), 1.0)
    assert search(line, steps=10).cost == 1.0
    assert bound(line).value == pytest.approx(1.0)


def test_a_search_without_an_end_or_with_a_negative_limit_is_refused() -> None:
    line = small_line(0)
    with pytest.raises(BadInput, match="no limit"):
        search(line, time_limit=None)
    with pytest.raises(BadInput, match="0 or more"):
        search(line, -1.0)
    with pytest.raises(BadInput, match="0 or more"):
        bound(line, -1.0)


def test_a_front_rises_in_tardiness_falls_in_cost_and_holds_the_true_front_of_a_small_line() -> None:
    line = small_line(2, recipes=3)
    found = front(line, points=40, time_limit=None, steps=4_000_000)
    outcomes = [evaluate(line, order) for order in itertools.permutations(range(6))]
    assert (np.diff(found.tardiness) > 0).all()
    assert (np.diff(found.cost) < 0).all()
    for tardiness, cost, sequence in zip(found.tardiness, found.cost, found.sequences, strict=True):
        assert check(line, sequence).cost == pytest.approx(cost)
        best = min(outcome.cost for outcome in outcomes if outcome.total_tardiness <= tardiness + 1e-9)
        assert cost == pytest.approx(best)
    every = np.array([(outcome.total_tardiness, outcome.cost) for outcome in outcomes])
    worst = every.max(axis=0)
    true_area = hypervolume(every[:, 0], every[:, 1], *worst)
    assert hypervolume(found.tardiness, found.cost, *worst) == pytest.approx(true_area, rel=0.02)


def test_the_hypervolume_of_a_staircase_worked_out_by_hand() -> None:
    area = hypervolume(np.array([0.0, 2.0, 5.0]), np.array([3.0, 1.0, 0.0]), 4.0, 4.0)
    assert area == 4 * 1 + 2 * 2
