import numpy as np
import pytest

from danao.scheduling.model import Frozen, Job, Link, Machine, Mode, Operation, Problem, Resource
from danao.scheduling.schedule import Schedule, parts_of
from danao.scheduling.validate import InvalidPlan, require_valid, validate


def everything() -> Problem:
    """Two jobs of two operations with every rule of the model."""
    setup = np.array([[0, 2], [3, 0]])
    return Problem(
        "all rules",
        (Job("a", release=1, due=5, weight=2.0), Job("b")),
        (
            Operation(0, (Mode(0, 2), Mode(1, 3))),
            Operation(0, (Mode(1, 2, {0: 2}),)),
            Operation(1, (Mode(0, 2, {1: 3}),), setup_class=1),
            Operation(1, (Mode(1, 2, {0: 2}),)),
        ),
        (Machine("saw", setup=setup, first_setup=np.array([1, 1])), Machine("mill", closed=((20, 30),))),
        (Link(0, 1, least=1), Link(2, 3, most=4)),
        (Resource("fitters", 2), Resource("steel", 3, renewable=False)),
        transport=np.array([[0, 1], [1, 0]]),
        frozen=(Frozen(0, 0, 1),),
    )


GOOD = Schedule(np.array([0, 0, 0, 0]), np.array([1, 5, 5, 8]), np.array([3, 7, 7, 10]))


def changed(**arrays: dict[int, int]) -> Schedule:
    mode, start = GOOD.mode.copy(), GOOD.start.copy()
    for i, value in arrays.get("start", {}).items():
        start[i] = value
    for i, value in arrays.get("mode", {}).items():
        mode[i] = value
    return Schedule.of(everything(), mode, start)


def test_a_schedule_that_keeps_every_rule_passes() -> None:
    assert validate(everything(), GOOD) == []


@pytest.mark.parametrize(
    ("schedule", "rule"),
    [
        (changed(start={0: 0}), "release"),
        (changed(start={1: 4}), "link"),
        (changed(start={2: 4}), "machine"),
        (changed(start={0: 0}), "machine"),
        (changed(start={1: 19, 3: 24}), "calendar"),
        (changed(start={2: 5, 3: 13}), "link"),
        (changed(start={1: 7}), "resource"),
        (changed(mode={0: 1}), "frozen"),
        (changed(mode={2: -1}), "link"),
        (Schedule(np.array([0, 0, 0, 4]), GOOD.start, GOOD.end), "mode"),
        (Schedule(GOOD.mode, GOOD.start, GOOD.end + 1), "mode"),
    ],
)
def test_each_broken_rule_is_found(schedule: Schedule, rule: str) -> None:
    assert rule in {violation.rule for violation in validate(everything(), schedule)}
    with pytest.raises(InvalidPlan):
        require_valid(everything(), schedule)


def test_the_parts_of_a_schedule_follow_their_definitions() -> None:
    parts = parts_of(everything(), GOOD)
    assert parts == {"makespan": 10.0, "weighted tardiness": 2.0 * (7 - 5), "setup time": 1 + 2}
