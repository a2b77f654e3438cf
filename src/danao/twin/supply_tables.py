"""What comes in and who helps, as tables: products, sources, orders, people, calendars."""

from __future__ import annotations

import numpy as np

from danao.plant.model import Plant
from danao.twin import world
from danao.twin.numbering import Numbers, rows


def product_table(numbers: Numbers, steps: world.Records) -> world.Records:
    """The products; the stations that use a component stand in the list of users."""
    products = np.zeros(len(numbers.plant.products), world.PRODUCT)
    first = 0
    components = {name for product in numbers.plant.products for step in product.route for name in step.needs}
    for number, product in enumerate(numbers.plant.products):
        row = products[number]
        row["first_step"] = first
        first += len(product.route)
        row["is_component"] = product.name in components
        row["store"] = -1 if product.store is None else product.store
        row["store_head"] = row["store_tail"] = row["store_blocked_head"] = row["store_blocked_tail"] = -1
        users = {
            numbers.station_number[step.station]
            for other in numbers.plant.products
            for step in other.route
            if product.name in step.needs
        }
        row["flow"] = numbers.flows.index(product.name)
        row["users_at"], row["users"] = len(numbers.users), len(users)
        numbers.users += sorted(users)
        row["start_temperature"] = 20.0
        if product.cooling is not None:
            row["cools"], row["cooling"] = 1, product.cooling.hours
            row["ambient"], row["start_temperature"] = product.cooling.ambient, product.cooling.start
    return products


def source_table(
    numbers: Numbers, stations: world.Records, steps: world.Records, products: world.Records
) -> world.Records:
    """The sources; stations that never starve are told theirs."""
    sources = np.zeros(len(numbers.plant.sources), world.SOURCE)
    for number, source in enumerate(numbers.plant.sources):
        row = sources[number]
        row["product"] = numbers.product_number[source.made[0]]
        row["mix_at"], row["mixed"] = len(numbers.mixes), len(source.products)
        total, upto = sum(source.products.values()), 0.0
        for name, share in source.products.items():
            upto += share / total
            numbers.mixes.append((numbers.product_number[name], upto))
        row["calendar"] = numbers.calendar_number[source.calendar] if source.calendar else -1
        row["first_open"] = source.first is None
        row["gaps"] = -1 if source.gaps is None else numbers.distributions.number(source.gaps)
        row["first_gap"] = row["gaps"] if source.first is None else numbers.distributions.number(source.first)
        row["priority"], row["size"], row["pieces"] = source.priority, source.size, source.pieces
        row["limit"] = -1 if source.limit is None else source.limit
        row["due_after"] = source.due_after
        row["flow"] = -1 if source.products and not source.name else numbers.flows.index(source.label)
        if source.gaps is None:
            entry = steps[products[row["product"]]["first_step"]]["station"]
            stations[entry]["saturated"] = number
    return sources


def order_table(numbers: Numbers) -> world.Records:
    """The orders by their release."""
    entries = [
        (
            numbers.product_number[order.product],
            order.priority,
            order.pieces,
            numbers.flows.index(order.product),
            order.release,
            order.due,
        )
        for order in sorted(numbers.plant.orders, key=lambda order: order.release)
    ]
    return rows(world.ORDER, entries)


def pool_tables(numbers: Numbers) -> tuple[world.Records, world.Integers, world.Integers]:
    """The pools of people, and which of them have which skill: where each skill begins, and the pools in turn."""
    entries = []
    for pool in numbers.plant.pools:
        calendar = numbers.calendar_number[pool.calendar] if pool.calendar else -1
        entries.append((pool.count, calendar, pool.count, 0, 0.0, 0.0, 0.0))
    starts, members = [0], []
    order = sorted(range(len(numbers.plant.pools)), key=lambda number: len(numbers.plant.pools[number].skills))
    for skill in numbers.skill_number:
        members += [number for number in order if skill in _skills(numbers.plant, number)]
        starts.append(len(members))
    return rows(world.POOL, entries), np.array(starts), np.array(members or [0])


def calendar_tables(numbers: Numbers) -> tuple[world.Records, world.Floats]:
    """The calendars, and the edges of their open hours."""
    entries: list[tuple[float, ...]] = []
    spans: list[float] = []
    for calendar in numbers.plant.calendars:
        entries.append((len(spans), len(calendar.open), 0, 0, calendar.cycle, 0.0))
        spans += [edge for span in calendar.open for edge in span]
    return rows(world.DAYS, entries), np.array(spans or [0.0])


def _skills(plant: Plant, number: int) -> tuple[str, ...]:
    pool = plant.pools[number]
    return pool.skills or (pool.name,)
