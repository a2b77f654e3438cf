"""What each learnt fact rests on, as comments for the head of the plant file and as a document beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fact:
    """One thing that was inferred."""

    about: str
    """Part of the plant: a station, a step, the arrivals."""
    what: str
    """Which property of it."""
    found: str
    n: int
    """Observations that it rests on."""
    why: str = ""
    """Fit, alternatives, doubts."""

    def line(self) -> str:
        """For people."""
        reason = f" ({self.why})" if self.why else ""
        return f"{self.about}: {self.what}: {self.found}; n {self.n}{reason}"


def comments(facts: Sequence[Fact], head: Sequence[str]) -> str:
    """The evidence as comment lines of YAML."""
    lines = [*head, "", "Evidence (n: observations; AIC: lower is better; KS: distance of the distribution functions):"]
    lines += [fact.line() for fact in facts]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def document(facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """The evidence for programs."""
    return [vars(fact) for fact in facts]
