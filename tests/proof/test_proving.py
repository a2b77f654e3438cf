import dataclasses
import json
import math
from datetime import timedelta

import jsonschema
import numpy as np
import pytest
from scipy import stats

from danao.core import BadInput, Guardrail, Investment, Outcomes, Sampling
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
    options = {
        "kpi": lambda policy, seeds: uniform(seeds, 5) + (policy == "candidate") * (0.45 + 0.1 * uniform(seeds, 6))
    }
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


def rare(policy, seeds):
    """+1 nearly always, -30 in one of twenty trials: a loss on average."""
    return (policy == "candidate") * np.where(uniform(seeds, 3) < 0.05, -30.0, 1.0)


def test_trials_without_spread_prove_nothing_and_stop_nothing():
    """The rare loss is not in most small samples; equal differences must not count as certainty."""
    verdicts = [prove(ToyCase(rare), trials=12, seed=root, appraisal=False) for root in range(40)]
    assert all(proof.verdict != "proven" for proof in verdicts)
    assert any("all 12 differences are equal" in proof.reason for proof in verdicts)
    sequential = [prove(ToyCase(rare), precision=4, seed=root, appraisal=False) for root in range(40)]
    assert sum(proof.verdict == "proven" for proof in sequential) <= 3
    assert min(proof.trials for proof in sequential) > 30


def test_a_sequential_proof_does_not_stop_while_the_differences_look_too_skewed():
    case = ToyCase(lambda policy, seeds: (policy == "candidate") * np.exp(normal(seeds, 3)))
    proof = prove(case, precision=2)
    assert proof.effect.half_width < 2
    assert proof.shortfall is None
    assert proof.trials > 60


def test_a_guardrail_that_a_rare_event_breaks_is_not_shown_to_hold_by_few_trials():
    def kpi(policy, seeds):
        return (policy == "candidate") * np.where(uniform(seeds, 7) < 0.02, 100.0, -0.5)

    case = case_with(1.0, kpi=kpi, guardrails=[Guardrail("level", "lower", 0.0)])
    assert not any(prove(case, trials=40, seed=root, appraisal=False).guardrails[0].held for root in range(60))


def test_two_trials_break_no_guardrail():
    case = case_with(
        1.0,
        kpi=lambda policy, seeds: 5.0 * (policy == "candidate") + uniform(seeds, 8),
        guardrails=[Guardrail("level", "lower")],
    )
    assert prove(case, trials=2).verdict == "not proven"


def test_a_trial_outside_the_declared_bounds_stops_the_proof():
    case = ToyCase(
        lambda policy, seeds: (policy == "candidate") * np.where(seeds % 20 == 0, -1000.0, 1.0),
        sampling=Sampling(bounds=(-1.0, 2.0)),
    )
    with pytest.raises(BadInput, match="seed 40: a money difference of -1000 in one trial. Expected -1 to 2"):
        prove(case, seeds=range(21, 60))


def test_bounds_of_the_candidate_do_not_shrink_its_distance_to_a_rival():
    """Candidate +0.35, rival +0.85 within (0, 1): the rival is better, and the interval must say so."""

    def draw(policy, seeds):
        return {"baseline": 0.0, "candidate": 0.3, "a": 0.8}[policy] + (policy != "baseline") * 0.1 * uniform(seeds, 4)

    proof = prove(ToyCase(draw, sampling=Sampling(bounds=(0.0, 1.0)), rivals=("a",)), trials=400)
    assert proof.rivals[0].candidate_over_rival.upper < 0
    lower, upper = proof.rivals[0].candidate_over_rival.lower, proof.rivals[0].candidate_over_rival.upper
    assert lower < -0.5 < upper


@pytest.mark.parametrize("bounds", [(0.0, math.inf), (1.0, 1.0)])
def test_bounds_must_be_two_finite_limits(bounds):
    with pytest.raises(BadInput, match="two finite limits"):
        Sampling(bounds=bounds)
    with pytest.raises(BadInput, match="independent trials"):
        Sampling("serial", bounds=(0.0, 1.0))


def test_intervals_of_several_policies_with_control_variates_hold_together():
    """The reviewer's example: shared noise that the covariate explains, own noise that it does not."""
    wrong = 0
    for root in range(150):

        def draw(policy, seeds):
            own = ["candidate", "a", "b", "c", "d"].index(policy) if policy != "baseline" else -1
            return (own >= 0) * (10 * normal(seeds, 50) + normal(seeds, 60 + own))

        case = ToyCase(draw, covariate=lambda seeds: normal(seeds, 50), rivals=("a", "b", "c", "d"))
        proof = prove(case, trials=60, seed=root, appraisal=False)
        effects = [proof.simultaneous_effect, *(rival.effect for rival in proof.rivals)]
        wrong += not all(effect.lower <= 0 <= effect.upper for effect in effects)
    assert wrong <= 7.5 + 3 * math.sqrt(150 * 0.05 * 0.95)


def test_a_covariate_off_its_centre_is_refused():
    case = case_with(1.0, covariate=lambda seeds: normal(seeds, 9) + 1.0)
    with pytest.raises(BadInput, match="covariate weather: its mean is .*Subtract the right mean"):
        prove(case)


def test_a_covariate_that_the_policy_moves_is_refused():
    class Moved(ToyCase):
        def run(self, policy, seeds):
            outcomes = super().run(policy, seeds)
            shift = 1.0 if policy.name == "candidate" else 0.0
            return dataclasses.replace(outcomes, covariates={"weather": outcomes.covariates["weather"] + shift})

    case = Moved(case_with(1.0).draw, covariate=lambda seeds: normal(seeds, 9))
    with pytest.raises(BadInput, match="differs between the policies"):
        prove(case)


def test_a_replay_with_a_precision_out_of_reach_says_that_history_is_missing():
    proof = prove(case_with(1.0, trials=10), precision=0.01)
    assert proof.verdict == "not proven"
    assert "the records hold 10 trials" in proof.reason


def test_a_sequential_proof_keeps_to_its_most_trials_on_a_seed_list_too():
    assert prove(case_with(1.0), precision=1e-6, max_trials=40, seeds=range(300)).trials == 40


def test_rounding_is_no_effect():
    """The same money in items of another order: nothing is proven."""

    class Shuffled(ToyCase):
        def run(self, policy, seeds):
            rows = np.asarray(seeds)
            parts = {f"item {i}": 0.1 * uniform(rows, i) * 10**i for i in range(8)}
            names = list(parts) if policy.name == "baseline" else list(parts)[::-1]
            return Outcomes(rows, {name: parts[name] for name in names})

    for root in range(20):
        proof = prove(Shuffled(rare), trials=30, seed=root, appraisal=False)
        assert proof.effect.mean == 0
        assert proof.verdict == "not proven"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": []}, "the list is empty"),
        ({"seeds": [1.5, 2.5]}, "Expected whole numbers"),
        ({"seeds": [2**60]}, "whole numbers up to"),
        ({"seeds": [1, 2, 3], "trials": 10}, "Expected at most 3"),
        ({"precision": 1.0, "look_every": 0}, "look_every"),
        ({"precision": math.inf}, "precision"),
    ],
)
def test_impossible_seeds_and_looks_are_refused(options, message):
    with pytest.raises(BadInput, match=message):
        prove(case_with(1.0), **options)


def test_a_low_confidence_is_no_arithmetic_trouble():
    kpi = {"kpi": lambda policy, seeds: uniform(seeds, 5 + (policy == "candidate"))}
    case = case_with(1.0, guardrails=[Guardrail("level", "lower", 0.5)], **kpi)
    assert prove(case, precision=0.5, confidence=0.55).effect.half_width <= 0.5


def test_policies_must_report_the_same_kpis():
    class Forgetful(ToyCase):
        def run(self, policy, seeds):
            outcomes = super().run(policy, seeds)
            return outcomes if policy.name == "baseline" else dataclasses.replace(outcomes, kpis={})

    with pytest.raises(BadInput, match=r"policy candidate: KPIs \[\]. Expected \['level'\]"):
        prove(Forgetful(case_with(1.0).draw, kpi=lambda policy, seeds: uniform(seeds, 5)))
