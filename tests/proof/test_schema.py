import json
from pathlib import Path

import jsonschema

from danao.proof.schema import PROOF_SCHEMA

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "proof-1.0.json"


def test_the_published_schema_is_the_one_in_force():
    assert json.loads(PUBLISHED.read_text()) == PROOF_SCHEMA


def test_the_schema_is_itself_valid():
    jsonschema.Draft202012Validator.check_schema(PROOF_SCHEMA)
    assert {"case", "verdict", "effect", "provenance"} <= set(PROOF_SCHEMA["required"])
