"""Routes of the AutoSched AP text format: times, batches, setups, sampling, rework and queue times, a row a step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from danao.core.errors import BadInput
from danao.core.tables import Row
from danao.plant.autosched_tables import Folder, cell, distribution, hours, label, number, unit_seconds, unknown, whole
from danao.plant.autosched_tools import ToolGroup
from danao.plant.distribution import Distribution, Family
from danao.plant.model import Limit, Product, Segment
from danao.plant.resources import Batch

NO_SETUP = "(none)"
"""Setup class of the steps without one, where PySCFabSim forgets the setup of a machine after them."""


@dataclass
class Routes:
    """All products, and what their steps say about the setups of the tool groups."""

    products: dict[str, Product] = field(default_factory=dict)
    positions: dict[str, dict[str, int]] = field(default_factory=dict)
    """By product: position of each step, by its label."""
    classes: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Setup classes at each tool group, in order of appearance."""
    setup_times: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    """Hours to any setup class that a route gives itself, at each tool group."""


def read_routes(folder: Folder, groups: Mapping[str, ToolGroup], pieces: Mapping[str, int]) -> Routes:
    """The product of each part in part.txt, with its route.

    Args:
        folder: With part.txt and the route files that it names.
        groups: Tool groups by name.
        pieces: Of a lot, by part.

    Raises:
        BadInput: A file is missing, a tool group or a step is unknown or repeated, or a cell is wrong.
    """
    routes = Routes()
    for row in folder.rows("part.txt", ("PART", "ROUTEFILE")):
        part = row.text("PART")
        if part in routes.products:
            raise BadInput(row.where, f"part {part} is described twice", "Expected each part once", "Remove one")
        rows = _steps(folder, row)
        routes.positions[part] = _positions(rows)
        segments = [_segment(folder, step, groups, pieces.get(part, 1), routes) for step in rows]
        _link(folder, rows, segments, routes.positions[part])
        routes.products[part] = Product(part, tuple(segments))
    if folder.like == "pyscfabsim":
        for name, product in routes.products.items():
            segments = [_forgetting(segment, routes) for segment in product.route]
            routes.products[name] = replace(product, route=tuple(segments))
    return routes


def _steps(folder: Folder, part: Row) -> list[Row]:
    name, route = part.text("ROUTEFILE"), cell(part, "ROUTE")
    if not (folder.path / name).is_file():
        found = f"the route file {name} is missing"
        raise BadInput(part.where, found, f"Expected it beside {(folder.path / 'part.txt').name}", "Add it")
    rows, current, chosen = folder.rows(name, ("STEP", "STNFAM", "PTIME", "PTUNITS")), "", []
    for row in rows:
        current = cell(row, "ROUTE") or current
        if not route or not current or current == route:
            chosen.append(row)
    if not chosen:
        raise unknown(part, "ROUTE", route, {cell(row, "ROUTE") for row in rows if cell(row, "ROUTE")})
    return chosen


def _positions(rows: list[Row]) -> dict[str, int]:
    positions: dict[str, int] = {}
    for position, row in enumerate(rows):
        step = label(row.text("STEP"))
        if step in positions:
            first = rows[positions[step]].where.rsplit(":", 1)[-1]
            raise BadInput(row.where, f"step {step} is there already, in line {first}", "Expected it once", "Renumber")
        positions[step] = position
    return positions


def _segment(folder: Folder, row: Row, groups: Mapping[str, ToolGroup], pieces: int, routes: Routes) -> Segment:
    name = row.text("STNFAM")
    if name not in groups:
        raise unknown(row, "STNFAM", name, groups)
    group = groups[name]
    time, per, interval = _times(folder, row, group, pieces)
    setup_class = _setup(folder, row, name, routes)
    batch = _batch(folder, row, group, pieces)
    together = folder.like == "pyscfabsim" and batch is not None
    return Segment(
        station=name,
        time=time,
        per="piece" if per else "part",
        interval=interval,
        share=number(row, "StepPercent", 100, maximum=100) / 100,
        setup_class=setup_class,
        batch=batch,
        batch_class=cell(row, "DESC") if together else "",
        rework=number(row, "REWORK", 0, maximum=100) / 100,
    )


def _times(folder: Folder, row: Row, group: ToolGroup, pieces: int) -> tuple[Distribution, bool, Distribution | None]:
    """Time of the step, whether it is per piece, and the time after which the next lot can start."""
    kind = cell(row, "PTPER") or "per_lot"
    if kind not in ("per_lot", "per_batch", "per_piece"):
        raise BadInput(row.where, f"PTPER is {kind!r}", "Expected per_lot, per_piece or per_batch", "Correct the cell")
    per_piece = kind == "per_piece"
    lots = pieces if per_piece else 1
    time = distribution(row, "PDIST", "PTIME", "PTIME2", "PTUNITS", folder.like)
    handling = 0.0 if group.hidden else group.handling
    gap: float | None = None
    if cell(row, "PartInterval"):
        if not per_piece:
            raise BadInput(row.where, f"a PartInterval with PTPER {kind}", "Expected per_piece", "Correct the cell")
        one = hours(row, "PartInterval", "PartIntUnits")
        time = scaled(shifted(time, one * (pieces - 1) + group.handling), 1 / pieces)
        gap = one + handling / pieces
    else:
        if cell(row, "BatchInterval"):
            gap = hours(row, "BatchInterval", "BatchIntUnits") / lots + handling / lots
        bare, time = time, shifted(time, group.handling / lots)
        if gap is None and group.hidden and group.handling:
            return time, per_piece, bare
    return time, per_piece, None if gap is None else Distribution(Family.CONSTANT, (gap,))


def shifted(time: Distribution, by: float) -> Distribution:
    """A distribution moved by some hours; an exponential time keeps its family, and its mean grows."""
    if by == 0:
        return time
    low, *rest = time.parameters
    if time.family is Family.UNIFORM:
        return Distribution(time.family, (low + by, rest[0] + by))
    return Distribution(time.family, (low + by, *rest))


def scaled(time: Distribution, factor: float) -> Distribution:
    """A distribution of times multiplied by a factor; every family that the format knows scales in all parameters."""
    return Distribution(time.family, tuple(value * factor for value in time.parameters))


def _setup(folder: Folder, row: Row, group: str, routes: Routes) -> str:
    name = cell(row, "SETUP")
    if not name:
        return ""
    routes.classes[group][name] = None
    text = cell(row, "STIME")
    if not text:
        return name
    time, own = hours(row, "STIME", "STUNITS"), routes.setup_times[group]
    if folder.like == "pyscfabsim" and not text.lstrip("-").isdigit():
        folder.note("STIME with a decimal point is left out, as PySCFabSim does")
        return name
    if own.get(name, time) != time:
        folder.note(f"{group}: the steps give setup {name} different times; the longest is taken")
    own[name] = max(time, own.get(name, time))
    return name


def _batch(folder: Folder, row: Row, group: ToolGroup, pieces: int) -> Batch | None:
    if not cell(row, "BATCHMX"):
        return None
    maximum = whole(row, "BATCHMX", 1, minimum=1)
    minimum = whole(row, "BATCHMN", 1, minimum=1)
    if minimum > maximum:
        found = f"a batch of {minimum} to {maximum}"
        raise BadInput(row.where, found, "Expected BATCHMN <= BATCHMX", "Correct the batch")
    if group.batch_unit == "lot":
        return Batch(maximum, maximum if folder.like == "pyscfabsim" else minimum)
    if maximum < pieces:
        found = f"BATCHMX {maximum} holds no lot of {pieces} pieces"
        raise BadInput(row.where, found, f"Expected {pieces} or more", "Correct the batch")
    if folder.like == "pyscfabsim":
        maximum = minimum = maximum // pieces * pieces
    return Batch(maximum, minimum, unit="pieces")


def _link(folder: Folder, rows: list[Row], segments: list[Segment], positions: Mapping[str, int]) -> None:
    """Fill in what steps say about other steps: rework, dedication, queue time."""
    for position, row in enumerate(rows):
        if segments[position].rework:
            segments[position] = replace(segments[position], rework_to=_step(row, "RWKSTEP", positions))
            if cell(row, "RWKTYPE") not in ("", "lot"):
                folder.note(f"RWKTYPE {cell(row, 'RWKTYPE')} is read as lot: the whole lot is reworked")
        if cell(row, "SVESTN") == "yes" and cell(row, "FORSTEP"):
            target = _later(row, "FORSTEP", position, positions)
            if segments[target].station != segments[position].station:
                found = f"step {cell(row, 'FORSTEP')} is at {segments[target].station}"
                raise BadInput(row.where, found, f"Expected {segments[position].station}", "Correct FORSTEP")
            segments[target] = replace(segments[target], same_machine_as=position)
        if cell(row, "STEP_CQT") and cell(row, "CQT"):
            target = _later(row, "STEP_CQT", position, positions)
            limit = Limit(row.number("CQT", minimum=0) * unit_seconds(row, "CQTUNITS") / 3600, since=position)
            if segments[target].limit is not None:
                folder.note(f"{row.where}: step {cell(row, 'STEP_CQT')} has several queue times; the last is kept")
            segments[target] = replace(segments[target], limit=limit)


def _step(row: Row, column: str, positions: Mapping[str, int]) -> int:
    name = label(row.text(column))
    if name not in positions:
        raise unknown(row, column, name, positions)
    return positions[name]


def _later(row: Row, column: str, position: int, positions: Mapping[str, int]) -> int:
    target = _step(row, column, positions)
    if target <= position:
        raise BadInput(row.where, f"{column} is {cell(row, column)}", "Expected a later step", "Correct the cell")
    return target


def _forgetting(segment: Segment, routes: Routes) -> Segment:
    without = not segment.setup_class and segment.station in routes.classes
    return replace(segment, setup_class=NO_SETUP) if without else segment
