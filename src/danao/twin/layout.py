"""The plant as tables for the compiled loop, as they stand at the start of a replication."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np

from danao.plant.distribution import Distribution, Family
from danao.plant.model import Batch, Heat, Need, Plant, Segment, Station
from danao.plant.rules import DISPATCHING_RULES, rule_names
from danao.twin import world
from danao.twin.trace import STATES
from danao.twin.tracks import Tracks, lay_tracks
from danao.twin.world import World, empty_trace

_FOR_EVER = np.inf


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
    return _Compiler(plant).layout()


class _Compiler:
    """Collects rows for the tables, which point to each other by number."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.station_number = {station.name: number for number, station in enumerate(plant.stations)}
        self.product_number = {product.name: number for number, product in enumerate(plant.products)}
        self.calendar_number = {calendar.name: number for number, calendar in enumerate(plant.calendars)}
        self.classes = _setup_classes(plant)
        self.distributions = Distributions()
        self.skill_number: dict[str, int] = {}
        self.materials: list[tuple[int, int]] = []
        self.batch_classes: dict[tuple[int, str], int] = {}
        self.users: list[int] = []
        names = [source.name or source.product for source in plant.sources]
        self.flows = tuple(dict.fromkeys([*names, *self.product_number]))
        for pool in plant.pools:
            for skill in pool.skills or (pool.name,):
                self.skill_number.setdefault(skill, len(self.skill_number))

    def layout(self) -> Layout:
        plant = self.plant
        steps, marks, dedicated = self._steps()
        stops = self._stops()
        stations, needs, setups = self._stations(steps)
        machines = self._machines(stops)
        products = self._products(steps)
        sources = self._sources(stations, steps, products)
        tracks = lay_tracks(plant, self.station_number, self.distributions)
        pools, skills, skill_pools = self._pools()
        days, spans = self._days()
        orders = self._orders()
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
        one["product_count"] = len(products)
        one["station_count"], one["source_count"], one["stop_count"] = len(stations), len(sources), len(stops)
        one["order_count"], one["pool_count"], one["day_count"] = len(orders), len(pools), len(days)
        one["link_count"], one["transport_count"] = len(tracks.links), len(tracks.transports)
        one["mark_slots"], one["dedication_slots"], one["class_count"] = marks, dedicated, len(self.classes)
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
            children = sum(count for _, count in self.materials)
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
            orders=orders,
            flows=np.zeros(len(self.flows), world.FLOW),
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
            distributions=self.distributions.table(),
            values=np.array(self.distributions.values or [0.0]),
            setups=setups,
            setup_runs=self._setup_runs(),
            class_waiting=np.zeros(len(self.batch_classes) + 1, np.int64),
            materials=_rows(world.PLACE, self.materials),
            users=np.array(self.users or [0], dtype=np.int64),
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
        )
        failing = len(stops) > 0
        return Layout(
            plant,
            everything,
            clocks,
            int(one["calendar_base"]),
            failing,
            self._is_express(tracks),
            _is_circular(plant),
            self.classes,
            self.flows,
        )

    def _is_express(self, tracks: Tracks) -> bool:
        plant = self.plant
        return (
            not plant.orders
            and not plant.calendars
            and not len(tracks.links)
            and plant.tariff is None
            and plant.limit is None
            and all(_is_simple(station) for station in plant.stations)
            and all(source.limit is None and source.size == 1 for source in plant.sources)
            and all(
                segment == Segment(segment.station, segment.time, rework_to=segment.rework_to)
                for product in plant.products
                for segment in product.route
            )
        )

    # Routes.

    def _steps(self) -> tuple[world.Records, int, int]:
        count = sum(len(product.route) for product in self.plant.products)
        steps = np.zeros(count, world.STEP)
        for name in ("limit_mark", "mark", "dedicate", "dedicated", "interval"):
            steps[name] = -1
        steps["limit"] = -1.0
        steps["heat_leaves"] = math.nan
        steps["heat_needs"] = -math.inf
        steps["heat_rate"] = math.inf
        row = 0
        marks = dedicated = 0
        for number, product in enumerate(self.plant.products):
            start = row
            slots = _Slots()
            machines = _Slots()
            for position, segment in enumerate(product.route):
                step = steps[row]
                step["product"], step["position"] = number, position
                step["last"] = position == len(product.route) - 1
                self._step(step, segment, start, position)
                if segment.limit is not None:
                    step["limit"] = segment.limit.hours
                    step["limit_then"] = ("count", "scrap", "rework").index(segment.limit.then)
                    step["limit_to"] = start + segment.limit.rework_to
                    if segment.limit.since is not None:
                        step["limit_mark"] = slots.of(segment.limit.since)
                        steps[start + segment.limit.since]["mark"] = step["limit_mark"]
                if segment.same_machine_as is not None:
                    step["dedicated"] = machines.of(segment.same_machine_as)
                    steps[start + segment.same_machine_as]["dedicate"] = step["dedicated"]
                row += 1
            remaining = 0.0
            for step in steps[start:row][::-1]:
                remaining += float(step["mean"]) * float(step["share"])
                step["remaining"] = remaining
            marks, dedicated = max(marks, len(slots.known)), max(dedicated, len(machines.known))
        return steps, marks, dedicated

    def _step(self, step: world.Records, segment: Segment, start: int, position: int) -> None:
        station = self.plant.station(segment.station)
        step["station"] = self.station_number[segment.station]
        step["time"] = self.distributions.number(segment.time)
        step["mean"] = segment.time.mean
        step["setup_class"] = self.classes.index(segment.setup_class)
        step["rework_to"] = start + segment.rework_to
        step["per_piece"] = segment.per == "piece"
        if segment.interval is not None:
            step["interval"] = self.distributions.number(segment.interval)
            step["mean"] = segment.interval.mean
        for name in ("share", "scrap", "rework", "defect", "detect", "false_alarm", "repairable"):
            step[name] = getattr(segment, name)
        step["patience"] = math.inf
        batch = segment.batch or station.batch
        if batch is not None:
            self._batch(step, batch, segment, start, position)
        step["needs_at"] = len(self.materials)
        self.materials += [(self.product_number[name], count) for name, count in segment.needs.items()]
        step["needs"] = len(segment.needs)
        step["yields_at"] = len(self.materials)
        self.materials += [(self.product_number[name], count) for name, count in segment.yields.items()]
        step["yields"] = len(segment.yields)
        if segment.heat is not None:
            _heat(step, segment.heat)

    def _batch(self, step: world.Records, batch: Batch, segment: Segment, start: int, position: int) -> None:
        key = (int(step["station"]), segment.batch_class or f"\0{start + position}")
        step["batch_class"] = self.batch_classes.setdefault(key, len(self.batch_classes))
        step["batch_min"], step["batch_max"] = batch.minimum, batch.maximum
        step["batch_pieces"] = batch.unit == "pieces"
        step["patience"] = math.inf if batch.patience is None else batch.patience

    # Stations and machines.

    def _stations(self, steps: world.Records) -> tuple[world.Records, world.Records, world.Floats]:
        stations = np.zeros(len(self.plant.stations), world.STATION)
        needs: list[tuple[int, int, int]] = []
        setups: list[world.Floats] = []
        first = 0
        for number, station in enumerate(self.plant.stations):
            row = stations[number]
            row["first"], row["machines"] = first, station.machines
            first += station.machines
            row["capacity"] = -1 if station.buffer is None else station.buffer
            row["before"] = station.blocking == "before"
            row["output"] = station.output
            codes = [DISPATCHING_RULES.index(name) for name in rule_names(station.rule)]
            row["rule"], row["second"], row["third"], row["fourth"] = (*codes, 0, 0, 0, 0)[:4]
            for name in ("head", "tail", "blocked_head", "blocked_tail", "setup_at", "saturated", "calendar"):
                row[name] = -1
            row["idle"] = row["empty"] = station.machines
            if station.setup:
                row["setup_at"] = sum(matrix.size for matrix in setups)
                setups.append(_setup_matrix(station.setup, self.classes))
            if station.calendar:
                row["calendar"] = self.calendar_number[station.calendar]
            row["pauses"] = station.on_close == "pause"
            row["needs_at"], row["needs"] = len(needs), len(station.needs)
            needs += [self._need(need) for need in station.needs]
            energy = station.energy
            row["off_after"] = -1.0 if energy.off_after is None else energy.off_after
            row["warm_up"] = energy.warm_up
            by_state = {
                "idle": energy.idle,
                "working": energy.working,
                "blocked": energy.idle,
                "down": energy.down,
                "setup": energy.setup,
                "maintenance": energy.down,
                "closed": energy.down,
                "heating": energy.heating,
                "off": energy.off,
            }
            row["power"] = [by_state[state] for state in STATES]
            here = steps[steps["station"] == number]
            row["work"] = float(here["mean"].mean()) if len(here) else 0.0
            row["batches"] = bool((here["batch_max"] > 0).any())
            row["dedicates"] = bool((here["dedicated"] >= 0).any())
            row["limited"] = bool(((here["limit"] >= 0) & (here["limit_then"] != world.COUNT_ONLY)).any())
            row["plain"] = (
                codes == [0]
                and not (row["batches"] or row["dedicates"] or row["before"] or station.setup_runs)
                and not (here["needs"] > 0).any()
            )
        self._upstream(stations, steps)
        table = _rows(world.NEED, needs)
        return stations, table, np.concatenate([m.ravel() for m in setups]) if setups else np.zeros(0)

    def _need(self, need: Need) -> tuple[int, int, int]:
        return self.skill_number[need.skill], need.count, int(need.during == "setup")

    def _upstream(self, stations: world.Records, steps: world.Records) -> None:
        for number, row in enumerate(stations):
            before = {
                int(steps[at]["station"])
                for at in range(len(steps) - 1)
                if steps[at + 1]["station"] == number
                and not steps[at]["last"]
                and stations[steps[at]["station"]]["before"]
            }
            row["upstream_at"], row["upstream"] = len(self.users), len(before)
            self.users += sorted(before)

    def _machines(self, stops: world.Records) -> world.Records:
        rows = [number for number, station in enumerate(self.plant.stations) for _ in range(station.machines)]
        machines = np.zeros(len(rows), world.MACHINE)
        machines["station"] = rows
        machines["part"] = machines["strikes"] = -1
        machines["pools"] = -1
        machines["left"] = -1.0
        at = 0
        for number, station in enumerate(rows):
            machines["first_stop"][number] = at
            one = self.plant.stations[station]
            machines["stops"][number] = len(one.failures) + len(one.maintenance)
            at += int(machines["stops"][number])
            if one.energy.off_after == 0:
                machines["status"][number] = world.OFF
        return machines

    def _stops(self) -> world.Records:
        rows = []
        machine = 0
        clocks = ("", "calendar", "operation", "pieces")
        for station in self.plant.stations:
            for _ in range(station.machines):
                for failure in station.failures:
                    up = self.distributions.number(failure.up)
                    down = self.distributions.number(failure.down)
                    skill = self.skill_number[failure.crew] if failure.crew else -1
                    rows.append((machine, 0, clocks.index(failure.clock), up, down, up, skill, -1, 0, 0, -1, 0.0))
                for care in station.maintenance:
                    up, down = self.distributions.number(care.every), self.distributions.number(care.takes)
                    first = up if care.first is None else self.distributions.number(care.first)
                    skill = self.skill_number[care.crew] if care.crew else -1
                    rows.append((machine, 1, clocks.index(care.clock), up, down, first, skill, -1, 0, 0, -1, 0.0))
                machine += 1
        return _rows(world.STOP, rows)

    def _setup_runs(self) -> world.Integers:
        runs = np.zeros((len(self.plant.stations), len(self.classes)), dtype=np.int64)
        for number, station in enumerate(self.plant.stations):
            for name, count in station.setup_runs.items():
                runs[number, self.classes.index(name)] = count
        return runs.ravel()

    # What comes in, and who helps.

    def _products(self, steps: world.Records) -> world.Records:
        products = np.zeros(len(self.plant.products), world.PRODUCT)
        first = 0
        components = {name for product in self.plant.products for step in product.route for name in step.needs}
        for number, product in enumerate(self.plant.products):
            row = products[number]
            row["first_step"] = first
            first += len(product.route)
            row["is_component"] = product.name in components
            row["store"] = -1 if product.store is None else product.store
            row["store_head"] = row["store_tail"] = row["store_blocked_head"] = row["store_blocked_tail"] = -1
            users = {
                self.station_number[step.station]
                for other in self.plant.products
                for step in other.route
                if product.name in step.needs
            }
            row["flow"] = self.flows.index(product.name)
            row["users_at"], row["users"] = len(self.users), len(users)
            self.users += sorted(users)
            row["start_temperature"] = 20.0
            if product.cooling is not None:
                row["cools"], row["cooling"] = 1, product.cooling.hours
                row["ambient"], row["start_temperature"] = product.cooling.ambient, product.cooling.start
        return products

    def _sources(self, stations: world.Records, steps: world.Records, products: world.Records) -> world.Records:
        sources = np.zeros(len(self.plant.sources), world.SOURCE)
        for number, source in enumerate(self.plant.sources):
            row = sources[number]
            row["product"] = self.product_number[source.product]
            row["gaps"] = -1 if source.gaps is None else self.distributions.number(source.gaps)
            row["first_gap"] = row["gaps"] if source.first is None else self.distributions.number(source.first)
            row["priority"], row["size"], row["pieces"] = source.priority, source.size, source.pieces
            row["limit"] = -1 if source.limit is None else source.limit
            row["due_after"] = source.due_after
            row["flow"] = self.flows.index(source.name or source.product)
            if source.gaps is None:
                entry = steps[products[row["product"]]["first_step"]]["station"]
                stations[entry]["saturated"] = number
        return sources

    def _orders(self) -> world.Records:
        rows = [
            (
                self.product_number[order.product],
                order.priority,
                order.pieces,
                self.flows.index(order.product),
                order.release,
                order.due,
            )
            for order in sorted(self.plant.orders, key=lambda order: order.release)
        ]
        return _rows(world.ORDER, rows)

    def _pools(self) -> tuple[world.Records, world.Integers, world.Integers]:
        rows = []
        for pool in self.plant.pools:
            calendar = self.calendar_number[pool.calendar] if pool.calendar else -1
            rows.append((pool.count, calendar, pool.count, 0, 0.0, 0.0, 0.0))
        starts, members = [0], []
        order = sorted(range(len(self.plant.pools)), key=lambda number: len(self.plant.pools[number].skills))
        for skill in self.skill_number:
            members += [number for number in order if skill in _skills(self.plant, number)]
            starts.append(len(members))
        return _rows(world.POOL, rows), np.array(starts), np.array(members or [0])

    def _days(self) -> tuple[world.Records, world.Floats]:
        rows: list[tuple[float, ...]] = []
        spans: list[float] = []
        for calendar in self.plant.calendars:
            rows.append((len(spans), len(calendar.open), 0, 0, calendar.cycle, 0.0))
            spans += [edge for span in calendar.open for edge in span]
        return _rows(world.DAYS, rows), np.array(spans or [0.0])


class Distributions:
    """Collects each distribution once, with its parameters as the loop wants them."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, float, float, float]] = []
        self.values: list[float] = []
        self._known: dict[Distribution, int] = {}

    def number(self, distribution: Distribution) -> int:
        """The row of a distribution."""
        if distribution not in self._known:
            self._known[distribution] = len(self.rows)
            self.rows.append((list(Family).index(distribution.family), *self._parameters(distribution)))
        return self._known[distribution]

    def table(self) -> world.Records:
        """All rows."""
        return _rows(world.DISTRIBUTION, self.rows)

    def _parameters(self, distribution: Distribution) -> tuple[float, float, float]:
        values, family = distribution.parameters, distribution.family
        if family is Family.LOGNORMAL:
            variance = math.log1p((values[1] / values[0]) ** 2)
            return math.log(values[0]) - variance / 2, math.sqrt(variance), 0.0
        if family is Family.GAMMA:
            return (values[0] / values[1]) ** 2, values[1] ** 2 / values[0], 0.0
        if family is Family.EMPIRICAL:
            start = len(self.values)
            self.values += values
            return float(start), float(len(values)), 0.0
        a, b, c = (*values, 0.0, 0.0)[:3]
        return a, b, c


class _Slots:
    """Numbers for the steps that later ones look back to."""

    def __init__(self) -> None:
        self.known: dict[int, int] = {}

    def of(self, position: int) -> int:
        return self.known.setdefault(position, len(self.known))


def _most_entering(
    station: world.Records, steps: world.Records, sources: world.Records, products: world.Records
) -> int:
    """Parts that can enter in one go to keep a saturated station busy: a batch for each of its machines."""
    product = sources[int(station["saturated"])]["product"]
    batch = int(steps[int(products[product]["first_step"])]["batch_max"])
    return int(station["machines"]) * max(1, batch)


def _rows(dtype: np.dtype[np.void], rows: Iterable[tuple[float, ...]]) -> world.Records:
    return np.array(list(rows), dtype=dtype)


def _skills(plant: Plant, number: int) -> tuple[str, ...]:
    pool = plant.pools[number]
    return pool.skills or (pool.name,)


def _is_simple(station: Station) -> bool:
    """Whether the express lane knows everything about a station."""
    return (
        station.rule == "fifo"
        and station.blocking == "after"
        and len(station.failures) <= 1
        and not any(failure.crew for failure in station.failures)
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


def _heat(step: world.Records, heat: Heat) -> None:
    step["heated"] = 1
    if heat.needs is not None:
        step["heat_needs"] = heat.needs
    if heat.leaves is not None:
        step["heat_leaves"] = heat.leaves
    step["heat_rate"] = heat.rate


def _setup_classes(plant: Plant) -> tuple[str, ...]:
    names = {segment.setup_class for product in plant.products for segment in product.route if segment.setup_class}
    names |= {name for station in plant.stations for pair in station.setup for name in pair}
    names |= {name for station in plant.stations for name in station.setup_runs}
    return ("", *sorted(names - {"*"}))


def _setup_matrix(setup: Mapping[tuple[str, str], float], classes: tuple[str, ...]) -> world.Floats:
    matrix = np.zeros((len(classes), len(classes)))
    exact = {pair: hours for pair, hours in setup.items() if "*" not in pair}
    for (before, after), hours in sorted(setup.items(), key=lambda item: item[0].count("*"), reverse=True):
        rows = slice(None) if before == "*" else classes.index(before)
        columns = slice(None) if after == "*" else classes.index(after)
        matrix[rows, columns] = hours
    for place, name in enumerate(classes):
        matrix[place, place] = exact.get((name, name), 0.0)
    return matrix
