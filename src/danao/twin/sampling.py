"""Random numbers and distributions inside the compiled twin: counter-based, independent of the order of events.

A draw is a hash of (replication, entity, purpose, count). Two policies that run the same part through the same step
draw the same process time, whichever machine does it and whenever; a machine fails at the same points of its clock.
Source: SplitMix64, Steele, Lea & Flood, Fast splittable pseudorandom number generators (2014).
"""

from __future__ import annotations

import math

import numpy as np

from danao.twin.compiling import entry, inlined, inner
from danao.twin.world import Floats, Records

CONSTANT, EXPONENTIAL, UNIFORM, TRIANGULAR, NORMAL, LOGNORMAL, GAMMA, WEIBULL, EMPIRICAL = range(9)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FACTOR_1 = np.uint64(0xBF58476D1CE4E5B9)
_FACTOR_2 = np.uint64(0x94D049BB133111EB)
_S11, _S27, _S30, _S31 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31)
_UNIT = 1.0 / 9007199254740992.0


@inlined
def mixed(word: np.uint64) -> np.uint64:
    """Finaliser of SplitMix64."""
    word = (word ^ (word >> _S30)) * _FACTOR_1
    word = (word ^ (word >> _S27)) * _FACTOR_2
    return word ^ (word >> _S31)


@inlined
def stream_key(key: np.uint64, entity: int, purpose: int) -> np.uint64:
    """Key of the stream of an entity and purpose within a replication."""
    return mixed(mixed(key + np.uint64(purpose + 1) * _FACTOR_1) + np.uint64(entity + 1) * _GOLDEN)


@inlined
def uniform(stream: np.uint64, count: int) -> float:
    """Draw number `count` of a stream, in (0, 1)."""
    word = mixed(stream + np.uint64(count + 1) * _GOLDEN)
    return (np.float64(word >> _S11) + 0.5) * _UNIT


@inlined
def _tail(q: float) -> float:
    """Acklam's approximation below 0.02425, q = sqrt(-2 ln u)."""
    above = -7.784894002430293e-3 * q - 3.223964580411365e-1
    above = (above * q - 2.400758277161838) * q - 2.549732539343734
    above = (above * q + 4.374664141464968) * q + 2.938163982698783
    below = 7.784695709041462e-3 * q + 3.224671290700398e-1
    below = ((below * q + 2.445134137142996) * q + 3.754408661907416) * q + 1
    return above / below


@inlined
def _centre(q: float) -> float:
    """Acklam's approximation in the middle, q = u - 0.5."""
    r = q * q
    above = -3.969683028665376e1 * r + 2.209460984245205e2
    above = (above * r - 2.759285104469687e2) * r + 1.383577518672690e2
    above = ((above * r - 3.066479806614716e1) * r + 2.506628277459239) * q
    below = -5.447609879822406e1 * r + 1.615858368580409e2
    below = ((below * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r - 1.328068155288572e1
    return above / (below * r + 1)


@entry
def normal_quantile(u: float) -> float:
    """Quantile of the standard normal distribution, relative error below 1e-9.

    Source: Acklam's rational approximation with one step of Halley refinement.
    """
    if u < 0.02425:
        x = _tail(math.sqrt(-2 * math.log(u)))
    elif u > 1 - 0.02425:
        x = -_tail(math.sqrt(-2 * math.log(1 - u)))
    else:
        x = _centre(u - 0.5)
    error = 0.5 * math.erfc(-x / math.sqrt(2.0)) - u
    step = error * math.sqrt(2 * math.pi) * math.exp(x * x / 2)
    return x - step / (1 + x * step / 2)


@inner
def rare_draw(kind: int, a: float, b: float, c: float, stream: np.uint64, count: int, values: Floats) -> float:
    """A draw of the families that need more than a logarithm; parameters as `layout` prepares them."""
    u = uniform(stream, count)
    if kind == UNIFORM:
        return a + (b - a) * u
    if kind == TRIANGULAR:
        if c == a:
            return a
        peak = (b - a) / (c - a)
        if u < peak:
            return a + math.sqrt(u * (c - a) * (b - a))
        return c - math.sqrt((1 - u) * (c - a) * (c - b))
    if kind == NORMAL:
        return max(0.0, a + b * normal_quantile(u))
    if kind == LOGNORMAL:
        return math.exp(a + b * normal_quantile(u))
    if kind == WEIBULL:
        return a * (-math.log(u)) ** (1 / b)
    if kind == EMPIRICAL:
        return values[int(a) + int(u * b)]
    return float(_gamma(a, stream, count) * b)


@inner
def _gamma(shape: float, stream: np.uint64, count: int) -> float:
    """Gamma draw of mean `shape` (scale 1).

    Source: Marsaglia & Tsang, A simple method for generating gamma variables (2000).
    """
    inner = mixed(stream + np.uint64(count + 1) * _GOLDEN)
    boost = 1.0
    if shape < 1:
        boost = uniform(inner, 0) ** (1 / shape)
        shape += 1
    d = shape - 1 / 3
    k = 1 / math.sqrt(9 * d)
    turn = 1
    while True:
        x = normal_quantile(uniform(inner, turn))
        v = (1 + k * x) ** 3
        if v > 0 and math.log(uniform(inner, turn + 1)) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v * boost
        turn += 2


@inlined
def draw(distributions: Records, values: Floats, which: int, stream: np.uint64, count: int) -> float:
    """A time from distribution number `which`, hours."""
    one = distributions[which]
    if one.kind == CONSTANT:
        return float(one.a)
    if one.kind == EXPONENTIAL:
        return -math.log(uniform(stream, count)) * float(one.a)
    return rare_draw(one.kind, one.a, one.b, one.c, stream, count, values)
