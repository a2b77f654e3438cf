"""Random streams: counter-based, one per entity and purpose, so that two policies see the same world."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

_HALF_BITS = np.uint64(26)
_HALF_MASK = np.uint64((1 << 26) - 1)
_ROUNDS = 6


def stream(seed: int, *purpose: str | int) -> Generator:
    """A random stream for one trial and one purpose.

    Two policies that ask for the same seed and purpose draw the same numbers, however many they draw elsewhere.

    Args:
        seed: The trial's seed.
        purpose: Names of the entity and the use, for example `"furnace-2", "repair time"`.

    Source: Philox 4x64, Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011).
    """
    label = "\x1f".join(f"{type(part).__name__}:{part}" for part in (seed, *purpose))
    key = np.frombuffer(hashlib.sha256(label.encode()).digest()[:16], dtype="<u8")
    return Generator(Philox(key=key))


def trial_seeds(root: int, first: int, count: int) -> NDArray[np.int64]:
    """Seeds of trials `first .. first + count - 1` of the proof with the given root seed.

    The map from trial number to seed is a bijection on 52 bits (a Feistel network keyed by the root), so that no seed
    repeats within a proof, two roots share trials only by chance, and every seed is exact in JSON.

    Returns:
        Shape (count,), values in 0 .. 2**52 - 1.
    """
    number = np.arange(first, first + count, dtype=np.uint64)
    left, right = number >> _HALF_BITS, number & _HALF_MASK
    key = np.frombuffer(hashlib.sha256(f"trial seeds:{root}".encode()).digest(), dtype="<u8")
    for turn in range(_ROUNDS):
        left, right = right, left ^ (_mix(right + key[turn % 4] + np.uint64(turn)) & _HALF_MASK)
    return ((left << _HALF_BITS) | right).astype(np.int64)


def _mix(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of SplitMix64 (Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
