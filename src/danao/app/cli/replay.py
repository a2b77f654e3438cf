"""Running a recorded proof again, and comparing everything that was recorded with what comes out now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from danao.app.cli.record import RecordedProof
from danao.cases import build
from danao.core import BadInput, Case, trial_seeds
from danao.core.errors import LedgerError
from danao.proof import Executor, Proof, prove
from danao.proof.trials import run_arm

_SHOWN_TRIALS = 5


def repeat(recorded: RecordedProof, executor: Executor | None = None) -> Proof:
    """Run a recorded proof again, with its own case, parameters and seeds.

    Raises:
        BadInput: The case is no longer in the catalog or refuses the recorded parameters, or its data changed.
        LedgerError: The record holds other policies than the case.
        MissingData: The data it was made with are absent or were changed.
    """
    case = _case_of(recorded)
    seeds, options = recorded.provenance.seeds, recorded.provenance.options
    given: dict[str, Any] = {"confidence": options.confidence, "executor": executor}
    if options.sequential:
        given |= {name: getattr(options, name) for name in ("precision", "max_trials", "look_every")}
    elif seeds.list is None:
        given["trials"] = seeds.count
    if seeds.list is None:
        return prove(case, seed=seeds.root or 0, **given)
    return prove(case, seeds=seeds.list, **given)


def differing_keys(document: Mapping[str, Any], proof: Proof) -> list[str]:
    """Where the recorded document and the new proof are not equal to the last bit.

    Everything is compared but the versions, the ledger id, and the fingerprints, which `differing_trials` compares
    trial by trial. What only a newer version of Danao writes down does not count.
    """
    now = json.loads(json.dumps(proof.to_dict()))
    before = json.loads(json.dumps(document))
    versions = before["provenance"].get("versions", {}).get("danao"), now["provenance"]["versions"]["danao"]
    for each in (before, now):
        for key in ("versions", "ledger_id", "fingerprints"):
            each["provenance"].pop(key, None)
    return list(_differences(before, now, "", versions[0] == versions[1]))


def differing_trials(recorded: RecordedProof, proof: Proof) -> list[tuple[str, int]]:
    """Policy and seed of every trial whose values are not, to the last bit, those recorded."""
    differing = []
    for name, arm in proof.arms.items():
        before, after = recorded.provenance.trials_of(name), arm.fingerprints()
        seeds = proof.provenance.seeds
        if len(before) != len(after):
            differing += [(name, int(seed)) for seed in seeds]
            continue
        differing += [(name, int(seeds[row])) for row in np.flatnonzero(before != after)]
    return differing


def told_differences(keys: list[str], trials: list[tuple[str, int]]) -> str:
    """The differences in a line."""
    parts = [f"{name} seed {seed}" for name, seed in trials[:_SHOWN_TRIALS]]
    if len(trials) > _SHOWN_TRIALS:
        parts.append(f"{len(trials) - _SHOWN_TRIALS:,} more trials")
    parts += keys[:_SHOWN_TRIALS]
    if len(keys) > _SHOWN_TRIALS:
        parts.append(f"{len(keys) - _SHOWN_TRIALS:,} more values")
    return ", ".join(parts)


def moved_versions(recorded: RecordedProof, proof: Proof) -> str:
    """Versions that are not those of the record, or nothing."""
    now = proof.provenance.versions
    before = recorded.provenance.versions
    return ", ".join(f"{name} {old} -> {now.get(name)}" for name, old in before.items() if now.get(name) != old)


def repeat_trial(recorded: RecordedProof, number: int) -> dict[str, Any]:
    """Run one recorded trial again: its values under every policy, and whether they are those recorded.

    Args:
        recorded: The recorded proof.
        number: Position of the trial, from 0.

    Raises:
        BadInput: There is no such trial; or as `repeat`.
    """
    provenance = recorded.provenance
    seeds = provenance.seeds
    if not 0 <= number < seeds.count:
        raise BadInput(
            f"trial {number}", "not in the proof", f"Expected 0 to {seeds.count - 1}", "Choose a recorded trial"
        )
    seed = seeds.list[number] if seeds.list is not None else int(trial_seeds(seeds.root or 0, number, 1)[0])
    case = _case_of(recorded)
    result: dict[str, Any] = {"trial": number, "seed": seed, "policies": {}}
    for policy in case.policies():
        arm = run_arm(case, policy, [seed])
        groups = {"items": arm.outcomes.items, "kpis": arm.outcomes.kpis}
        result["policies"][policy.name] = {
            **{group: {key: float(values[0]) for key, values in columns.items()} for group, columns in groups.items()},
            "identical": bool(arm.fingerprints()[0] == provenance.trials_of(policy.name)[number]),
        }
    result["identical"] = all(entry["identical"] for entry in result["policies"].values())
    return result


def _case_of(recorded: RecordedProof) -> Case:
    """The case of a recorded proof, with the same data and the same policies."""
    provenance = recorded.provenance
    case = build(recorded.case, provenance.parameters, f"record of {recorded.case}")
    data = case.data()
    changed = [name for name, digest in provenance.data.items() if data.get(name) != digest]
    if changed:
        raise BadInput(
            f"data {changed[0]}",
            "differs from the data of the recorded proof",
            f"Expected SHA-256 {provenance.data[changed[0]][:12]}...",
            "Restore the version of the data that the proof was made with",
        )
    known = [policy.name for policy in case.policies()]
    if set(known) != set(provenance.fingerprints):
        odd = sorted(set(known) ^ set(provenance.fingerprints))[0]
        raise LedgerError(
            f"record of {recorded.case}",
            f"policy {odd!r} is only {'in the case' if odd in known else 'in the record'}",
            f"Expected the policies of the case: {', '.join(known)}",
            "Run it with the version of the case that it was made with",
        )
    return case


def _differences(before: Any, now: Any, path: str, same_version: bool) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*before, *(key for key in now if key not in before and same_version)]:
            inner = f"{path}.{key}" if path else str(key)
            if key in before and key in now:
                yield from _differences(before[key], now[key], inner, same_version)
            else:
                yield f"{inner} (only {'in the record' if key in before else 'now'})"
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for at, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from _differences(old, new, f"{path}[{at}]", same_version)
    elif before != now or isinstance(before, bool) != isinstance(now, bool):
        yield path
