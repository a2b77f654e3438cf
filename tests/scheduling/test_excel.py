import csv
import datetime
from pathlib import Path

import pytest

from danao.core.errors import BadInput
from danao.scheduling.model import Batch
from danao.scheduling.readers import read_problem

openpyxl = pytest.importorskip("openpyxl")

TABLES = {
    "operations": [
        ["order", "operation", "machine", "duration", "setup_class", "power", "family", "size"],
        ["4711", 10, "saw", 4, 0, 12.5, None, None],
        ["4711", 20, "furnace", 30, 1, 80, "steel", 2],
        ["4712", 10, "saw", 6, 0, None, None, None],
        ["4712", 10, "mill", 9, 0, None, None, None],
        ["4712", 20, "furnace", 30, 1, 80, "steel", 1],
    ],
    "orders": [["order", "release", "due", "weight"], ["4712", 2, 90, 1.5]],
    "machines": [
        ["machine", "closed_from", "closed_to", "batch_most", "batch_least", "idle_power"],
        ["saw", 10, 12, None, None, None],
        ["saw", 2, 4, None, None, None],
        ["furnace", None, None, 3, 2, 7.5],
    ],
    "setups": [["machine", "from_class", "to_class", "time"], ["saw", 0, 1, 5]],
    "tariff": [["from", "price", "unit_hours"], [0, 0.3, 0.25], [16, -0.05, 0.25], [32, 0.2, 0.25]],
}


def workbook(path: Path, tables: dict, **changes: object) -> Path:
    """A workbook with one sheet for each table; changes are cells, as operations_D2=-5."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    for place, value in changes.items():
        sheet, cell = place.split("_")
        book[sheet][cell] = value
    book.save(path)
    return path


def folder(path: Path) -> Path:
    for name, rows in TABLES.items():
        with (path / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return path


def test_a_workbook_and_the_same_tables_in_csv_are_the_same_problem(tmp_path: Path) -> None:
    ours = read_problem(workbook(tmp_path / "plan.xlsx", TABLES), "excel")
    theirs = read_problem(folder(tmp_path), "csv")
    assert ours.name == "plan"
    assert (ours.jobs, ours.operations, ours.links, ours.energy) == (
        theirs.jobs,
        theirs.operations,
        theirs.links,
        theirs.energy,
    )
    assert [str(one) for one in ours.machines] == [str(one) for one in theirs.machines]


def test_every_column_of_the_tables_means_what_it_says(tmp_path: Path) -> None:
    problem = read_problem(workbook(tmp_path / "plan.xlsx", TABLES), "excel")
    saw, furnace, mill = problem.machines
    assert [one.name for one in problem.machines] == ["saw", "furnace", "mill"]
    assert saw.closed == ((2, 4), (10, 12))
    assert saw.setup.tolist() == [[0, 5], [0, 0]]
    assert (furnace.batch, furnace.idle_power, mill.batch) == (Batch(3, 2), 7.5, None)
    assert [len(one.modes) for one in problem.operations] == [1, 1, 2, 1]
    assert [one.family for one in problem.operations] == [None, 0, None, 0]
    assert [one.size for one in problem.operations] == [1, 2, 1, 1]
    assert problem.operations[1].modes[0].power == 80.0
    assert (problem.jobs[1].release, problem.jobs[1].due, problem.jobs[1].weight) == (2, 90, 1.5)
    assert problem.energy.between(14, 18) == pytest.approx(0.25 * (2 * 0.3 - 2 * 0.05))


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("operations_D2", -5, ["plan.xlsx!operations!D2", "duration is -5", "0 or more"]),
        ("operations_D2", 4.5, ["operations!D2", "4.5", "whole number"]),
        ("operations_D2", "4,5", ["operations!D2", "decimal comma"]),
        ("operations_D2", None, ["operations!D2", "empty"]),
        ("operations_D2", datetime.datetime(2026, 3, 1), ["operations!D2", "date"]),
        ("operations_D2", "#REF!", ["operations!D2", "#REF!", "formula"]),
        ("operations_D1", "hours", ["operations!1", "no column 'duration'"]),
        ("operations_G5", "alloy", ["operations!5", "another setup_class, family or size"]),
        ("orders_A2", "9999", ["orders!A2", "no operations"]),
        ("machines_A2", "lathe", ["machines!A2", "lathe", "Expected one of: saw"]),
        ("machines_C2", 9, ["machines!2", "closed from 10 to 9"]),
        ("setups_C2", 7, ["setups!2", "class 7"]),
        ("tariff_C3", 1, ["tariff!3", "unit_hours is 1"]),
    ],
)
def test_a_mistake_is_told_with_sheet_and_cell(tmp_path: Path, place: str, value: object, words: list[str]) -> None:
    path = workbook(tmp_path / "plan.xlsx", TABLES, **{place: value})
    with pytest.raises(BadInput) as error:
        read_problem(path, "excel")
    for word in words:
        assert word in str(error.value)


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    with pytest.raises(BadInput, match="cannot be read"):
        read_problem(path, "excel")
    path.write_text("order;operation")
    with pytest.raises(BadInput, match="not an Excel workbook"):
        read_problem(path, "excel")
    with pytest.raises(BadInput, match="no sheet 'operations'"):
        read_problem(workbook(tmp_path / "other.xlsx", {"orders": TABLES["orders"]}), "excel")
