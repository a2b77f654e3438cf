"""Classical rules as people write them: `atc k=2 b=1`, `covert k=2 b=0.25`, `atcs k1=2 k2=0.5`, `edd`."""

from __future__ import annotations

import re

from danao.core.errors import BadInput
from danao.planning.arena import Rival
from danao.plant.policies import AS_IS
from danao.plant.rules import DISPATCHING_RULES, rule_names
from danao.twin.priority import Tuning

_NUMBER = re.compile(r"\s+(k1|k2|k|b)=(\S+)")
_FIELDS = {
    "atc": {"k": "look_ahead", "b": "allowance"},
    "atcs": {"k1": "look_ahead", "k2": "setup", "b": "allowance"},
    "covert": {"k": "covert", "b": "allowance"},
}


def rival_named(text: str) -> Rival:
    """A classical rule with its numbers.

    Raises:
        BadInput: An unknown rule, a number that the rule does not have, or one out of its range.
    """
    where = f"rule {text!r}"
    if text.strip() == AS_IS:
        return Rival("")
    rule = _NUMBER.sub("", text).strip()
    for name in rule_names(rule):
        if name not in DISPATCHING_RULES:
            raise BadInput(
                where, f"{name!r} is no rule", f"Expected: {', '.join(DISPATCHING_RULES)}", "Correct the name"
            )
    given: dict[str, float] = {}
    for key, number in _NUMBER.findall(text):
        field = _FIELDS.get(rule, {}).get(key)
        if field is None:
            raise BadInput(where, f"{key}={number}", "Expected k and b for atc and covert, k1, k2 for atcs", "Drop it")
        try:
            given[field] = float(number)
        except ValueError:
            raise BadInput(where, f"{key}={number}", "Expected a number", "For example: atc k=2 b=1") from None
    return Rival(rule, Tuning(**given) if given else None)
