"""The Merkle tree against the public test vectors of Certificate Transparency, and against RFC 6962's own recursion."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danao.core import BadInput
from danao.ledger.merkle import EMPTY_ROOT, ConsistencyProof, InclusionProof, MerkleTree, extends, includes, leaf_hash

# google/certificate-transparency and transparency-dev/merkle, reference leaves, roots and proofs.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSION = [  # leaf counted from 1, tree size, path
    (1, 1, []),
    (1, 8, [A, B, C]),
    (6, 8, [D, E, ROOTS[4]]),
    (3, 3, [ROOTS[2]]),
    (2, 5, [ROOTS[1], B, D]),
]
CONSISTENCY = [  # old size, size, path
    (1, 1, []),
    (1, 8, [A, B, C]),
    (6, 8, [F, E, ROOTS[4]]),
    (2, 5, [B, D]),
]


def published_tree() -> MerkleTree:
    return MerkleTree(leaf_hash(leaf) for leaf in LEAVES)


def recursive_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, section 2.1, writes it."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + recursive_root(leaves[:split]) + recursive_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int):
    assert published_tree().root(size).hex() == ROOTS[size]
    assert EMPTY_ROOT.hex() == ROOTS[0]


@pytest.mark.parametrize(("leaf", "size", "path"), INCLUSION)
def test_inclusion_proofs_are_the_published_ones(leaf: int, size: int, path: list[str]):
    assert [step.hex() for step in published_tree().inclusion(leaf - 1, size)] == path


@pytest.mark.parametrize(("old_size", "size", "path"), CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(old_size: int, size: int, path: list[str]):
    assert [step.hex() for step in published_tree().consistency(old_size, size)] == path


@pytest.mark.parametrize("size", [*range(1, 40), 64, 65, 127, 1000])
def test_roots_and_all_proofs_of_grown_trees_hold(size: int):
    contents = [str(number).encode() for number in range(size)]
    tree = MerkleTree()
    for start in range(0, size, 7):
        tree.extend(leaf_hash(content) for content in contents[start : start + 7])
    root = recursive_root(contents)
    assert tree.root() == root
    for index in range(0, size, max(1, size // 40)):
        path = tree.inclusion(index)
        assert len(path) <= (size - 1).bit_length()
        assert includes(root, size, index, leaf_hash(contents[index]), path)
        old_size = index + 1
        assert extends(recursive_root(contents[:old_size]), old_size, root, size, tree.consistency(old_size))


@given(st.integers(2, 70), st.data())
def test_a_changed_proof_proves_nothing(size: int, data: st.DataObject):
    tree = MerkleTree(leaf_hash(str(number).encode()) for number in range(size))
    index = data.draw(st.integers(0, size - 1))
    root, leaf, path = tree.root(), tree.leaf(index), tree.inclusion(index)
    place, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    flipped = bytearray(path[place])
    flipped[bit // 8] ^= 1 << bit % 8
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    assert not includes(root, size, index, leaf, [*path[:place], bytes(flipped), *path[place + 1 :]])
    assert not includes(root, size, index, leaf, path[:-1])
    assert not includes(root, size, index, leaf, [*path, root])
    assert not includes(root, size, other, leaf, path)
    assert not includes(root, size, size, leaf, path)
    old_size = data.draw(st.integers(1, size - 1))
    old_root, steps = tree.root(old_size), tree.consistency(old_size)
    assert extends(old_root, old_size, root, size, steps)
    assert not extends(leaf_hash(b"other"), old_size, root, size, steps)
    assert not extends(old_root, old_size, leaf_hash(b"other"), size, steps)
    assert not extends(old_root, old_size, root, size, steps[:-1])
    assert not extends(old_root, old_size, root, size, [*steps, root])
    assert not extends(root, size, old_root, old_size, steps)


def test_every_tree_extends_the_empty_one_and_itself():
    tree = published_tree()
    assert extends(EMPTY_ROOT, 0, tree.root(), 8, [])
    assert extends(tree.root(), 8, tree.root(), 8, [])
    assert not extends(EMPTY_ROOT, 0, tree.root(), 8, [tree.root()])
    assert not extends(tree.root(), 8, EMPTY_ROOT, 8, [])
    assert not extends(tree.root(2), 2, tree.root(3), 3, [])


def test_proofs_that_cannot_be_are_refused_in_words():
    tree = published_tree()
    for wrong in (
        lambda: tree.root(9),
        lambda: tree.inclusion(8),
        lambda: tree.inclusion(-1),
        lambda: tree.inclusion(0, 9),
        lambda: MerkleTree().inclusion(0),
        lambda: tree.consistency(0),
        lambda: tree.consistency(5, 4),
        lambda: tree.consistency(1, 9),
    ):
        with pytest.raises(BadInput):
            wrong()


def test_proof_objects_can_be_written_and_checked_against_a_trusted_root():
    tree = published_tree()
    inclusion = InclusionProof(5, 8, tree.leaf(5), tree.root(), tuple(tree.inclusion(5)))
    assert inclusion.holds()
    assert inclusion.holds(bytes.fromhex(ROOTS[8]))
    assert not inclusion.holds(bytes.fromhex(ROOTS[7]))
    assert inclusion.to_dict()["path"] == [D, E, ROOTS[4]]
    consistency = ConsistencyProof(6, 8, tree.root(6), tree.root(), tuple(tree.consistency(6)))
    assert consistency.holds()
    assert not consistency.holds(old_root=bytes.fromhex(ROOTS[5]))
    assert consistency.to_dict()["old_root_hash"] == ROOTS[6]
