"""Intervals for several policies at once, all right together with the stated confidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from danao.core.random import stream
from danao.proof.estimate import Estimate
from danao.proof.intervals import t_quantile

DRAWS = 200_000


def simultaneous(
    effects: Sequence[Estimate], differences: Sequence[NDArray[np.float64]], confidence: float
) -> list[Estimate]:
    """Widen several intervals so that all of them hold together.

    The factor is the quantile of the largest of the correlated t statistics, never above Bonferroni's.

    Args:
        effects: One estimate a policy.
        differences: The paired differences behind each, shape (n,) each, for their correlation.
        confidence: Joint confidence.

    Source: Dunnett, A multiple comparison procedure for comparing several treatments with a control (1955).
    """
    if len(effects) < 2:
        return list(effects)
    degrees = min(max(effect.degrees, 1) for effect in effects)
    single = t_quantile(0.5 + confidence / 2, degrees)
    bonferroni = t_quantile(1 - (1 - confidence) / (2 * len(effects)), degrees)
    joint = min(_largest_t(np.stack(list(differences)), degrees, confidence), bonferroni)
    ratio = max(joint / single, 1.0)
    return [
        effect.around(
            effect.mean - (effect.mean - effect.lower) * ratio,
            effect.mean + (effect.upper - effect.mean) * ratio,
            f"{effect.method}, {len(effects)} policies simultaneously",
        )
        for effect in effects
    ]


def _largest_t(differences: NDArray[np.float64], degrees: float, confidence: float) -> float:
    centred = differences - differences.mean(axis=1, keepdims=True)
    scale = np.sqrt(np.square(centred).sum(axis=1, keepdims=True))
    unit = np.divide(centred, scale, out=np.zeros_like(centred), where=scale > 0)
    values, vectors = np.linalg.eigh(unit @ unit.T)
    root = vectors * np.sqrt(np.maximum(values, 0))
    random = stream(len(differences), "simultaneous intervals")
    normal = random.standard_normal((DRAWS, len(differences))) @ root.T
    chi = np.sqrt(random.chisquare(degrees, DRAWS) / degrees)
    return float(np.quantile(np.abs(normal).max(axis=1) / chi, confidence))
