"""The ledger: append, read, and prove what was appended."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from danao.core.errors import BadInput, DanaoError, LedgerError
from danao.ledger.database import Database, Row, genesis_hash
from danao.ledger.heads import SignedHead, TreeHead, sign
from danao.ledger.merkle import ConsistencyProof, InclusionProof, MerkleTree, leaf_hash
from danao.ledger.statement import (
    PREDICATE_TYPES,
    SHORT_ID,
    Record,
    body_bytes,
    statement_bytes,
    states_number,
)

_PAGE = 1000
_SHORTEST_PREFIX = 4
_CANDIDATES = 5


class Receipt(NamedTuple):
    """That a record is on the disk."""

    seq: int
    """Its place in the ledger, from 0."""
    hash: str
    """Its hash, 64 hexadecimal digits. Whoever keeps it can tell later whether the record is still the same."""

    @property
    def id(self) -> str:
        """The first digits of the hash, short enough to type."""
        return self.hash[:SHORT_ID]

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"id": self.id, "seq": self.seq, "hash": self.hash}


@dataclass
class _Ticket:
    """Statements that one call wants stored together."""

    statements: list[tuple[str, bytes]]
    """Kind and canonical JSON of each."""
    receipts: list[Receipt] = field(default_factory=list)
    error: DanaoError | None = None
    done: bool = False


class Ledger:
    """An append-only list of records in SQLite or PostgreSQL, each chained to the one before.

    Threads may share one Ledger: appends that wait at the same time share one commit. Processes each open their own.
    """

    def __init__(self, database: Database) -> None:
        """Use `Ledger.open`."""
        self.database = database
        self.id = database.ledger_id()
        self._queue: list[_Ticket] = []
        self._queue_lock = threading.Lock()
        self._writer = threading.Lock()
        self._tree = MerkleTree()
        self._tree_lock = threading.Lock()

    @classmethod
    def open(cls, place: str | Path, create: bool = True) -> Self:
        """The ledger at a path (SQLite) or URL (`postgresql://user@host/database`).

        Args:
            place: Path or URL.
            create: Make it when it is not there.

        Raises:
            BadInput: No ledger is there and `create` is false, or the URL is none.
            MissingExtra: PostgreSQL is asked for, and `danao[postgresql]` is not installed.
            StorageError: The place is full, read-only, or cannot be reached.
            LedgerError: What is there is damaged, or was written by a newer Danao.
        """
        return cls(Database.open(place, create))

    @property
    def name(self) -> str:
        """Path or URL (without its password), for messages."""
        return self.database.name

    def close(self) -> None:
        """Let go of the file or server."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        with self.database.reading() as connection:
            last = self.database.last(connection)
        return 0 if last is None else last + 1

    def __bool__(self) -> bool:
        """True, also while there are no records."""
        return True

    def append(self, kind: str, subject: Mapping[str, str], predicate: Mapping[str, Any]) -> Receipt:
        """Store one record; it is on the disk when the receipt is returned.

        Args:
            kind: proof, approval, decision or outcome.
            subject: Name -> SHA-256 of each thing the record is about (see `sha256_of`).
            predicate: What is said about it; any mapping that JSON can hold.

        Raises:
            BadInput: Unknown kind, no subject, or a predicate that JSON cannot hold.
            StorageError: Full or read-only; nothing was written.
            LedgerError: Locked by another process for too long, or damaged.
        """
        return self._commit([(kind, statement_bytes(kind, subject, predicate))])[0]

    def append_many(self, entries: Iterable[tuple[str, Mapping[str, str], Mapping[str, Any]]]) -> list[Receipt]:
        """Store many records, all of them or none, in one commit.

        Args:
            entries: (kind, subject, predicate) of each record.

        Raises:
            As `append`.
        """
        statements = [(kind, statement_bytes(kind, subject, predicate)) for kind, subject, predicate in entries]
        return self._commit(statements) if statements else []

    def record(self, key: int | str) -> Record:
        """One record.

        Args:
            key: Its number, or the first digits (4 or more) of its hash. Text of fewer than 12 decimal digits is a
                number.

        Raises:
            BadInput: No record has it, or several begin with these digits.
        """
        text = str(key).strip().lower()
        if isinstance(key, int) or (text.isdecimal() and len(text) < SHORT_ID):
            number = int(text)
            with self.database.reading() as connection:
                rows = self.database.select(connection, start=number, end=number + 1) if 0 <= number < 2**63 else []
        else:
            if not _SHORTEST_PREFIX <= len(text) <= 64 or any(digit not in "0123456789abcdef" for digit in text):
                raise BadInput(
                    self.name,
                    f"{key!r} is not the id of a record",
                    f"Expected a number, or {_SHORTEST_PREFIX} to 64 hexadecimal digits",
                    "See danao ledger list",
                )
            between = bytes.fromhex(text.ljust(64, "0")), bytes.fromhex(text.ljust(64, "f"))
            with self.database.reading() as connection:
                rows = self.database.select(connection, hashes=between, limit=_CANDIDATES)
        if not rows:
            raise BadInput(self.name, f"holds no record {key}", "Expected a record's number or id", "See ledger list")
        if len(rows) > 1:
            names = ", ".join(_record(row).hash[: max(SHORT_ID, len(text) + 4)] for row in rows)
            raise BadInput(self.name, f"several records begin with {key}: {names}", "Expected one", "Type more digits")
        return _record(rows[0])

    def records(self, kind: str | None = None, start: int = 0) -> Iterator[Record]:
        """Records by number.

        Args:
            kind: Only proof, approval, decision or outcome.
            start: Number of the first one.

        Raises:
            BadInput: Unknown kind.
        """
        if kind is not None and kind not in PREDICATE_TYPES:
            raise BadInput("records", f"of kind {kind!r}", f"Expected one of {', '.join(PREDICATE_TYPES)}")
        while True:
            with self.database.reading() as connection:
                rows = self.database.select(connection, start=start, kind=kind, limit=_PAGE)
            for row in rows:
                yield _record(row)
            if len(rows) < _PAGE:
                return
            start = rows[-1][0] + 1

    def head(self, key: Ed25519PrivateKey) -> SignedHead:
        """A signed statement of how many records there are and of their Merkle root, to be kept elsewhere.

        Costs one pass over the records' hashes the first time (seconds a million), little afterwards.

        Raises:
            LedgerError: A record is missing, or the ledger was cut off or rewritten since it was opened.
        """
        with self._current_tree() as tree:
            size, root = len(tree), tree.root()
        return sign(TreeHead(self.id, size, root.hex(), _now()), key)

    def root(self, size: int | None = None) -> bytes:
        """Merkle root of the first `size` records, by default of all.

        Raises:
            BadInput: There are not so many.
            LedgerError: As `head`.
        """
        with self._current_tree() as tree:
            return tree.root(size)

    def inclusion(self, seq: int, size: int | None = None) -> InclusionProof:
        """The proof that record `seq` is among the first `size` records, by default among all.

        Raises:
            BadInput: There is no such record.
            LedgerError: As `head`.
        """
        with self._current_tree() as tree:
            size = len(tree) if size is None else size
            path = tuple(tree.inclusion(seq, size))
            return InclusionProof(seq, size, tree.leaf(seq), tree.root(size), path)

    def consistency(self, old_size: int, size: int | None = None) -> ConsistencyProof:
        """The proof that the first `size` records (by default all) begin with the first `old_size`.

        Raises:
            BadInput: There are not so many.
            LedgerError: As `head`.
        """
        with self._current_tree() as tree:
            size = len(tree) if size is None else size
            path = tuple(tree.consistency(old_size, size))
            return ConsistencyProof(old_size, size, tree.root(old_size), tree.root(size), path)

    def leaf_hashes(self, size: int | None = None) -> list[bytes]:
        """Hashes of the first `size` records, by default of all: kept elsewhere, they let `verify` name the record."""
        with self._current_tree() as tree:
            return [tree.leaf(index) for index in range(len(tree) if size is None else min(size, len(tree)))]

    def _commit(self, statements: list[tuple[str, bytes]]) -> list[Receipt]:
        """Whoever gets the writer's lock first stores what all the others have queued, in one commit."""
        ticket = _Ticket(statements)
        with self._queue_lock:
            self._queue.append(ticket)
        with self._writer:
            if not ticket.done:
                with self._queue_lock:
                    batch, self._queue = self._queue, []
                self._write(batch)
        if ticket.error is not None:
            raise ticket.error
        return ticket.receipts

    def _write(self, batch: Sequence[_Ticket]) -> None:
        receipts: list[Receipt] = []
        try:
            self.database.append(lambda last: self._chain(last, batch, receipts))
        except DanaoError as error:
            for ticket in batch:
                ticket.error, ticket.done = error, True
        except BaseException:
            for ticket in batch:
                ticket.error, ticket.done = LedgerError(self.name, "the append was interrupted"), True
            raise
        else:
            given = iter(receipts)
            for ticket in batch:
                ticket.receipts = [next(given) for _ in ticket.statements]
                ticket.done = True

    def _chain(self, last: Row | None, batch: Sequence[_Ticket], receipts: list[Receipt]) -> Sequence[Row]:
        """Rows for everything queued, each linked to the one before.

        Raises:
            LedgerError: The last record is damaged; nothing is built on that.
        """
        seq, link = 0, genesis_hash(self.id)
        if last is not None:
            end, _, digest, body = last
            if not isinstance(body, bytes) or leaf_hash(body) != digest or not states_number(body, end):
                raise self._broken(f"its last record, {end}, is damaged")
            seq, link = end + 1, digest.hex()
        time = _now()
        rows: list[Row] = []
        for ticket in batch:
            for kind, statement in ticket.statements:
                body = body_bytes(seq, link, statement, time)
                digest = leaf_hash(body)
                link = digest.hex()
                rows.append((seq, kind, digest, body))
                receipts.append(Receipt(seq, link))
                seq += 1
        return rows

    @contextmanager
    def _current_tree(self) -> Iterator[MerkleTree]:
        """The tree of all records, held while one caller computes with it."""
        with self._tree_lock:
            self._refresh()
            yield self._tree

    def _refresh(self) -> None:
        """Bring the tree in memory up to date, and see that what it knew is still there."""
        known = len(self._tree)
        with self.database.reading() as connection:
            if known:
                tip = self.database.hashes(connection, known - 1, 1)
                if tip != [(known - 1, self._tree.leaf(known - 1))]:
                    raise self._broken(f"record {known - 1} was removed or rewritten since the ledger was opened")
            while page := self.database.hashes(connection, len(self._tree), 10 * _PAGE):
                expected = len(self._tree)
                for seq, digest in page:
                    if seq != expected or not isinstance(digest, bytes) or len(digest) != 32:
                        raise self._broken(f"record {expected} is missing or damaged")
                    expected += 1
                self._tree.extend(digest for _, digest in page)

    def _broken(self, found: str) -> LedgerError:
        return LedgerError(self.name, found, "Expected an unbroken list", "Run danao ledger verify with a saved head")


def _record(row: Row) -> Record:
    seq, _, digest, body = row
    if not isinstance(digest, bytes) or not isinstance(body, bytes) or leaf_hash(body) != digest:
        raise LedgerError(
            f"record {seq}",
            "does not hash to its stored hash",
            "Expected an unchanged record",
            "Run danao ledger verify",
        )
    return Record(seq, digest.hex(), body)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
