import numpy as np
import pytest
from scipy import stats

from danao.proof.sequences import asymptotic, betting, empirical_bernstein, t_mixture


def limits(values, confidence=0.95):
    n = len(values)
    return t_mixture(values.mean(), values.std(ddof=1) / np.sqrt(n), n - 1, n, confidence)


def test_the_t_mixture_inverts_its_likelihood_ratio():
    """Under a normal prior on the effect the t statistic is a stretched central t; at the limit the ratio is 20."""
    n, alpha = 40, 0.05
    prior = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha)) + 1) / 300
    stretch = np.sqrt(1 + n * prior)
    _, upper = t_mixture(0.0, 1.0, n - 1, n, 1 - alpha)
    ratio = stats.t.pdf(upper / stretch, n - 1) / stretch / stats.t.pdf(upper, n - 1)
    assert ratio == pytest.approx(1 / alpha, rel=1e-9)


def test_for_many_trials_it_is_the_published_asymptotic_sequence():
    values = np.random.default_rng(1).normal(0.2, 1, 5000)
    assert limits(values) == pytest.approx(asymptotic(values, 0.95), abs=2e-4)


def test_it_is_wider_than_the_fixed_interval_and_narrows_with_the_trials():
    values = np.random.default_rng(2).normal(0, 1, 2000)
    for n in (30, 200, 2000):
        lower, upper = limits(values[:n])
        reference = stats.ttest_1samp(values[:n], 0).confidence_interval(0.95)
        assert lower < reference.low
        assert upper > reference.high
    assert np.diff(limits(values)) < np.diff(limits(values[:200]))


def test_too_few_trials_have_no_limits():
    assert t_mixture(1.0, 0.5, 1, 2, 0.95) == (-np.inf, np.inf)


@pytest.mark.parametrize("sequence", [betting, empirical_bernstein])
def test_rare_wins_are_never_excluded_too_often(sequence):
    """200 series of 5 % events, looked at five times each: at most 5 % (here: 3 standard errors) may miss ever."""
    random = np.random.default_rng(3)
    misses = 0
    for _ in range(200):
        values = (random.random(300) < 0.05).astype(float)
        intervals = [sequence(values[:n], (0.0, 1.0), 0.95) for n in (20, 60, 120, 200, 300)]
        misses += any(not lower <= 0.05 <= upper for lower, upper in intervals)
    assert misses <= 10 + 3 * np.sqrt(200 * 0.05 * 0.95)


@pytest.mark.parametrize("sequence", [betting, empirical_bernstein])
def test_bounded_sequences_scale_with_their_bounds_and_close_in(sequence):
    values = np.random.default_rng(4).beta(2, 5, 2000)
    lower, upper = sequence(values, (0.0, 1.0), 0.95)
    assert lower < 2 / 7 < upper
    assert upper - lower < 0.1
    scaled = sequence(3 + 4 * values, (3.0, 7.0), 0.95)
    assert scaled == pytest.approx((3 + 4 * lower, 3 + 4 * upper), abs=1e-6)


def test_betting_is_at_least_as_narrow_as_bernstein():
    values = np.random.default_rng(5).beta(10, 10, 1000)
    assert np.diff(betting(values, (0, 1), 0.95)) <= np.diff(empirical_bernstein(values, (0, 1), 0.95))


def test_betting_resolves_intervals_far_narrower_than_its_first_grid():
    for seed in range(10):
        values = np.random.default_rng(seed).normal(0.5, 0.0005, 20_000)
        lower, upper = betting(values, (0.0, 1.0), 0.95)
        assert lower < 0.5 < upper
        assert upper - lower < 1e-3
