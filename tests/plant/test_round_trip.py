"""Whatever plant is written reads back as the same plant, to the last bit; any text is a plant or bad input."""

import json
import math
from pathlib import Path

import jsonschema
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danao.plant import plant_schema
from danao.plant.io import parse
from danao.plant.model import Distribution, EnergyStates, Failure, Family, Plant, Product, Segment, Source, Station
from danao.plant.render import rendered

FOLDER = Path("nowhere")
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
HOURS = st.one_of(st.floats(1e-6, 1e6), st.integers(1, 5000).map(lambda minutes: minutes / 60))


@st.composite
def times(draw):
    family = draw(st.sampled_from(Family))
    size = {Family.CONSTANT: 1, Family.EXPONENTIAL: 1, Family.TRIANGULAR: 3}.get(family, 2)
    values = draw(st.lists(HOURS, min_size=size, max_size=6 if family is Family.EMPIRICAL else size))
    ordered = sorted(values) if family in (Family.UNIFORM, Family.TRIANGULAR) else values
    if family is Family.WEIBULL:
        ordered[1] = draw(st.floats(0.2, 20))
    return Distribution(family, tuple(ordered))


def segments(stations, classes, steps):
    probability = st.floats(0, 0.49)
    return st.builds(
        Segment,
        station=st.sampled_from(stations),
        time=times(),
        setup_class=st.sampled_from(["", *classes]),
        scrap=probability,
        rework=probability,
        rework_to=st.integers(0, steps - 1),
    )


@st.composite
def plants(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    classes = draw(st.lists(NAMES, max_size=3, unique=True))
    products = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        steps = draw(st.integers(1, 4))
        products.append(Product(name, tuple(draw(segments(names, classes, steps)) for _ in range(steps))))
    stations = []
    for name in names:
        known = sorted({s.setup_class for p in products for s in p.route if s.station == name and s.setup_class})
        pairs = st.tuples(st.sampled_from(known), st.sampled_from(known)) if known else st.nothing()
        stations.append(
            Station(
                name,
                machines=draw(st.integers(1, 20)),
                buffer=draw(st.none() | st.integers(0, 100)),
                rule=draw(st.sampled_from(["fifo", "spt", "least setup"])),
                failure=draw(
                    st.none() | st.builds(Failure, st.sampled_from(["calendar", "operation"]), times(), times())
                ),
                setup=draw(st.dictionaries(pairs, st.just(0.0) | HOURS, max_size=3)) if known else {},
                energy=draw(st.builds(EnergyStates, *[st.floats(0, 1e5)] * 4)),
            )
        )
    sources = st.builds(
        Source,
        product=st.sampled_from([product.name for product in products]),
        gaps=times(),
        first=st.none() | times(),
        due_after=st.just(math.inf) | HOURS,
        priority=st.integers(-9, 9),
    )
    arriving = draw(st.lists(sources, max_size=3))
    saturated = [Source(products[0].name)] if not arriving or draw(st.booleans()) else []
    return Plant(draw(NAMES), tuple(stations), tuple(products), (*arriving, *saturated))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plants())
def test_a_written_plant_reads_back_the_same_and_keeps_to_the_schema(plant):
    text = rendered(plant)
    assert parse(text, "plant.yaml", FOLDER) == (plant, [])
    jsonschema.validate(json.loads(json.dumps(yaml.safe_load(text))), plant_schema())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plants(), st.data())
def test_a_plant_file_with_any_part_exchanged_is_a_plant_or_bad_input(plant, data):
    document = yaml.safe_load(rendered(plant))
    keys = st.sampled_from(["", "stations", "time", "route", "colour"])
    junk = st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=4) | st.booleans(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
        max_leaves=4,
    )
    place = document
    for _ in range(data.draw(st.integers(0, 6))):
        inner = place if isinstance(place, (dict, list)) else None
        keys_here = list(inner) if isinstance(inner, dict) else list(range(len(inner or [])))
        deeper = [key for key in keys_here if isinstance(inner[key], (dict, list)) and inner[key]]
        if not deeper:
            break
        place = inner[data.draw(st.sampled_from(deeper))]
    key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
    place[key] = data.draw(junk)
    found, mistakes = parse(yaml.safe_dump(document), "plant.yaml", FOLDER)
    assert (found is None) == bool(mistakes)
    assert all(one.where and one.found and one.expected and one.remedy for one in mistakes)


@given(st.text(max_size=40))
def test_any_text_is_a_plant_or_bad_input(text):
    plant, mistakes = parse(text, "plant.yaml", FOLDER)
    assert plant is None
    assert mistakes
