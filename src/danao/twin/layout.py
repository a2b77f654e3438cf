"""The plant as tables for the compiled loop, as they stand at the start of a replication."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np

from danao.plant.model import Plant, Segment, Station
from danao.twin import world
from danao.twin.numbering import Numbers, rows
from danao.twin.priority import default_numbers
from danao.twin.station_tables import machine_table, setup_run_table, station_tables, stop_table
from danao.twin.step_table import step_table
from danao.twin.supply_tables import calendar_tables, order_table, pool_tables, product_table, source_table
from danao.twin.tracks import Tracks, lay_tracks
from danao.twin.world import World, empty_trace


@dataclass(frozen=True)
class Layout:
    """A compiled plant: the tables of a replication before its random numbers, and what tells its versions apart."""

    plant: Plant
    world: World
    clocks: int
    """Clocks of the event calendar, if the general part of the loop runs it."""
    express_clocks: int
    """Clocks that the express lane needs."""
    failing: bool
    """Whether any machine fails or is maintained."""
    express: bool
    """Whether the express lane is enough."""
    circular: bool
    """Whether parts can go from a station to another and come back, so that stations can wait for each other."""
    classes: tuple[str, ...]
    """Names of the setup classes; class 0 is none."""
    flows: tuple[str, ...]
    """Names that parts are counted under: of their sources, else of their products."""


def compile_plant(plant: Plant) -> Layout:
    """Lay a plant out in tables."""
    numbers = Numbers(plant)
    steps, marks, dedicated = step_table(numbers)
    stops = stop_table(numbers)
    stations, needs, setups = station_tables(numbers, steps)
    machines = machine_table(numbers, stops)
    products = product_table(numbers, steps)
    sources = source_table(numbers, stations, steps, products)
    tracks = lay_tracks(plant, numbers.station_number, numbers.distributions)
    pools, skills, skill_pools = pool_tables(numbers)
    days, spans = calendar_tables(numbers)
    orders = order_table(numbers)
    run = np.zeros(1, world.RUN)[:1]
    one = run[0]
    one["machine_count"] = len(machines)
    one["source_base"] = len(machines) + len(stops)
    one["calendar_base"] = one["source_base"] + len(sources)
    one["patience_base"] = one["calendar_base"] + len(days)
    one["vehicle_base"] = one["patience_base"] + len(stations)
    one["order_clock"] = one["vehicle_base"] + len(tracks.vehicles)
    one["heap_clock"] = one["order_clock"] + 1
    one["meter_clock"] = one["heap_clock"] + 1
    one["clock_count"] = one["meter_clock"] + 1
    one["product_count"], one["flow_count"] = len(products), len(numbers.flows)
    one["station_count"], one["source_count"], one["stop_count"] = len(stations), len(sources), len(stops)
    one["order_count"], one["pool_count"], one["day_count"] = len(orders), len(pools), len(days)
    one["link_count"], one["transport_count"] = len(tracks.links), len(tracks.transports)
    one["mark_slots"], one["dedication_slots"], one["class_count"] = marks, dedicated, len(numbers.classes)
    one["link_item"] = len(stations)
    one["store_item"] = one["link_item"] + len(tracks.links)
    one["transport_item"] = one["store_item"] + len(products)
    one["outside_item"] = one["transport_item"] + len(tracks.transports)
    one["staff_item"] = one["outside_item"] + 1
    one["limit"] = -1 if plant.limit is None else plant.limit
    for name in ("outside_head", "outside_tail", "crew_head", "crew_tail", "decision", "answer"):
        one[name] = -1
    one["powered"] = plant.tariff is not None
    tariff = [number for window in plant.tariff.windows for number in window] if plant.tariff else []
    one["window_count"] = len(tariff) // 3
    one["price"] = plant.tariff.price if plant.tariff else 0.0
    one["interval"] = one["interval_end"] = plant.tariff.interval if plant.tariff else 1.0
    one["kw"] = float((stations["power"][machines["station"], machines["status"]]).sum())
    spread = max((int(step["yields"]) for step in steps), default=0)
    one["margin"] = (
        4
        + int(sources["size"].max(initial=1))
        + sum(_most_entering(row, steps, sources, products) for row in stations if row["saturated"] >= 0)
    )
    if spread:
        largest = max((int(step["batch_max"]) for step in steps), default=1)
        children = sum(count for _, count in numbers.materials)
        one["margin"] += children * max(largest, 1) * 4
    one["trace_margin"] = (
        64 + 4 * int(one["margin"]) + 8 * len(machines) * max(1, int(steps["batch_max"].max(initial=1)))
    )
    one["agenda_size"] = agenda = int(one["staff_item"]) + 2
    clocks = int(one["clock_count"])
    everything = World(
        run=run,
        stations=stations,
        machines=machines,
        steps=steps,
        products=products,
        sources=sources,
        mixes=rows(world.MIX, numbers.mixes),
        orders=orders,
        flows=np.zeros(len(numbers.flows), world.FLOW),
        parts=np.zeros(0, world.PART),
        free=np.zeros(0, np.int64),
        marks=np.zeros(0),
        dedicated=np.zeros(0, np.int64),
        moves=np.zeros(1, np.int64),
        agenda=np.zeros(agenda, np.int64),
        listed=np.zeros(agenda, np.int64),
        waiting=np.zeros(len(stations) + 1, np.int64),
        clocks=np.zeros(0),
        tree=np.zeros(1),
        distributions=numbers.distributions.table(),
        values=np.array(numbers.distributions.values or [0.0]),
        setups=setups,
        setup_runs=setup_run_table(numbers),
        class_waiting=np.zeros(len(numbers.batch_classes) + 1, np.int64),
        materials=rows(world.PLACE, numbers.materials),
        users=np.array(numbers.users or [0], dtype=np.int64),
        needs=needs,
        skills=skills,
        skill_pools=skill_pools,
        pools=pools,
        stops=stops,
        days=days,
        spans=spans,
        links=tracks.links,
        link_of=tracks.link_of,
        transports=tracks.transports,
        vehicles=tracks.vehicles,
        edges=tracks.edges,
        next_node=tracks.next_node,
        next_edge=tracks.next_edge,
        distance=tracks.distance,
        heap_time=np.zeros(0),
        heap_number=np.zeros(0, np.int64),
        heap_part=np.zeros(0, np.int64),
        tariff=np.array(tariff or [0.0]),
        trace=empty_trace(0),
        rule_numbers=default_numbers(float(steps["mean"].mean()) if len(steps) else 0.0),
        turns=np.zeros(1, world.TURN),
        turn_at=np.zeros(1, np.int64),
    )
    failing = len(stops) > 0
    return Layout(
        plant,
        everything,
        clocks,
        int(one["calendar_base"]),
        failing,
        _is_express(plant, tracks),
        _is_circular(plant),
        numbers.classes,
        numbers.flows,
    )


def _is_express(plant: Plant, tracks: Tracks) -> bool:
    return (
        not plant.orders
        and not plant.calendars
        and not len(tracks.links)
        and plant.tariff is None
        and plant.limit is None
        and all(_is_simple(station) for station in plant.stations)
        and all(source.limit is None and source.size == 1 and not source.products for source in plant.sources)
        and all(
            segment == Segment(segment.station, segment.time, rework_to=segment.rework_to)
            for product in plant.products
            for segment in product.route
        )
    )


def _is_simple(station: Station) -> bool:
    """Whether the express lane knows everything about a station."""
    return (
        station.rule == "fifo"
        and station.blocking == "after"
        and len(station.failures) <= 1
        and not any(failure.crew or failure.spares_idle for failure in station.failures)
        and not (station.output or station.maintenance or station.setup or station.batch or station.calendar)
        and not station.needs
        and station.energy.off_after is None
    )


def _is_circular(plant: Plant) -> bool:
    """Whether the routes of all products together lead round in a circle, over the steps that may be skipped too."""
    follows: dict[str, set[str]] = {station.name: set() for station in plant.stations}
    for product in plant.products:
        stations = [segment.station for segment in product.route]
        for position, segment in enumerate(product.route):
            follows[segment.station].update(stations[position + 1 :])
            if segment.rework > 0 or segment.repairable > 0:
                follows[segment.station].add(stations[segment.rework_to])
            if segment.limit is not None:
                follows[segment.station].add(stations[segment.limit.rework_to])
        for segment in product.route:
            for child in segment.yields:
                first = next(other for other in plant.products if other.name == child)
                follows[segment.station].update(step.station for step in first.route)
    try:
        tuple(TopologicalSorter(follows).static_order())
    except CycleError:
        return True
    return False


def _most_entering(
    station: world.Records, steps: world.Records, sources: world.Records, products: world.Records
) -> int:
    """Parts that can enter in one go to keep a saturated station busy: a batch for each of its machines."""
    product = sources[int(station["saturated"])]["product"]
    batch = int(steps[int(products[product]["first_step"])]["batch_max"])
    return int(station["machines"]) * max(1, batch)
