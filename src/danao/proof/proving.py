"""`prove`: run both policies on the same trials until their difference in money is known well enough."""

from __future__ import annotations

import base64
import math
import platform
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from danao.core.case import Case
from danao.core.errors import BadInput, CurrencyMismatch
from danao.core.random import trial_seeds
from danao.proof.appraisal import Appraisal, appraise
from danao.proof.effects import check_columns, clusters_of, difference, effect_of, interval_of
from danao.proof.estimate import Estimate
from danao.proof.executors import Executor, InProcess
from danao.proof.guardrails import judge_guardrails, planned_trials
from danao.proof.proof import KpiResult, Proof, Provenance, RivalResult, VarianceReduction
from danao.proof.shortfall import Shortfall, distrust, find_shortfall
from danao.proof.simultaneous import simultaneous
from danao.proof.trials import Arm, check_seeds
from danao.proof.verdict import decide

DEFAULT_TRIALS = 400
DEFAULT_SEED = 1
FIRST_LOOK = 30
GROWTH = 1.25
YEAR = timedelta(days=365.25)

Progress = Callable[[int, int | None], None]
"""Called with the trials done and the trials planned (None: not known yet)."""

Values = NDArray[np.float64]


def prove(
    case: Case,
    *,
    trials: int | None = None,
    precision: float | None = None,
    confidence: float = 0.95,
    seed: int = DEFAULT_SEED,
    seeds: Sequence[int] | None = None,
    max_trials: int = 100_000,
    look_every: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    appraisal: bool = True,
) -> Proof:
    """Prove what the candidate of a case is worth against its baseline.

    With `precision` the trials go on until the interval is as narrow as asked; that interval is a confidence sequence,
    valid however often one looks: exactly for normal differences, asymptotically for others, and no stop is made while
    they look too skewed for their number. Without it the number of trials is fixed beforehand and the interval is
    narrower.

    Args:
        case: What is decided, by whom, tried where, worth what.
        trials: Fixed number of paired trials; default: all blocks of a replay, else 400, or more where a guardrail
            with bounds needs them (`planned_trials`).
        precision: Half-width of the interval to reach, in the case's currency per trial period.
        confidence: Of every interval, two-sided; guardrail bounds have it on their one side.
        seed: Root of the trial seeds.
        seeds: The trials' seeds themselves, instead of a root.
        max_trials: Where a sequential proof gives up.
        look_every: Trials between two looks of a sequential proof; default: looks at geometrically growing numbers.
        executor: Where trials run; default: in this process.
        progress: Called after every batch.
        appraisal: Whether to value the effect as an investment (some 40 ms).

    Raises:
        BadInput: Arguments that contradict each other or the case.
        RepeatedSeeds: A seed list names a trial twice.
        TrialFailed: A trial failed and the case declares no cost for that.
        CurrencyMismatch: The investment is in another currency than the case.
    """
    _check(case, trials, precision, confidence, max_trials, look_every)
    executor = executor or InProcess()
    source = _Seeds(case, seed, seeds)
    goal = source.available if trials is None else trials
    if source.available is not None and goal is not None and goal > source.available:
        raise BadInput("trials", f"{goal}", f"Expected at most {source.available}, the seeds given", "Give more seeds")
    if goal is None:
        goal = max(DEFAULT_TRIALS, planned_trials(case, confidence))
    sequential = precision is not None
    most = max_trials if source.available is None else min(max_trials, source.available)
    looks = _looks(most, look_every) if sequential else [goal]
    names = [policy.name for policy in case.policies()]
    parts: dict[str, list[Arm]] = {name: [] for name in names}
    done = 0
    with executor.session(case) as run:
        for look in looks:
            for first, last in _batches(done, look, executor.workers, progress is not None):
                _extend(parts, names, run, source.take(first, last - first), executor.workers)
                if progress:
                    progress(last, None if sequential else goal)
            done = look
            arms = {name: Arm.join(batches) for name, batches in parts.items()}
            parts = {name: [arm] for name, arm in arms.items()}
            if precision is not None and _precise(case, arms, names, confidence, precision):
                break
    options = {
        "confidence": confidence,
        "precision": precision,
        "sequential": sequential,
        "max_trials": max_trials if sequential else None,
        "look_every": look_every if sequential else None,
    }
    return _conclude(case, arms, confidence, precision, source.provenance(done), options, appraisal)


def _check(
    case: Case,
    trials: int | None,
    precision: float | None,
    confidence: float,
    max_trials: int,
    look_every: int | None,
) -> None:
    if trials is not None and precision is not None:
        raise BadInput(
            "prove",
            "both `trials` and `precision` are given",
            "Expected one of them",
            "Use max_trials to cap a precision",
        )
    if not 0.5 < confidence < 1:
        raise BadInput("confidence", f"{confidence}", "Expected a number between 0.5 and 1", "Use 0.95")
    if precision is not None and case.sampling.kind == "inputs":
        raise BadInput(
            "precision",
            f"{precision} for case {case.name}, whose trials share draws of uncertain inputs",
            "Expected a fixed number of trials: more trials do not narrow what the inputs leave uncertain",
            "Give a number of trials instead",
        )
    if precision is not None and not 0 < precision < math.inf:
        raise BadInput("precision", f"{precision}", "Expected an amount above 0", f"Give it in {case.currency}")
    if look_every is not None and look_every < 1:
        raise BadInput("look_every", f"{look_every}", "Expected 1 or more", "Leave it out for the default")
    if (trials is not None and trials < 1) or max_trials < 1:
        raise BadInput("trials", f"{trials if trials is not None else max_trials}", "Expected 1 or more", "Give more")
    if case.trials is not None and trials is not None and trials > case.trials:
        raise BadInput(
            f"case {case.name}",
            f"{trials} trials asked for",
            f"Expected at most {case.trials}: it replays {case.trials} recorded blocks",
            "Ask for fewer; a block cannot be used twice",
        )
    if case.investment.currency not in (None, case.currency):
        raise CurrencyMismatch(
            f"case {case.name}, investment",
            f"in {case.investment.currency}",
            f"Expected {case.currency}, the currency of the case",
            "Convert it; Danao never converts currencies by itself",
        )


class _Seeds:
    """Where the seeds of the trials come from."""

    def __init__(self, case: Case, root: int, given: Sequence[int] | None) -> None:
        self.available: int | None = case.trials
        self._root: int | None = root
        self._given: NDArray[np.int64] | None = None
        if given is not None:
            check_seeds(given)
            self._given = np.asarray(given, dtype=np.int64)
            if case.trials is not None and (self._given.min() < 0 or self._given.max() >= case.trials):
                raise BadInput(
                    "seeds",
                    f"{self._given.min()} to {self._given.max()}",
                    f"Expected blocks 0 to {case.trials - 1} of the replay",
                    "Correct the list",
                )
            self.available, self._root = len(given), None
        elif case.trials is not None:
            self._given, self._root = np.arange(case.trials, dtype=np.int64), None

    def take(self, first: int, count: int) -> list[int]:
        if self._given is not None:
            return [int(seed) for seed in self._given[first : first + count]]
        return [int(seed) for seed in trial_seeds(self._root or 0, first, count)]

    def provenance(self, count: int) -> tuple[int | None, tuple[int, ...]]:
        return self._root, tuple(self.take(0, count))


def _looks(limit: int, every: int | None) -> Iterator[int]:
    look = min(FIRST_LOOK, limit)
    while True:
        yield look
        if look >= limit:
            return
        look = min(look + every if every else math.ceil(look * GROWTH), limit)


def _batches(start: int, stop: int, workers: int, visible: bool) -> Iterator[tuple[int, int]]:
    """Parts of a look after which progress is shown; the results do not depend on them."""
    size = max(workers, math.ceil((stop - start) / 20)) if visible else stop - start
    for first in range(start, stop, size):
        yield first, min(first + size, stop)


def _extend(parts: dict[str, list[Arm]], names: Sequence[str], run: Any, seeds: list[int], workers: int) -> None:
    size = math.ceil(len(seeds) / workers)
    chunks = [seeds[at : at + size] for at in range(0, len(seeds), size)]
    arms = run([(index, chunk) for index in range(len(names)) for chunk in chunks])
    for index, name in enumerate(names):
        parts[name].append(Arm.join(arms[index * len(chunks) : (index + 1) * len(chunks)]))


def _precise(case: Case, arms: dict[str, Arm], names: Sequence[str], confidence: float, precision: float) -> bool:
    """Whether the effect is as well known as asked, by an interval that is to be believed."""
    effect = effect_of(case, arms, names[0], names[1], confidence, True)[0]
    doubt = distrust(effect, len(arms[names[0]].outcomes), normality=case.sampling.bounds is None)
    return doubt is None and effect.half_width <= precision


def _conclude(
    case: Case,
    arms: dict[str, Arm],
    confidence: float,
    precision: float | None,
    seeds: tuple[int | None, tuple[int, ...]],
    options: dict[str, Any],
    with_appraisal: bool,
) -> Proof:
    policies = case.policies()
    sequential = precision is not None
    base, chosen = policies.baseline.name, policies.candidate.name
    before, after = arms[base].outcomes, arms[chosen].outcomes
    check_columns(case, arms)
    effect, reduction = effect_of(case, arms, base, chosen, confidence, sequential)
    guardrails = judge_guardrails(case, arms, base, chosen, confidence, sequential)
    normality = case.sampling.bounds is None
    shortfall = _with_history(case, find_shortfall(effect, len(before), precision, normality))
    objections = tuple(case.objections())
    verdict, reason = decide(effect, guardrails, shortfall, objections)
    joint, rivals = _rivals(case, arms, effect, confidence, sequential)
    names = list(dict.fromkeys([*before.items, *after.items]))
    zero = np.zeros(len(before))
    columns = {name: (before.items.get(name, zero), after.items.get(name, zero)) for name in names}
    return Proof(
        case=case,
        verdict=verdict,
        reason=reason,
        effect=effect,
        items={name: (float(old.mean()), float(new.mean())) for name, (old, new) in columns.items()},
        kpis=_kpis(case, arms[base], arms[chosen], confidence, sequential),
        guardrails=tuple(guardrails),
        rivals=rivals,
        simultaneous_effect=joint,
        appraisal=_appraisal(case, effect, {k: new - old for k, (old, new) in columns.items()}, with_appraisal),
        shortfall=shortfall,
        variance_reduction=VarianceReduction(_pairing_gain(before.money, after.money), reduction),
        objections=objections,
        notes=tuple(_notes(arms, sequential)),
        arms=arms,
        provenance=Provenance(
            root_seed=seeds[0],
            seeds=seeds[1],
            options=options,
            parameters=case.parameters(),
            data=case.data(),
            versions=_versions(),
            fingerprints={name: base64.b64encode(arm.fingerprints().tobytes()).decode() for name, arm in arms.items()},
        ),
    )


def _kpis(case: Case, before: Arm, after: Arm, confidence: float, sequential: bool) -> dict[str, KpiResult]:
    results = {}
    clusters = clusters_of(case, before, after)
    for name, old in before.outcomes.kpis.items():
        new = after.outcomes.kpis[name]
        both = np.isfinite(old) & np.isfinite(new)
        if not both.any():
            continue
        keys = None if clusters is None else clusters[both]
        results[name] = KpiResult(
            before.outcomes.units[name],
            float(old[both].mean()),
            float(new[both].mean()),
            interval_of(case, keys, (new - old)[both], confidence, sequential),
        )
    return results


def _notes(arms: dict[str, Arm], sequential: bool) -> Iterator[str]:
    """What a reader should know before believing the rest."""
    for name, arm in arms.items():
        failed = int(arm.failed.sum())
        if failed:
            yield (
                f"{failed} of {len(arm.failed)} trials of {name} failed and were charged at the declared cost; its "
                "KPIs are those of the other trials"
            )
    if sequential:
        yield "The interval is valid at every look for nearly normal differences and, for others, asymptotically."


def _with_history(case: Case, shortfall: Shortfall | None) -> Shortfall | None:
    """A replay cannot have more trials than its records hold; say so."""
    if shortfall is None or case.trials is None:
        return shortfall
    if shortfall.needed is not None and shortfall.needed <= case.trials:
        return shortfall
    return Shortfall(
        f"{shortfall.reason}; the records hold {case.trials} trials, so more history is needed", shortfall.needed
    )


def _rivals(
    case: Case, arms: dict[str, Arm], effect: Estimate, confidence: float, sequential: bool
) -> tuple[Estimate, tuple[RivalResult, ...]]:
    """Effects of all policies with intervals that hold together."""
    policies = case.policies()
    base, chosen = policies.baseline.name, policies.candidate.name
    if not policies.rivals:
        return effect, ()
    names = [rival.name for rival in policies.rivals]
    plain = case.sampling.kind == "independent" and not arms[base].outcomes.covariates
    if sequential or case.sampling.bounds is not None or not plain:
        shared = 1 - (1 - confidence) / (1 + len(names))
        effects = [effect_of(case, arms, base, name, shared, sequential)[0] for name in (chosen, *names)]
    else:
        single = [effect, *(effect_of(case, arms, base, name, confidence, False)[0] for name in names)]
        before = arms[base].outcomes
        pairs = [difference(before, arms[name].outcomes) for name in (chosen, *names)]
        effects = simultaneous(single, pairs, confidence)
    results = [
        RivalResult(
            rival.name,
            rival.description,
            own,
            effect_of(case, arms, rival.name, chosen, confidence, sequential)[0],
            all(result.held for result in judge_guardrails(case, arms, base, rival.name, confidence, sequential)),
        )
        for rival, own in zip(policies.rivals, effects[1:], strict=True)
    ]
    return effects[0], tuple(results)


def _appraisal(case: Case, effect: Estimate, differences: dict[str, Values], wanted: bool) -> Appraisal | None:
    if not wanted or not differences:
        return None
    return appraise(effect, differences, case.investment, YEAR / case.period, case.price_spread)


def _pairing_gain(before: Values, after: Values) -> float:
    """Variance of the difference of independent runs divided by that of paired runs."""
    if len(before) < 2:
        return 1.0
    paired = float((after - before).var(ddof=1))
    apart = float(before.var(ddof=1) + after.var(ddof=1))
    return apart / paired if paired > 0 else (math.inf if apart > 0 else 1.0)


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in ("danao", "numpy", "scipy", "numba"):
        versions[package] = metadata.version(package)
    return versions
