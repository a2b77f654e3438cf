"""Statements, times and ranges in words that people can repeat."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timedelta

from danao.core.case import Investment
from danao.proof.appraisal import Range
from danao.proof.estimate import Estimate
from danao.proof.proof import Proof
from danao.proof.report.figures import MINUS, NBSP, Shown, Triple, given, number, percent, significant

DAYS_PER_YEAR = 365.25
TODAY = "at today's prices"
SAME = "the same in nearly every simulated future"


def headline(effect: Estimate, currency: str, per: str, *, terms: str = "", doubtful: bool = False) -> str:
    """The effect with its interval in one sentence that a manager can repeat.

    Args:
        effect: Money.
        currency: ISO 4217.
        per: For example `a year`; empty where the period stands before the sentence.
        terms: On which the amount holds, for example `at today's prices`.
        doubtful: Whether there are too few trials to believe the interval.
    """
    told = Triple.of(effect)
    unit = f"{told.unit(f'{currency} {per}'.strip())} {terms}".strip()
    if not told.known:
        return f"{told.told(effect.mean)}{NBSP}{unit} in what was tried, but too few trials for an interval."
    if effect.lower == effect.upper:
        if effect.mean == 0:
            return f"No difference: 0{NBSP}{unit}, in every trial alike."
        side = "gain" if effect.mean > 0 else "loss"
        sure = "too few trials to rely on it" if doubtful else "without any spread"
        return f"A {side} of {told.told(abs(effect.mean))}{NBSP}{unit} in every trial alike, {sure}."
    sure = "too few trials to rely on it." if doubtful else f"{percent(effect.confidence)}{NBSP}confident."
    low, mean, high = (told.told(abs(value)) for value in (effect.lower, effect.mean, effect.upper))
    if effect.lower >= 0:
        return f"Between {low} and {high} {unit}, best estimate {mean}; {sure}"
    if effect.upper <= 0:
        return f"A loss of between {high} and {low} {unit}, best estimate {mean}; {sure}"
    middle = f"a {'gain' if effect.mean > 0 else 'loss'} of {mean}" if effect.mean else "0"
    return f"Between a loss of {low} and a gain of {high} {unit}, best estimate {middle}; {sure}"


def duration(period: timedelta) -> str:
    """A period as people call it: `day`, `week`, `8 hours`."""
    seconds = period.total_seconds()
    for length, name in ((365.25 * 86_400, "year"), (365 * 86_400, "year"), (7 * 86_400, "week"), (86_400, "day")):
        if seconds == length:
            return name
    for length, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= length:
            count = seconds / length
            return name if count == 1 else f"{round(count, max(0, significant(count))):,g} {name}s"
    return f"{seconds:g} seconds"


def unit_of(period: timedelta) -> str:
    """What an amount is counted per: `day` and `week` by name, any other span as `period`."""
    name = duration(period)
    return "period" if name[0].isdigit() else name


def one(period: str) -> str:
    """One period in words: `one day`, `8 hours`."""
    return period if period[0].isdigit() else f"one {period}"


def sentence(text: str) -> str:
    """A note as a sentence: capital first, full stop last, set as `typeset` does."""
    text = typeset(text.strip())
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def typeset(text: str) -> str:
    """A text from elsewhere in the report's own style: `95 %`, a proper minus and plus-minus."""
    text = re.sub(r"(?<=\d)[ \u00a0]?%(?!\w)", f"{NBSP}%", text.replace("+-", "±"))
    return re.sub(r"(?<![^\s(\[])-(?=\.?\d)", MINUS, text)


def money_range(figure: Range, currency: str) -> tuple[Shown | str, str]:
    """Value and interval of a figure in money."""
    if figure.value is None:
        return "not defined", _why(figure)
    if figure.lower is None or figure.upper is None:
        return Triple(figure.value, -math.inf, math.inf).shown(currency), _why(figure)
    told = Triple(figure.value, figure.lower, figure.upper)
    return told.shown(currency), SAME if figure.lower == figure.upper else told.span()


def rate_range(figure: Range) -> tuple[Shown | str, str]:
    """Value and interval of a rate."""
    value = "not defined" if figure.value is None else Shown(figure.value, percent(figure.value))
    if figure.value is None or figure.lower is None or figure.upper is None:
        return value, _why(figure)
    if figure.lower == figure.upper:
        return value, SAME
    return value, f"{percent(figure.lower)} to {percent(figure.upper)}"


def years_range(figure: Range) -> tuple[Shown | str, str]:
    """Value and interval of a payback time; a limit that is not finite lies beyond the life of the investment."""

    def told(years: float | None) -> str:
        if years is None:
            return "never within the life"
        if years == 0:
            return "at once"
        days = years * DAYS_PER_YEAR
        return f"{number(years, 1)} years" if years >= 0.1 else f"{days:.0f} days" if days >= 2 else "within days"

    value = told(None) if figure.value is None else Shown(figure.value, told(figure.value))
    low, high = told(figure.lower), told(figure.upper)
    if low == high:
        return value, SAME
    return value, f"{low.removesuffix(' years') if high.endswith('years') else low} to {high}"


def _why(figure: Range) -> str:
    return sentence(figure.note) if figure.note else "No interval can be given."


def price_terms(spread: Mapping[str, float]) -> str:
    """On which prices the appraisal rests."""
    return "with uncertain prices" if any(share > 0 for share in spread.values()) else TODAY


def assumed(investment: Investment, currency: str) -> str:
    """The investment that a case assumes, in few words."""
    once = f"{given(investment.capex)}{NBSP}{currency}"
    running = f"{given(investment.opex_per_year)}{NBSP}{currency} a year"
    if not investment.capex and not investment.opex_per_year:
        return "assumed investment: none"
    if not investment.opex_per_year:
        return f"assumed investment: {once}"
    return f"assumed investment: {once} and {running}" if investment.capex else f"assumed running costs: {running}"


_METHODS = (
    (
        "batch means",
        "The trials are consecutive periods of one history and neighbours resemble each other, so they were averaged "
        "into batches, and the batches are what counts as independent evidence.",
    ),
    ("clusters of", "Trials that share a cause form one cluster; the cluster is what counts as independent evidence."),
    (
        "hull of Student t and studentised bootstrap",
        "The differences are lopsided, so the interval covers both Student's t interval and a studentised bootstrap.",
    ),
    ("Student t", "Student's t interval for the mean of the paired differences."),
    (
        "t-mixture confidence sequence",
        "A confidence sequence: it stays valid although the trials were looked at while they came in and stopped as "
        "soon as the interval was narrow enough.",
    ),
    (
        "betting confidence sequence",
        "A confidence sequence that assumes nothing but the limits which the difference of a single trial cannot "
        "leave; it stays valid however often one looks.",
    ),
    (
        "prediction interval over",
        "The trials are spread over plants (or other inputs) that could each be the true one. The truth is taken for "
        "one more of them, so the interval is as wide as they differ, however many there are.",
    ),
    ("no spread", "Every trial gave the same difference, so the interval has no width."),
    ("too few trials", "There are too few trials for an interval."),
)


def input_told(proof: Proof) -> tuple[str, ...]:
    """How many draws of uncertain inputs stand behind the effect, and how much of its interval comes from them."""
    effect, currency = proof.effect, proof.case.currency
    found = effect.inputs
    if found is None or not 0 < effect.half_width < math.inf:
        return ()
    half, known, left = (
        f"±{number(value, max(0, significant(effect.half_width, 2)))}"
        for value in (effect.half_width, found.known, found.left(effect.half_width))
    )
    share = percent(found.share)
    return (
        f"The interval of {half} {currency} holds what the records leave uncertain: it rests on {found.draws} plants "
        f"from resampled records, which make up {share} of its variance. Were the plant known exactly, the same trials "
        f"would give {known}; endless trials of these plants would leave {left}",
    )


def method_in_words(method: str) -> str:
    """What an interval's method means, for somebody who has not met its name."""
    found = [text for name, text in _METHODS if name in method]
    if "studentised bootstrap" in method or "prediction interval" in method:
        found = [text for text in found if not text.startswith("Student's t interval for")]
    return " ".join(found) or sentence(method)
