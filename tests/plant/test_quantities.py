import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danao.core import BadInput
from danao.plant.quantities import Kind, quantity, written


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("4 min", "time", 4 / 60),
        ("4min", "time", 4 / 60),
        (" 1.5  h ", "time", 1.5),
        ("90 s", "time", 0.025),
        ("2 days", "time", 48.0),
        ("1 week", "time", 168.0),
        ("36e2 s", "time", 1.0),
        (".5 h", "time", 0.5),
        ("-0 h", "time", 0.0),
        ("12 kW", "power", 12.0),
        ("300 W", "power", 0.3),
        ("1.2 MW", "power", 1200.0),
        ("12 m", "length", 12.0),
        ("250 mm", "length", 0.25),
        ("1.2 m/s", "speed", 4320.0),
        ("60 m/min", "speed", 3600.0),
        ("1250 °C", "temperature", 1250.0),
        ("-40 °C", "temperature", -40.0),
        ("300 °C/h", "heating rate", 300.0),
        ("5 K/min", "heating rate", 300.0),
        ("500 pieces", "number of pieces", 500.0),
    ],
)
def test_a_quantity_is_converted_to_hours_or_kw(text, kind, value):
    assert quantity(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("4", "time", "4 without a unit. Expected a time with its unit. Write 4 h, 4 min or 4 s"),
        ("12", "power", "12 without a unit.*Write 12 kW, 12 W or 12 MW"),
        (4, "time", "4 without a unit"),
        ("12 kW", "time", "12 kW is a power. Expected a time such as 4 min"),
        ("4 min", "power", "4 min is a time. Expected a power such as 12 kW"),
        ("3 kWh", "power", "'kWh' is no unit of power. Expected one of: kW, W, MW"),
        ("4 Min", "time", "'Min' is no unit of time"),
        ("4:30", "time", "':30' is no unit of time"),
        ("1 h 30 min", "time", "'h 30 min' is no unit of time"),
        ("-5 min", "time", "-5 min. A time cannot be negative"),
        ("−5 min", "time", "−5 min. A time cannot be negative"),
        ("nan min", "time", "Expected a finite number"),
        (".nan min", "time", "Expected a finite number"),
        ("inf h", "time", "Expected a finite number"),
        ("1e400 h", "time", "Expected a finite number"),
        ("1.7e308 week", "time", "Expected a finite number"),
        ("1,5 h", "time", "'1,5 h', written with a comma. Expected a decimal point. Write, for example, 1.5 h"),
        ("1.2.3 h", "time", "Expected a time such as 4 min"),
        ("4 m", "time", "4 m is a length. Expected a time such as 4 min"),
        ("1.2 m/s", "length", "1.2 m/s is a speed"),
        ("-1 m/s", "speed", "A speed cannot be negative"),
        ("1250", "temperature", "1250 without a unit.*Write 1250 °C"),
        ("soon", "time", "soon. Expected a time such as 4 min"),
        ("", "time", "nothing. Expected a time"),
        (None, "time", "nothing. Expected a time"),
        (True, "time", "Expected a time"),
        (["4 min"], "time", "a list. Expected a time"),
        ({"a": 1}, "time", "keys and values. Expected a time"),
    ],
)
def test_what_is_no_quantity_is_refused_with_the_cure(text, kind, message):
    with pytest.raises(BadInput, match=message):
        quantity(text, kind)


@given(st.floats(0, 1e300), st.sampled_from(get_args(Kind)))
def test_a_written_quantity_reads_back_to_the_last_bit(value, kind):
    assert quantity(written(value, kind), kind) == value


@pytest.mark.parametrize("text", ["4 min", "8 h", "30 s", "20 min", "24 h", "90 min", "0 h", "0.25 s"])
def test_what_people_write_is_written_back_in_the_same_way(text):
    assert written(quantity(text, "time"), "time") == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_no_text_is_written_for_what_no_text_can_mean(value):
    with pytest.raises(BadInput):
        written(value, "time")


@given(st.text())
def test_any_text_is_a_quantity_or_bad_input(text):
    try:
        value = quantity(text, "time")
    except BadInput:
        return
    assert 0 <= value < math.inf
