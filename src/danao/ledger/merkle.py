"""The Merkle tree of RFC 6962: one hash that stands for a whole list, and short proofs about that list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from danao.core.errors import BadInput

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

_WIDTH = 32
"""Bytes of a SHA-256 hash."""


def leaf_hash(content: bytes) -> bytes:
    """SHA-256 of a zero byte and the content; the zero byte tells leaves from nodes (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of a one byte and both children (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class InclusionProof:
    """That one record is in the ledger whose tree head has this root."""

    seq: int
    """The record's place, from 0."""
    size: int
    """Number of records in the tree."""
    leaf: bytes
    """The record's hash."""
    root: bytes
    """Root of the tree that the proof was made for; compare it with a signed head's."""
    path: tuple[bytes, ...]
    """At most ceil(log2(size)) hashes, from the leaf upwards."""

    def holds(self, root: bytes | None = None) -> bool:
        """Whether the path leads from the leaf to the root; give the root of a head you trust."""
        return includes(self.root if root is None else root, self.size, self.seq, self.leaf, self.path)

    def to_dict(self) -> dict[str, Any]:
        """Hashes in hexadecimal, ready for JSON."""
        return {
            "seq": self.seq,
            "size": self.size,
            "leaf_hash": self.leaf.hex(),
            "root_hash": self.root.hex(),
            "path": [step.hex() for step in self.path],
        }


@dataclass(frozen=True)
class ConsistencyProof:
    """That the ledger of today begins with the ledger of an earlier head, unchanged."""

    old_size: int
    """Number of records at the earlier head."""
    size: int
    """Number of records now."""
    old_root: bytes
    """Root of the first `old_size` records; compare it with the earlier head's."""
    root: bytes
    """Root of all records."""
    path: tuple[bytes, ...]

    def holds(self, old_root: bytes | None = None, root: bytes | None = None) -> bool:
        """Whether the path joins both roots; give those of heads you trust."""
        return extends(
            self.old_root if old_root is None else old_root,
            self.old_size,
            self.root if root is None else root,
            self.size,
            self.path,
        )

    def to_dict(self) -> dict[str, Any]:
        """Hashes in hexadecimal, ready for JSON."""
        return {
            "old_size": self.old_size,
            "size": self.size,
            "old_root_hash": self.old_root.hex(),
            "root_hash": self.root.hex(),
            "path": [step.hex() for step in self.path],
        }


class MerkleTree:
    """A growing list of leaf hashes with the hash of every complete subtree kept: 64 bytes a leaf.

    Source: RFC 6962, Certificate Transparency, section 2.1.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        """Start with the given leaf hashes."""
        self._levels = [bytearray()]
        self.extend(leaves)

    def __len__(self) -> int:
        return len(self._levels[0]) // _WIDTH

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes at the end."""
        self._levels[0] += b"".join(leaves)
        sha256 = hashlib.sha256
        for level, lower in enumerate(self._levels):
            pairs = len(lower) // (2 * _WIDTH)
            if level + 1 == len(self._levels):
                if pairs == 0:
                    return
                self._levels.append(bytearray())
            upper = self._levels[level + 1]
            first = 2 * len(upper)
            upper += b"".join(
                [sha256(b"\x01" + lower[place : place + 64]).digest() for place in range(first, 64 * pairs, 64)]
            )

    def leaf(self, index: int) -> bytes:
        """The leaf hash at an index that counts from 0."""
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """The Merkle tree hash of the first `size` leaves, by default of all.

        Raises:
            BadInput: The tree is smaller than that.
        """
        size = len(self) if size is None else size
        self._check(0, size, "tree size")
        return self._subtree(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The audit path that proves leaf `index` to be part of the tree of the first `size` leaves.

        Returns:
            Hashes from the leaf upwards, at most ceil(log2(size)).

        Raises:
            BadInput: There is no such leaf in a tree of that size.
        """
        size = len(self) if size is None else size
        self._check(1, size, "tree size")
        if not 0 <= index < size:
            raise BadInput(f"leaf {index}", f"is not in a tree of {size} leaves", f"Expected 0 to {size - 1}")
        path = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._subtree(middle, end))
                end = middle
            else:
                path.append(self._subtree(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old_size: int, size: int | None = None) -> list[bytes]:
        """The proof that the first `old_size` leaves are still the beginning of the tree of `size` leaves.

        Raises:
            BadInput: The sizes are not 1 <= old_size <= size <= len(tree).
        """
        size = len(self) if size is None else size
        self._check(old_size, size, "tree size")
        self._check(1, old_size, "old tree size")
        path: list[bytes] = []
        start, end, whole = 0, size, True
        while old_size != end:
            middle = start + _split(end - start)
            if old_size <= middle:
                path.append(self._subtree(middle, end))
                end = middle
            else:
                path.append(self._subtree(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self._subtree(start, end))
        return path[::-1]

    def _check(self, least: int, size: int, name: str) -> None:
        if not least <= size <= len(self):
            raise BadInput(f"{name} {size}", f"does not fit a tree of {len(self)} leaves", f"Expected {least} or more")

    def _node(self, level: int, index: int) -> bytes:
        return bytes(self._levels[level][_WIDTH * index : _WIDTH * (index + 1)])

    def _subtree(self, start: int, end: int) -> bytes:
        """Merkle tree hash of leaves start .. end - 1; start must be a multiple of a power of two >= the width."""
        width = end - start
        if width & (width - 1) == 0:
            level = width.bit_length() - 1
            return self._node(level, start >> level)
        middle = start + _split(width)
        return node_hash(self._subtree(start, middle), self._subtree(middle, end))


def includes(root: bytes, size: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether an audit path proves that `leaf` stands at `index` in the tree with this root and size.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    position, last, value = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            value = node_hash(step, value)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            value = node_hash(value, step)
        position, last = position >> 1, last >> 1
    return last == 0 and value == root


def extends(old_root: bytes, old_size: int, root: bytes, size: int, path: Sequence[bytes]) -> bool:
    """Whether a consistency proof shows the old tree to be the beginning of the new one.

    Source: RFC 9162, section 2.1.4.2. Every tree extends the empty one.
    """
    if old_size == 0:
        return old_root == EMPTY_ROOT and not path
    if not old_size <= size:
        return False
    if old_size == size:
        return old_root == root and not path
    steps = list(path)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    position, last = old_size - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, step)
        position, last = position >> 1, last >> 1
    return last == 0 and old == old_root and new == root


def _split(width: int) -> int:
    """The largest power of two below the width."""
    return 1 << ((width - 1).bit_length() - 1)
