import numpy as np
import pytest

from danao.core import Guardrail, Sampling
from danao.core.errors import BadInput, RepeatedSeeds, TrialFailed
from danao.proof import prove
from danao.proof.trials import FAILED_ITEM, check_seeds, run_arm
from tests.toys import ToyCase, uniform


def gain(policy, seeds):
    return uniform(seeds, 1) + (policy == "candidate")


def breaks_on(bad):
    def draw(policy, seeds):
        if policy == "candidate" and bad in seeds:
            raise ZeroDivisionError("furnace door")
        return gain(policy, seeds)

    return draw


def nan_on(bad):
    return lambda policy, seeds: np.where((seeds == bad) & (policy == "candidate"), np.nan, gain(policy, seeds))


@pytest.mark.parametrize("draw", [breaks_on(13), nan_on(13)])
def test_a_failing_trial_stops_the_proof_and_is_named(draw):
    with pytest.raises(TrialFailed, match="case toy, policy candidate, seed 13: .*never dropped"):
        prove(ToyCase(draw), seeds=range(40))


@pytest.mark.parametrize("draw", [breaks_on(13), nan_on(13)])
def test_a_failing_trial_counts_at_the_declared_cost(draw):
    proof = prove(ToyCase(draw, failure_cost=500.0), seeds=range(40))
    candidate = proof.candidate
    assert candidate.failed.sum() == 1
    assert candidate.outcomes.items[FAILED_ITEM].sum() == -500
    assert candidate.outcomes.money[13] == -500
    assert len(candidate.outcomes) == 40
    assert proof.to_dict()["failed_trials"] == {"baseline": 0, "candidate": 1}


def test_a_guardrail_is_not_held_by_trials_that_failed():
    case = ToyCase(
        nan_on(13),
        failure_cost=1.0,
        kpi=lambda policy, seeds: uniform(seeds, 2) - (policy == "candidate"),
        guardrails=[Guardrail("level", "lower")],
    )
    result = prove(case, seeds=range(40)).guardrails[0]
    assert not result.held
    assert "1 failed trial has" in result.note


def test_a_seed_list_with_repeats_is_refused():
    with pytest.raises(RepeatedSeeds, match="seed 5 appears 2 times.*no new evidence"):
        check_seeds([1, 5, 7, 5])
    with pytest.raises(RepeatedSeeds):
        prove(ToyCase(gain), seeds=[1, 1])


def test_a_case_that_loses_a_row_is_told_so():
    class Forgetful(ToyCase):
        def run(self, policy, seeds):
            return super().run(policy, seeds[:-1])

    with pytest.raises(BadInput, match="3 rows for 4 seeds"):
        run_arm(Forgetful(gain), Forgetful(gain).policies().baseline, [1, 2, 3, 4])


def test_fingerprints_tell_any_changed_bit():
    case = ToyCase(gain)
    seeds = list(range(50))
    before = run_arm(case, case.policies().baseline, seeds).fingerprints()
    nudged = ToyCase(lambda policy, rows: np.where(rows == 7, np.nextafter(gain(policy, rows), 9), gain(policy, rows)))
    after = run_arm(nudged, nudged.policies().baseline, seeds).fingerprints()
    assert np.flatnonzero(before != after).tolist() == [7]


def test_an_error_of_danao_in_a_trial_counts_like_any_other():
    def draw(policy, seeds):
        if policy == "candidate" and 13 in seeds:
            raise BadInput("solver", "no feasible schedule")
        return gain(policy, seeds)

    with pytest.raises(TrialFailed, match="policy candidate, seed 13: BadInput: solver: no feasible schedule"):
        prove(ToyCase(draw), seeds=range(40))
    assert prove(ToyCase(draw, failure_cost=50.0), seeds=range(40)).candidate.failed.sum() == 1


def test_failed_trials_do_not_invent_clusters():
    def draw(policy, seeds):
        if policy == "baseline" and any(seed % 4 == 0 for seed in seeds):
            raise ZeroDivisionError
        return gain(policy, seeds)

    case = ToyCase(draw, failure_cost=1.0, sampling=Sampling("clustered"), clusters=lambda seeds: seeds % 5)
    proof = prove(case, seeds=range(40))
    assert proof.effect.units <= 5
    assert "10 of 40 trials of baseline failed" in proof.notes[0]
