from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from danao.learning import Options, learn, read_log, resampled
from danao.learning.fitting import fit
from danao.learning.log import EventLog
from danao.learning.now import state_at_cut
from danao.learning.shifts import OpenClock, shifts_of
from danao.learning.simulate import NEW, simulated
from danao.learning.write import write_learnt
from danao.plant import Family, read_plant
from danao.twin import Twin
from tests.learning.logs import at, line, written


@pytest.fixture
def shop(tmp_path: Path) -> EventLog:
    return read_log(written(tmp_path / "log.csv", line(600))).log


def test_the_open_clock_and_its_inverse_are_inverse() -> None:
    clock = OpenClock(((8.0, 16.0), (32.0, 40.0)))
    hours = np.array([0.5, 8.0, 9.0, 15.9, 16.0, 39.9, 40.0, 200.25])
    np.testing.assert_allclose(clock.at(clock.passed(hours))[[2, 3, 5]], hours[[2, 3, 5]])
    assert float(clock.passed(168.0)) == 16.0
    assert float(clock.between(15.0, 33.0)) == 2.0


def test_shifts_are_found_from_the_ends_of_work() -> None:
    chooser = np.random.default_rng(1)
    clock = OpenClock(tuple((24.0 * day + 6, 24.0 * day + 14) for day in range(5)))
    ends = clock.at(chooser.uniform(0, 40 * 20, 4000))
    assert shifts_of(ends).clock == clock


def test_censored_times_are_not_taken_for_short_ones() -> None:
    chooser = np.random.default_rng(2)
    times = chooser.exponential(10.0, 4000)
    cut = times > 8
    found = fit(np.minimum(times, 8.0), cut)
    assert found.distribution.family is Family.EXPONENTIAL
    assert found.distribution.mean == pytest.approx(10.0, rel=0.06)
    assert fit(np.minimum(times, 8.0)).distribution.mean < 6


@pytest.mark.parametrize(
    ("family", "draw"),
    [
        (Family.GAMMA, lambda chooser: chooser.gamma(4.0, 0.5, 3000)),
        (Family.LOGNORMAL, lambda chooser: chooser.lognormal(0.0, 0.8, 3000)),
        (Family.WEIBULL, lambda chooser: 3 * chooser.weibull(3.0, 3000)),
        (Family.EXPONENTIAL, lambda chooser: chooser.exponential(2.0, 3000)),
        (Family.CONSTANT, lambda chooser: np.full(50, 0.4)),
    ],
)
def test_the_family_that_drew_the_times_is_found(family, draw) -> None:
    times = draw(np.random.default_rng(5))
    found = fit(times)
    assert found.distribution.family is family
    assert found.distribution.mean == pytest.approx(times.mean(), rel=0.02)


def test_a_single_line_is_learnt_back(shop: EventLog) -> None:
    learnt = learn(shop)
    plant = learnt.plant
    assert {one.name: one.machines for one in plant.stations} == {"saw": 1, "mill": 1}
    assert len(plant.products) == 1
    assert [step.station for step in plant.products[0].route] == ["saw", "mill"]
    assert plant.products[0].route[0].time.mean == pytest.approx(1.0, rel=0.05)
    assert plant.products[0].route[1].time.mean == pytest.approx(0.5, rel=0.05)
    assert learnt.arrivals.gaps.distribution.mean == pytest.approx(2.0, rel=0.1)


def test_waiting_for_a_machine_is_not_taken_for_another_delay(shop: EventLog) -> None:
    waits = learn(shop).waits
    assert waits.queueing.sum() > 0
    assert waits.other.sum() == pytest.approx(0.0, abs=1e-6)


def test_a_delay_that_no_machine_explains_becomes_a_wait_of_its_own(tmp_path: Path) -> None:
    rows = [
        row
        for number in range(60)
        for row in (
            (f"A{number}", "sawing", "saw", at(10 * number), at(10 * number + 1)),
            (f"A{number}", "drying", "rack", at(10 * number + 4), at(10 * number + 5)),
        )
    ]
    learnt = learn(read_log(written(tmp_path / "log.csv", rows)).log)
    route = learnt.plant.products[0].route
    assert [step.station for step in route] == ["saw", "waiting", "rack"]
    assert route[1].time.mean == pytest.approx(3.0)


def test_what_goes_side_by_side_is_split_and_joined(tmp_path: Path) -> None:
    chooser = np.random.default_rng(4)
    rows = []
    for number in range(80):
        begin = 6.0 * number
        first, second = chooser.uniform(0.5, 2.0, 2)
        later = chooser.uniform(0, 0.01, 2)
        rows += [
            (f"A{number}", "cut", "saw", at(begin), at(begin + 0.5)),
            (f"A{number}", "test", "lab", at(begin + 0.5 + later[0]), at(begin + 0.5 + first)),
            (f"A{number}", "paint", "booth", at(begin + 0.5 + later[1]), at(begin + 0.5 + second)),
            (f"A{number}", "pack", "table", at(begin + 0.5 + max(first, second)), at(begin + 3)),
        ]
    learnt = learn(read_log(written(tmp_path / "log.csv", rows)).log)
    assert len(learnt.routes.parallel) == 1
    assert len(learnt.ingredients.variants) == 1
    runs = Twin(learnt.plant).run([1], 400.0)
    main = runs.products.index(learnt.ingredients.variants[0].name)
    assert runs.finished[0, main] > 40


def test_a_twin_log_has_the_throughput_of_the_log_that_it_was_learnt_from(shop: EventLog) -> None:
    learnt = learn(shop)
    hours = shop.cut
    logs = [simulated(learnt, seed, 0.0, hours) for seed in range(6)]
    counts = [len(np.unique(log.order)) for log in logs]
    assert np.mean(counts) == pytest.approx(600, rel=0.1)
    assert all(name.startswith(NEW) for log in logs for name in log.orders)
    spans = [float((log.last_end() - log.first_start())[np.isfinite(log.first_start())].mean()) for log in logs]
    recorded = float((shop.last_end() - shop.first_start()).mean())
    assert np.mean(spans) == pytest.approx(recorded, rel=0.15)


def test_orders_that_are_open_at_the_cut_are_in_the_state(shop: EventLog) -> None:
    moment = float(np.sort(shop.start)[700]) + 0.01
    past = shop.until(moment)
    learnt = learn(past)
    running = set(past.order[past.running].tolist())
    now = state_at_cut(learnt, 1)
    assert running <= set(now.orders)
    Twin(learnt.plant).run([1], 50.0, start=now.state)


def test_the_past_of_a_log_knows_nothing_of_the_rest(shop: EventLog) -> None:
    past = shop.until(200.0)
    assert (past.start < 200).all()
    assert (past.end[~past.running] <= 200).all()
    assert past.running.sum() == ((shop.start < 200) & (shop.end > 200)).sum()


def test_routes_that_the_cut_shortens_are_not_learnt_as_short_ones(tmp_path: Path) -> None:
    rows = []
    for number in range(120):
        for step in range(10):
            begin = 5.0 * number + 30.0 * step
            rows.append((f"A{number}", f"step {step}", f"M{step}", at(begin), at(begin + 1)))
    log = read_log(written(tmp_path / "log.csv", rows)).log.until(600.0)
    learnt = learn(log)
    lengths = [len(variant.items) for variant in learnt.ingredients.variants for _ in variant.orders]
    assert np.mean([one.open > 0.5 for one in learnt.routes.orders]) > 0.3
    assert np.mean(lengths) > 9.5


def test_orders_that_have_been_quiet_for_longer_than_any_wait_are_finished(tmp_path: Path) -> None:
    rows = []
    for number in range(300):
        rows.append((f"A{number}", "sawing", "saw", at(2.0 * number), at(2.0 * number + 1)))
        if number % 3 == 0:
            rows.append((f"A{number}", "milling", "mill", at(2.0 * number + 1), at(2.0 * number + 1.5)))
    learnt = learn(read_log(written(tmp_path / "log.csv", rows)).log)
    assert sum(one.open >= 0.5 for one in learnt.routes.orders) <= 1
    assert sorted(len(variant.orders) for variant in learnt.ingredients.variants) == [100, 200]


def test_an_order_that_goes_round_for_ever_ends(tmp_path: Path) -> None:
    rows = [
        (f"A{number}", "spin", "wheel", at(0.1 * step + 0.01 * number), at(0.1 * step + 0.01 * number + 0.05))
        for number in range(6)
        for step in range(2000)
    ]
    learnt = learn(read_log(written(tmp_path / "log.csv", rows)).log)
    assert any(fact.what == "going round" for fact in learnt.facts)
    assert max(len(product.route) for product in learnt.plant.products) <= 700


def test_bootstrap_plants_differ_and_repeat(shop: EventLog) -> None:
    learnt = learn(shop)
    one, again, other = (resampled(learnt, seed).plant for seed in (1, 1, 2))
    assert one == again
    assert one != other
    means = [resampled(learnt, seed).plant.products[0].route[0].time.mean for seed in range(12)]
    spread = 0.5 / np.sqrt(600)
    assert 0.4 * spread < np.std(means) < 2.5 * spread


def test_breakdown_reports_become_failures_and_no_steps(tmp_path: Path) -> None:
    rows = [(*row, "D") for row in line(200)]
    rows += [(f"A{number}", "sawing", "saw", at(20.0 * number), at(20.0 * number + 0.5), "B") for number in range(10)]
    header = ("order", "operation", "machine", "start", "end", "report_type")
    learnt = learn(read_log(written(tmp_path / "log.csv", rows, header)).log)
    failure = learnt.plant.station("saw").failures[0]
    assert failure.down.mean == pytest.approx(0.5)
    assert failure.up.mean == pytest.approx(20.0, rel=0.2)
    assert len(learnt.plant.products[0].route) == 2


def test_the_plant_file_reads_back_and_carries_its_evidence(shop: EventLog, tmp_path: Path) -> None:
    reading = read_log(Path(shop.source))
    learnt = learn(reading.log, "my shop", Options())
    path, beside = write_learnt(learnt, reading, tmp_path / "plant.yaml")
    assert read_plant(path) == learnt.plant
    text = path.read_text()
    assert all(f"# {fact.about}" in text for fact in learnt.facts)
    assert '"evidence"' in beside.read_text()


def test_longer_waits_by_a_factor(tmp_path: Path) -> None:
    rows = [
        row
        for number in range(40)
        for row in (
            (f"A{number}", "sawing", "saw", at(10 * number), at(10 * number + 1)),
            (f"A{number}", "drying", "rack", at(10 * number + 4), at(10 * number + 5)),
        )
    ]
    log = read_log(written(tmp_path / "log.csv", rows)).log
    plain, longer = (learn(log, options=replace(Options(), scale=scale)).plant for scale in (1.0, 2.0))
    waits = [plant.products[0].route[1].time.mean for plant in (plain, longer)]
    assert waits[1] == pytest.approx(2 * waits[0])


def test_orders_come_in_their_mix_at_their_hours_whatever_the_shifts_are(tmp_path: Path) -> None:
    chooser = np.random.default_rng(3)
    clock = OpenClock(tuple((24.0 * day + 8, 24.0 * day + 16) for day in range(5)))
    rows = []
    for number, moment in enumerate(clock.at(np.cumsum(chooser.exponential(0.5, 1200))).tolist()):
        rows.append((f"A{number}", "sawing", "saw", at(moment), at(moment + 0.05)))
        if number % 3 == 0:
            rows.append((f"A{number}", "milling", "mill", at(moment + 0.05), at(moment + 0.1)))
    plant = learn(read_log(written(tmp_path / "log.csv", rows)).log).plant
    (source,) = plant.sources
    assert sorted(source.products.values()) == [400, 800]
    assert source.gaps is not None
    assert source.calendar == "arrivals"
    hours = OpenClock(next(one.open for one in plant.calendars if one.name == "arrivals"))
    assert hours.share == pytest.approx(clock.share, abs=2.5 / 168)
    assert source.gaps.mean / hours.share == pytest.approx(0.5 / clock.share, rel=0.05)
    assert not any(station.calendar == "arrivals" for station in plant.stations)
    times = Twin(plant).trace(1, 168.0 * 8).of("enter")["time"]
    assert len(times) == pytest.approx(8 * 40 * 2, rel=0.12)
    assert hours.is_open(times - 1e-6).all()
