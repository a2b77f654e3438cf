"""A proof on a terminal: the verdict in a sentence, then the tables behind it."""

from __future__ import annotations

import math

from rich.text import Text

from danao.app.cli.console import command, numbers_table, out, styled
from danao.proof import Proof
from danao.proof.appraisal import Range
from danao.proof.effects import ROUNDING
from danao.proof.estimate import Estimate
from danao.proof.report.words import input_told

_COLOUR = {"proven": "bold green", "not proven": "bold yellow", "harmful": "bold red"}


def print_proof(proof: Proof, ledger: str | None) -> None:
    """Print what a manager asks first, then what an engineer asks next."""
    case, effect = proof.case, proof.effect
    days = case.period.total_seconds() / 86_400
    out.print(styled("\n", (case.title, "bold")))
    out.print(styled((proof.verdict.upper(), _COLOUR[proof.verdict]), f": {proof.reason}"))
    sure = f"{effect.confidence:.0%} confident"
    out.print(
        f"Worth {_amount(effect.mean)} ({_interval(effect)}) {case.currency} per period of {days:.3g} days "
        f"({proof.trials:,} paired trials, {sure}; {effect.method})"
    )
    if proof.shortfall is not None and proof.shortfall.needed is not None:
        out.print(f"Trials needed in all, if it goes on like this: about {proof.shortfall.needed:,}")
    for objection in proof.objections:
        out.print(f"objection: {objection}", markup=False, highlight=False)
    for note in (*input_told(proof), *proof.notes):
        out.print(f"note: {note}", markup=False, highlight=False)
    _print_items(proof)
    _print_policies(proof)
    _print_kpis(proof)
    _print_appraisal(proof)
    if proof.provenance.ledger_id and ledger is not None:
        out.print(styled("\nrecorded as ", (proof.provenance.ledger_id, "bold"), f" in {ledger}"))
        out.print(f"repeat it: {command('ledger', 'replay', proof.provenance.ledger_id, '--ledger', ledger)}")


def _print_items(proof: Proof) -> None:
    table = numbers_table("money per period", "baseline", "candidate", "difference")
    for name, (before, after) in proof.items.items():
        table.add_row(name, _amount(before), _amount(after), _signed(_change(before, after)))
    out.print(table)


def _print_policies(proof: Proof) -> None:
    table = numbers_table("against the baseline", "worth", "interval (all at once)", "guardrails")
    held = all(result.held for result in proof.guardrails)
    joint = proof.simultaneous_effect
    chosen = proof.case.policies().candidate.name
    table.add_row(styled((chosen, "bold")), _signed(joint.mean), _interval(joint), _held(held))
    for rival in proof.rivals:
        table.add_row(rival.name, _signed(rival.effect.mean), _interval(rival.effect), _held(rival.guardrails_held))
    out.print(table)


def _print_kpis(proof: Proof) -> None:
    if not proof.kpis:
        return
    table = numbers_table("KPI", "unit", "baseline", "candidate", "difference", "interval")
    for name, kpi in proof.kpis.items():
        change = "0" if kpi.difference.mean == 0 else f"{kpi.difference.mean:+,.4g}"
        table.add_row(
            name, kpi.unit, f"{kpi.baseline:,.4g}", f"{kpi.candidate:,.4g}", change, _interval(kpi.difference)
        )
    out.print(table)
    for result in proof.guardrails:
        out.print(styled(f"guardrail {result.guardrail.name}: ", _held(result.held, "green"), f" ({result.note})"))


def _print_appraisal(proof: Proof) -> None:
    found = proof.appraisal
    if found is None:
        return
    table = numbers_table("as an investment", "expected", f"{found.confidence:.0%} interval")
    money, share, years = "{:,.0f}", "{:.1%}", "{:.2f}"
    for name, entry, form in (
        (f"effect a year, {proof.case.currency}", found.annual_effect, money),
        (f"net present value, {proof.case.currency}", found.npv, money),
        ("internal rate of return", found.irr, share),
        ("modified internal rate of return", found.mirr, share),
        ("return on investment", found.roi, share),
        ("discounted payback, years", found.payback_years, years),
    ):
        table.add_row(name, *_range(entry, form))
    out.print(table)


def _range(entry: Range, form: str) -> tuple[str, str]:
    value = form.format(entry.value) if entry.value is not None else entry.note or "not defined"
    if entry.lower is None and entry.upper is None:
        return value, ""
    low, high = (form.format(limit) if limit is not None else "never" for limit in (entry.lower, entry.upper))
    return value, f"{low} to {high}"


def _interval(estimate: Estimate) -> str:
    if not (math.isfinite(estimate.lower) and math.isfinite(estimate.upper)):
        return "no interval"
    return f"{_amount(estimate.lower)} to {_amount(estimate.upper)}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value + 0.0:,.3g}"


def _change(before: float, after: float) -> float:
    """The difference, without what is rounding of the sums."""
    return after - before if abs(after - before) > ROUNDING * max(abs(before), abs(after)) else 0.0


def _signed(value: float) -> str:
    """An amount with its sign, as exact as `_amount`; nothing has no sign."""
    text = _amount(value)
    return text if text.startswith("-") or float(text.replace(",", "")) == 0 else f"+{text}"


def _held(held: bool, style: str = "") -> Text:
    return Text("held", style) if held else Text("not held", "red")
