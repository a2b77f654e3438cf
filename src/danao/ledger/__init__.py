"""The ledger: an append-only, tamper-evident record of proofs, approvals, decisions and outcomes."""

from danao.ledger.canonical import canonical, sha256_of
from danao.ledger.heads import (
    SignedHead,
    TreeHead,
    create_key,
    key_id,
    load_key,
    load_public_key,
    save_public_key,
)
from danao.ledger.merkle import ConsistencyProof, InclusionProof, MerkleTree, leaf_hash
from danao.ledger.statement import PREDICATE_TYPES, Record
from danao.ledger.store import Ledger, Receipt
from danao.ledger.verify import Report, verify

__all__ = [
    "PREDICATE_TYPES",
    "ConsistencyProof",
    "InclusionProof",
    "Ledger",
    "MerkleTree",
    "Receipt",
    "Record",
    "Report",
    "SignedHead",
    "TreeHead",
    "canonical",
    "create_key",
    "key_id",
    "leaf_hash",
    "load_key",
    "load_public_key",
    "save_public_key",
    "sha256_of",
    "verify",
]
