"""The words that every room shares: Case, Policy, Outcomes, CostBook, errors, random streams, public data."""

from danao.core.case import Case, Exhibit, Guardrail, Investment, Policies, Policy, Rule, Sampling
from danao.core.costbook import CostBook, Price
from danao.core.errors import BadInput, DanaoError
from danao.core.outcomes import Outcomes
from danao.core.random import stream, trial_seeds

__all__ = [
    "BadInput",
    "Case",
    "CostBook",
    "DanaoError",
    "Exhibit",
    "Guardrail",
    "Investment",
    "Outcomes",
    "Policies",
    "Policy",
    "Price",
    "Rule",
    "Sampling",
    "stream",
    "trial_seeds",
]
