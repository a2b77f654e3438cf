"""Proofs in the ledger: writing one down, and reading one back in a form that can be run again."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from danao.core import BadInput
from danao.core.errors import LedgerError
from danao.ledger import Ledger, Record
from danao.proof import Proof

_BYTES = 8
"""Of a fingerprint."""


def record_proof(place: str, proof: Proof) -> Proof:
    """Append a proof to the ledger; returns the proof with its ledger id.

    Raises:
        LedgerError: The ledger cannot be opened or written.
        StorageError: The disk is full or read-only.
    """
    document = proof.to_dict()
    del document["provenance"]["ledger_id"]
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    with Ledger.open(place) as ledger:
        receipt = ledger.append("proof", {f"case/{proof.case.name}": digest}, document)
    return proof.recorded(receipt.id)


class _Part(BaseModel):
    """A part of a recorded proof; what is not needed to run it again may be there too."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class RecordedSeeds(_Part):
    """Which trials were run."""

    root: int | None
    count: int = Field(ge=1)
    list: tuple[Annotated[int, Field(ge=-(2**53), le=2**53)], ...] | None = Field(strict=False)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (self.root is None) == (self.list is None):
            raise ValueError("either a root or a list of seeds is needed")
        if self.list is not None and len(self.list) != self.count:
            raise ValueError(f"{len(self.list)} seeds are listed, but {self.count} are counted")
        return self


class RecordedOptions(_Part):
    """Arguments of `prove`."""

    confidence: float
    sequential: bool
    precision: float | None
    max_trials: Annotated[int, Field(ge=1)] | None
    look_every: Annotated[int, Field(ge=1)] | None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.sequential and (self.precision is None or self.max_trials is None):
            raise ValueError("a sequential proof needs a precision and a largest number of trials")
        return self


class RecordedProvenance(_Part):
    """Everything needed to run the proof again."""

    seeds: RecordedSeeds
    options: RecordedOptions
    parameters: dict[str, Any]
    data: dict[str, str]
    versions: dict[str, str]
    fingerprints: dict[str, str] = Field(min_length=2)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for policy in self.fingerprints:
            found = len(self.trials_of(policy))
            if found != self.seeds.count:
                raise ValueError(f"{found} fingerprints of policy {policy!r} for {self.seeds.count} trials")
        return self

    def trials_of(self, policy: str) -> NDArray[np.uint64]:
        """Fingerprint of each trial of a policy."""
        try:
            raw = base64.b64decode(self.fingerprints[policy], validate=True)
        except binascii.Error as error:
            raise ValueError(f"the fingerprints of policy {policy!r} are not base64 ({error})") from None
        if len(raw) % _BYTES:
            raise ValueError(f"the fingerprints of policy {policy!r} are cut off")
        return np.frombuffer(raw, dtype="<u8")


class RecordedProof(_Part):
    """A proof as it was written down."""

    case: str
    verdict: str
    effect: dict[str, Any]
    provenance: RecordedProvenance


def recorded_proof(ledger: Ledger, key: str) -> tuple[Record, Mapping[str, Any], RecordedProof]:
    """A proof's record, its document, and the part of it that is needed to run it again.

    Raises:
        LedgerError: The record is not a proof that can be run again.
        BadInput: There is no such record, or it is of another kind.
    """
    record = ledger.record(key)
    if record.kind != "proof":
        raise BadInput(
            f"record {record.id}", f"is a record of kind {record.kind}", "Expected a proof", "Run `danao ledger list`"
        )
    try:
        return record, record.predicate, RecordedProof.model_validate(record.predicate)
    except ValidationError as errors:
        first = errors.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise LedgerError(
            f"record {record.id}",
            f"cannot be run again: {where}: {first['msg'].removeprefix('Value error, ')}",
            "Expected a whole proof, as `danao prove` records it",
            "Read it with `danao ledger show`; find out who wrote it",
        ) from None
