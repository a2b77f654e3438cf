"""The sections of the report that tell the effect: verdict, policies, money items, trials, KPIs, guardrails, rivals."""

from __future__ import annotations

import math

import numpy as np

from danao.proof.estimate import Estimate
from danao.proof.guardrails import GuardrailResult
from danao.proof.proof import Proof
from danao.proof.proving import YEAR
from danao.proof.report import figures, pictures, words
from danao.proof.report.figures import NBSP, Shown, Triple, number, percent
from danao.proof.report.layout import Cell, Picture, Section, Table, Text, Tone, table
from danao.proof.report.svg import Gallery

LEVEL = 1e-9
"""Differences below this share of the money at stake count as none."""


def effect(proof: Proof, gallery: Gallery) -> Section:
    """Candidate and rivals against 0."""
    case, policies = proof.case, proof.case.policies()
    period = words.unit_of(case.period)
    rows = [pictures.Effect(policies.candidate.name, proof.simultaneous_effect, True)]
    rows += [pictures.Effect(rival.name, rival.effect, False) for rival in proof.rivals]
    confidence = percent(proof.effect.confidence)
    caption = (
        f"Mean and {confidence} interval of the paired money difference to the baseline, {policies.baseline.name}."
    )
    if proof.rivals:
        caption += (
            f" The {len(rows)} intervals hold together with {confidence} confidence, which makes the candidate's a "
            "little wider here than in the verdict."
        )
    told = "; ".join(
        f"{row.label}: {number(row.estimate.mean, signed=True)} ({Triple.of(row.estimate).span(signed=True)})"
        for row in rows
    )
    svg = pictures.effects(rows, case.currency, period, YEAR / case.period)
    label = f"Effect against the baseline in {case.currency} per {period}. {told}."
    return Section("effect", "The effect", pictures=(Picture(gallery.own(svg, label), caption),))


def items(proof: Proof, gallery: Gallery) -> Section:
    """Where the money comes from, item by item."""
    currency, period = proof.case.currency, words.unit_of(proof.case.period)
    before = math.fsum(old for old, _ in proof.items.values())
    after = math.fsum(new for _, new in proof.items.values())
    noise = LEVEL * max(abs(before), abs(after), *(abs(v) for pair in proof.items.values() for v in pair), 0.0)
    changes = {name: (new - old if abs(new - old) > noise else 0.0) for name, (old, new) in proof.items.items()}
    same = [name for name, change in changes.items() if change == 0]
    total = after - before if abs(after - before) > noise else 0.0
    places = figures.column_places([*changes.values(), total])
    if not any(changes.values()):
        places = figures.column_places([before, after])
    rows: list[tuple[Text | Cell, ...]] = [
        (name, *_money_row(*proof.items[name], change, places)) for name, change in changes.items()
    ]
    rows.append(("Sum", *_money_row(before, after, total, places)))
    notes = []
    adjusted = proof.variance_reduction.control_variates > 1
    if adjusted:
        names = ", ".join(proof.baseline.outcomes.covariates)
        mean = proof.effect.mean
        rows.append((f"Effect, adjusted for {names}", "", "", figures.cell(mean, places, signed=True)))
        notes.append(
            f"Items are plain means. The effect of the verdict is adjusted for {names}, whose true mean is known: "
            f"it takes out the luck of the draw, and so it is {number(mean, places, signed=True)} rather than "
            f"{number(total, places, signed=True)} {currency} per {period}."
        )
    if same and any(changes.values()):
        notes.append(f"Unchanged, not drawn: {', '.join(same)}.")
    steps = [(name, change) for name, change in changes.items() if change != 0]
    shown = []
    if steps:
        caption = (
            f"Mean money per {period}, from the baseline to the candidate. Plain bars are gains, hatched bars losses."
            + (" Not adjusted for control variates; see the last row of the table." if adjusted else "")
        )
        told = "; ".join(f"{name} {number(change, places, signed=True)}" for name, change in steps)
        label = f"Waterfall in {currency} from {number(before, places)} to {number(after, places)}: {told}."
        svg = pictures.waterfall(before, steps, after, currency, period)
        shown.append(Picture(gallery.own(svg, label), caption))
    else:
        notes.append("No money item differs between baseline and candidate.")
    heading = f"Money item, {currency} per {period}|Baseline|Candidate|Change"
    money = table("Money items", heading, rows, "123", totals=2 if adjusted else 1)
    return Section("items", "Where the money comes from", (), tuple(shown), (money,), tuple(notes))


def _money_row(old: float, new: float, change: float, places: int) -> tuple[Shown, Shown, Shown]:
    return figures.cell(old, places), figures.cell(new, places), figures.cell(change, places, signed=True)


def trials(proof: Proof, gallery: Gallery) -> Section:
    """Every paired difference."""
    case, differences = proof.case, proof.differences
    currency, period = case.currency, words.unit_of(case.period)
    stake = max(float(np.abs(proof.baseline.outcomes.money).max()), float(np.abs(differences).max()))
    ahead, behind = int((differences > LEVEL * stake).sum()), int((differences < -LEVEL * stake).sum())
    places = figures.column_places([float(value) for value in np.quantile(differences, [0, 0.5, 1])])
    worst, middle, best = (number(float(np.quantile(differences, at)), places, signed=True) for at in (0, 0.5, 1))
    ordered = case.sampling.kind == "serial" or case.trials is not None
    told = (
        f"The candidate came out ahead in {ahead:,} of {proof.trials:,} trials, behind in {behind:,} and level in "
        f"{proof.trials - ahead - behind:,}."
    )
    if proof.trials > 1:
        told += f" Worst trial {worst}, middle {middle}, best {best} {currency} per {period}."
    title, key = "Trial by trial", "trials"
    if proof.trials > 1 and float(np.ptp(differences)) <= LEVEL * stake:
        return Section(key, title, (told, "Every trial gave the same difference, so there is no spread to draw."))
    mean = proof.effect.mean
    if proof.trials > pictures.MOST_SINGLE:
        svg = pictures.many_trials(differences, mean, currency, period, ordered=ordered)
        below = "the same differences in order of time" if ordered else "single trials"
        if not ordered and proof.trials > pictures.MOST_MARKS:
            below += f" ({pictures.MOST_MARKS} of them, evenly chosen by rank)"
        caption = f"How often which difference occurred; below, {below}. Hatched: baseline better. Dashed: the effect."
        return Section(key, title, (told,), (Picture(gallery.own(svg, f"Histogram of differences. {told}"), caption),))
    order = np.arange(proof.trials) if ordered else np.argsort(-differences, kind="stable")
    names = _trial_names(proof)
    svg = pictures.single_trials([names[at] for at in order], differences[order], mean, currency, period)
    arranged = "in order" if ordered else "sorted"
    caption = (
        f"Money difference of every trial, {arranged}. Hatched: the baseline was better. Dashed: the effect, "
        f"{number(mean, max(places, 0), signed=True)} {currency}."
    )
    return Section(
        key, title, (told,), (Picture(gallery.own(svg, f"Bar for every trial. {told}"), caption),),
        folded=_trial_table(proof, names),
    )  # fmt: skip


def _trial_names(proof: Proof) -> list[str]:
    """The case's own label of a trial, else its block or seed, else its place."""
    label = getattr(proof.case, "trial_label", None)
    seeds = proof.provenance.seeds
    if callable(label):
        return [str(label(seed)) for seed in seeds]
    if proof.provenance.root_seed is not None:
        return [f"trial {at}" for at in range(1, len(seeds) + 1)]
    return [f"{'block' if proof.case.trials is not None else 'seed'} {seed}" for seed in seeds]


def _trial_table(proof: Proof, names: list[str]) -> Table:
    before, after = proof.baseline.outcomes.money, proof.candidate.outcomes.money
    places = figures.column_places([float(value) for value in proof.differences])
    rows: list[tuple[Text | Cell, ...]] = [
        (name, str(seed), *_money_row(float(old), float(new), float(new - old), places))
        for name, seed, old, new in zip(names, proof.provenance.seeds, before, after, strict=True)
    ]
    return table("Every trial", f"Trial|Seed|Baseline, {proof.case.currency}|Candidate|Difference", rows, "1234")


def kpis(proof: Proof) -> Section:
    """KPIs under both policies."""
    rows: list[tuple[Text | Cell, ...]] = []
    for name, result in proof.kpis.items():
        places = max(0, figures.significant(max(abs(result.baseline), abs(result.candidate))))
        if 0 < result.difference.half_width < math.inf:
            places = max(places, min(figures.significant(result.difference.half_width, 2), places + 3))
        rows.append(
            (
                Cell(name, "" if result.unit == "1" else result.unit),
                figures.cell(result.baseline, places),
                figures.cell(result.candidate, places),
                figures.cell(result.difference.mean, places, signed=True),
                _limits(result.difference, places),
            )
        )
    if not rows:
        return Section("kpis", "Beyond money", ("The case measures nothing beyond money.",))
    confidence = percent(proof.effect.confidence)
    heading = f"KPI|Baseline|Candidate|Difference|{confidence} interval"
    return Section("kpis", "Beyond money", tables=(table("Key performance indicators", heading, rows, "1234"),))


def guardrails(proof: Proof) -> Section:
    """What was promised not to get worse."""
    if not proof.guardrails:
        return Section("guardrails", "Guardrails", ("The case sets no guardrail: nothing was promised beyond money.",))
    rows: list[tuple[Text | Cell, ...]] = [_guardrail_row(result) for result in proof.guardrails]
    heading = "Promise|State|Accepted: worse by|Shown, at worst|Why"
    return Section("guardrails", "Guardrails", tables=(table("Guardrails", heading, rows),))


def _guardrail_row(result: GuardrailResult) -> tuple[Text | Cell, ...]:
    guardrail = result.guardrail
    unit = "" if result.unit == "1" else f"{NBSP}{result.unit}"
    scope = "in every single trial" if guardrail.scope == "every trial" else "on average"
    tone, state = guardrail_state(result)
    margin = Shown(guardrail.margin, f"{number(guardrail.margin)}{unit}") if guardrail.margin else "none"
    bound: Text = "not known"
    if math.isfinite(result.bound):
        side = "better" if result.bound < 0 else "worse"
        bound = Shown(result.bound, f"{side} by {number(abs(result.bound))}{unit}" if result.bound else "no worse")
    return Cell(guardrail.name, scope), Cell(state, "", tone), margin, bound, words.sentence(result.note)


def guardrail_state(result: GuardrailResult) -> tuple[Tone, str]:
    """Held, broken, not held in some trial, or not shown either way."""
    if result.held:
        return "good", "held"
    if result.broken:
        return "bad", "broken"
    if result.guardrail.scope == "every trial" and math.isfinite(result.bound):
        return "open", "not held"
    return "open", "not shown"


def rivals(proof: Proof) -> Section:
    """Cheaper explanations of the gain beside the candidate."""
    title = "Cheaper explanations"
    if not proof.rivals:
        return Section(
            "rivals", title, ("No rival was tried: whether a cheaper change would earn the same is not known.",)
        )
    candidate = proof.case.policies().candidate
    held = all(result.held for result in proof.guardrails)
    rows: list[tuple[Text | Cell, ...]] = [
        (Cell(candidate.name, candidate.description), _stacked(proof.simultaneous_effect), "", _held(held), "candidate")
    ]
    for rival in proof.rivals:
        over = rival.candidate_over_rival
        told = "not told apart"
        if over.lower > 0:
            told = "candidate earns more"
        elif over.upper < 0:
            told = "rival earns more"
        rows.append(
            (
                Cell(rival.name, rival.description),
                _stacked(rival.effect),
                _stacked(over),
                _held(rival.guardrails_held),
                told,
            )
        )
    heading = (
        f"Policy|Effect, {proof.case.currency} per {words.unit_of(proof.case.period)}|Candidate over rival|"
        "Guardrails|Who earns more"
    )
    return Section("rivals", title, tables=(table("Rivals", heading, rows, "12"),))


def _held(held: bool) -> Cell:
    return Cell("all held", "", "good") if held else Cell("not all held", "", "open")


def _stacked(estimate: Estimate) -> Cell:
    told = Triple.of(estimate)
    word = told.scale[1]
    mean = told.told(estimate.mean, signed=True)
    return Cell(Shown(estimate.mean, f"{mean}{NBSP}{word}" if word else mean), told.span(signed=True))


def _limits(estimate: Estimate, places: int) -> str:
    """An interval with the decimals of its row."""
    if not 0 < estimate.half_width < math.inf:
        return Triple.of(estimate).span()
    return f"{number(estimate.lower, places, signed=True)} to {number(estimate.upper, places, signed=True)}"
