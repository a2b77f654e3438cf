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


PROJECT = "4 1\n3\n0 0 2 2 3\n5 2 1 4\n4 1 1 4\n0 0 0\n"


def test_a_project_is_read_with_its_followers(tmp_path: Path) -> None:
    problem = read_problem(write(tmp_path, PROJECT), "psplib-rcp")
    assert [(link.before, link.after) for link in problem.links] == [(0, 1), (0, 2), (1, 3), (2, 3)]
    assert durations(problem) == [[0], [5], [4], [0]]
    assert dict(problem.operations[1].modes[0].uses) == {0: 2}
    assert problem.resources[0].capacity == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PROJECT.replace("5 2 1 4", "5 9 1 4"), r"shop\.txt:4: the use of resource 1 by activity 2 is 9"),
        (PROJECT.replace("5 2 1 4", "5 2 1 7"), r"shop\.txt:4: a follower of activity 2 is 7"),
        (PROJECT + "8\n", r"shop\.txt:7: 1 numbers are left"),
        (PROJECT.replace("5 2 1 4", "5 2 1 1"), "wait for each other"),
    ],
)
def test_a_mistake_in_a_project_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_problem(write(tmp_path, text), "psplib-rcp")


def steel(folder: Path, **changes: str) -> Path:
    files = {
        "mc_env.json": '{"stage_seq": ["EAF", "RF", "CC"], "EAF": ["E1", "E2"], "RF": ["R1"], "CC": ["C1"]}',
        "pt.csv": "ch_id,mc_id,pt\na,E1,40\na,E2,42\na,R1,20\na,C1,30\nb,E1,41\nb,C1,31\n",
        "cast.json": '{"cast_seq": ["k1"], "k1": ["a", "b"]}',
        "duedate.json": '{"a": 100, "b": 130}',
    }
    for name, text in (files | changes).items():
        (folder / f"te1_{name}").write_text(text)
    return folder / "te1_pt.csv"


def test_charges_of_a_cast_follow_each_other_on_one_caster(tmp_path: Path) -> None:
    problem = read_problem(steel(tmp_path), "scc")
    assert [problem.label(i) for i in range(5)] == ["a EAF", "a RF", "a CC", "b EAF", "b CC"]
    cast = [link for link in problem.links if link.same_machine]
    assert [(link.before, link.after, link.most) for link in cast] == [(2, 4, 0)]
    assert [job.due for job in problem.jobs] == [100, 130]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pt.csv": "ch_id,mc_id,pt\na,E9,40\n"}, r"te1_pt\.csv:2: machine E9 is in no stage"),
        ({"pt.csv": "ch_id,mc_id,pt\na,E1,40\n"}, "no machine of stage CC for charge a"),
        ({"duedate.json": '{"a": 100}'}, "no due date in whole minutes for charge b"),
        ({"cast.json": '{"cast_seq": ["k1"], "k1": ["a", "a"]}'}, "charge a is in two casts"),
        ({"mc_env.json": '{"stage_seq": ["EAF"]}'}, "a stage without machines"),
        ({"cast.json": "{"}, r"te1_cast\.json:1: not JSON"),
    ],
)
def test_a_mistake_in_steelmaking_files_is_named(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_problem(steel(tmp_path, **changes), "scc")


def tables(folder: Path, **changes: str) -> Path:
    files = {
        "operations": "order,operation,machine,duration\n"
        "4711,10,saw,5\n4711,20,mill,7\n4711,20,lathe,9\n4712,10,saw,3\n",
        "orders": "order,release,due,weight\n4712,2,20,3\n",
        "machines": "machine,closed_from,closed_to\nsaw,10,12\nsaw,4,6\n",
    }
    for name, text in (files | changes).items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_tables_of_a_planner_are_read(tmp_path: Path) -> None:
    problem = read_problem(tables(tmp_path), "csv")
    assert durations(problem) == [[5], [7, 9], [3]]
    assert (problem.jobs[1].release, problem.jobs[1].due, problem.jobs[1].weight) == (2, 20, 3.0)
    assert problem.machines[0].closed == ((4, 6), (10, 12))
    assert problem.label(1) == "4711/20"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"operations": "order,operation,machine\n1,10,saw\n"}, "no column 'duration'"),
        ({"operations": "order,operation,machine,duration\n4711,10,saw,2.5\n"}, r"operations\.csv:2: duration is 2\.5"),
        ({"orders": "order,due\n9,5\n"}, r"orders\.csv:2: order 9 has no operations"),
        ({"orders": "order,due\n4711,5\n4711,6\n"}, r"orders\.csv:3: order 4711 is listed twice"),
        ({"machines": "machine,closed_from,closed_to\npress,1,2\n"}, r"machines\.csv:2: machine press"),
        ({"machines": "machine,closed_from,closed_to\nsaw,5,2\n"}, r"machines\.csv:2: closed from 5 to 2"),
        ({"operations": "order,operation,machine,duration\n1,10,saw,2\n1,10,saw,3\n"}, "names machine saw twice"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_line(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_problem(tables(tmp_path, **changes), "csv")
