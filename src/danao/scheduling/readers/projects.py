"""Resource-constrained projects in the Patterson format (PSPLIB .rcp)."""

from __future__ import annotations

from pathlib import Path

from danao.core.errors import BadInput
from danao.scheduling.model import NO_MACHINE, Job, Link, Mode, Operation, Problem, Resource
from danao.scheduling.readers.numbers import Line, number_lines


def read_project(path: Path) -> Problem:
    """A project: `activities resources`, the capacities, then for each activity `duration`, the amount of each
    resource, the number of activities that follow and their numbers, from 1. Line breaks are free.

    Raises:
        BadInput: The file is no such table; the message names the line.
    """
    stream = _Stream(number_lines(path))
    activities = stream.take("the number of activities", minimum=1)
    resources = stream.take("the number of resources")
    capacities = [stream.take(f"the capacity of resource {r + 1}") for r in range(resources)]
    operations, links = [], []
    for activity in range(activities):
        name = f"activity {activity + 1}"
        duration = stream.take(f"the duration of {name}")
        uses = {
            r: stream.take(f"the use of resource {r + 1} by {name}", maximum=capacities[r]) for r in range(resources)
        }
        operations.append(
            Operation(0, (Mode(NO_MACHINE, duration, {r: amount for r, amount in uses.items() if amount}),), name=name)
        )
        for _ in range(stream.take(f"the number of followers of {name}")):
            follower = stream.take(f"a follower of {name}", minimum=1, maximum=activities)
            links.append(Link(activity, follower - 1, moves=False))
    stream.end()
    return Problem(
        path.stem,
        (Job(path.stem),),
        tuple(operations),
        (),
        tuple(links),
        tuple(Resource(f"resource {r + 1}", capacity) for r, capacity in enumerate(capacities)),
    )


class _Stream:
    """Numbers across line breaks."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines, self.at = lines, 0

    def take(self, what: str, *, minimum: int = 0, maximum: int | None = None) -> int:
        """The next number, with the message of its line."""
        while self.at + 1 < len(self.lines) and not self.lines[self.at].left:
            self.at += 1
        return self.lines[self.at].take(what, minimum=minimum, maximum=maximum)

    def end(self) -> None:
        """Require that nothing is left."""
        for line in self.lines[self.at :]:
            if line.left:
                raise BadInput(
                    line.where,
                    f"{line.left} numbers are left after the last activity",
                    "Expected the file to end",
                    "Correct the number of activities",
                )
