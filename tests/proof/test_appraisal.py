import numpy as np
import pytest

from danao.core import BadInput, Investment
from danao.proof.appraisal import appraise, discounted_payback, internal_rate, modified_rate, net_present_value
from danao.proof.intervals import independent


def test_two_changes_of_sign_give_both_rates_and_no_single_one():
    rate = internal_rate([-100, 230, -132])
    assert rate.value is None
    assert rate.roots == pytest.approx((0.10, 0.20), abs=1e-9)
    assert "not unique" in rate.note
    assert "10 %, 20 %" in rate.note


def test_one_change_of_sign_gives_the_rate_at_which_the_present_value_is_zero():
    flows = [-1000, 300, 400, 500, 200]
    rate = internal_rate(flows)
    assert rate.value is not None
    assert sum(flow / (1 + rate.value) ** year for year, flow in enumerate(flows)) == pytest.approx(0, abs=1e-6)


def test_flows_of_one_sign_have_no_rate():
    assert internal_rate([100, 50, 50]).value is None
    assert "never change sign" in internal_rate([0, 50, 50]).note


def test_the_textbook_present_value_and_modified_rate():
    """Brealey-Myers style: -1000, then 5 x 300 at 10 %: NPV 137.24; MIRR from 1831.53 over 5 years: 12.87 %."""
    flows = [-1000, 300, 300, 300, 300, 300]
    assert net_present_value(0.10, flows) == pytest.approx(137.236, abs=1e-3)
    assert modified_rate(flows, 0.10) == pytest.approx((1831.53 / 1000) ** 0.2 - 1, abs=1e-6)


def test_payback_is_interpolated_and_infinite_where_it_never_comes():
    flows = np.array([[-100.0, 60.0, 80.0], [-100.0, 10.0, 10.0], [0.0, 5.0, 5.0]])
    assert discounted_payback(flows).tolist() == [1.5, np.inf, 0.0]


@pytest.fixture
def daily():
    values = np.random.default_rng(1).normal(10, 20, 400)
    return independent(values, 0.95), {"gas": values}


def test_without_price_risk_the_interval_is_that_of_the_effect_in_money(daily):
    effect, items = daily
    result = appraise(effect, items, Investment(5000, 100, 4, 0.0), 365.25, {}, paths=200_000)
    years = 365.25 * 4
    assert result.npv.value == pytest.approx(effect.mean * years - 5400)
    assert result.npv.lower == pytest.approx(effect.lower * years - 5400, rel=0.02)
    assert result.npv.upper == pytest.approx(effect.upper * years - 5400, rel=0.02)


def test_price_risk_widens_the_interval_by_the_law_of_total_variance(daily):
    effect, items = daily
    still = appraise(effect, items, Investment(0, 1, 1, 0.0), 1, {}, paths=200_000).npv_paths
    moving = appraise(effect, items, Investment(0, 1, 1, 0.0), 1, {"gas": 0.3}, paths=200_000).npv_paths
    expected = still.var() + 0.3**2 * (effect.mean**2 + still.var())
    assert moving.var() == pytest.approx(expected, rel=0.05)
    assert moving.mean() == pytest.approx(still.mean(), rel=0.01)


def test_an_investment_of_nothing_has_no_return_on_it_and_says_so(daily):
    effect, items = daily
    result = appraise(effect, items, Investment(), 365.25, {})
    assert result.roi.value is None
    assert "not defined" in result.roi.note
    assert result.payback_years.value == 0
    assert result.irr.value is None


def test_a_loss_never_pays_back_and_says_so(daily):
    effect, items = daily
    result = appraise(effect, {"gas": -items["gas"]}, Investment(10_000_000), 1, {})
    assert result.payback_years.value is None
    assert "never" in result.payback_years.note
    assert result.probability_of_gain == 0


def test_the_ramp_scales_the_years_it_names(daily):
    effect, items = daily
    result = appraise(effect, items, Investment(100, 0, 3, 0.1, (0.25, 0.5)), 1, {})
    assert result.flows == pytest.approx((-100, effect.mean / 4, effect.mean / 2, effect.mean / 2))


@pytest.mark.parametrize(
    "arguments", [{"capex": -1}, {"life_years": 0}, {"discount_rate": -1.5}, {"ramp": ()}, {"capex": float("nan")}]
)
def test_an_impossible_investment_is_refused(arguments):
    with pytest.raises(BadInput, match="investment"):
        Investment(**arguments)


def test_ten_thousand_futures_are_simulated_by_default_and_repeat_with_their_seed(daily):
    first, second = (appraise(*daily, Investment(1000), 365.25, {"gas": 0.1}, seed=3).npv_paths for _ in range(2))
    assert first.shape == (10_000,)
    assert np.array_equal(first, second)


def test_payback_is_for_good_and_never_for_a_loss_without_capex():
    flows = np.array([[0.0, -5.0, -5.0], [-100.0, 150.0, -80.0], [-100.0, 150.0, -40.0], [0.0, 0.0, 0.0]])
    assert discounted_payback(flows).tolist() == [np.inf, np.inf, pytest.approx(2 / 3), 0.0]


def test_an_effect_without_an_interval_has_an_appraisal_without_ranges():
    one = np.array([7.0])
    result = appraise(independent(one, 0.95), {"gas": one}, Investment(10), 12, {})
    assert result.npv.lower is None
    assert result.probability_of_gain is None


def test_the_futures_leave_the_proofs_interval_as_often_as_it_says(daily):
    """Also when that interval is wider than Student's, as in a sequential proof, or lopsided."""
    effect, items = daily
    wide = effect.around(effect.mean - 9.0, effect.mean + 4.0, "wider")
    result = appraise(wide, items, Investment(0, 1, 1, 0.0), 1, {}, paths=200_000)
    assert result.annual_effect.lower == pytest.approx(wide.lower, abs=0.1)
    assert result.annual_effect.upper == pytest.approx(wide.upper, abs=0.1)


def test_absurd_flows_have_no_rate_and_raise_nothing():
    assert internal_rate([-1e-300, 1e300]).value is None
    assert internal_rate([-100, 220, -121]).roots == pytest.approx((0.10,), abs=1e-4)
    assert "no rate" in internal_rate([100, -150, 100]).note
