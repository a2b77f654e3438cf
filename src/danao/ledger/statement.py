"""What a record says: an in-toto Statement about named things, of one of the project's own kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from danao.core.errors import BadInput, LedgerError
from danao.ledger.canonical import canonical, parse

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPES = {
    kind: f"https://danao.dev/predicate/{kind}/v1" for kind in ("proof", "approval", "decision", "outcome")
}
"""Kind of record -> the URI that says how its predicate is to be read."""
SHORT_ID = 12
"""Hexadecimal digits of a record's hash that make its short id."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Record:
    """One record as stored."""

    seq: int
    """Its place in the ledger, from 0."""
    hash: str
    """RFC 6962 leaf hash of `body`: SHA-256 of a zero byte and the body, 64 hexadecimal digits."""
    body: bytes
    """The canonical JSON that is hashed: prev_hash, seq, statement, time."""

    @property
    def id(self) -> str:
        """The first digits of the hash, short enough to type."""
        return self.hash[:SHORT_ID]

    @cached_property
    def content(self) -> dict[str, Any]:
        """The body as values.

        Raises:
            LedgerError: The body is not what this program writes.
        """
        try:
            content = parse(self.body)
            statement = content["statement"]
            if {"predicate", "predicateType", "subject"} <= statement.keys() and {
                "prev_hash",
                "time",
            } <= content.keys():
                return dict(content)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass
        raise LedgerError(
            f"record {self.seq}", "cannot be read as a record", "Expected an entry", "Run danao ledger verify"
        )

    @property
    def statement(self) -> dict[str, Any]:
        """The in-toto Statement v1."""
        statement: dict[str, Any] = self.content["statement"]
        return statement

    @property
    def kind(self) -> str:
        """proof, approval, decision or outcome; the full URI where this version does not know it."""
        uri: str = self.statement["predicateType"]
        return next((kind for kind, known in PREDICATE_TYPES.items() if known == uri), uri)

    @property
    def subject(self) -> dict[str, str]:
        """Name -> SHA-256 of what the record is about."""
        return {item["name"]: item["digest"]["sha256"] for item in self.statement["subject"]}

    @property
    def predicate(self) -> dict[str, Any]:
        """What is said about the subject."""
        predicate: dict[str, Any] = self.statement["predicate"]
        return predicate

    @property
    def prev_hash(self) -> str:
        """Hash of the record before; for record 0 the ledger's own mark."""
        return str(self.content["prev_hash"])

    @property
    def time(self) -> str:
        """What the writer's clock said, ISO 8601 in UTC. The order of records is `seq`, whatever the clock did."""
        return str(self.content["time"])

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "id": self.id,
            "seq": self.seq,
            "kind": self.kind,
            "time": self.time,
            "hash": self.hash,
            "prev_hash": self.prev_hash,
            "statement": self.statement,
        }


def statement_bytes(kind: str, subject: Mapping[str, str], predicate: Mapping[str, Any]) -> bytes:
    """The canonical JSON of an in-toto Statement v1.

    Args:
        kind: proof, approval, decision or outcome.
        subject: Name -> SHA-256 (64 hexadecimal digits) of each thing the record is about; at least one.
        predicate: What is said about it; any mapping that JSON can hold.

    Raises:
        BadInput: Unknown kind, no subject, a digest that is none, or a predicate that JSON cannot hold.

    Source: in-toto Attestation Framework, Statement v1.
    """
    uri = PREDICATE_TYPES.get(kind)
    if uri is None:
        raise BadInput("record", f"has the kind {kind!r}", f"Expected one of {', '.join(PREDICATE_TYPES)}")
    if not subject:
        raise BadInput(
            f"{kind} record",
            "has no subject",
            "Expected at least one name with its SHA-256",
            "Name the case or file it is about, with sha256_of(...)",
        )
    for name, digest in subject.items():
        if not isinstance(name, str) or not isinstance(digest, str):
            raise BadInput(
                f"{kind} record: subject {name!r}",
                f"has the digest {digest!r}",
                "Expected a name and its SHA-256, both as text",
                "Use sha256_of(...)",
            )
    if not isinstance(predicate, Mapping):
        raise BadInput(f"{kind} record: predicate", f"is a {type(predicate).__name__}", "Expected a mapping")
    return b'{"_type":"%s","predicate":%s,"predicateType":"%s","subject":%s}' % (
        STATEMENT_TYPE.encode(),
        canonical(predicate, f"{kind} record: predicate"),
        uri.encode(),
        _subject_bytes(kind, tuple(sorted(subject.items()))),
    )


@lru_cache(maxsize=256)
def _subject_bytes(kind: str, subject: tuple[tuple[str, str], ...]) -> bytes:
    """Canonical JSON of the in-toto subject; remembered, for a runtime writes thousands of records about one case."""
    for name, digest in subject:
        if _DIGEST.fullmatch(digest) is None:
            raise BadInput(
                f"{kind} record: subject {name!r}",
                f"has the digest {digest!r}",
                "Expected a SHA-256 of 64 lower-case hexadecimal digits",
                "Use sha256_of(...)",
            )
    things = [{"digest": {"sha256": digest}, "name": name} for name, digest in subject]
    return canonical(things, f"{kind} record: subject")


def body_bytes(seq: int, prev_hash: str, statement: bytes, time: str) -> bytes:
    """The canonical JSON of a whole record, around a statement that is canonical already."""
    return b'%s%s,"time":"%s"}' % (body_start(seq, prev_hash), statement, time.encode())


def body_start(seq: int, prev_hash: str) -> bytes:
    """How the body of record `seq` must begin when the record before has this hash."""
    return b'{"prev_hash":"%s","seq":%d,"statement":' % (prev_hash.encode(), seq)


def states_number(body: bytes, seq: int) -> bool:
    """Whether a body says that it is record `seq`."""
    return body.startswith(b'","seq":%d,' % seq, len(b'{"prev_hash":"') + 64)


def kind_in(body: bytes) -> str | None:
    """The kind that a body states, found without parsing it; None when there is none that is known.

    The last `,"predicateType":"` outside any text is the statement's own: only the subject comes after it, which holds
    names (quotes in them are escaped) and digests.
    """
    place = body.rfind(_MARK)
    if place < 0:
        return None
    start = place + len(_MARK)
    return _KINDS.get(body[start : body.find(b'"', start)])


_MARK = b',"predicateType":"'
_KINDS = {uri.encode(): kind for kind, uri in PREDICATE_TYPES.items()}
