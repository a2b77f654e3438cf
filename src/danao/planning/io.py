"""Learnt policies as files: JSON that people can read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from danao.core.errors import BadInput
from danao.core.files import write_atomically
from danao.core.tables import read_text
from danao.twin.policies import Place
from danao.twin.priority import PriorityFunction

FORMAT = "danao priority function 1"
_FAR = 1e300
"""Stands for a threshold of infinity, which JSON does not have."""


@dataclass(frozen=True)
class LearntPolicy:
    """A priority function, where it stands among a station's rules, and how it was found."""

    name: str
    function: PriorityFunction
    place: Place = "first"
    story: tuple[tuple[str, str | float], ...] = ()
    """How it was found, in names and values."""


class _Split(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    term: str
    above: float


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    format: str
    name: str = Field(min_length=1)
    place: Place = "first"
    allowance: float = 0.0
    splits: list[_Split] = []
    leaves: list[dict[str, float]]
    story: dict[str, str | float] = {}


def write_policy(policy: LearntPolicy, path: Path) -> Path:
    """Write a policy as JSON.

    Raises:
        StorageError: The file cannot be written.
    """
    function = policy.function
    document: dict[str, Any] = {
        "format": FORMAT,
        "name": policy.name,
        "place": policy.place,
        "allowance": function.allowance,
        "splits": [{"term": term, "above": min(_FAR, above)} for term, above in function.splits],
        "leaves": [{term: weight for term, weight in leaf.items() if weight} for leaf in function.leaves],
        "story": dict(policy.story),
    }
    return write_atomically(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read_policy(path: Path) -> LearntPolicy:
    """A policy from a JSON file.

    Raises:
        BadInput: The file cannot be read, is no JSON, or is not what `write_policy` writes.
    """
    try:
        found = _Document.model_validate(json.loads(read_text(path)))
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{path}:{error.lineno}", error.msg, "Expected JSON", "Write it with danao policy learn"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            f"{path}: {place}" if place else str(path),
            str(first["msg"]),
            "Expected a policy as danao policy learn writes it",
            "Correct the entry, or learn the policy again",
        ) from None
    if found.format != FORMAT:
        raise BadInput(f"{path}: format", f"{found.format!r}", f"Expected {FORMAT!r}", "Learn the policy again")
    try:
        function = PriorityFunction(
            tuple(found.leaves), tuple((one.term, one.above) for one in found.splits), found.allowance
        )
    except BadInput as problem:
        raise BadInput(f"{path}: {problem.where}", problem.found, problem.expected, problem.remedy) from None
    return LearntPolicy(found.name, function, found.place, tuple(found.story.items()))
