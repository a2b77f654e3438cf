"""The section that says how to repeat the proof, and the glossary."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence

from danao.proof.proof import Proof
from danao.proof.report import figures, words
from danao.proof.report.figures import Shown, number, percent
from danao.proof.report.invocation import changed, flattened, neighbours, seeds_given
from danao.proof.report.layout import Cell, Section, Table, Text, table

LONGEST_VALUE = 400
MOST_RUNS = 24


def repeating(proof: Proof, *, exhibits: bool) -> Section:
    """Seeds, options, data, versions, method.

    Args:
        proof: What is to be repeated.
        exhibits: Whether the report shows exhibits of the case.
    """
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
    options: dict[str, Text | Cell] = {name: _readable(value) for name, value in provenance.options.items()}
    for label, heading, values in (
        ("Options", "Option|Value", options),
        ("Parameters of the case", "Parameter|Value", _parameters(proof)),
        ("Data files", "Data file|SHA-256", dict(provenance.data)),
        ("Versions", "Package|Version", dict(provenance.versions)),
        ("Digests", "Policy|SHA-256 of all its trials' fingerprints", _digests(proof)),
    ):
        if values:
            tables.append(_pairs(label, heading, values))
    told = (
        "The same command on the same data, with the versions below, gives the same trials, money, KPIs, intervals and "
        "verdict to the last digit."
    )
    if exhibits:
        told += (
            " Not so the exhibits that are computed within a time limit, such as bounds and fronts: how far they get "
            "depends on the speed of the machine."
        )
    if provenance.ledger_id is not None:
        told += " The second command runs the recorded trials again and compares every value to the last bit."
    if seeds_given(proof):
        told += " The seeds were given one by one and have to be given again, in Python."
    return Section("repeat", "How to repeat it", (told,), tables=tuple(tables))


def _parameters(proof: Proof) -> dict[str, Text | Cell]:
    """Every parameter on a row of its own, those of groups with the name of the group before."""
    everything = dict(flattened(proof.provenance.parameters))
    set_here = {name for name, _ in flattened(changed(proof))}
    mark = set_here < set(everything)
    rows: dict[str, Text | Cell] = {}
    for name, value in everything.items():
        rows[f"{name} (not the default)" if mark and name in set_here else name] = _readable(value)
    return rows


def _saving(factor: float) -> Text:
    if math.isinf(factor):
        return "left no spread at all between the trials"
    if factor == 1:
        return "not in use, or without effect"
    if factor < 1:
        return Shown(factor, f"made the spread larger: {number(1 / factor)} times more trials needed than unpaired")
    return Shown(factor, f"{number(factor)} times fewer trials needed")


def _pairs(label: str, heading: str, values: Mapping[str, Text | Cell]) -> Table:
    return table(label, heading, list(values.items()))


def _digests(proof: Proof) -> dict[str, str]:
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in proof.provenance.fingerprints.items()}


def _readable(value: object) -> Text:
    """A parameter as people read it: numbers with separators, lists with commas, None as `not set`; cut where long."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        plain = f"{value:,}" if isinstance(value, int) else figures.given(value)
        return Shown(float(value), plain) if abs(value) >= 10_000 else plain.replace(",", "")
    if isinstance(value, list | tuple) and all(not isinstance(each, list | tuple | Mapping) for each in value):
        text = ", ".join(str(_readable(each)) for each in value) or "none"
    elif isinstance(value, str):
        text = value or "empty"
    else:
        text = json.dumps(value, ensure_ascii=False, default=str) if value else "none"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text):,} characters)"


def condensed(seeds: Sequence[int]) -> str:
    """A seed list with its runs of neighbours joined, cut where it is long: `0 to 9, 12, 14 to 20`."""
    runs = neighbours(seeds)
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
            "Best estimate",
            "The middle of what the trials say about the mean effect, over many periods. A single period can turn out "
            "better or worse.",
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
            "All money paid and earned over the life, each discounted to today at the cost of capital, and added up. "
            "It rests on an investment that the case assumes.",
        ),
    )
