import random
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from danao.core import pictures
from danao.plant import (
    Conveyor,
    Distribution,
    Family,
    Plant,
    Product,
    Segment,
    Source,
    Station,
    example,
    examples,
    show,
)
from danao.plant.layout import BOX, TALL, layout
from danao.plant.legend import transport_letters

HOUR = Distribution(Family.CONSTANT, (1.0,))


def plant_of(routes: list[list[int]], stations: int, rework: float = 0.0) -> Plant:
    products = [
        Product(
            f"product {number}",
            tuple(
                Segment(f"station {at}", HOUR, rework=rework if step == len(route) - 1 else 0)
                for step, at in enumerate(route)
            ),
        )
        for number, route in enumerate(routes)
    ]
    sources = tuple(Source(product.name, HOUR) for product in products)
    return Plant("p", tuple(Station(f"station {n}", buffer=n) for n in range(stations)), tuple(products), sources)


def shops() -> list[Plant]:
    draw = random.Random(1)
    result = [plant_of([list(range(n))], n) for n in (1, 3, 7, 20)]
    result += [plant_of([[0, 1, 0, 1, 2]], 3, 0.1), plant_of([[0, 0]], 1, 0.1), plant_of([[1, 0], [0, 1]], 4, 0.1)]
    for n in (4, 9, 14, 20):
        routes = [[draw.randrange(n) for _ in range(draw.randint(1, n))] for _ in range(6)]
        result.append(plant_of(routes, n, 0.05))
    return [*result, *(example(name) for name in examples())]


@pytest.mark.parametrize("plant", shops())
def test_no_box_lies_on_another_and_no_line_runs_through_a_box(plant):
    plan = layout(plant, pictures.WIDE)
    assert plan.width <= pictures.WIDE
    boxes = [(node.x, node.y) for node in plan.nodes]
    assert len(boxes) == len(plant.stations) + len(plant.products) + 1
    for number, (x, y) in enumerate(boxes):
        assert BOX / 2 <= x <= plan.width - BOX / 2
        assert 0 < y < plan.height
        same = [other for at, other in boxes[:number] if abs(at - x) < BOX]
        assert all(abs(other - y) > 0.5 for other in same)
    for line in plan.lines:
        for (x0, y0), (x1, y1) in zip(line.points, line.points[1:], strict=False):
            assert x0 == x1 or y0 == y1
            for node in plan.nodes:
                tall = TALL if node.name[0] == "station" else 0.4
                inside_x = min(x0, x1) < node.x + BOX / 2 - 1e-6 and max(x0, x1) > node.x - BOX / 2 + 1e-6
                inside_y = min(y0, y1) < node.y + tall / 2 - 1e-6 and max(y0, y1) > node.y - tall / 2 + 1e-6
                assert not (inside_x and inside_y)


@pytest.mark.parametrize("plant", shops())
def test_lines_of_different_products_share_no_lane(plant):
    pieces = [
        (line.product, *sorted((a, b)))
        for line in layout(plant, pictures.WIDE).lines
        for a, b in zip(line.points, line.points[1:], strict=False)
        if a != b
    ]
    for number, (product, (x0, y0), (x1, y1)) in enumerate(pieces):
        for other, (u0, v0), (u1, v1) in pieces[:number]:
            if product == other:
                continue
            upright = x0 == x1 == u0 == u1 and min(y1, v1) - max(y0, v0) > 1e-6
            level = y0 == y1 == v0 == v1 and min(x1, u1) - max(x0, u0) > 1e-6
            assert not upright
            assert not level or min(x1, u1) - max(x0, u0) < 0.5


def test_a_reliable_line_is_drawn_from_left_to_right():
    plan = layout(plant_of([[2, 0, 1]], 3), pictures.WIDE)
    place = {node.name: node.x for node in plan.nodes}
    order = [("source", 0), ("station", 2), ("station", 0), ("station", 1), ("exit", 0)]
    assert sorted(place, key=lambda name: place[name]) == order
    assert len({node.y for node in plan.nodes}) == 1


@pytest.mark.parametrize("name", examples())
def test_the_picture_names_every_station_and_product(name):
    plant = example(name)
    text = " ".join(ElementTree.fromstring(show(plant)).itertext())
    for part in [*plant.stations, *plant.products]:
        assert all(word in text for word in part.name.split())


def test_the_picture_is_the_same_every_time():
    assert show(example("machine-shop")) == show(example("machine-shop"))


def test_a_hostile_name_stays_text():
    plant = Plant(
        "p", (Station("<script>$x$"),), (Product("&<b>", (Segment("<script>$x$", HOUR),)),), (Source("&<b>"),)
    )
    text = " ".join(ElementTree.fromstring(show(plant)).itertext())
    assert "<script>$x$" in text
    assert "&<b>" in text


def test_a_component_goes_into_its_store_and_from_there_to_where_it_is_needed():
    wheel = Product("wheel", (Segment("press", HOUR),), store=9)
    cart = Product("cart", (Segment("assembly", HOUR, needs={"wheel": 4}),))
    plant = Plant(
        "p", (Station("press"), Station("assembly")), (wheel, cart), (Source("wheel", HOUR), Source("cart", HOUR))
    )
    lines = {(line.start.name, line.end.name) for line in layout(plant, pictures.WIDE).lines if line.product == 0}
    assert lines == {
        (("source", 0), ("station", 0)),
        (("station", 0), ("store", 0)),
        (("store", 0), ("station", 1)),
    }
    assert "store, 9 places" in " ".join(ElementTree.fromstring(show(plant)).itertext())


def test_the_picture_names_transports_people_and_batches():
    text = " ".join(ElementTree.fromstring(show(example("steel-mill"))).itertext())
    for words in (
        "A: ladle cranes (2 cranes)",
        "B: roller table (conveyor)",
        "3 repair crew",
        "batch 6–8",
        "from caster",
    ):
        assert words in text


def test_a_move_is_marked_with_the_transport_that_names_it_most_exactly():
    plant = plant_of([[0, 1, 2]], 3)
    belt = Conveyor("belt", (("station 0", "station 1"),), HOUR)
    rest = Conveyor("rest", (("*", "*"),), HOUR)
    letters = transport_letters(replace(plant, transport=(rest, belt)))
    assert letters["station 0", "station 1"] == "B"
    assert letters["station 1", "station 2"] == "A"
