from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.learn_whatif import generated, what_if
from danao.app.cli import run
from danao.core.data import roots
from danao.core.errors import BadInput, MissingExtra
from danao.learning import Options, fidelity, forecast, learn, read_log
from danao.learning.distances import distances
from danao.learning.fidelity import judged, split
from danao.learning.forecast import Levels, past_ranks
from danao.learning.naive import resampled
from danao.learning.pictures import beside, completions_chart, why_waiting
from danao.learning.routes import smallest_p
from danao.learning.uncertainty import bootstrap, effect_of
from danao.learning.write import objections
from danao.plant import example, read_plant
from danao.twin import Twin
from danao.twin.event_csv import to_csv
from tests.learning.known_plants import recorded
from tests.learning.logs import line, written
from tests.learning.wrong_twins import (
    slower,
    with_a_shift_less,
    with_machines_less,
    with_one_route,
    with_routes_upside_down,
)

pytest.importorskip("log_distance_measures")


@pytest.fixture
def shop(tmp_path: Path):
    return read_log(written(tmp_path / "log.csv", line(300))).log


def production() -> Path:
    found = next(
        (root / "production_log/production_train.csv" for root in roots() if (root / "production_log").is_dir()), None
    )
    if found is None:
        pytest.skip("the production log is not here")
    return found


def test_a_log_is_at_no_distance_from_itself(shop) -> None:
    assert distances(shop, shop).values() == pytest.approx((0, 0, 0, 0, 0))


def test_a_log_a_day_later_is_a_day_away_on_the_calendar_and_nowhere_else(shop) -> None:
    later = replace(shop, start=shop.start + 24, end=shop.end + 24)
    found = distances(shop, later)
    assert pytest.approx(24.0) == found.AEDD
    assert pytest.approx((0, 0, 0)) == (found.NGD, found.REDD, found.CTDD)


def test_the_naive_twin_repeats_orders_as_they_were(shop) -> None:
    again = resampled(shop, 1, 50, 1000.0)
    spans = {round(float(one), 6) for one in (shop.last_end() - shop.first_start())}
    assert {round(float(one), 6) for one in (again.last_end() - again.first_start())} <= spans
    assert again.start.min() == pytest.approx(1000.0)


def test_the_gate_lets_a_good_twin_pass_and_says_why_a_bad_one_does_not(shop) -> None:
    good = fidelity(shop, Options(), runs=3)
    assert good.orders == 90
    assert {one.name: one.error for one in good.indicators}["hours a report takes"] < 0.1
    late = shop.start > split(shop)[2]
    slow = replace(shop, end=np.where(late, shop.end + 30, shop.end))
    bad = fidelity(slow, Options(), runs=2)
    assert not bad.passed
    assert any("hours a report takes" in reason for reason in bad.reasons)
    assert json.loads(json.dumps(bad.document()))["reasons"] == list(bad.reasons)


def test_too_few_orders_cannot_be_judged(tmp_path: Path) -> None:
    log = read_log(written(tmp_path / "log.csv", line(8))).log
    with pytest.raises(BadInput, match="8 orders"):
        fidelity(log, Options())


def test_without_the_extra_the_remedy_is_named(shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "log_distance_measures", None)
    with pytest.raises(MissingExtra, match="danao\\[learn\\]"):
        distances(shop, shop)


@pytest.mark.parametrize("shift", [False, True])
def test_a_learnt_plant_changes_as_the_plant_that_wrote_the_log(shift: bool) -> None:
    found = what_if(101, shift=shift, hours=16 * 1344.0, runs=8, span=4 * 1344.0)
    throughput, lead = found.errors
    assert throughput < 0.08
    assert lead < 0.12
    assert abs(found.known[1] / found.before[1] - 1) > 0.05


def test_forecasts_of_a_known_plant_hold_about_as_often_as_they_promise(tmp_path: Path) -> None:
    path = to_csv(
        Twin(generated(5, 0.8)).trace(5, 2000.0), tmp_path / "log.csv", datetime.fromisoformat("2024-01-01T00:00Z")
    )
    log = read_log(path).log
    ranks = np.array(past_ranks(log, Options(), 30, 1, tuple(np.linspace(0.3, 0.9, 12))))
    assert len(ranks) > 30
    held = float(((ranks >= 0.1) & (ranks <= 0.9)).mean())
    assert 0.6 < held < 0.97


def test_a_wider_pair_of_levels_gives_wider_intervals(shop) -> None:
    learnt = learn(shop.until(float(np.sort(shop.start)[400]) + 0.01))
    narrow, wide = (
        forecast(learnt, replications=20, levels=Levels(*pair, 0, 0.0)) for pair in ((0.4, 0.6), (0.1, 0.9))
    )
    assert [one.order for one in narrow] == [one.order for one in wide]
    assert all(b.lower <= a.lower <= a.median <= a.upper <= b.upper for a, b in zip(narrow, wide, strict=True))


def test_the_effect_of_nothing_is_nothing_and_input_uncertainty_widens(shop) -> None:
    plants = [one.plant for one in bootstrap(learn(shop), 4)]

    def leads(runs):
        return runs.lead_hours.sum(axis=1) / np.maximum(runs.finished.sum(axis=1), 1)

    def faster(plant):
        return replace(plant, stations=tuple(replace(one, machines=one.machines + 1) for one in plant.stations))

    nothing = effect_of(plants, lambda plant: plant, leads, hours=400.0, warm_up=50.0, runs=2)
    assert nothing.mean == nothing.lower == nothing.upper == 0
    found = effect_of(plants, faster, leads, hours=400.0, warm_up=50.0, runs=2)
    assert found.lower < found.mean < found.upper
    assert found.mean < 0
    assert 0 <= found.run_share <= 1


def test_pictures_are_drawings(shop) -> None:
    assert beside(shop, [shop]).startswith("<svg")
    assert "for a machine 50 %" in why_waiting(1.0, 0.5, 0.5)
    learnt = learn(shop.until(float(np.sort(shop.start)[400]) + 0.01))
    assert "days after" in completions_chart(forecast(learnt, replications=5), learnt.log)


def test_the_command_writes_a_sound_plant_with_its_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = written(tmp_path / "log.csv", line(120))
    output = tmp_path / "plant.yaml"
    assert run(["learn", str(log), "-o", str(output), "--plants", "2", "--pictures", str(tmp_path / "p")]) == 0
    printed = capsys.readouterr().out
    assert "order = order (guessed)" in printed
    assert "fidelity on 36 orders" in printed
    assert read_plant(output).name == "log"
    assert read_plant(tmp_path / "plant-02.yaml") != read_plant(output)
    assert (tmp_path / "p" / "beside.svg").exists()
    assert json.loads((tmp_path / "plant.learnt.json").read_text())["evidence"]
    judged = json.loads((tmp_path / "plant.learnt.json").read_text())["fidelity"]
    where = tuple(f"where the twin differs most: {one}" for one in judged["unexplained"])
    assert objections(output) == (*judged["reasons"], *where)


def test_a_plant_that_was_never_judged_cannot_back_a_proof(tmp_path: Path) -> None:
    log = written(tmp_path / "log.csv", line(60))
    assert run(["learn", str(log), "-o", str(tmp_path / "p.yaml"), "--no-check"]) == 0
    found = objections(tmp_path / "p.yaml")
    assert found is not None
    assert "never judged" in found[0]
    assert objections(tmp_path / "written-by-hand.yaml") is None
    (tmp_path / "p.learnt.json").write_text("{}")
    with pytest.raises(BadInput, match="danao learn"):
        objections(tmp_path / "p.yaml")


def test_the_command_prints_json_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = written(tmp_path / "log.csv", line(60))
    assert run(["learn", str(log), "-o", str(tmp_path / "p.yaml"), "--no-check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fidelity"] == {"not judged": "not asked for"}


def test_the_future_of_the_twin_begins_where_the_log_ends(tmp_path: Path) -> None:
    path = written(tmp_path / "log.csv", line(100))
    end = max(row[4] for row in line(100))
    later = tmp_path / "later.csv"
    arguments = [
        "learn",
        str(path),
        "-o",
        str(tmp_path / "p.yaml"),
        "--no-check",
        "--simulate",
        str(later),
        "--orders",
        "20",
    ]
    assert run(arguments) == 0
    rows = [row.split(",") for row in later.read_text().splitlines()[1:]]
    new = [row for row in rows if row[0].startswith("new")]
    assert len({row[0] for row in new}) == 20
    assert all(row[2] >= end for row in new)
    assert {row[1] for row in new} == {"sawing", "milling"}
    assert run([*arguments, "--until", "2023-01-01"]) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--map", "order"], "no = in it"),
        (["--map", "order=nothing"], "no column"),
        (["--map", "x=order"], "unknown role"),
    ],
)
def test_a_wrong_map_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments, told: str) -> None:
    log = written(tmp_path / "log.csv", line(20))
    assert run(["learn", str(log), "-o", str(tmp_path / "p.yaml"), *arguments]) == 2
    assert told in capsys.readouterr().err.replace("\n", " ")
    assert not (tmp_path / "p.yaml").exists()


@pytest.mark.realdata
def test_the_production_log_is_foretold_better_than_by_its_own_past() -> None:
    found = fidelity(read_log(production()).log, Options(waits="pooled"), runs=3)
    assert found.passed
    assert all(one < other for one, other in zip(found.twin.values(), found.naive.values(), strict=True))


WRONG = {
    "two thirds of the machines": with_machines_less,
    "slower": slower,
    "faster": lambda learnt: slower(learnt, 0.77),
    "a shift less": with_a_shift_less,
    "routes upside down": with_routes_upside_down,
    "one route": with_one_route,
}


@pytest.fixture(scope="module")
def machine_shop(tmp_path_factory: pytest.TempPathFactory):
    """Three weeks of the example: what was known at the cut, the later orders, the end, and what is learnt."""
    plant = example("machine-shop")
    log = recorded(plant, tmp_path_factory.mktemp("shop"), hours=504.0)
    past, later, _ = split(log)
    return past, later, log.cut, learn(past)


def test_the_gate_lets_the_machine_shop_pass(machine_shop) -> None:
    past, later, end, learnt = machine_shop
    assert judged(learnt, past, later, end, runs=3).reasons == ()


@pytest.mark.parametrize("how", WRONG)
def test_the_gate_refuses_a_wrong_machine_shop(machine_shop, how: str) -> None:
    past, later, end, learnt = machine_shop
    assert not judged(WRONG[how](learnt), past, later, end, runs=3).passed


@pytest.mark.realdata
@pytest.mark.parametrize("how", ["half of the machines", "slower", "faster", "a shift less", "one route"])
def test_the_gate_refuses_a_wrong_twin_of_the_production_log(how: str) -> None:
    """Routes upside down pass here: most of the 72 routes were taken once, so their shares hardly change."""
    log = read_log(production()).log
    past, later, _ = split(log)
    learnt = learn(past, options=Options("pooled", 1.3))
    wrong = WRONG[how](learnt) if how in WRONG else with_machines_less(learnt, 0.5)
    assert not judged(wrong, past, later, log.cut).passed


def test_a_twin_does_not_pass_because_its_runs_differ_so_much(shop) -> None:
    past, later, _ = split(shop)
    found = judged(slower(learn(past), 1.5), past, later, shop.cut, runs=4)
    assert all(one <= 2 * other + 1e-9 for one, other in zip(found.chance.values(), found.naive.values(), strict=True))
    assert not found.passed


def test_laws_of_one_median_and_other_tails_are_told_apart() -> None:
    chooser = np.random.default_rng(1)
    narrow, wide = chooser.lognormal(0.0, 0.3, 400), chooser.lognormal(0.0, 1.0, 400)
    assert smallest_p([narrow, wide]) < 1e-6
    assert smallest_p([narrow[:200], narrow[200:]]) > 0.01


def test_a_plant_file_that_somebody_changed_is_not_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = written(tmp_path / "log.csv", line(60))
    output = tmp_path / "p.yaml"
    arguments = ["learn", str(log), "-o", str(output), "--no-check"]
    assert run([*arguments, "--plants", "1"]) == 0
    assert run([*arguments, "--plants", "1"]) == 0
    beside, mine = output.with_suffix(".learnt.json").read_bytes(), output.read_text() + "# mine\n"
    output.write_text(mine)
    assert run(arguments) == 2
    assert "was changed since `danao learn` wrote it" in " ".join(capsys.readouterr().err.split())
    assert output.read_text() == mine
    assert output.with_suffix(".learnt.json").read_bytes() == beside
    assert run([*arguments, "--force"]) == 0
    (tmp_path / "p-01.yaml").write_text("plant: mine\n")
    assert run([*arguments, "--plants", "1"]) == 2
    assert (tmp_path / "p-01.yaml").read_text() == "plant: mine\n"
    by_hand = tmp_path / "by-hand.yaml"
    by_hand.write_text("plant: by hand\n")
    assert run(["learn", str(log), "-o", str(by_hand), "--no-check"]) == 2
    assert by_hand.read_text() == "plant: by hand\n"
    assert not by_hand.with_suffix(".learnt.json").exists()


def test_a_log_without_arrivals_is_told_so(tmp_path: Path) -> None:
    told = [note.what for note in read_log(written(tmp_path / "log.csv", line(60))).notes]
    assert "orders without a mark of when they came" in told
    rows = [(row[0], "released", "", row[3], row[3]) for row in line(60) if row[1] == "sawing"]
    marked = read_log(written(tmp_path / "marked.csv", [*rows, *line(60)])).notes
    assert "orders without a mark of when they came" not in [note.what for note in marked]
