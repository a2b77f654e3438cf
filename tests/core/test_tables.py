from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from danao.core import BadInput
from danao.core.tables import read_csv, read_yaml


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    capex: float = Field(0, ge=0)
    kind: Literal["a", "b"] = "a"


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")
    case: str
    investment: Inner = Inner()


def read(tmp_path, text):
    path = tmp_path / "case.yaml"
    path.write_text(text)
    return read_yaml(path, Document)


def test_a_right_document_is_read(tmp_path):
    assert read(tmp_path, "case: x\ninvestment: {capex: 5}\n").investment.capex == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("case: x\ninvestment:\n  capexx: 3\n", r"case.yaml:3: unknown key 'investment.capexx'.*one of: capex, kind"),
        ("case: x\ncolour: red\n", r"case.yaml:2: unknown key 'colour'. Expected one of: case, investment"),
        ("case: x\ninvestment:\n  capex: -3\n", r"case.yaml:3: investment.capex is -3"),
        ("investment:\n  capex: 3\n", r"case.yaml:1: key 'case' is missing"),
        ("case: x\ncase: y\n", r"case.yaml:2: key 'case' is written twice"),
        ("case: [x\n", r"case.yaml:2: not YAML"),
        ("- case\n", r"case.yaml:1: the document is list"),
        ("", r"case.yaml:1: the document is empty"),
        ("# nothing\n", r"case.yaml:1: the document is empty"),
        ("case: x\ninvestment: &a {capex: 1}\n", r"case.yaml:2: &a is a YAML anchor"),
        ("case: x\ninvestment: *a\n", r"case.yaml:2: \*a is a YAML alias"),
        ("case: x\n? [a]\n: 1\n", r"case.yaml:2: a key is a list"),
        ("case: x\ninvestment:\n  capex: 2020-13-45\n", r"case.yaml:3: not YAML: '2020-13-45' cannot be read"),
        ("case: x\nb: \0\n", r"case.yaml:2: the character '.x00' is not allowed"),
        ("[" * 3000, r"case.yaml:1: nested deeper than 50 levels"),
        ("case: !!int ''\n", r"case.yaml:1: not YAML"),
        ("case: " + "1" * 5000, r"case.yaml:1: not YAML"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_cure(tmp_path, text, message):
    with pytest.raises(BadInput, match=message):
        read(tmp_path, text)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        list(read_csv(tmp_path / "none.csv", ["a"]))


def test_a_negative_duration_is_refused_with_its_line(tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_text("job,hours\nx,2\ny,-1\n")
    with pytest.raises(BadInput, match="jobs.csv:3: hours is -1. Expected 0 or more"):
        [row.number("hours", minimum=0) for row in read_csv(path, ["job", "hours"])]


def test_bytes_that_are_not_utf8_are_named(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(b"job,hours\nGr\xfc\xdfe,2\n")
    with pytest.raises(BadInput, match="not UTF-8 at byte 12"):
        list(read_csv(path, ["job"]))
