"""Where a run is cut: known transients, the definition of the rule, and what must not matter to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danao.core.errors import BadInput
from danao.twin import Twin
from danao.twin.steady import NotSettled, mser5, warm_up_of
from tests.twin.plants import exponential, serial_line

SERIES = st.lists(st.integers(-1000, 1000), min_size=50, max_size=160)
SWING = 0.1 * (-1.0) ** np.arange(100)


def outcome(series):
    """The cut, or -1 where the series does not settle."""
    try:
        return mser5(series)
    except NotSettled:
        return -1


def by_definition(series):
    """White's statistic for every cut, each mean and sum of squares taken anew."""
    count = len(series) // 5
    means = np.reshape(series[: 5 * count], (count, 5)).mean(axis=1)
    return [((means[cut:] - means[cut:].mean()) ** 2).sum() / (count - cut) ** 2 for cut in range(count - 4)]


@given(SERIES)
def test_the_cut_has_the_smallest_marginal_standard_error_of_all(series):
    errors = by_definition(series)
    cut = outcome(series)
    if cut >= 0:
        assert cut % 5 == 0
        assert 2 * cut <= len(series)
        assert errors[cut // 5] <= min(errors) * (1 + 1e-9) + 1e-12
    else:
        half = len(series) // 5 // 2
        assert min(errors[half + 1 :]) <= min(errors) * (1 + 1e-9) + 1e-12


@given(SERIES, st.integers(-(10**6), 10**6), st.integers(-30, 30), st.sampled_from([1, -1]))
def test_neither_the_zero_nor_the_unit_nor_the_sign_of_a_kpi_moves_the_cut(series, shift, power, sign):
    changed = (np.array(series) + shift) * sign * 2.0**power
    assert outcome(changed) == outcome(series)


@pytest.mark.parametrize("transient", [5, 20, 45])
def test_a_start_of_known_length_is_cut_exactly(transient):
    """Off by 10 for a known while, then swinging evenly around 0: every further cut only loses observations."""
    assert mser5(SWING + np.where(np.arange(100) < transient, 10.0, 0.0)) == transient


def test_a_start_inside_a_batch_costs_the_whole_batch():
    assert mser5(SWING + np.where(np.arange(100) < 17, 10.0, 0.0)) == 20


@pytest.mark.parametrize("value", [0.0, 0.1, 7.0, 1e12, 1e-200, 1e200])
def test_nothing_is_cut_off_a_series_that_never_changes(value):
    assert mser5(np.full(60, value)) == 0


def test_a_far_outlier_at_the_start_does_not_hide_what_follows():
    """Sums of squares of 1e9 and 0.1 in one number: the part that is kept is still judged to its own digits."""
    series = SWING + np.where(np.arange(100) < 30, 1.0, 0.0)
    series[0] = 1e9
    assert mser5(series) == 30


def autoregressive(start, seeds, length=500, memory=0.9):
    """AR(1) around 0 with a standard deviation of 1 that starts elsewhere: (length, seeds)."""
    random = np.random.default_rng(7)
    values = np.empty((length, seeds))
    now = np.full(seeds, float(start))
    for step in range(length):
        values[step] = now
        now = memory * now + np.sqrt(1 - memory**2) * random.normal(size=seeds)
    return values


def test_the_cut_takes_the_bias_out_of_an_autoregressive_start():
    """From 20 standard deviations away the mean of 500 is off by 0.4, the cut mean by what noise explains."""
    values = autoregressive(20.0, 200)
    cuts = [outcome(series) for series in values.T]
    settled = [(series, cut) for series, cut in zip(values.T, cuts, strict=True) if cut >= 0]
    assert len(settled) > 150  # single runs of so much memory have second halves that drift by chance
    whole = np.mean([series.mean() for series, _ in settled])
    cut_mean = np.mean([series[cut:].mean() for series, cut in settled])
    assert whole == pytest.approx(0.4, abs=0.06)
    assert abs(cut_mean) < 0.06
    assert 15 <= np.median([cut for _, cut in settled]) <= 60  # 20 · 0.9^t is below 1 after 28, below 0.1 after 50


def test_the_mean_curve_of_many_replications_is_cut_where_its_drift_ends():
    values = autoregressive(20.0, 400)
    assert 20.0 <= warm_up_of(values, 0.5) <= 40.0  # half hours: 40 to 80 windows, 20 · 0.9^t below 0.3 and below 0.005


def test_the_order_of_the_replications_and_the_unit_of_time_do_not_matter():
    values = np.round(autoregressive(20.0, 16) * 1024)
    assert warm_up_of(values, 2.0) == 2 * warm_up_of(values[:, ::-1], 1.0)


@pytest.mark.parametrize(
    "series",
    [np.arange(100.0), np.where(np.arange(100) < 75, 10.0, np.arange(100) % 2)],
    ids=["drifts for ever", "steps in its last quarter"],
)
def test_a_series_that_does_not_settle_is_named_and_not_cut(series):
    with pytest.raises(NotSettled, match=r"the best cut is after \d+ of 100 observations.*Run longer"):
        mser5(series)


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (np.ones(49), r"49 observations\. Expected at least 50\. Run longer, or take shorter windows"),
        ([], "0 observations"),
        (np.ones((60, 2)), r"shape \(60, 2\).*Expected \(observations,\)"),
        ([1.0] * 50 + [np.nan], r"nan at position 50\. Expected finite numbers"),
    ],
)
def test_what_cannot_be_judged_is_refused(series, words):
    with pytest.raises(BadInput, match=words):
        mser5(series)


@pytest.mark.parametrize(
    ("windows", "hours", "words"),
    [
        (np.ones(60), 1.0, r"work in process: an array of shape \(60,\)\. Expected \(windows, replications\)"),
        (np.ones((60, 0)), 1.0, r"shape \(60, 0\)"),
        (np.ones((40, 3)), 1.0, "work in process: 40 observations"),
        (np.full((60, 3), np.inf), 1.0, r"inf at position \(0, 0\)"),
        (np.ones((60, 3)), 0.0, "windows of 0 h"),
    ],
)
def test_windows_that_cannot_be_judged_are_refused(windows, hours, words):
    with pytest.raises(BadInput, match=words):
        warm_up_of(windows, hours, where="work in process")


def test_after_the_recommended_warm_up_a_line_runs_at_its_exact_throughput():
    """Three stations, buffers of 4, from empty; the exact throughput is that of the Markov chain, 0.80749."""
    twin, window, count, exact = Twin(serial_line([exponential(1.0)] * 3, [4] * 2)), 5.0, 60, 0.80748622
    runs = [twin.run(range(400), window, warm_up=number * window) for number in range(count)]
    filled = np.array([one.wip_hours / window for one in runs])
    made = np.array([one.throughput for one in runs])
    warm_up = warm_up_of(filled, window, where="work in process")
    assert 0 < warm_up <= count * window / 2
    kept = made[round(warm_up / window) :].mean(axis=0)
    assert abs(kept.mean() - exact) < 3.5 * kept.std(ddof=1) / 20
    assert exact - made.mean() > 3.5 * made.mean(axis=0).std(ddof=1) / 20  # from empty it looks slower than it is
