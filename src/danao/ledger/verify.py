"""Is the ledger what was written? Every record is hashed anew, and the first bad one is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from danao.core.errors import BadInput, LedgerError
from danao.ledger.canonical import parse
from danao.ledger.database import Database, Row, facts_problem, genesis_hash
from danao.ledger.heads import SignedHead
from danao.ledger.merkle import MerkleTree, leaf_hash
from danao.ledger.statement import body_start, kind_in
from danao.ledger.store import Ledger

_CHUNK = 5000


@dataclass(frozen=True)
class Report:
    """What a verification found."""

    ok: bool
    """No record is damaged, missing or foreign, as far as the records and the heads given can tell."""
    records: int
    """Number of records that were found good, from record 0 on."""
    covered: int
    """Number of records that a signed head vouches for. Later ones could be cut off or rewritten unseen."""
    root_hash: str
    """Merkle root of the good records, 64 hexadecimal digits."""
    first_bad: int | None = None
    """Number of the first record that is damaged, missing or foreign; None when no record is at fault."""
    last_suspect: int | None = None
    """Equals `first_bad` when the record is known; otherwise the fault lies in first_bad .. last_suspect."""
    reason: str = ""
    """What is wrong, in words."""

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def verify(
    ledger: Ledger,
    head: SignedHead | Sequence[SignedHead] | None = None,
    public_key: Ed25519PublicKey | None = None,
    leaf_hashes: Sequence[bytes] | None = None,
) -> Report:
    """Check every record, its link to the one before, and the whole against heads kept elsewhere.

    Without a head, a ledger whose tail was cut off, or whose records were all rewritten from some point on with new
    hashes, is consistent in itself and passes. With a head both are found. Which record was rewritten is told by
    `leaf_hashes` (one pass of `Ledger.leaf_hashes`, kept elsewhere); with heads alone, only between which heads.

    Args:
        ledger: An open ledger.
        head: One or several signed heads of this ledger.
        public_key: Whose signature the heads must bear; required with heads.
        leaf_hashes: Hashes of the first records; with a head of the same size or smaller they need no other trust.

    Returns:
        The report. A bad ledger is no exception: `ok` is false then.

    Raises:
        BadInput: Heads without a public key, or leaf hashes that do not belong to the head.
        LedgerError: A head's signature is wrong; nothing was compared with it.
        StorageError: The ledger cannot be reached.
    """
    heads = [] if head is None else [head] if isinstance(head, SignedHead) else sorted(head, key=lambda h: h.head.size)
    if heads and public_key is None:
        raise BadInput(
            "verify", "a head was given without a public key", "Expected both", "Give the key that checks its signature"
        )
    for signed in heads:
        if public_key is not None:
            signed.check(public_key)
    _check_witness(leaf_hashes, heads)
    return _Verification(ledger, heads, leaf_hashes or ()).run()


class _Fault(Exception):
    """The first fault that was met."""

    def __init__(self, reason: str, first: int | None = None, last: int | None = None) -> None:
        self.reason = reason
        self.first = first
        self.last = first if last is None else last


class _Verification:
    """One pass over the records in the order of their numbers."""

    def __init__(self, ledger: Ledger, heads: Sequence[SignedHead], leaf_hashes: Sequence[bytes]) -> None:
        self.database: Database = ledger.database
        self.heads = [signed.head for signed in heads]
        self.pending = list(self.heads)
        self.witness = leaf_hashes
        self.tree = MerkleTree()
        self.covered = 0

    def run(self) -> Report:
        fault: _Fault | None = None
        try:
            self._run()
        except _Fault as found:
            fault = found
        except LedgerError as error:
            fault = _Fault(str(error), len(self.tree))
        size, root = len(self.tree), self.tree.root().hex()
        if fault is None:
            return Report(True, size, self.covered, root)
        return Report(False, size, self.covered, root, fault.first, fault.last, fault.reason)

    def _run(self) -> None:
        with self.database.reading() as connection:
            ledger_id = self._ledger_id(connection)
            link = genesis_hash(ledger_id)
            self._compare([])
            for chunk in self._chunks(connection):
                good, fault = self._check_chunk(connection, chunk, link)
                self._compare(good)
                if fault is not None:
                    raise fault
                link = chunk[-1][2].hex()
        for head in self.pending:
            raise _Fault(
                f"the ledger was cut off: records {len(self.tree)} to {head.size - 1} were there on {head.time}",
                len(self.tree),
            )
        if len(self.witness) > len(self.tree):
            raise _Fault(f"the ledger was cut off: {len(self.witness)} leaf hashes were kept", len(self.tree))

    def _ledger_id(self, connection: sa.Connection) -> str:
        facts = self.database.facts(connection)
        problem = facts_problem(facts)
        if problem is not None:
            raise _Fault(f"the ledger {problem[0]}")
        for head in self.heads:
            if head.ledger != facts["ledger"]:
                raise _Fault(
                    f"the signed head belongs to ledger {head.ledger}, this one says it is {facts['ledger']}: "
                    "either it is another ledger, or its id was changed"
                )
        return facts["ledger"]

    def _chunks(self, connection: sa.Connection) -> Iterator[Sequence[Row]]:
        """Rows in order; where the database itself is damaged, one by one up to the damage."""
        after: int | None = None
        size = _CHUNK
        while True:
            try:
                chunk = self.database.rows(connection, after, size)
            except self.database.errors:
                if size == 1:
                    raise
                size = 1
                continue
            if not chunk:
                return
            yield chunk
            after = chunk[-1][0]

    def _check_chunk(
        self, connection: sa.Connection, chunk: Sequence[Row], link: str
    ) -> tuple[list[bytes], _Fault | None]:
        """Hashes of the good rows up to the first bad one, and what is wrong with that."""
        expected = len(self.tree)
        good: list[bytes] = []
        for seq, kind, digest, body in chunk:
            if (
                seq != expected
                or type(body) is not bytes
                or sha256(b"\x00" + body).digest() != digest
                or not body.startswith(body_start(expected, link))
                or kind_in(body) != kind
            ):
                following = self.database.rows(connection, seq, 1)
                return good, _diagnose((seq, kind, digest, body), following[0] if following else None, expected, link)
            good.append(digest)
            link = digest.hex()
            expected += 1
        return good, None

    def _compare(self, good: Sequence[bytes]) -> None:
        """Add good records to the tree, and compare it with what was kept elsewhere."""
        start = len(self.tree)
        for seq, (found, kept) in enumerate(zip(good, self.witness[start : start + len(good)], strict=False), start):
            if found != kept:
                self.tree.extend(good[: seq - start])
                raise _Fault(f"record {seq} was rewritten: its hash is not the one that was kept", seq)
        self.tree.extend(good)
        while self.pending and self.pending[0].size <= len(self.tree):
            head = self.pending.pop(0)
            if self.tree.root(head.size).hex() != head.root_hash:
                first = self.covered if self.covered < head.size else 0
                raise _Fault(
                    f"a record in {first} to {head.size - 1} was rewritten after the head of {head.time} was signed; "
                    "leaf hashes kept elsewhere would tell which",
                    first,
                    head.size - 1,
                )
            self.covered = head.size


def _diagnose(row: Row, following: Row | None, expected: int, link: str) -> _Fault:
    """Which record is at fault when a row is not what its place asks for.

    Args:
        row: The first row that fails.
        following: The row after it. When it holds this row's hash, this row is the one that was written there, and
            the fault lies before it.
        expected: The number that comes next.
        link: Hash of the good row before.
    """
    seq, kind, digest, body = row
    intact = isinstance(body, bytes) and isinstance(digest, bytes) and leaf_hash(body) == digest
    said_seq, said_link = _claims(body) if intact else (None, None)
    if seq > expected:
        return _Fault(f"record {expected} is missing; the next one is {seq}", expected)
    if seq < expected:
        named = said_seq if said_seq is not None and said_seq >= 0 else expected
        return _Fault(f"record {named} is stored under the number {seq}", named)
    if not intact:
        return _Fault(f"record {seq} does not hash to its stored hash", seq)
    acknowledged = following is not None and _claims(following[3])[1] == digest.hex()
    if said_seq is not None and said_seq < seq and acknowledged:
        return _Fault(f"record {said_seq} was inserted: record {seq} says that it is {said_seq}", said_seq)
    if said_seq == seq and said_link != link and (acknowledged or following is None):
        if seq == 0:
            return _Fault(
                "record 0 belongs to a ledger with another id: the id was changed", None if acknowledged else 0
            )
        reason = f"record {seq} holds another hash for record {seq - 1} than that has: "
        if acknowledged:
            return _Fault(reason + f"record {seq - 1} was rewritten", seq - 1)
        return _Fault(reason + "one of the two was rewritten", seq - 1, seq)
    if said_seq != seq:
        return _Fault(f"record {seq} says that it is record {said_seq}", seq)
    if said_link != link:
        return _Fault(f"record {seq} does not follow record {seq - 1}", seq)
    return _Fault(f"record {seq} is stored as {kind!r}, but its statement is of another kind", seq)


def _claims(body: object) -> tuple[int | None, str | None]:
    """Number and hash of the record before, as a body states them."""
    try:
        content = parse(body) if isinstance(body, bytes) else {}
        return int(content["seq"]), str(content["prev_hash"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, None


def _check_witness(leaf_hashes: Sequence[bytes] | None, heads: Sequence[SignedHead]) -> None:
    if leaf_hashes is None:
        return
    tree = MerkleTree(leaf_hashes)
    for signed in heads:
        size = signed.head.size
        if size <= len(tree) and tree.root(size).hex() != signed.head.root_hash:
            raise BadInput(
                "leaf hashes",
                f"do not add up to the root of the signed head of {size} records",
                "Expected the hashes that were kept together with it",
                "Give the other file, or verify without leaf hashes",
            )
