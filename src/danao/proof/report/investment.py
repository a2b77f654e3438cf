"""The section that reads the effect as an investment."""

from __future__ import annotations

import math

import numpy as np

from danao.core.case import Investment
from danao.proof.appraisal import Appraisal
from danao.proof.proof import Proof
from danao.proof.report import figures, investment_pictures, words
from danao.proof.report.figures import NBSP, number, percent
from danao.proof.report.head import doubtful
from danao.proof.report.layout import Cell, Picture, Section, Text, table
from danao.proof.report.sections import LEVEL
from danao.proof.report.svg import Gallery

TITLE = "As an investment, on assumed terms"
ASSUMED = "These terms are declared by the case, not measured; the figures below hold only if the terms do."
HIGH = 1.0
"""An internal rate beyond this says more about the assumed investment than about the effect."""


def appraisal(proof: Proof, gallery: Gallery) -> Section:
    """Net present value, rates of return and payback, each with its interval."""
    worth = proof.appraisal
    if worth is None:
        return Section("investment", TITLE, ("The effect was not valued as an investment.",))
    currency, investment = proof.case.currency, proof.case.investment
    if not math.isfinite(proof.effect.half_width):
        none = "The effect has no interval, for want of trials: what the investment is worth cannot be said."
        return Section("investment", TITLE, (_terms(investment, currency), none))
    prices = words.price_terms(proof.case.price_spread)
    heading = f"Figure|Expected|{percent(worth.confidence)} interval, {prices}|What it says"
    uncertain = prices != words.TODAY
    rows: list[tuple[Text | Cell, ...]] = [
        (
            f"Effect per year, {prices}",
            *words.money_range(worth.annual_effect, currency),
            "In full use, before running costs."
            + (" The interval in the head leaves prices as they are today; this one does not." if uncertain else ""),
        ),
        (
            "Net present value",
            *words.money_range(worth.npv, currency),
            "What the investment adds to the company, in money of today.",
        ),
        ("Internal rate of return", *words.rate_range(worth.irr), "The interest rate at which it just breaks even."),
        (
            "Modified internal rate",
            *_modified(worth),
            f"The same, with proceeds put to work at {percent(investment.discount_rate)}.",
        ),
        (
            "Return on investment",
            *words.rate_range(worth.roi),
            "Net gain over the life for each unit of money spent.",
        ),
        ("Discounted payback", *words.years_range(worth.payback_years), "When the money is back, with interest."),
    ]
    shown, notes = _pictures(worth, investment, currency, gallery)
    notes.insert(0, _futures(proof, worth))
    rate = worth.irr.value
    if rate is not None and rate > HIGH:
        notes.append(
            f"An internal rate of {percent(rate)} says above all that the assumed investment is small beside the "
            "effect. Check that assumption before anyone relies on the rate."
        )
    if doubtful(proof):
        notes.append("The interval of the effect rests on too few trials to rely on, and so do these figures.")
    return Section(
        "investment", TITLE, (f"{_terms(investment, currency)} {ASSUMED}",), tuple(shown),
        (table("Appraisal", heading, rows, "1"),), tuple(notes),
    )  # fmt: skip


def _modified(worth: Appraisal) -> tuple[Text, str]:
    if worth.mirr.value is None:
        return "not defined", "It needs money that is paid and money that is earned."
    return words.rate_range(worth.mirr)


def _terms(investment: Investment, currency: str) -> str:
    running = "no running costs"
    if investment.opex_per_year:
        running = f"{figures.given(investment.opex_per_year)}{NBSP}{currency} a year to run"
    once = (
        f"{figures.given(investment.capex)}{NBSP}{currency} at the start"
        if investment.capex
        else "nothing at the start"
    )
    years = f"{investment.life_years} year{'s' if investment.life_years > 1 else ''}"
    text = (
        f"Assumed investment: {once}, {running}, in use for {years}, cost of capital "
        f"{percent(investment.discount_rate)} a year."
    )
    if any(share < 1 for share in investment.ramp_by_year()):
        shares = ", ".join(percent(share) for share in investment.ramp[: investment.life_years])
        text += f" Assumed share of the effect reached year by year: {shares}."
    return text


def _futures(proof: Proof, worth: Appraisal) -> str:
    prices = ", ".join(f"{name} ±{percent(spread)}" for name, spread in proof.case.price_spread.items() if spread > 0)
    drawn = f"how sure the effect is and by prices ({prices})" if prices else "how sure the effect is"
    if worth.probability_of_gain is None:
        return "The probability of a gain is not known."
    return (
        f"Probability of a gain: {figures.probability(worth.probability_of_gain)}, over {len(worth.npv_paths):,} "
        f"simulated futures that differ by {drawn}."
    )


def _pictures(
    worth: Appraisal, investment: Investment, currency: str, gallery: Gallery
) -> tuple[list[Picture], list[str]]:
    shown, notes = [], []
    chance = figures.probability(worth.probability_of_gain)
    paths = worth.npv_paths
    value, told = words.money_range(worth.npv, currency)
    if not np.isfinite(paths).all() or not paths.size:
        notes.append("The distribution of the net present value is not known, so it is not drawn.")
    elif float(np.ptp(paths)) > LEVEL * float(np.abs(paths).max()):
        svg = investment_pictures.present_values(paths, worth.npv.value, chance, currency)
        label = f"Histogram of the net present value: {value}, {told}; probability of a gain {chance}."
        caption = (
            "How the net present value may turn out: simulated futures, without the outermost "
            f"{percent(investment_pictures.TAIL)} at each end. Dashed: the expected value. Hatched: a loss."
        )
        shown.append(Picture(gallery.own(svg, label), caption))
    else:
        notes.append("All simulated futures have the same net present value, so its distribution is not drawn.")
    discount = (1 + investment.discount_rate) ** -np.arange(investment.life_years + 1)
    expected = np.cumsum(np.array(worth.flows) * discount)
    low, high = worth.annual_effect.lower, worth.annual_effect.upper
    limits = None
    if low is not None and high is not None and low < high:
        limits = (_cumulative(low, investment), _cumulative(high, investment))
    svg = investment_pictures.cumulative_flow(expected, limits, currency)
    payback, within = words.years_range(worth.payback_years)
    end = f"{number(float(expected[-1]))} {currency}"
    label = f"Cumulative discounted cash flow, ending at {end}; payback {payback}, {within}."
    caption = f"Cumulative discounted cash flow: paid out, and earned back year by year; payback {payback}."
    if limits is not None:
        caption += f" Band: {percent(worth.confidence)} interval."
    shown.append(Picture(gallery.own(svg, label), caption))
    return shown, notes


def _cumulative(annual: float, investment: Investment) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Cumulative discounted flow if the effect per year is `annual`; it grows with it, so limits map to limits."""
    flows = [-investment.capex, *(annual * share - investment.opex_per_year for share in investment.ramp_by_year())]
    discount = (1 + investment.discount_rate) ** -np.arange(investment.life_years + 1, dtype=np.float64)
    return np.cumsum(np.array(flows) * discount)
