"""Proofs in the ledger: writing one down, and running it again bit for bit."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from danao.cases import build
from danao.core import BadInput
from danao.ledger import Ledger, Record
from danao.proof import Executor, Proof, prove
from danao.proof.trials import run_arm


def default_ledger() -> str:
    """`DANAO_LEDGER`, else a file in the user's data folder."""
    import platformdirs

    return os.environ.get("DANAO_LEDGER") or str(Path(platformdirs.user_data_dir("danao")) / "ledger.sqlite")


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


def recorded_proof(ledger: Ledger, key: str) -> tuple[Record, Mapping[str, Any]]:
    """A proof's record and its document.

    Raises:
        LedgerError: No such record.
        BadInput: The record is not a proof.
    """
    record = ledger.record(key)
    if record.kind != "proof":
        raise BadInput(
            f"record {record.id}", f"is a record of kind {record.kind}", "Expected a proof", "Run `danao ledger list`"
        )
    return record, record.predicate


def repeat(document: Mapping[str, Any], executor: Executor | None = None) -> Proof:
    """Run a recorded proof again, with its own case, parameters and seeds.

    Raises:
        BadInput: The case is no longer in the catalog or refuses the recorded parameters.
        MissingData: The data it was made with are absent or were changed.
    """
    provenance = document["provenance"]
    case = build(document["case"], provenance["parameters"], f"record of {document['case']}")
    changed = [name for name, digest in provenance["data"].items() if case.data().get(name) != digest]
    if changed:
        raise BadInput(
            f"data {changed[0]}",
            "differs from the data of the recorded proof",
            f"Expected SHA-256 {provenance['data'][changed[0]][:12]}...",
            "Restore the version of the data that the proof was made with",
        )
    seeds = provenance["seeds"]
    options = provenance["options"]
    given: dict[str, Any] = {"confidence": options["confidence"], "executor": executor}
    if options["sequential"]:
        given |= {name: options[name] for name in ("precision", "max_trials", "look_every")}
    elif seeds["list"] is None:
        given["trials"] = seeds["count"]
    if seeds["list"] is None:
        return prove(case, seed=seeds["root"], **given)
    return prove(case, seeds=seeds["list"], **given)


def differing_trials(document: Mapping[str, Any], proof: Proof) -> list[tuple[str, int]]:
    """Policy and seed of every trial whose values are not, to the last bit, those recorded."""
    differing = []
    for name, recorded in document["provenance"]["fingerprints"].items():
        before = np.frombuffer(base64.b64decode(recorded), dtype="<u8")
        after = np.frombuffer(base64.b64decode(proof.provenance.fingerprints[name]), dtype="<u8")
        if len(before) != len(after):
            differing += [(name, int(seed)) for seed in proof.provenance.seeds]
            continue
        differing += [(name, int(proof.provenance.seeds[row])) for row in np.flatnonzero(before != after)]
    return differing


def repeat_trial(document: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Run one recorded trial again: its values under every policy, and whether they are those recorded.

    Args:
        document: The recorded proof.
        number: Position of the trial, from 0.

    Raises:
        BadInput: There is no such trial.
    """
    from danao.core import trial_seeds

    provenance = document["provenance"]
    seeds = provenance["seeds"]
    if not 0 <= number < seeds["count"]:
        raise BadInput(
            f"trial {number}", "not in the proof", f"Expected 0 to {seeds['count'] - 1}", "Choose a recorded trial"
        )
    seed = seeds["list"][number] if seeds["list"] is not None else int(trial_seeds(seeds["root"], number, 1)[0])
    case = build(document["case"], provenance["parameters"], f"record of {document['case']}")
    result: dict[str, Any] = {"trial": number, "seed": seed, "policies": {}}
    for policy in case.policies():
        arm = run_arm(case, policy, [seed])
        recorded = np.frombuffer(base64.b64decode(provenance["fingerprints"][policy.name]), dtype="<u8")[number]
        groups = {"items": arm.outcomes.items, "kpis": arm.outcomes.kpis}
        result["policies"][policy.name] = {
            **{group: {key: float(values[0]) for key, values in columns.items()} for group, columns in groups.items()},
            "identical": bool(arm.fingerprints()[0] == recorded),
        }
    result["identical"] = all(entry["identical"] for entry in result["policies"].values())
    return result
