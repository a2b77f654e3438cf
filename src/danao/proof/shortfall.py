"""What is missing for a verdict: trials, independent units, or draws of what is uncertain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from danao.proof.estimate import Estimate, percent
from danao.proof.intervals import NO_SPREAD, too_skewed, too_skewed_draws, trials_for_skewness

MOST_TRIALS = 1e12
"""A need above this is not worth a number."""


@dataclass(frozen=True)
class Shortfall:
    """The trials do not suffice for a verdict either way."""

    reason: str
    needed: int | None
    """Trials that would be needed in all, if the effect and its spread are what they look like now; None: no number
    of trials can be named."""
    what: str = "trials"
    """What there is not enough of."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"reason": self.reason, "needed": self.needed}


def distrust(estimate: Estimate, trials: int, *, normality: bool) -> Shortfall | None:
    """Why an interval is not to be believed, or None.

    Args:
        estimate: With its interval.
        trials: Trials behind it.
        normality: Whether the interval leans on approximate normality of the mean.
    """
    if estimate.inputs is not None:
        return _distrust_draws(estimate, normality)
    if estimate.units < estimate.fewest:
        return Shortfall(
            f"{estimate.units} independent unit{'' if estimate.units == 1 else 's'}; any statement needs at least "
            f"{estimate.fewest}",
            math.ceil(estimate.fewest * trials / max(estimate.units, 1)),
        )
    if normality and estimate.method == NO_SPREAD:
        share = 1 - (1 - estimate.confidence) ** (1 / estimate.units)
        return Shortfall(
            f"all {trials} differences are equal, so nothing tells what a rare event would do (one in up to "
            f"{percent(share, 1)} of the trials is not excluded); declare bounds if the worst case is known",
            None,
        )
    if normality and too_skewed(estimate.units, estimate.skewness):
        needed = trials_for_skewness(estimate.skewness) * trials / estimate.units
        return Shortfall(
            f"the differences are too skewed (skewness {estimate.skewness:.1f}) for {estimate.units} independent units",
            math.ceil(needed),
        )
    return None


def _distrust_draws(estimate: Estimate, normality: bool) -> Shortfall | None:
    """The same where draws of uncertain inputs are the units; further trials of the same draws do not help."""
    if estimate.units < estimate.fewest:
        return Shortfall(
            f"{estimate.units} draw{'' if estimate.units == 1 else 's'} of the uncertain input in the trials; any "
            f"statement needs at least {estimate.fewest}",
            None,
            "draws",
        )
    if normality and estimate.method == NO_SPREAD:
        return Shortfall("all differences are equal, so nothing tells what a rare event would do", None)
    if normality and too_skewed_draws(estimate.units, estimate.skewness):
        return Shortfall(
            f"the effect under {estimate.units} draws of the uncertain input is too skewed (skewness "
            f"{estimate.skewness:.1f}) to tell how far it may be off",
            None,
            "records",
        )
    return None


def find_shortfall(effect: Estimate, trials: int, precision: float | None, normality: bool) -> Shortfall | None:
    """What is missing for a verdict, or None.

    Args:
        effect: The candidate's effect.
        trials: Trials behind it.
        precision: Half-width that was asked for, in money.
        normality: Whether the interval leans on approximate normality of the mean.
    """
    doubt = distrust(effect, trials, normality=normality)
    if doubt is not None:
        return doubt
    if precision is not None and effect.half_width > precision:
        if not math.isfinite(effect.half_width):
            return Shortfall(f"{effect.units} independent units are too few for an interval valid at every look", None)
        return Shortfall(
            f"the interval is ±{effect.half_width:.4g} wide, asked for was ±{precision:.4g}",
            scaled_trials(trials, effect.half_width / precision),
        )
    if effect.lower <= 0 <= effect.upper and effect.mean != 0:
        if not math.isfinite(effect.half_width):
            return Shortfall("there is no finite interval", None)
        reach = effect.mean - effect.lower if effect.mean > 0 else effect.upper - effect.mean
        if effect.inputs is not None:
            return _undecided_by_inputs(effect, reach, trials)
        return Shortfall(
            "the interval contains 0: the trials do not tell a gain from a loss",
            scaled_trials(trials, reach / abs(effect.mean)),
        )
    return None


def _undecided_by_inputs(effect: Estimate, reach: float, trials: int) -> Shortfall:
    """The interval contains 0: whether further trials of the same draws could change that."""
    share = effect.inputs.share if effect.inputs is not None else 0.0
    room = effect.mean**2 - share * reach**2
    if room <= 0:
        return Shortfall(
            "the interval contains 0, and it is what the records leave uncertain that makes it so wide: longer records "
            "are needed, not more trials",
            None,
            "records",
        )
    ratio = math.sqrt((1 - share) * reach**2 / room)
    return Shortfall("the interval contains 0: the trials do not tell a gain from a loss", scaled_trials(trials, ratio))


def scaled_trials(trials: int, ratio: float) -> int | None:
    """Trials in all that narrow an interval by a ratio; None: no number in reach."""
    needed = trials * max(ratio, 1.0) ** 2
    return math.ceil(needed) + 1 if needed < MOST_TRIALS else None
