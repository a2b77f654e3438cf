"""Canonical JSON against the vectors of RFC 8785 and against the rfc8785 package."""

import math
import struct
from datetime import UTC, datetime
from types import MappingProxyType

import numpy as np
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from danao.core import BadInput
from danao.ledger.canonical import canonical, parse, sha256_of

# RFC 8785, appendix B: IEEE 754 bits, and the text.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(0, 400).map(lambda n: n * 10.0 ** (n % 40 - 20))
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_numbers_are_written_as_in_appendix_b_of_rfc_8785(bits: str, text: str):
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(value).decode() == text


def test_the_sample_of_rfc_8785_section_3_2_2_has_the_published_text():
    sample = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical(sample).decode() == expected


def test_keys_are_sorted_by_utf_16_as_in_rfc_8785_section_3_2_3():
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = list(parse(canonical(dict.fromkeys(names, 0))))
    assert written == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@given(json_values)
def test_the_fast_path_writes_what_the_rfc8785_package_writes(value: object):
    assert canonical(value) == rfc8785.dumps(value)


@given(json_values)
def test_reading_and_writing_again_gives_the_same_bytes(value: object):
    assert canonical(parse(canonical(value))) == canonical(value)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_a_number_that_is_not_finite_is_refused_with_its_path(bad: float):
    with pytest.raises(BadInput, match=r"predicate\.money\[1\]\.eur: is -?(nan|inf)"):
        canonical({"money": [{"eur": 1.0}, {"eur": bad}]}, "predicate")


@pytest.mark.parametrize("bad", [2**53, -(2**53), 10**30])
def test_an_integer_that_json_readers_would_round_is_refused(bad: int):
    with pytest.raises(BadInput, match=r"seed: is -?\d+, beyond 2\*\*53 - 1.*Write it as text"):
        canonical({"seed": bad}, "predicate")


@pytest.mark.parametrize(
    "bad",
    [
        {1: "a"},
        {"a": object()},
        {"a": {1, 2}},
        {"a": b"bytes"},
        {"a": datetime.now(UTC)},
        {"a": "\ud800"},
        {"\ud800": 1},
    ],
)
def test_what_json_has_not_is_refused(bad: object):
    with pytest.raises(BadInput) as refused:
        canonical(bad, "predicate")
    assert refused.value.where.startswith("predicate")


def test_a_value_that_holds_itself_is_refused():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(BadInput, match="holds itself"):
        canonical(loop)


def test_numpy_numbers_and_read_only_mappings_are_written_as_plain_ones():
    value = MappingProxyType({"count": np.int64(7), "eur": np.float64(0.1), "list": (1, 2)})
    assert canonical(value) == b'{"count":7,"eur":0.1,"list":[1,2]}'


def test_digests_are_those_of_sha256sum(tmp_path):
    # echo -n abc | sha256sum; FIPS 180-2, appendix B.1
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(b"abc") == sha256_of(tmp_path / "abc") == abc
    assert sha256_of({"b": 1, "a": 2.0}) == sha256_of(b'{"a":2,"b":1}')
    with pytest.raises(BadInput, match="cannot be read"):
        sha256_of(tmp_path / "absent")
