import math

import numpy as np
import pytest

from danao.core import BadInput, Guardrail
from danao.proof import prove
from danao.proof.bounded import ALL_IN, trials_to_show, upper_bound
from danao.proof.guardrails import planned_trials
from tests.toys import ToyCase, uniform

SHARE = (0.0, 1.0)
SERIES = 400
ALLOWED = SERIES * 0.05 + 3 * math.sqrt(SERIES * 0.05 * 0.95)
"""Misses of a bound that fails in 5 % of series, three standard errors on top."""


def with_share(late, guardrail=None, gain=1.0):
    """A candidate with a gain, and a share of late parts from `late(policy, seeds)`."""
    promise = guardrail or Guardrail("level", "lower", 0.005, bounds=SHARE)
    return ToyCase(
        lambda policy, seeds: (policy == "candidate") * (gain + uniform(seeds, 1)), kpi=late, guardrails=[promise]
    )


def events(probability, size, purpose=2):
    """A share that is `size` in rare trials of the candidate and 0 otherwise."""
    return lambda policy, seeds: (policy == "candidate") * size * (uniform(seeds, purpose) < probability)


def test_values_at_their_lower_limit_leave_the_mean_that_would_have_shown_itself():
    """Against a claim m, the stake bet in whole grows by 1 / (1 - m) a value: little more than the rule of three."""
    for n in (10, 100, 1000):
        bound = upper_bound(np.zeros(n), SHARE, 0.95)
        assert 1 - 0.05 ** (1 / n) < bound <= 1 - (0.05 * ALL_IN) ** (1 / n) + 1e-9


def test_the_bound_scales_with_its_limits_and_closes_in_on_the_mean():
    values = np.random.default_rng(1).beta(1, 50, 4000)
    bound = upper_bound(values, SHARE, 0.95)
    assert values.mean() < bound < values.mean() + 0.004
    assert upper_bound(3 + 4 * values, (3.0, 7.0), 0.95) == pytest.approx(3 + 4 * bound, abs=1e-9)


@pytest.mark.parametrize(
    ("probability", "size"), [(0.005, 1.0), (0.0005, 1.0), (0.02, 0.3), (0.3, 0.01), (0.5, 1.0), (1.0, 0.004)]
)
def test_the_bound_misses_at_any_of_many_looks_in_at_most_5_percent_of_series(probability, size):
    random = np.random.default_rng(7)
    looks = np.unique(np.geomspace(5, 1000, 12).astype(int))
    misses = 0
    for _ in range(SERIES):
        values = size * (random.random(1000) < probability)
        misses += any(upper_bound(values[:n], (-1.0, 1.0), 0.95) < probability * size for n in looks)
    assert misses <= ALLOWED


@pytest.mark.parametrize(("probability", "size"), [(0.0051, 1.0), (0.05, 0.102), (0.5, 0.0102), (1.0, 0.0051)])
@pytest.mark.parametrize("trials", [40, 200, None])
def test_a_share_that_worsens_by_its_margin_is_shown_to_hold_in_at_most_5_percent_of_proofs(probability, size, trials):
    """The whole rule, usual interval or bound, at few trials, at many, and at the planned number."""
    roots = 150
    case = with_share(events(probability, size))
    held = sum(prove(case, trials=trials, seed=root, appraisal=False).guardrails[0].held for root in range(roots))
    assert held <= roots * 0.05 + 3 * math.sqrt(roots * 0.05 * 0.95)


def test_no_stop_of_a_sequential_proof_shows_a_broken_promise_to_hold_too_often():
    case = with_share(events(0.0055, 1.0))
    proofs = [prove(case, precision=0.06, seed=root, appraisal=False) for root in range(150)]
    assert len({proof.trials for proof in proofs}) > 1
    assert sum(proof.guardrails[0].held for proof in proofs) <= 7.5 + 3 * math.sqrt(150 * 0.05 * 0.95)


def test_the_planned_trials_suffice_for_a_rare_share_that_hardly_worsens():
    """One late part in ten thousand, all in few trials: the usual interval is refused, the bound is not."""
    case = with_share(events(0.01, 0.01))
    proof = prove(case)
    assert proof.trials == planned_trials(case, 0.95) > 400
    assert proof.guardrails[0].held
    assert proof.verdict == "proven"
    assert "betting bound" in proof.guardrails[0].note


def test_too_few_trials_for_a_rare_share_say_how_many_would_do():
    case = with_share(events(0.01, 0.01))
    short = prove(case, trials=200)
    assert short.verdict == "not proven"
    needed = short.guardrails[0].needed
    assert 600 < needed < 900
    assert f"about {needed:,} trials" in short.reason
    assert prove(case, trials=needed + 20).guardrails[0].held


def test_a_share_that_never_differs_is_judged():
    """Always 0, or always the same: held with the planned trials; a policy against itself is held at once."""
    for level in (0.0, 0.02):
        case = with_share(lambda policy, seeds, level=level: np.full(len(seeds), level))
        assert prove(case).verdict == "proven"
        assert not prove(case, trials=100).guardrails[0].held
    same = ToyCase(
        lambda policy, seeds: uniform(seeds, 1),
        kpi=lambda policy, seeds: 0.01 * (uniform(seeds, 2) < 0.01),
        guardrails=[Guardrail("level", "lower", 0.005, bounds=SHARE)],
    )
    proof = prove(same, trials=40)
    assert proof.guardrails[0].held
    assert proof.verdict == "not proven"


def test_a_share_that_is_shown_to_worsen_breaks_its_guardrail():
    case = with_share(lambda policy, seeds: (policy == "candidate") * 0.3 * (uniform(seeds, 2) < 0.15))
    assert prove(case, trials=4000).verdict == "harmful"


def test_a_share_beyond_its_bounds_stops_the_proof():
    with pytest.raises(BadInput, match=r"policy candidate, seed \d+: level 1\.5.*Expected 0 to 1"):
        prove(with_share(events(0.5, 1.5)), trials=40)
    with pytest.raises(BadInput, match="two finite limits"):
        Guardrail("level", "lower", bounds=(1.0, 0.0))


def test_a_mean_beyond_its_margin_is_shown_by_no_number_of_trials():
    assert trials_to_show(np.full(10, 0.02), 0.01, (-1.0, 1.0), 0.95) is None
    assert trials_to_show(np.zeros(10), 0.0, (0.0, 1.0), 0.95) is None
    assert trials_to_show(np.zeros(10), 0.01, (0.0, 1.0), 0.95) == math.ceil(
        math.log(0.05 * ALL_IN) / math.log(1 - 0.01)
    )


def test_only_bounded_guardrails_on_means_plan_trials():
    assert planned_trials(with_share(events(0.1, 0.1), Guardrail("level", "lower", 0.005)), 0.95) == 0
    assert planned_trials(with_share(events(0.1, 0.1), Guardrail("level", "lower", 0.0, bounds=SHARE)), 0.95) == 0
    every = Guardrail("level", "lower", 0.005, "every trial", bounds=SHARE)
    assert planned_trials(with_share(events(0.1, 0.1), every), 0.95) == 0
