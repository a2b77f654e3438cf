"""Random plants that use every field of the model, with any value a file may hold: to be written and read, not run."""

import math
from itertools import pairwise

from hypothesis import strategies as st

from danao.plant import model
from tests import plant_features

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name != "*" and not name.startswith("step ")
)
HOURS = st.one_of(st.floats(1e-6, 1e6), st.integers(1, 5000).map(lambda minutes: minutes / 60))
COUNTS = st.integers(1, 50)
PROBABILITY = st.floats(0, 0.49)
DEGREES = st.floats(-270, 3000)
MONEY = st.floats(-1e9, 1e9)


@st.composite
def times(draw):
    family = draw(st.sampled_from(model.Family))
    size = {model.Family.CONSTANT: 1, model.Family.EXPONENTIAL: 1, model.Family.TRIANGULAR: 3}.get(family, 2)
    values = draw(st.lists(HOURS, min_size=size, max_size=6 if family is model.Family.EMPIRICAL else size))
    ordered = sorted(values) if family in (model.Family.UNIFORM, model.Family.TRIANGULAR) else values
    if family is model.Family.WEIBULL:
        ordered[1] = draw(st.floats(0.2, 20))
    return model.Distribution(family, tuple(ordered))


@st.composite
def calendars(draw, name):
    cycle = draw(st.sampled_from([168.0, 24.0, 168.0, 21 * 24.0]))
    minutes = st.integers(0, int(cycle) * 60).map(lambda minute: minute / 60)
    cuts = sorted(draw(st.lists(minutes | st.floats(0, cycle), min_size=2, max_size=12, unique=True)))
    return model.Calendar(name, tuple(pairwise(cuts))[:: draw(st.sampled_from([1, 2]))], cycle)


def batches(limit):
    return plant_features.batches(st.integers(1, limit), 99, st.none() | st.just(0.0) | HOURS)


@st.composite
def segments(draw, stations, classes, position, steps, components):
    earlier = st.integers(0, position - 1) if position else st.nothing()
    limits = st.builds(model.Limit, HOURS, st.none() | st.integers(0, steps - 1), st.sampled_from(["count", "scrap"]))
    if position:
        limits |= st.builds(model.Limit, HOURS, st.none() | earlier, st.just("rework"), earlier)
    parts = st.dictionaries(st.sampled_from(components), COUNTS, max_size=2) if components else st.just({})
    return draw(
        st.builds(
            model.Segment,
            station=st.sampled_from(stations),
            time=times(),
            per=st.sampled_from(["part", "piece"]),
            interval=st.none() | times(),
            share=st.just(1.0) | st.floats(0, 1),
            setup_class=st.sampled_from(["", *classes]),
            batch=st.none() | batches(1),
            batch_class=st.just("") | NAMES,
            scrap=PROBABILITY,
            rework=PROBABILITY,
            rework_to=st.integers(0, steps - 1),
            defect=PROBABILITY,
            detect=PROBABILITY,
            false_alarm=PROBABILITY,
            repairable=PROBABILITY,
            needs=parts,
            yields=parts,
            limit=st.none() | limits,
            heat=st.none()
            | st.builds(model.Heat, st.none() | DEGREES, st.none() | DEGREES, st.just(math.inf) | st.floats(1e-3, 1e6)),
            same_machine_as=st.none() | earlier,
        )
    )


@st.composite
def products(draw, names, stations, classes):
    """Products, of which each needs and yields earlier ones alone."""
    result = []
    for number, name in enumerate(names):
        steps = draw(st.integers(1, 3))
        route = [draw(segments(stations, classes, at, steps, names[:number])) for at in range(steps)]
        cooling = draw(st.none() | st.builds(model.Cooling, HOURS, DEGREES, st.just(20.0) | DEGREES))
        result.append(model.Product(name, tuple(route), cooling, draw(st.none() | st.integers(50, 99))))
    return tuple(result)


@st.composite
def stations(draw, name, made, shifts, skills):
    known = sorted({s.setup_class for p in made for s in p.route if s.station == name and s.setup_class})
    pairs = st.tuples(st.sampled_from([*known, "*"]), st.sampled_from([*known, "*"]))
    crew = st.sampled_from(["", *skills])
    needs = st.lists(
        st.builds(model.Need, st.sampled_from(skills), st.just(1), st.sampled_from(["job", "setup"])), max_size=2
    )
    return draw(
        st.builds(
            model.Station,
            st.just(name),
            machines=st.integers(1, 20),
            buffer=st.none() | st.integers(5, 100),
            blocking=st.sampled_from(["after", "before"]),
            output=st.integers(0, 3),
            rule=st.just("fifo") | plant_features.rules,
            failures=st.lists(plant_features.failures(times(), times(), crew), max_size=2).map(tuple),
            maintenance=st.lists(
                plant_features.maintenances(times(), times(), crew, st.none() | times()), max_size=2
            ).map(tuple),
            setup=st.dictionaries(pairs, st.just(0.0) | HOURS, max_size=3) if known else st.just({}),
            setup_runs=st.dictionaries(st.sampled_from(known), COUNTS, max_size=2) if known else st.just({}),
            setup_refusals=st.none() | st.integers(0, 9),
            batch=st.none() | batches(5),
            waits_for_first=st.booleans(),
            calendar=st.sampled_from(["", *shifts]),
            on_close=st.sampled_from(["finish", "pause"]),
            needs=needs.map(tuple) if skills else st.just(()),
            energy=st.just(model.EnergyStates())
            | st.builds(
                model.EnergyStates, *[st.floats(0, 1e5)] * 6, st.none() | st.just(0.0) | HOURS, st.just(0.0) | HOURS
            ),
        )
    )


@st.composite
def transports(draw, name, moves, names):
    load = {"load": st.just(model.Distribution(model.Family.CONSTANT, (0.0,))) | times(), "unload": times()}
    kind = draw(st.sampled_from(["conveyor", "fleet", "cranes"]))
    if kind == "conveyor":
        return draw(st.builds(model.Conveyor, st.just(name), st.just(moves), times(), st.none() | COUNTS))
    speed = st.floats(1, 1e5)
    if kind == "cranes":
        gap = draw(st.floats(0, 10))
        first = draw(st.floats(-100, 100))
        start = tuple(first + 11 * number for number in range(draw(st.integers(1, 3))))
        places = st.fixed_dictionaries({station: st.floats(-500, 500) for station in names})
        return draw(
            st.builds(model.Cranes, st.just(name), st.just(moves), places, st.just(start), speed, st.just(gap), **load)
        )
    nodes = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    edge = st.builds(model.Edge, length=st.floats(0, 1e3), one_way=st.just(False), vehicles=st.none() | COUNTS)
    track = [
        draw(edge.map(lambda e, a=a, b=b: model.Edge(a, b, e.length, False, e.vehicles))) for a, b in pairwise(nodes)
    ]
    if draw(st.booleans()):
        track.append(model.Edge(nodes[-1], nodes[0], draw(st.floats(0, 1e3)), one_way=True))
    stops = {station: draw(st.sampled_from(nodes)) for station in names}
    home = st.sampled_from(["", *nodes])
    return draw(
        st.builds(
            model.Fleet,
            st.just(name),
            st.just(moves),
            COUNTS,
            speed,
            st.just(tuple(track)),
            st.just(stops),
            home=home,
            **load,
        )
    )


@st.composite
def tariffs(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 168 * 60), min_size=2, max_size=8, unique=True)))
    prices = st.sampled_from([0.1, 0.25, -0.01])
    windows = [(a / 60, b / 60, draw(prices)) for a, b in pairwise(cuts)][:: draw(st.sampled_from([1, 2]))]
    if draw(st.booleans()):
        windows = draw(st.permutations(windows))
    return model.Tariff(draw(MONEY), tuple(windows), draw(st.floats(0, 100)), draw(st.sampled_from([0.25, 1.0])))


@st.composite
def worths(draw, names):
    prices = st.lists(st.tuples(st.sampled_from(names), MONEY), max_size=3, unique_by=lambda one: one[0]).map(tuple)
    return draw(st.builds(model.Worth, st.sampled_from(["EUR", "USD", "CHF"]), prices, prices, *[MONEY] * 4))


@st.composite
def plants(draw):
    """Sound plants that use everything which a plant file can say."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    made = draw(
        products(
            draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)),
            names,
            draw(st.lists(NAMES, max_size=3, unique=True)),
        )
    )
    shifts = [draw(calendars(name)) for name in draw(st.lists(NAMES, max_size=2, unique=True))]
    on_shift = st.sampled_from(["", *(one.name for one in shifts)])
    people = st.builds(model.Pool, NAMES, COUNTS, st.lists(NAMES, max_size=2).map(tuple), on_shift)
    pools = draw(st.lists(people, max_size=2, unique_by=lambda pool: pool.name))
    skills = sorted({skill for pool in pools for skill in pool.skills or (pool.name,)})
    ends = st.sampled_from([*names, "*"])
    moves = draw(st.lists(st.tuples(ends, ends), min_size=1, max_size=4, unique=True))
    cut = draw(st.integers(0, len(moves)))
    transport = []
    for name, part in zip(
        draw(st.lists(NAMES, min_size=2, max_size=2, unique=True)), (moves[:cut], moves[cut:]), strict=True
    ):
        if part:
            transport.append(draw(transports(name, tuple(part), names)))
    sources = st.builds(
        model.Source,
        product=st.sampled_from([product.name for product in made]),
        gaps=times(),
        first=st.none() | times(),
        due_after=st.just(math.inf) | HOURS,
        priority=st.integers(-9, 9),
        size=COUNTS,
        pieces=COUNTS,
        limit=st.none() | COUNTS,
        name=st.just("") | NAMES,
    )
    orders = st.builds(
        model.Order,
        product=st.sampled_from([product.name for product in made]),
        release=st.just(0.0) | HOURS,
        due=st.just(math.inf) | HOURS | st.floats(-1e4, 0),
        priority=st.integers(-9, 9),
        pieces=COUNTS,
        name=st.just("") | NAMES,
    )
    saturated = [model.Source(made[0].name, limit=draw(st.none() | COUNTS))] if draw(st.booleans()) else []
    needed = {name for product in made for step in product.route for name in step.needs}
    arriving = [model.Source(name, model.Distribution(model.Family.CONSTANT, (1.0,))) for name in sorted(needed)]
    arriving += draw(st.lists(sources, min_size=0 if saturated or arriving else 1, max_size=2))
    return model.Plant(
        draw(NAMES),
        tuple(draw(stations(name, made, [one.name for one in shifts], skills)) for name in names),
        made,
        (*saturated, *arriving),
        tuple(draw(st.lists(orders, max_size=2))),
        tuple(shifts),
        tuple(pools),
        tuple(transport),
        draw(st.none() | tariffs()),
        draw(st.none() | worths([product.name for product in made])),
        draw(st.none() | st.integers(5, 99)),
    )
