import json
import math
from datetime import timedelta

import jsonschema
import numpy as np
import pytest
from scipy import stats

from danao.core import BadInput, Guardrail, Investment, Sampling
from danao.core.errors import CurrencyMismatch
from danao.proof import prove
from danao.proof.schema import PROOF_SCHEMA
from tests.toys import ToyCase, uniform


def normal(seeds, purpose):
    return stats.norm.ppf(uniform(seeds, purpose))


def case_with(gain, noise=1.0, **options):
    """Candidate earns `gain` more; both share large noise that pairing removes."""

    def draw(policy, seeds):
        shared = 50 * normal(seeds, 1)
        if policy == "baseline":
            return shared
        return shared + gain * {"half": 0.5, "most": 0.9}.get(policy, 1.0) + noise * normal(seeds, 2)

    return ToyCase(draw, **options)


def test_a_gain_is_proven_a_loss_is_harmful_nothing_is_not_proven():
    assert prove(case_with(1.0)).verdict == "proven"
    assert prove(case_with(-1.0)).verdict == "harmful"
    assert prove(case_with(0.0, noise=0.0)).verdict == "not proven"


def test_a_case_against_itself_has_an_effect_of_exactly_zero():
    proof = prove(case_with(0.0, noise=0.0))
    assert (proof.effect.mean, proof.effect.lower, proof.effect.upper) == (0, 0, 0)
    assert proof.shortfall is None
    assert proof.reason == "there is no difference between candidate and baseline"


def test_the_effect_equals_the_paired_t_test_of_scipy():
    proof = prove(case_with(0.3), trials=200)
    before, after = proof.baseline.outcomes.money, proof.candidate.outcomes.money
    reference = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert proof.effect.method == "Student t"
    assert (proof.effect.lower, proof.effect.upper) == pytest.approx((reference.low, reference.high), rel=1e-9)


def test_pairing_is_credited_with_the_variance_it_saves():
    proof = prove(case_with(1.0), trials=2000)
    assert proof.variance_reduction.common_random_numbers == pytest.approx(2 * 50**2 + 1, rel=0.15)


def test_a_covariate_that_explains_three_quarters_saves_a_factor_of_four():
    case = case_with(1.0)
    plain = case.draw

    def draw(policy, seeds):
        return plain(policy, seeds) + (policy == "candidate") * math.sqrt(3) * normal(seeds, 9)

    case = ToyCase(draw, covariate=lambda seeds: normal(seeds, 9))
    proof = prove(case, trials=4000)
    assert proof.variance_reduction.control_variates == pytest.approx(4, rel=0.15)
    assert proof.effect.lower < 1.0 < proof.effect.upper


def test_a_useless_covariate_is_left_out():
    case = case_with(1.0, covariate=lambda seeds: normal(seeds, 9))
    with_it, without = prove(case, trials=400), prove(case_with(1.0), trials=400)
    assert with_it.effect.half_width <= without.effect.half_width * 1.02


def test_a_sequential_proof_stops_at_the_precision_asked_for():
    proof = prove(case_with(1.0), precision=0.2)
    assert proof.effect.half_width <= 0.2
    assert 100 < proof.trials < 1500
    assert "confidence sequence" in proof.effect.method


def test_a_precision_out_of_reach_says_how_many_trials_it_would_take():
    proof = prove(case_with(1.0), precision=0.05, max_trials=300)
    assert proof.verdict == "not proven"
    assert proof.shortfall is not None
    enough = prove(case_with(1.0), precision=0.05, max_trials=100_000).trials
    assert proof.shortfall.needed == pytest.approx(enough, rel=0.4)


def test_an_undecided_proof_says_how_many_trials_would_decide():
    proof = prove(case_with(0.1), trials=60)
    assert proof.verdict == "not proven"
    assert proof.reason.startswith("not enough trials")
    assert proof.shortfall is not None
    assert proof.shortfall.needed > 60


def test_few_or_very_skewed_trials_prove_nothing():
    assert prove(case_with(100.0), trials=4).verdict == "not proven"
    skewed = ToyCase(lambda policy, seeds: (policy == "candidate") * np.exp(2 * normal(seeds, 3)))
    proof = prove(skewed, trials=20)
    assert proof.verdict == "not proven"
    assert "skewed" in proof.reason


def test_a_gain_bought_by_a_broken_guardrail_is_harmful():
    options = {"kpi": lambda policy, seeds: uniform(seeds, 5) + 0.5 * (policy == "candidate")}
    strict = case_with(1.0, guardrails=[Guardrail("level", "lower", 0.2)], **options)
    lenient = case_with(1.0, guardrails=[Guardrail("level", "lower", 0.6)], **options)
    other = case_with(1.0, guardrails=[Guardrail("level", "higher", 0.0)], **options)
    assert prove(strict).verdict == "harmful"
    assert prove(lenient).verdict == "proven"
    assert prove(other).verdict == "proven"


def test_a_guardrail_for_every_trial_falls_with_a_single_one():
    def kpi(policy, seeds):
        return np.where((seeds == 17) & (policy == "candidate"), 2.0, 1.0)

    guardrail = Guardrail("level", "lower", 0.5, scope="every trial")
    held = prove(case_with(1.0, kpi=kpi, guardrails=[guardrail]), seeds=range(17))
    fallen = prove(case_with(1.0, kpi=kpi, guardrails=[guardrail]), seeds=range(40))
    assert held.guardrails[0].held
    assert not fallen.guardrails[0].held
    assert "in 1 of 40 trials" in fallen.guardrails[0].note
    assert fallen.verdict == "not proven"


def test_an_unproven_guardrail_withholds_the_verdict():
    kpi = {"kpi": lambda policy, seeds: normal(seeds, 6 + (policy == "candidate"))}
    proof = prove(case_with(1.0, guardrails=[Guardrail("level", "lower", 0.0)], **kpi), trials=100)
    assert proof.verdict == "not proven"
    assert "not shown to hold" in proof.reason


def test_rivals_stand_beside_the_candidate_with_intervals_that_hold_together():
    proof = prove(case_with(1.0, rivals=("half", "most")))
    half, most = proof.rivals
    assert half.effect.lower < 0.5 < half.effect.upper
    assert most.candidate_over_rival.mean == pytest.approx(0.1, abs=1e-9)
    width = proof.simultaneous_effect.half_width / proof.effect.half_width
    assert 1.0 <= width <= stats.t.ppf(1 - 0.05 / 6, 399) / stats.t.ppf(0.975, 399)


def test_a_replay_uses_each_block_once():
    case = case_with(1.0, trials=25)
    proof = prove(case)
    assert proof.provenance.seeds == tuple(range(25))
    assert proof.to_dict()["provenance"]["seeds"]["list"] == list(range(25))
    with pytest.raises(BadInput, match="replays 25 recorded blocks"):
        prove(case, trials=26)
    with pytest.raises(BadInput, match="blocks 0 to 24"):
        prove(case, seeds=[3, 25])


def test_correlated_periods_give_a_wider_interval_than_independent_ones():
    def draw(policy, seeds):
        return (policy == "candidate") * np.repeat(normal(np.arange(40), 3), 10)[seeds]

    plain = prove(ToyCase(draw, trials=400))
    honest = prove(ToyCase(draw, trials=400, sampling=Sampling("serial")))
    keyed = prove(ToyCase(draw, trials=400, sampling=Sampling("clustered"), clusters=lambda seeds: seeds // 10))
    assert honest.effect.half_width > 2 * plain.effect.half_width
    assert keyed.effect.half_width == pytest.approx(math.sqrt(10) * plain.effect.half_width, rel=0.1)


def test_clustered_sampling_without_clusters_is_explained():
    with pytest.raises(BadInput, match=r"Expected `Outcomes.clusters`"):
        prove(case_with(1.0, sampling=Sampling("clustered")))


def test_bounded_differences_are_proven_without_normality():
    def draw(policy, seeds):
        return (policy == "candidate") * (uniform(seeds, 3) < 0.1)

    proof = prove(ToyCase(draw, sampling=Sampling(bounds=(0.0, 1.0))), trials=300)
    assert "betting" in proof.effect.method
    assert proof.effect.lower < 0.1 < proof.effect.upper
    assert proof.verdict == "proven"


def test_the_document_obeys_its_schema_and_repeats_byte_for_byte():
    case = case_with(
        1.0,
        rivals=("half",),
        kpi=lambda policy, seeds: uniform(seeds, 5),
        guardrails=[Guardrail("level", "lower", 0.1)],
        investment=Investment(capex=0.0),
    )
    documents = [prove(case).to_dict() for _ in range(2)]
    jsonschema.validate(documents[0], PROOF_SCHEMA)
    texts = [json.dumps(document, allow_nan=False) for document in documents]
    assert texts[0] == texts[1]
    jsonschema.validate(prove(case_with(0.0, noise=0.0), trials=1).to_dict(), PROOF_SCHEMA)


def test_a_year_holds_as_many_periods_as_the_case_says():
    proof = prove(case_with(1.0, period=timedelta(days=7)))
    assert proof.appraisal is not None
    assert proof.appraisal.annual_effect.value == pytest.approx(proof.effect.mean * 365.25 / 7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trials": 10, "precision": 1.0}, "both `trials` and `precision`"),
        ({"confidence": 1.0}, "confidence"),
        ({"precision": 0.0}, "precision"),
        ({"precision": float("nan")}, "precision"),
        ({"trials": 0}, "trials"),
    ],
)
def test_contradicting_options_are_refused(options, message):
    with pytest.raises(BadInput, match=message):
        prove(case_with(1.0), **options)


def test_an_investment_in_another_currency_is_refused():
    with pytest.raises(CurrencyMismatch, match="in USD. Expected EUR"):
        prove(case_with(1.0, investment=Investment(10, currency="USD")))


def test_a_guardrail_on_an_unknown_kpi_is_refused():
    with pytest.raises(BadInput, match="no such KPI"):
        prove(case_with(1.0, guardrails=[Guardrail("tardiness", "lower")]))


def test_a_null_case_is_proven_in_at_most_5_percent_of_runs():
    """300 proofs of a case without effect; 5 % plus three standard errors."""
    wrong = 0
    for root in range(300):
        proof = prove(case_with(0.0), trials=40, seed=root, appraisal=False)
        wrong += not proof.effect.lower <= 0 <= proof.effect.upper
    assert wrong <= 15 + 3 * math.sqrt(300 * 0.05 * 0.95)
