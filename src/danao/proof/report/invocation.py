"""The command lines that give a proof again."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from danao.proof.proof import Proof

DEFAULT_MAX_TRIALS = 100_000


def commands(proof: Proof) -> tuple[str, ...]:
    """What to call, one line each: the proof from its parameters, then its record in the ledger if it has one."""
    lines = [call(proof) if seeds_given(proof) else command(proof)]
    if proof.provenance.ledger_id is not None:
        lines.append(f"danao ledger replay {shlex.quote(proof.provenance.ledger_id)}")
    return tuple(lines)


def command(proof: Proof) -> str:
    """The command line of a proof whose seeds follow from a root or are the first blocks of a replay."""
    provenance, case = proof.provenance, proof.case
    told = ["danao", "prove", case.name]
    for key, value in flattened(changed(proof)):
        told += ["--set", f"{key}={in_yaml(value)}"]
    if provenance.root_seed is not None:
        told += ["--seed", str(provenance.root_seed)]
    precision, most = provenance.options.get("precision"), provenance.options.get("max_trials")
    if precision is not None:
        told += ["--precision", f"{precision!r}"]
        if most is not None and most != DEFAULT_MAX_TRIALS:
            told += ["--max-trials", str(most)]
    elif proof.trials != case.trials:
        told += ["--trials", str(proof.trials)]
    if not math.isclose(proof.effect.confidence, 0.95):
        told += ["--confidence", f"{proof.effect.confidence!r}"]
    return shlex.join(told)


def call(proof: Proof) -> str:
    """The Python call of a proof whose seeds were given one by one."""
    settings = dict(changed(proof))
    built = f"danao.cases.build({proof.case.name!r}{f', {settings!r}' if settings else ''})"
    seeds = as_ranges(proof.provenance.seeds)
    return f"danao.proof.prove({built}, seeds=[{seeds}], confidence={proof.effect.confidence!r})"


def seeds_given(proof: Proof) -> bool:
    """Whether the seeds are neither drawn from a root nor the first blocks of a replay."""
    provenance = proof.provenance
    replay = proof.case.trials is not None and provenance.seeds == tuple(range(proof.trials))
    return provenance.root_seed is None and not replay


def changed(proof: Proof) -> Mapping[str, Any]:
    """The parameters that make this case: those that differ from its defaults, or all where it cannot tell."""
    told: Mapping[str, Any] = getattr(proof.case, "settings_changed", proof.case.parameters)()
    return told


def flattened(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Keys of nested mappings joined by dots; a mapping whose own keys could not be told apart stays whole."""
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and all(_plain(inner) for inner in value):
            yield from flattened(value, f"{name}.")
        else:
            yield name, value


def in_yaml(value: Any) -> str:
    """A value on one line, as `--set` reads it."""
    text = yaml.safe_dump(
        _listed(value), default_flow_style=True, allow_unicode=True, width=math.inf, sort_keys=False
    ).removesuffix("...\n")
    if "\n" in text.strip("\n") or yaml.safe_load(text) != _listed(value):
        text = yaml.safe_dump(_listed(value), default_flow_style=True, default_style='"', width=math.inf)
    return text.strip("\n")


def as_ranges(seeds: Sequence[int], most: int = 24) -> str:
    """Seeds as the inside of a Python list, runs of neighbours as ranges; cut with a remark where it is long."""
    runs = neighbours(seeds)
    told = [str(low) if low == high else f"*range({low}, {high + 1})" for low, high in runs[:most]]
    rest = len(seeds) - sum(high - low + 1 for low, high in runs[:most])
    return ", ".join(told) + (f", and {rest:,} more, listed in the proof's JSON document" if rest else "")


def neighbours(seeds: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbouring seeds."""
    runs: list[tuple[int, int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], seed)
        else:
            runs.append((seed, seed))
    return runs


def _plain(key: object) -> bool:
    return isinstance(key, str) and key != "" and not set(".=") & set(key)


def _listed(value: Any) -> Any:
    """The same with plain lists and dicts, which is all that YAML's safe form writes."""
    if isinstance(value, Mapping):
        return {key: _listed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(inner) for inner in value]
    return value
