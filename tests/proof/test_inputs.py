"""Inputs of the twin that are not known exactly: the truth is one more draw of them."""

import math

import numpy as np
import pytest

from danao.core import BadInput, Guardrail, Sampling
from danao.proof import prove
from danao.proof.intervals import drawn
from danao.proof.shortfall import find_shortfall
from tests.toys import ToyCase, uniform

PLANTS = 20


def normal(random, size):
    return random.standard_normal(size)


def learnt_once(random, truth=5.0, input_error=1.0, noise=2.0, trials=200):
    """One set of records, the plants resampled from them, and trials spread over these: values and draws."""
    learnt = truth + input_error * normal(random, None)
    plants = learnt + input_error * normal(random, PLANTS)
    draws = np.arange(trials) % PLANTS
    return plants[draws] + noise * normal(random, trials), draws


def test_with_the_input_the_interval_covers_the_truth_as_promised_and_without_it_does_not():
    """The true effect differs from the learnt one as the resampled plants do: the bootstrap principle, made exact."""
    random = np.random.default_rng(11)
    proofs, held, alone = 250, 0, 0
    for _ in range(proofs):
        values, draws = learnt_once(random)
        with_input = ToyCase(
            lambda policy, seeds, values=values: (policy == "candidate") * values[seeds],
            trials=len(values),
            sampling=Sampling("inputs"),
            clusters=lambda seeds, draws=draws: draws[seeds],
        )
        without = ToyCase(with_input.draw, trials=len(values))
        for case, covered in ((with_input, True), (without, False)):
            effect = prove(case, appraisal=False).effect
            if covered:
                held += effect.lower <= 5.0 <= effect.upper
            else:
                alone += effect.lower <= 5.0 <= effect.upper
    spread = 3 * math.sqrt(proofs * 0.05 * 0.95)
    assert held >= 0.95 * proofs - spread
    assert alone <= 0.6 * proofs


def test_more_plants_do_not_narrow_what_the_records_leave_uncertain():
    random = np.random.default_rng(2)
    widths = []
    for plants in (20, 200):
        effects = normal(random, plants)
        draws = np.repeat(np.arange(plants), 10)
        widths.append(drawn(effects[draws], draws, 0.95).half_width)
    assert widths[1] == pytest.approx(1.96, rel=0.15)
    assert widths[0] > 0.7 * widths[1]


def test_the_interval_is_the_prediction_interval_of_the_textbook():
    means = np.array([3.0, 5.0, 4.0, 6.0, 2.0, 4.5, 3.5, 5.5])
    draws = np.repeat(np.arange(8), 3)
    found = drawn(means[draws], draws, 0.95)
    reach = 2.364624 * means.std(ddof=1) * math.sqrt(1 + 1 / 8)
    assert (found.lower, found.upper) == pytest.approx((means.mean() - reach, means.mean() + reach), rel=1e-6)
    assert found.inputs.share == 1.0
    assert found.inputs.left(found.half_width) == found.half_width


def test_the_share_of_the_input_is_that_of_the_variance_components():
    random = np.random.default_rng(3)
    draws = np.repeat(np.arange(2000), 4)
    found = drawn(normal(random, 2000)[draws] + 2 * normal(random, 8000), draws, 0.95).inputs
    assert found.draws == 2000
    assert found.share == pytest.approx(0.5, abs=0.05)
    assert found.known == pytest.approx(1.96 * 2 / math.sqrt(8000), rel=0.05)


def case_of(effects, noise=0.0, **options):
    """Trials over plants with these effects."""
    effects = np.asarray(effects, dtype=float)
    return ToyCase(
        lambda policy, seeds: (
            (policy == "candidate") * (effects[seeds % len(effects)] + noise * (uniform(seeds, 1) - 0.5))
        ),
        sampling=Sampling("inputs"),
        clusters=lambda seeds: seeds % len(effects),
        **options,
    )


def test_what_more_trials_cannot_decide_is_not_asked_of_them():
    wide = prove(case_of(1 + 3 * np.linspace(-1, 1, 20)), trials=400)
    assert wide.verdict == "not proven"
    assert wide.reason.startswith("not enough records")
    assert wide.shortfall.needed is None
    noisy = prove(case_of(3 + 0.1 * np.linspace(-1, 1, 20), noise=20.0), trials=200)
    assert noisy.shortfall.needed > 200
    assert prove(case_of(3 + 0.1 * np.linspace(-1, 1, 20), noise=20.0), trials=4000).verdict == "proven"


def test_few_or_lopsided_draws_prove_nothing():
    few = prove(case_of([4.0, 5.0, 6.0]), trials=60)
    assert "3 draws of the uncertain input" in few.reason
    lopsided = prove(case_of([1.0] * 18 + [1.1, 9.0]), trials=400)
    assert lopsided.verdict == "not proven"
    assert "too skewed" in lopsided.reason
    assert find_shortfall(lopsided.effect, 400, None, True).needed is None


def test_a_guardrail_is_judged_over_the_draws_too():
    def level(policy, seeds):
        return (policy == "candidate") * (seeds % 20) / 20.0

    strict, lenient = (
        prove(case_of(np.linspace(5, 6, 20), kpi=level, guardrails=[Guardrail("level", "lower", margin)]), trials=400)
        for margin in (0.5, 2.0)
    )
    assert not strict.guardrails[0].held
    assert lenient.guardrails[0].held
    assert lenient.verdict == "proven"
    assert lenient.to_dict()["effect"]["inputs"]["draws"] == 20


def test_a_precision_is_refused_where_the_input_limits_it():
    with pytest.raises(BadInput, match="share draws of uncertain inputs"):
        prove(case_of([1.0, 2.0]), precision=0.1)
