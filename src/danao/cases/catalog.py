"""The catalog of cases: the project's own, and those that other packages add as entry points `danao.cases`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any, Protocol, cast

from pydantic import Field, ValidationError, create_model

from danao.cases.parameters import CaseParameters, Strict
from danao.core import BadInput, Case
from danao.core.tables import explain, read_yaml


class CaseType(Protocol):
    """A class whose instances are cases; its parameters are a pydantic model."""

    summary: str
    """One line for the list of cases."""
    Parameters: type[CaseParameters]

    def __call__(self, parameters: Any) -> Case:
        """The case with these parameters."""
        ...


Seed = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""A whole number that is exact in JSON."""


class ProofOptions(Strict):
    """Arguments of `prove` that a case file may set."""

    trials: int | None = Field(None, ge=1)
    precision: float | None = Field(None, gt=0)
    confidence: float = Field(0.95, gt=0.5, lt=1)
    seed: Seed = 1
    seeds: tuple[Seed, ...] | None = Field(None, min_length=1)
    max_trials: int = Field(100_000, ge=1)


class CaseFile(Strict):
    """A case written down: which one, with which parameters, proven how."""

    case: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    proof: ProofOptions = ProofOptions()


def catalog() -> dict[str, CaseType]:
    """All cases that are installed, by name."""
    found = entry_points(group="danao.cases")
    return {entry.name: _loaded(entry) for entry in sorted(found, key=lambda entry: entry.name)}


def _loaded(entry: EntryPoint) -> CaseType:
    kind = entry.load()
    for member in ("summary", "Parameters"):
        if not hasattr(kind, member):
            raise BadInput(
                f"case {entry.name!r} ({entry.value})",
                f"has no `{member}`",
                "Expected a class with `summary` and `Parameters`",
                "See the guide, Your own case",
            )
    return cast(CaseType, kind)


def case_type(name: str) -> CaseType:
    """The kind of case of that name.

    Raises:
        BadInput: No such case.
    """
    known = catalog()
    if name not in known:
        raise BadInput(
            f"case {name!r}",
            "not in the catalog",
            f"Expected one of: {', '.join(known)}; or a YAML file",
            "Run `danao cases`",
        )
    return known[name]


def build(name: str, parameters: Mapping[str, Any] | None = None, source: str | None = None) -> Case:
    """A case of the catalog with parameters.

    Args:
        name: Name in the catalog.
        parameters: As its `Parameters` model wants them; missing ones take their defaults.
        source: Where the parameters come from, for messages.

    Raises:
        BadInput: No such case, a parameter that it does not accept, or a case that calls itself something else.
    """
    kind = case_type(name)
    try:
        settings = kind.Parameters.model_validate(dict(parameters or {}))
    except ValidationError as errors:
        raise explain(errors, kind.Parameters, source or f"parameters of {name}") from None
    return _made(name, kind, settings)


def read_case_file(path: Path) -> tuple[Case, ProofOptions]:
    """A case and the options of its proof from a YAML file.

    Raises:
        BadInput: A key or value that cannot be used, with file and line.
    """
    name = read_yaml(path, CaseFile).case
    kind = case_type(name)
    whole = create_model("WrittenCase", __base__=CaseFile, parameters=(kind.Parameters, kind.Parameters()))
    document = read_yaml(path, whole)
    return _made(name, kind, cast(CaseParameters, document.parameters)), document.proof


def _made(name: str, kind: CaseType, parameters: CaseParameters) -> Case:
    """The case, which must answer to its name in the catalog: its proofs are replayed by that name."""
    case = kind(parameters)
    if case.name != name:
        raise BadInput(
            f"case {name!r}",
            f"calls itself {case.name!r}, so its proofs could not be run again",
            f"Expected the entry point in `danao.cases` to be named like the case, {case.name!r}",
            "Rename one of the two and install the package again",
        )
    return case
