import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from danao.core import stream, trial_seeds


@given(st.integers(0, 2**31), st.integers(0, 2**40), st.integers(1, 500))
def test_seeds_do_not_depend_on_how_they_are_asked_for(root, first, count):
    whole = trial_seeds(root, first, count + 7)
    assert np.array_equal(whole[7:], trial_seeds(root, first + 7, count))


def test_a_million_seeds_never_repeat_and_are_exact_in_json():
    seeds = trial_seeds(3, 0, 1_000_000)
    assert len(np.unique(seeds)) == len(seeds)
    assert seeds.min() >= 0
    assert seeds.max() < 2**53


def test_two_roots_share_no_trials():
    assert not set(trial_seeds(1, 0, 10_000).tolist()) & set(trial_seeds(2, 0, 10_000).tolist())


def test_a_stream_is_the_same_for_the_same_purpose_and_independent_for_another():
    assert stream(7, "furnace", 1).random(3).tolist() == stream(7, "furnace", 1).random(3).tolist()
    a, b = stream(7, "furnace", 1).random(20_000), stream(7, "furnace", "1").random(20_000)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.03


def test_extra_draws_for_one_purpose_leave_the_others_alone():
    stream(7, "repair").random(1000)
    assert stream(7, "arrival").random() == stream(7, "arrival").random()
