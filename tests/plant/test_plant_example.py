from collections import defaultdict

import pytest

from danao.core import BadInput
from danao.plant import Plant, example, examples

NAMES = ["battery-modules", "bottling-line", "logistics-hall", "machine-shop", "steel-mill"]


def test_the_examples_are_there():
    assert examples() == NAMES


def passes(plant: Plant) -> dict[str, list[float]]:
    """Parts an hour that come to each step of each product; 0 where the first station is kept saturated."""
    entering: dict[str, float] = defaultdict(float)
    for source in plant.sources:
        entering[source.product] += 0.0 if source.gaps is None else source.size / source.gaps.mean
    result: dict[str, list[float]] = {}
    for product in plant.products:  # what a step yields is described after the product of the step
        arriving = [0.0] * len(product.route)
        for _ in range(200):
            following = [entering[product.name], *[0.0] * len(product.route)]
            for rate, step, position in zip(arriving, product.route, range(1, 99), strict=False):
                found = step.share * (step.false_alarm + step.detect * (product.route[position - 2].defect > 0) * 0.05)
                back = step.share * step.rework + found * step.repairable
                following[position] += rate * (1 - step.share * step.scrap - found * (1 - step.repairable) - back)
                following[step.rework_to] += rate * back
            arriving = following[:-1]
        result[product.name] = arriving
        for rate, step in zip(arriving, product.route, strict=True):
            for name, parts in step.yields.items():
                entering[name] += rate * parts
    return result


def loads(plant: Plant) -> tuple[dict[str, float], dict[str, float]]:
    """Hours an hour of each station and each skill; setups come in random order, as often as their least runs allow."""
    stations: dict[str, float] = defaultdict(float)
    skills: dict[str, float] = defaultdict(float)
    classes: dict[str, dict[str, float]] = {station.name: defaultdict(float) for station in plant.stations}
    for product in plant.products:
        pieces = max((source.pieces for source in plant.sources if source.product == product.name), default=1)
        degrees = product.cooling.start if product.cooling else 0.0
        for rate, step in zip(passes(plant)[product.name], product.route, strict=True):
            station, hours = plant.station(step.station), step.time.mean * (pieces if step.per == "piece" else 1)
            if step.heat is not None and step.heat.needs is not None:
                hours += max(0.0, step.heat.needs - degrees) / step.heat.rate
            degrees = degrees if step.heat is None or step.heat.leaves is None else step.heat.leaves
            batch = step.batch or station.batch
            done = rate * step.share
            stations[step.station] += done * hours / (batch.maximum if batch else 1)
            stations[step.station] += sum(
                done * m.takes.mean / m.every.mean for m in station.maintenance if m.clock == "pieces"
            )
            for need in station.needs:
                skills[need.skill] += done * hours * need.count
            classes[step.station][step.setup_class] += done
    for station in plant.stations:
        rates = classes[station.name]
        for before in rates:
            for after in rates:
                pairs = [(before, after), ("*", after), (before, "*"), ("*", "*")]
                setup = next((station.setup[pair] for pair in pairs if pair in station.setup), 0.0)
                changes = rates[before] * rates[after] / max(1e-9, sum(rates.values()))
                changes /= station.setup_runs.get(before, 1)
                stations[station.name] += changes * setup * (before != after)
    return stations, skills


@pytest.mark.parametrize("name", NAMES)
def test_every_station_and_skill_of_an_example_keeps_up_with_the_arrivals(name):
    """Work an hour is less than machines can do while they are up and open, and people while they are on shift."""
    plant = example(name)
    shares = {calendar.name: calendar.share for calendar in plant.calendars} | {"": 1.0}
    stations, skills = loads(plant)
    for station in plant.stations:
        available = shares[station.calendar]
        for failure in station.failures:
            available *= failure.up.mean / (failure.up.mean + failure.down.mean)
        for maintenance in station.maintenance:
            if maintenance.clock != "pieces":
                available *= maintenance.every.mean / (maintenance.every.mean + maintenance.takes.mean)
        assert stations[station.name] < 0.97 * station.machines * available, station.name
    for skill, load in skills.items():
        there = sum(
            pool.count * shares[pool.calendar] for pool in plant.pools if skill in (pool.skills or (pool.name,))
        )
        assert load < 0.97 * there, skill


@pytest.mark.parametrize("name", NAMES)
def test_no_example_can_lock_itself(name):
    """A set of machines that wait for each other for ever needs a loop of stations with limited buffers."""
    plant = example(name)
    limited = {station.name for station in plant.stations if station.buffer is not None}
    moves = set()
    for product in plant.products:
        for position, step in enumerate(product.route):
            targets = list(product.route[position + 1 : position + 2])
            if step.rework or step.repairable:
                targets.append(product.route[step.rework_to])
            if step.limit is not None and step.limit.then == "rework":
                targets.append(product.route[step.limit.rework_to])
            moves |= {(step.station, target.station) for target in targets if target.station in limited}
    while moves:
        ends = {before for before, _ in moves}
        kept = {(before, after) for before, after in moves if after in ends}
        assert kept != moves, moves
        moves = kept


def test_an_unknown_example_names_the_known_ones():
    with pytest.raises(BadInput, match="Expected one of: battery-modules, bottling-line, logistics-hall"):
        example("moon base")
