"""Hours of the week as texts: what they mean, and that spans written as texts read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danao.core import BadInput
from danao.plant.weekly import WEEK, shifts, spans, united


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon 06:00-14:00", [(6, 14)]),
        ("mon–wed 06:00 – 14:30", [(6, 14.5), (30, 38.5), (54, 62.5)]),
        ("Mon 22:00-06:00", [(22, 30)]),
        ("Sun 22:00-06:00", [(166, 168), (0, 6)]),
        ("Sun-Mon 22:00-06:00", [(166, 168), (0, 6), (22, 30)]),
        ("Tue 00:00-24:00", [(24, 48)]),
        ("Tue 06:00-06:00", [(30, 54)]),
        ("Mon 06:00-Fri 22:00", [(6, 118)]),
        ("Fri 22:00-Mon 06:00", [(118, 168), (0, 6)]),
        ("Sun 24:00-06:00", [(0, 6)]),
    ],
)
def test_a_text_means_hours_of_the_week(text, expected):
    assert spans(text) == expected


@pytest.mark.parametrize(
    "text", ["Mon", "06:00-14:00", "Mon 6-14", "Mon 25:00-26:00", "Mo 06:00-14:00", "Mon 06:60-07:00"]
)
def test_what_names_no_hours_is_refused(text):
    with pytest.raises(BadInput, match="Expected"):
        spans(text)


def test_shifts_that_touch_or_overlap_are_one():
    assert united([(14, 22), (6, 14), (21, 23)]) == ((6, 23),)


@given(st.sets(st.integers(0, 7 * 24 * 60), min_size=2, max_size=40))
def test_spans_between_whole_minutes_are_written_as_texts_that_mean_the_same(minutes):
    cuts = [minute / 60 for minute in sorted(minutes)]
    parts = list(zip(cuts[::2], cuts[1::2], strict=False))
    texts = shifts(parts)
    assert texts is not None
    assert united(span for text in texts for span in spans(text)) == tuple(parts)


def test_five_equal_days_are_one_text():
    assert shifts([(24 * day + 6, 24 * day + 14) for day in range(5)]) == ["Mon-Fri 06:00-14:00"]
    assert shifts([(0.0, WEEK)]) == ["Mon 00:00-Sun 24:00"]


def test_spans_that_no_text_can_mean_have_none():
    assert shifts([(0.001, 5.0)]) is None
    assert shifts([(0.0, 5.0), (5.0, 9.0)]) is None
