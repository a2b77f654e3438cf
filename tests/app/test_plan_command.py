import csv
import io
import json
import re
from pathlib import Path

import pytest

from danao.app import cli

SHOP = "3 3\n0 3 1 2 2 2\n0 2 2 1 1 4\n1 4 2 3 0 1\n"


def shop(folder: Path) -> Path:
    path = folder / "three.txt"
    path.write_text(SHOP)
    return path


def test_a_file_is_planned_and_the_schedule_written(tmp_path: Path, capsys) -> None:
    place = tmp_path / "plan.csv"
    arguments = ["plan", str(shop(tmp_path)), "--format", "jsplib", "--steps", "500", "--write", str(place), "--json"]
    assert cli.run(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["value"] == max(row["end"] for row in document["schedule"])
    assert document["lower_bound"] <= document["value"]
    rows = list(csv.DictReader(io.StringIO(place.read_text())))
    assert sorted((row["operation"], int(row["start"])) for row in rows) == sorted(
        (row["operation"], row["start"]) for row in document["schedule"]
    )


def test_the_same_steps_and_seed_print_the_same_plan(tmp_path: Path, capsys) -> None:
    arguments = ["plan", str(shop(tmp_path)), "--format", "jsplib", "--steps", "300", "--seed", "4", "--json"]
    documents = []
    for _ in range(2):
        assert cli.run(arguments) == 0
        documents.append(json.loads(capsys.readouterr().out)["schedule"])
    assert documents[0] == documents[1]


def test_a_plan_is_drawn_below_the_one_before(tmp_path: Path, capsys) -> None:
    plan, page = tmp_path / "plan.csv", tmp_path / "plan.html"
    arguments = ["plan", str(shop(tmp_path)), "--format", "jsplib", "--json"]
    assert cli.run([*arguments, "--steps", "1", "--write", str(plan), "--gantt", str(page)]) == 0
    assert page.read_text().count('<svg class="bars"') == 1
    written = json.loads(capsys.readouterr().out)["schedule"]
    assert cli.run([*arguments, "--steps", "300", "--before", str(plan), "--gantt", str(page)]) == 0
    after = json.loads(capsys.readouterr().out)["schedule"]
    found = re.search(r'id="data">(.*?)</script>', page.read_text())
    assert found is not None
    charts = json.loads(found.group(1))["charts"]
    assert [chart["name"] for chart in charts] == ["Before", "After"]
    for chart, rows in zip(charts, (written, after), strict=True):
        drawn = sorted((bar[3], bar[1], bar[2]) for bar in chart["bars"])
        assert drawn == sorted((row["operation"], row["start"], row["end"]) for row in rows)


def test_a_plan_before_that_breaks_rules_is_drawn_and_says_so(tmp_path: Path) -> None:
    plan, page = tmp_path / "plan.csv", tmp_path / "plan.html"
    plan.write_text("operation,machine,start,end\njob 1/1,machine 1,0,3\njob 2/1,machine 1,2,4\n")
    arguments = ["plan", str(shop(tmp_path)), "--format", "jsplib", "--steps", "1", "--before", str(plan)]
    assert cli.run([*arguments, "--gantt", str(page)]) == 0
    assert "Broken rules: 1, the first: job 2/1 starts on machine 1 at 2" in page.read_text()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("job 9/1,machine 1,0,3", "plan.csv:2: operation job 9/1 is unknown"),
        ("job 1/1,machine 9,0,3", "plan.csv:2: machine machine 9 is unknown"),
        ("job 1/1,machine 1,0,4", "plan.csv:2: job 1/1 takes 4 on machine 1. Expected 3 on machine 1"),
        ("job 1/1,machine 1,0.5,3.5", "plan.csv:2: start is 0.5. Expected a whole number"),
    ],
)
def test_a_plan_of_another_problem_is_refused(tmp_path: Path, capsys, row: str, message: str) -> None:
    plan, page = tmp_path / "plan.csv", tmp_path / "plan.html"
    plan.write_text(f"operation,machine,start,end\n{row}\n")
    arguments = ["plan", str(shop(tmp_path)), "--format", "jsplib", "--before", str(plan), "--gantt", str(page)]
    assert cli.run(arguments) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not page.exists()


def test_late_orders_of_a_table_are_listed_with_their_cause(tmp_path: Path, capsys) -> None:
    (tmp_path / "operations.csv").write_text("order,operation,machine,duration\nA,10,saw,6\nB,10,saw,6\n")
    (tmp_path / "orders.csv").write_text("order,due,weight\nA,6,2\nB,6,1\n")
    assert cli.run(["plan", str(tmp_path), "--objective", "weighted tardiness", "--steps", "50"]) == 0
    text = capsys.readouterr().out
    assert "B is 6 late" in text
    assert "order A has saw from 0 to 6" in text
    assert "put order A behind it" in text


def test_mistakes_end_in_a_message_and_2(tmp_path: Path, capsys) -> None:
    broken = tmp_path / "broken.txt"
    broken.write_text("2 2\n0 1 1 1\n")
    for arguments, word in (
        ([str(broken), "--format", "jsplib"], "broken.txt:1"),
        ([str(broken), "--format", "word"], "jsplib"),
        ([str(tmp_path / "none.txt"), "--format", "jsplib"], "cannot be read"),
        ([str(shop(tmp_path)), "--format", "jsplib", "--time-limit", "-1"], "above 0"),
        ([str(shop(tmp_path)), "--format", "jsplib", "--write", str(tmp_path)], "is a folder"),
        ([str(shop(tmp_path)), "--format", "jsplib", "--gantt", str(tmp_path)], "is a folder"),
        ([str(shop(tmp_path)), "--format", "jsplib", "--before", "plan.csv"], "Expected --gantt FILE"),
    ):
        assert cli.run(["plan", *arguments]) == 2
        shown = " ".join(capsys.readouterr().err.split())
        assert word in shown
        assert "Traceback" not in shown
