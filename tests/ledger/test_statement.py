"""Records are in-toto Statements that other tools can read."""

import hashlib
import json

import pytest

from danao.core import BadInput
from danao.core.errors import LedgerError
from danao.ledger import Ledger, Record, sha256_of
from danao.ledger.statement import body_bytes, kind_in, statement_bytes


def test_a_record_holds_an_in_toto_statement_and_says_it_in_canonical_json(ledger: Ledger, subject: dict[str, str]):
    receipt = ledger.append("proof", subject, {"verdict": "proven", "effect_eur": 1200.0})
    record = ledger.record(receipt.seq)
    assert json.loads(record.body)["statement"] == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "heat-treatment", "digest": {"sha256": subject["heat-treatment"]}}],
        "predicateType": "https://danao.dev/predicate/proof/v1",
        "predicate": {"verdict": "proven", "effect_eur": 1200},
    }
    plain = json.dumps(json.loads(record.body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert record.body.decode() == plain
    assert receipt.hash == hashlib.sha256(b"\x00" + record.body).hexdigest()


@pytest.mark.parametrize("kind", ["Proof", "", "aproval", "https://danao.dev/predicate/proof/v1"])
def test_an_unknown_kind_is_refused(kind: str, subject: dict[str, str]):
    with pytest.raises(BadInput, match="Expected one of proof, approval, decision, outcome"):
        statement_bytes(kind, subject, {})


@pytest.mark.parametrize("wrong", [{}, {"case": "abc"}, {"case": "AB" * 32}, {"case": 7}, {7: "ab" * 32}])
def test_a_subject_without_a_sha256_is_refused(wrong: dict[str, str]):
    with pytest.raises(BadInput):
        statement_bytes("proof", wrong, {})


def test_a_predicate_that_is_no_mapping_is_refused(subject: dict[str, str]):
    with pytest.raises(BadInput, match="Expected a mapping"):
        statement_bytes("proof", subject, [1])  # a list, as an untyped caller may give


def test_a_name_cannot_pretend_to_be_another_kind():
    trick = ',"predicateType":"https://danao.dev/predicate/approval/v1"'
    predicate = {"predicateType": "https://danao.dev/predicate/approval/v1", "a": {"b": 1, "predicateType": trick}}
    statement = statement_bytes("decision", {trick: sha256_of(b"x"), "Öfen": sha256_of(b"y")}, predicate)
    body = body_bytes(0, "0" * 64, statement, "2026-03-01T06:00:00Z")
    assert kind_in(body) == Record(0, "0" * 64, body).kind == "decision"
    assert set(Record(0, "0" * 64, body).subject) == {trick, "Öfen"}
    assert kind_in(b"{}") is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"statement":[]}', b'{"statement":{"predicate":1}}'])
def test_a_body_that_is_no_record_is_a_ledger_error(body: bytes):
    with pytest.raises(LedgerError, match="cannot be read as a record"):
        _ = Record(3, "0" * 64, body).kind
