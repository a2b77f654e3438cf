from datetime import timedelta

import pytest

from danao.core import BadInput, Case, Investment


def test_a_discount_rate_in_percent_is_refused_with_the_right_way_to_write_it():
    with pytest.raises(BadInput, match="0.09 is 9 %"):
        Investment(discount_rate=9)


def test_a_case_that_says_nothing_else_has_changed_all_its_parameters():
    class Plain(Case):
        name, title, currency, period, investment = "plain", "", "EUR", timedelta(days=1), Investment()

        def parameters(self):
            return {"level": 3}

    assert Plain().settings_changed() == {"level": 3}
