import math

import numpy as np
import pytest
from scipy import stats

from danao.proof.intervals import (
    autocorrelation_time,
    clustered,
    independent,
    one_sided_upper,
    sample_skewness,
    serial,
    t_quantile,
    too_skewed,
    trials_for_skewness,
)


def test_the_t_interval_equals_scipys():
    values = np.random.default_rng(1).normal(3, 2, 40)
    result = independent(values, 0.9)
    reference = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert result.method == "Student t"
    assert (result.lower, result.upper) == pytest.approx((reference.low, reference.high), rel=1e-12)


def test_a_skewed_sample_gets_a_wider_interval_on_the_side_of_its_tail():
    values = np.random.default_rng(2).lognormal(0, 1, 30)
    result = independent(values, 0.95)
    reference = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert "bootstrap" in result.method
    assert result.upper > reference.high * 1.05
    assert result.lower <= reference.low + 1e-12


def test_equal_values_have_no_interval_but_no_difference_at_all_has_one():
    """What a rare event would do cannot be seen in values that are all alike."""
    result = independent(np.full(7, 2.5), 0.95)
    assert (result.mean, result.lower, result.upper) == (2.5, -math.inf, math.inf)
    nothing = independent(np.zeros(7), 0.95)
    assert (nothing.lower, nothing.upper) == (0, 0)


def test_clusters_of_very_different_size_count_as_fewer():
    sizes = [100, 1, 1, 1, 1, 1]
    keys = np.repeat(np.arange(6), sizes)
    values = np.random.default_rng(9).normal(0, 1, len(keys))
    assert clustered(values, keys, 0.95).units == 1


def test_a_short_correlated_history_counts_as_the_stretches_it_holds():
    random = np.random.default_rng(10)
    values = np.zeros(40)
    for i in range(1, 40):
        values[i] = 0.9 * values[i - 1] + random.standard_normal()
    result = serial(values, 0.95)
    assert result.units < result.fewest


def test_one_value_has_no_interval():
    result = independent(np.array([2.5]), 0.95)
    assert (result.lower, result.upper) == (-math.inf, math.inf)


def test_shifting_and_scaling_the_values_shifts_and_scales_the_interval():
    values = np.random.default_rng(3).gamma(2, 1, 50)
    a, b = independent(values, 0.95), independent(10 + 4 * values, 0.95)
    assert (b.lower, b.upper) == pytest.approx((10 + 4 * a.lower, 10 + 4 * a.upper), rel=1e-9)


def test_the_one_sided_bound_is_the_t_quantile_at_its_own_level():
    values = np.random.default_rng(4).normal(0, 1, 25)
    expected = values.mean() + stats.t.ppf(0.95, 24) * values.std(ddof=1) / 5
    assert one_sided_upper(values, 0.95) == pytest.approx(expected, rel=1e-12)


def test_the_autocorrelation_time_of_an_ar1_process_is_the_textbook_value():
    random = np.random.default_rng(5)
    values = np.zeros(200_000)
    for i in range(1, len(values)):
        values[i] = 0.7 * values[i - 1] + random.standard_normal()
    assert autocorrelation_time(values) == pytest.approx(1.7 / 0.3, rel=0.05)
    assert autocorrelation_time(random.standard_normal(200_000)) == pytest.approx(1, abs=0.1)


def test_the_error_of_a_correlated_series_is_that_of_theory():
    """Variance of the mean of AR(1) values is sigma^2 / (n (1 - phi)^2)."""
    random = np.random.default_rng(6)
    n, phi = 20_000, 0.7
    values = np.zeros(n)
    for i in range(1, n):
        values[i] = phi * values[i - 1] + random.standard_normal()
    assert serial(values, 0.95).standard_error == pytest.approx(1 / ((1 - phi) * math.sqrt(n)), rel=0.2)


def test_repeating_each_value_does_not_narrow_a_clustered_interval():
    values = np.random.default_rng(7).normal(1, 1, 30)
    single = independent(values, 0.95)
    repeated = clustered(np.repeat(values, 50), np.repeat(np.arange(30), 50), 0.95)
    assert (repeated.lower, repeated.upper) == pytest.approx((single.lower, single.upper), rel=1e-9)
    assert repeated.units == 30


def test_skewness_asks_for_more_trials_until_it_no_longer_does():
    assert too_skewed(20, 3.0)
    assert not too_skewed(trials_for_skewness(3.0), 3.0)
    assert not too_skewed(20, 0.5)


def test_quantiles_and_skewness_are_scipys():
    values = np.random.default_rng(8).gamma(2, 1, 60)
    assert sample_skewness(values) == pytest.approx(stats.skew(values, bias=False), rel=1e-12)
    for degrees in (1, 4, 29, 1e3, 1e6):
        assert t_quantile(0.975, degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-9)
