from pathlib import Path

import pytest

from danao.core.errors import BadInput
from danao.scheduling.readers import FORMATS, read_problem


def write(folder: Path, text: str) -> Path:
    path = folder / "shop.txt"
    path.write_text(text)
    return path


def durations(problem) -> list[list[int]]:
    return [[mode.duration for mode in operation.modes] for operation in problem.operations]


def test_jobs_of_unequal_length_and_repeated_machines_are_read(tmp_path: Path) -> None:
    problem = read_problem(write(tmp_path, "2 3\n0 5 1 6 0 7\n2 8 -1 -1\n"), "jsplib")
    assert durations(problem) == [[5], [6], [7], [8]]
    assert [operation.modes[0].machine for operation in problem.operations] == [0, 1, 0, 2]
    assert [(link.before, link.after) for link in problem.links] == [(0, 1), (1, 2)]


def test_machines_of_a_flexible_job_shop_count_from_one(tmp_path: Path) -> None:
    problem = read_problem(write(tmp_path, "1 2 1.5\n2 2 1 25 2 37 1 2 9\n"), "fjsplib")
    assert [[mode.machine for mode in operation.modes] for operation in problem.operations] == [[0, 1], [1]]
    assert durations(problem) == [[25, 37], [9]]


def test_setup_tables_follow_the_jobs(tmp_path: Path) -> None:
    text = "2 2\n1 1 1 5\n1 1 1 6\n\n1 2\n3 4\n5 6\n7 8\n"
    problem = read_problem(write(tmp_path, text), "fjsp-setups")
    assert problem.machines[0].setup.tolist() == [[1, 2], [3, 4]]
    assert problem.machines[1].setup.tolist() == [[5, 6], [7, 8]]
    assert [operation.setup_class for operation in problem.operations] == [0, 1]


@pytest.mark.parametrize(
    ("layout", "text", "message"),
    [
        ("jsplib", "2 2\n0 5 1 6\n", r"shop\.txt:1: 2 jobs are announced and 1 lines follow"),
        ("jsplib", "1 2\n0 5 2 6\n", r"shop\.txt:2: the machine of operation 2 is 2.*from 0 to 1"),
        ("jsplib", "1 2\n0 5 1\n", r"shop\.txt:2: the line ends before the duration of operation 2"),
        ("jsplib", "1 2\n0 -5 1 6\n", r"shop\.txt:2: the duration of operation 1 is -5"),
        ("jsplib", "1 2\n0 5.5 1 6\n", r"shop\.txt:2: 5\.5 is not a whole number"),
        ("jsplib", "1 2\n-1 -1\n", r"shop\.txt:2: a job without operations"),
        ("jsplib", "", "no numbers"),
        ("fjsplib", "1 2\n1 1 0 5\n", r"shop\.txt:2: a machine of operation 1 is 0.*from 1 to 2"),
        ("fjsplib", "1 2\n1 1 1 5 9\n", r"shop\.txt:2: 1 numbers are left"),
        ("fjsp-setups", "1 1\n1 1 1 5\n", "0 lines of setup times"),
        ("taillard-flow-shop", "1 2\n1 5 0 6\n", "in the order of the machines"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, layout: str, text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_problem(write(tmp_path, text), layout)


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=next(iter(FORMATS))):
        read_problem(write(tmp_path, "1 1\n0 5\n"), "excel97")
