import json
import xml.etree.ElementTree as ElementTree

import pytest
from typer.testing import CliRunner

from danao.app.cli.plant import app
from danao.core import BadInput
from danao.plant import plant_schema


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def test_a_sound_plant_is_told_in_one_line(sound):
    lines = run("check", sound).stdout.splitlines()
    assert lines == [f"{sound}: machine shop is sound: 3 stations, 4 machines, 1 product, 3 steps, 2 sources"]


def test_a_station_on_no_route_is_mentioned(sound):
    sound.write_text(sound.read_text().replace("  wash:\n", "  wash:\n  oven:\n"))
    assert run("check", sound).stdout.rstrip().endswith("on no route: oven")


def test_every_mistake_is_printed_and_the_exit_code_is_2(sound):
    sound.write_text(sound.read_text().replace("4 min", "4").replace("machines: 2", "machines: 0"))
    result = run("check", sound, code=2)
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == ["5", "9"]
    assert result.stdout == ""


def test_mistakes_and_facts_can_be_had_as_json(sound):
    assert json.loads(run("check", sound, "--json").stdout)["facts"]["machines"] == 4
    sound.write_text(sound.read_text().replace("4 min", "4"))
    document = json.loads(run("check", sound, "--json", code=2).stdout)
    assert document["facts"] is None
    assert document["mistakes"][0]["found"] == "4 without a unit"


def test_the_picture_is_written_where_it_was_asked_for(sound, tmp_path):
    run("show", sound, "-o", tmp_path / "shop.svg")
    assert ElementTree.parse(tmp_path / "shop.svg").getroot().tag.endswith("svg")


def test_no_picture_is_written_of_a_plant_with_mistakes(sound, tmp_path):
    sound.write_text("")
    result = CliRunner().invoke(app, ["show", str(sound), "-o", str(tmp_path / "shop.svg")])
    assert isinstance(result.exception, BadInput)
    assert not (tmp_path / "shop.svg").exists()


@pytest.mark.parametrize("arguments", [("schema",)])
def test_the_schema_is_printed(arguments):
    assert json.loads(run(*arguments).stdout) == plant_schema()
