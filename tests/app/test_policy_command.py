"""`danao policy learn`, and `danao plan` of a plant file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from danao.app import cli
from danao.planning.order_books import with_order_book
from danao.plant.example import example
from danao.plant.render import rendered

QUICK = ["--hours", "20", "--warm-up", "2", "--generations", "1", "--population", "4", "--runs", "1", "--depth", "0"]


def test_a_learnt_policy_is_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("cma")
    plant = tmp_path / "shop.yaml"
    plant.write_text(rendered(example("machine-shop")), encoding="utf-8")
    policy = tmp_path / "policy.json"
    assert cli.run(["policy", "learn", str(plant), "-o", str(policy), *QUICK, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["ranking"]) > 20
    assert json.loads(policy.read_text())["name"] == "policy"


def test_a_plant_is_planned_and_carried_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plant = tmp_path / "shop.yaml"
    plant.write_text(rendered(with_order_book(example("machine-shop"), 12, 1)), encoding="utf-8")
    assert cli.run(["plan", str(plant), "--steps", "100", "--execute", "4", "--patience", "0.5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len({row["order"] for row in told["schedule"]}) == 12
    assert told["execution"].keys() == {"hours late", "orders finished", "hours in process"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "{plant}"], "no orders"),
        (["plan", "{plant}", "--execute", "3"], "no orders"),
        (["plan", "{table}", "--execute", "3"], "is no plant file"),
        (["policy", "learn", "{folder}"], "{folder}"),
        (["policy", "learn", "{plant}", "-o", "{folder}"], "is a folder"),
    ],
)
def test_a_mistake_ends_in_a_message(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant, table = tmp_path / "shop.yaml", tmp_path / "orders.csv"
    plant.write_text(rendered(example("machine-shop")), encoding="utf-8")
    table.write_text("order,machine\n", encoding="utf-8")
    places = {"{plant}": str(plant), "{table}": str(table), "{folder}": str(tmp_path)}
    assert cli.run([places.get(one, one) for one in arguments]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert message.replace("{folder}", tmp_path.name) in said.replace(" ", "") or message in said
