import numpy as np
import pytest

from danao.core import BadInput, Outcomes


def test_money_is_the_sum_of_the_items():
    outcomes = Outcomes(np.arange(2), items={"gas": [-3.0, -4.0], "parts": [10.0, 20.0]})
    assert outcomes.money.tolist() == [7.0, 16.0]


def test_a_column_of_another_length_is_refused():
    with pytest.raises(BadInput, match=r"outcomes.gas: shape \(3,\)"):
        Outcomes(np.arange(2), items={"gas": [1, 2, 3]})


def test_a_kpi_needs_a_unit():
    with pytest.raises(BadInput, match="outcomes.kpis.late: has no unit"):
        Outcomes(np.arange(1), items={}, kpis={"late": [1.0]})


def test_joining_keeps_order_and_refuses_other_columns():
    a = Outcomes(np.array([4]), items={"gas": [1.0]})
    b = Outcomes(np.array([2]), items={"gas": [2.0]})
    joined = Outcomes.concatenate([a, b])
    assert joined.seeds.tolist() == [4, 2]
    assert joined.items["gas"].tolist() == [1.0, 2.0]
    with pytest.raises(BadInput, match="columns differ"):
        Outcomes.concatenate([a, Outcomes(np.array([3]), items={"oil": [1.0]})])
