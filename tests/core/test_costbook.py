import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danao.core import BadInput, CostBook, Price
from danao.core.errors import CurrencyMismatch, UnpricedItem

BOOK = CostBook.of(
    "EUR",
    Price("power", 80.0, "MWh", "EUR"),
    Price("parts", 2.5, "piece", "EUR", kind="income"),
)


def test_a_megawatt_hour_costs_as_much_as_its_thousand_kilowatt_hours():
    assert BOOK.money("power", 1000.0, "kWh") == pytest.approx(-80.0, rel=1e-12)
    assert BOOK.money("power", 3.6, "GJ") == pytest.approx(-80.0, rel=1e-12)


def test_income_is_positive_and_cost_is_negative():
    assert BOOK.money("parts", 4, "piece") == 10.0
    assert BOOK.money("power", 1, "MWh") == -80.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_money_is_additive_in_the_quantity(quantities):
    together = BOOK.money("power", sum(quantities), "kWh")
    assert np.sum(BOOK.money("power", quantities, "kWh")) == pytest.approx(together, abs=1e-6)


def test_power_is_not_energy():
    with pytest.raises(BadInput, match="a quantity in kW cannot be priced per MWh"):
        BOOK.money("power", 5, "kW")


def test_an_item_used_but_not_priced_is_named_with_what_is_priced():
    with pytest.raises(UnpricedItem, match=r"gas is used but not priced.*parts, power.*Add a row for gas"):
        BOOK.money("gas", 5, "Nm3")


def test_a_book_refuses_a_second_currency():
    with pytest.raises(CurrencyMismatch, match="gas: priced in USD. Expected EUR"):
        CostBook.of("EUR", Price("gas", 1, "m^3", "USD"))


def write(tmp_path, text):
    path = tmp_path / "prices.csv"
    path.write_text(text)
    return path


def test_a_price_table_is_read_with_kinds_and_spreads(tmp_path):
    path = write(
        tmp_path, "item,amount,unit,currency,kind,spread\npower,80,MWh,EUR,,0.2\nparts,2.5,piece,EUR,income,\n"
    )
    book = CostBook.read(path, "EUR")
    assert book.prices["power"].spread == 0.2
    assert book.money("parts", 2, "piece") == 5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('power,"80,5",MWh,EUR', r"prices.csv:2: amount is '80,5', written with a decimal comma.*80\.5"),
        ("power,80,5,MWh,EUR", r"prices.csv:2: 5 cells. Expected 4"),
        ("power,80,MWh,USD", r"prices.csv:2: power is priced in USD. Expected EUR"),
        ("power,80,furlongs per fun,EUR", r"prices.csv:2: unit 'furlongs per fun' is not known"),
        ("power,nan,MWh,EUR", r"prices.csv:2: amount is nan. Expected a finite number"),
        ("power,,MWh,EUR", r"prices.csv:2: column amount is empty"),
        ("power,80,MWh,EUR\npower,81,MWh,EUR", r"prices.csv:3: power is priced twice"),
    ],
)
def test_a_bad_price_row_is_named_by_file_line_and_cure(tmp_path, line, message):
    with pytest.raises((BadInput, CurrencyMismatch), match=message):
        CostBook.read(write(tmp_path, "item,amount,unit,currency\n" + line + "\n"), "EUR")


def test_a_table_with_semicolons_is_recognised(tmp_path):
    with pytest.raises(BadInput, match="separator seems to be ';'"):
        CostBook.read(write(tmp_path, "item;amount;unit;currency\n"), "EUR")
