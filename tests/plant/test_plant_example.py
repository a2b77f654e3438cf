import pytest

from danao.core import BadInput
from danao.plant import example, examples


def test_the_examples_are_there():
    assert examples() == ["battery-modules", "bottling-line", "machine-shop"]


@pytest.mark.parametrize("name", examples())
def test_every_station_of_an_example_keeps_up_with_its_arrivals(name):
    """Mean work an hour, with rework, scrap and setups in random order, is less than machines can do while up."""
    plant = example(name)
    load = {station.name: 0.0 for station in plant.stations}
    classes: dict[str, dict[str, float]] = {station.name: {} for station in plant.stations}
    for source in plant.sources:
        if source.gaps is None:
            return
        route = next(product for product in plant.products if product.name == source.product).route
        arriving = [0.0] * len(route)
        for _ in range(200):
            following = [1 / source.gaps.mean, *[0.0] * len(route)]
            for position, step in enumerate(route):
                following[position + 1] += arriving[position] * (1 - step.scrap - step.rework)
                following[step.rework_to] += arriving[position] * step.rework
            arriving = following[:-1]
        for rate, step in zip(arriving, route, strict=True):
            load[step.station] += rate * step.time.mean
            classes[step.station][step.setup_class] = classes[step.station].get(step.setup_class, 0.0) + rate
    for station in plant.stations:
        rates = classes[station.name]
        for (before, after), hours in station.setup.items():
            load[station.name] += rates[before] * rates[after] / sum(rates.values()) * hours
        failure = station.failure
        available = 1.0 if failure is None else failure.up.mean / (failure.up.mean + failure.down.mean)
        assert load[station.name] < 0.97 * station.machines * available, station.name


@pytest.mark.parametrize("name", examples())
def test_no_example_can_lock_itself(name):
    """A set of machines that wait for each other for ever needs a loop of stations with limited buffers."""
    plant = example(name)
    limited = {station.name for station in plant.stations if station.buffer is not None}
    moves = {
        (step.station, following.station)
        for product in plant.products
        for position, step in enumerate(product.route)
        for following in [*product.route[position + 1 : position + 2], product.route[step.rework_to]]
        if following.station in limited and (step.rework or following is not product.route[step.rework_to])
    }
    while moves:
        ends = {before for before, _ in moves}
        kept = {(before, after) for before, after in moves if after in ends}
        assert kept != moves, moves
        moves = kept


def test_an_unknown_example_names_the_known_ones():
    with pytest.raises(BadInput, match="Expected one of: battery-modules, bottling-line, machine-shop"):
        example("moon base")
