"""The section that says how to repeat the proof, and the glossary."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections.abc import Sequence

from danao.proof.proof import Proof
from danao.proof.report import words
from danao.proof.report.figures import Shown, number, percent
from danao.proof.report.layout import Cell, Section, Table, Text, table

LONGEST_VALUE = 400
MOST_RUNS = 24


def command(proof: Proof) -> str:
    """The command line that gives this proof again, or the call where the seeds were given one by one."""
    provenance = proof.provenance
    if _given(proof):
        return f"danao.proof.prove(case, seeds=[{condensed(provenance.seeds)}], confidence={proof.effect.confidence:g})"
    words_ = ["danao", "prove", shlex.quote(proof.case.name)]
    if provenance.root_seed is not None:
        words_ += ["--seed", str(provenance.root_seed)]
    precision = provenance.options.get("precision")
    words_ += ["--precision", f"{precision:.17g}"] if precision is not None else ["--trials", str(proof.trials)]
    if not math.isclose(proof.effect.confidence, 0.95):
        words_ += ["--confidence", f"{proof.effect.confidence:g}"]
    return " ".join(words_)


def repeating(proof: Proof) -> Section:
    """Seeds, options, data, versions, method."""
    provenance = proof.provenance
    root = provenance.root_seed
    seeds = condensed(provenance.seeds)
    if root is not None:
        seeds = f"{proof.trials:,} drawn from root seed {root}"
    reduction = proof.variance_reduction
    rows: list[tuple[Text | Cell, ...]] = [
        ("Seeds of the trials", seeds),
        ("Interval", Cell(words.method_in_words(proof.effect.method), proof.effect.method)),
        ("Pairing on the same random numbers", _saving(reduction.common_random_numbers)),
        ("Control variates", _saving(reduction.control_variates)),
        ("Ledger record", provenance.ledger_id or "not recorded in a ledger"),
    ]
    tables = [table("How the proof was made", "What|Value", rows)]
    for label, heading, values in (
        ("Options", "Option|Value", {name: _json(value) for name, value in provenance.options.items()}),
        ("Parameters of the case", "Parameter|Value", {k: _json(value) for k, value in provenance.parameters.items()}),
        ("Data files", "Data file|SHA-256", dict(provenance.data)),
        ("Versions", "Package|Version", dict(provenance.versions)),
        ("Digests", "Policy|SHA-256 of all its trials' fingerprints", _digests(proof)),
    ):
        if values:
            tables.append(_pairs(label, heading, values))
    told = "The same call on the same data gives the same numbers to the last digit."
    if provenance.parameters:
        told += " Parameters that differ from the case's own are set with --set NAME=VALUE."
    if _given(proof):
        told += " The seeds were given one by one and have to be given again."
    return Section("repeat", "How to repeat it", (told,), tables=tuple(tables))


def _given(proof: Proof) -> bool:
    """Whether the seeds are neither drawn from a root nor the first blocks of a replay."""
    provenance = proof.provenance
    replay = proof.case.trials is not None and provenance.seeds == tuple(range(proof.trials))
    return provenance.root_seed is None and not replay


def _saving(factor: float) -> Text:
    if math.isinf(factor):
        return "left no spread at all between the trials"
    if factor == 1:
        return "not in use, or without effect"
    if factor < 1:
        return Shown(factor, f"made the spread larger: {number(1 / factor)} times more trials needed than unpaired")
    return Shown(factor, f"{number(factor)} times fewer trials needed")


def _pairs(label: str, heading: str, values: dict[str, str]) -> Table:
    return table(label, heading, list(values.items()))


def _digests(proof: Proof) -> dict[str, str]:
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in proof.provenance.fingerprints.items()}


def _json(value: object) -> str:
    """A parameter as JSON, cut where it is long."""
    if value is None:
        return "not set"
    if isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
        text = {"true": "yes", "false": "no"}.get(text, text)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text):,} characters)"


def condensed(seeds: Sequence[int]) -> str:
    """A seed list with its runs of neighbours joined, cut where it is long: `0 to 9, 12, 14 to 20`."""
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    told = [str(first) if first == last else f"{first} to {last}" for first, last in runs[:MOST_RUNS]]
    rest = len(seeds) - sum(last - first + 1 for first, last in runs[:MOST_RUNS])
    return ", ".join(told) + (f" and {rest:,} more; the proof's JSON document lists all" if rest else "")


def glossary(proof: Proof) -> tuple[tuple[str, str], ...]:
    """The words that the report uses, for somebody who signs it."""
    confidence = percent(proof.effect.confidence)
    return (
        (
            "Proven, not proven, harmful",
            "Proven: the whole interval of the effect lies above 0 and every guardrail held. Harmful: the whole "
            "interval lies below 0, or a guardrail is broken. Not proven: neither is shown; today's rule stays.",
        ),
        (
            "Baseline, candidate, rival",
            "The baseline is what is done today, the candidate what is proposed, a rival a cheaper change that might "
            "explain the gain as well.",
        ),
        (
            "Paired trial",
            "Both policies face the very same orders, breakdowns and prices, and only then their money is compared. "
            "Luck hits both alike and cancels out.",
        ),
        (
            "Confidence interval",
            f"The range that contains the true mean effect in {confidence} of all proofs made this way. "
            "The wider it is, the less is known.",
        ),
        (
            "Guardrail",
            "Something that must not get worse by more than a stated margin, however much money is gained, for example "
            "lateness or scrap. It counts as held only when that is shown, not when nothing was seen.",
        ),
        (
            "Control variates",
            "Outside influences with a known mean, such as weather or demand. What they explain is taken out of the "
            "comparison, so that fewer trials are needed.",
        ),
        (
            "Net present value",
            "All money paid and earned over the life, each discounted to today at the cost of capital, and added up.",
        ),
    )
