import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danao.core import BadInput
from danao.plant.money import Money, money, money_written


@pytest.mark.parametrize(
    ("text", "per", "expected"),
    [
        ("0.21 EUR/kWh", "/kWh", Money(0.21, "EUR")),
        ("-12 CHF / h", "/h", Money(-12.0, "CHF")),
        ("3e3USD", "", Money(3000.0, "USD")),
    ],
)
def test_a_price_has_an_amount_and_a_currency(text, per, expected):
    assert money(text, per) == expected


@pytest.mark.parametrize(
    ("text", "per", "message"),
    [
        ("12", "", "12 without a currency"),
        ("12 €", "", "'€' is no currency. Expected three capitals"),
        ("12 EUR", "/h", "12 EUR. Expected money per h, such as 12.5 EUR/h"),
        ("12,5 EUR", "", "written with a comma.*12.5 EUR"),
        ("nan EUR", "", "Expected a finite amount"),
        ("1.2.3 EUR", "", "Expected money such as"),
        ("dear", "", "dear. Expected money"),
        (None, "", "nothing. Expected money"),
        (["12 EUR"], "", "no text. Expected money"),
    ],
)
def test_what_is_no_price_is_refused_with_the_cure(text, per, message):
    with pytest.raises(BadInput, match=message):
        money(text, per)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["", "/kWh", "/kW", "/h"]))
def test_a_written_price_reads_back_to_the_last_bit(amount, per):
    again = money(money_written(amount, "EUR", per), per)
    assert math.copysign(1, again.amount) == math.copysign(1, amount)
    assert again == (amount, "EUR")
