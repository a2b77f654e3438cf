"""Lots of the AutoSched AP text format: releases, and the lots in process at the start."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from danao.core.errors import BadInput
from danao.core.tables import Row
from danao.plant.autosched_routes import Routes
from danao.plant.autosched_tables import Folder, cell, distribution, label, moment, unknown, whole
from danao.plant.distribution import Distribution, Family
from danao.plant.model import Order, Source
from danao.plant.state import PartState, PlantState


@dataclass(frozen=True)
class Lots:
    """The rows about lots, before the routes are known."""

    releases: list[Row]
    started: list[Row]
    start: datetime

    def pieces(self, folder: Folder) -> dict[str, int]:
        """Pieces of a lot by part: the largest, where lots differ.

        Raises:
            BadInput: Not a whole number of 1 or more.
        """
        sizes: dict[str, set[int]] = {}
        for row in (*self.releases, *self.started):
            sizes.setdefault(row.text("PART"), set()).add(whole(row, "PIECES", 1, minimum=1))
        for part, found in sizes.items():
            if len(found) > 1:
                folder.note(
                    f"lots of {part} have {min(found)} to {max(found)} pieces: the first piece's time and the handling "
                    f"are spread over {max(found)}"
                )
        return {part: max(found) for part, found in sizes.items()}


def read_lots(folder: Folder) -> Lots:
    """The rows of order.txt and WIP.txt; time 0 is the earliest START.

    Raises:
        BadInput: order.txt is missing or empty, or a date is wrong.
    """
    releases = folder.rows("order.txt", ("LOT", "PART", "PIECES"))
    started = folder.rows("WIP.txt", ("LOT", "PART", "PIECES", "CURSTEP"), optional=True)
    if not releases:
        raise BadInput(str(folder.path / "order.txt"), "no lots", "Expected a row for each kind of lot", "Add the rows")
    moments = [found for row in (*releases, *started) if (found := moment(row, "START")) is not None]
    if not moments:
        raise BadInput(releases[0].where, "no lot has a START", "Expected a date", "Fill the column START")
    return Lots(releases, started, min(moments))


def releases(folder: Folder, lots: Lots, routes: Routes) -> tuple[tuple[Source, ...], tuple[Order, ...]]:
    """Sources of the lots that repeat, and orders for those that do not.

    Raises:
        BadInput: A lot is named twice, its part is unknown, or a cell is wrong.
    """
    sources, orders, names = [], [], set[str]()
    for row in lots.releases:
        name, part = row.text("LOT"), _part(row, routes)
        if name in names:
            raise BadInput(row.where, f"lot {name} is there already", "Expected each name once", "Rename it")
        names.add(name)
        first, allowance = _hours_between(lots.start, moment(row, "START")), _allowance(row)
        if folder.like == "pyscfabsim":
            first = 0.0
        count = whole(row, "RPT#", 1)
        together = 1 if folder.like == "pyscfabsim" else whole(row, "LOTSPERRPT", 1, minimum=1)
        priority, pieces = whole(row, "PRIOR", 0), whole(row, "PIECES", 1, minimum=1)
        if count <= 1 or not cell(row, "REPEAT"):
            orders += [Order(part, first, first + allowance, priority, pieces, name)] * together
            continue
        family = "" if folder.like == "pyscfabsim" else "RDIST"
        gaps = distribution(row, family, "REPEAT", "REPEAT2", "RUNITS", folder.like)
        if gaps.mean == 0:
            raise BadInput(row.where, "REPEAT is 0", "Expected a time above 0", "Correct the cell")
        folder.note(f"order.txt: {name} repeats for ever, not {count} times ({count * gaps.mean / 8760:.3g} years)")
        start = Distribution(Family.CONSTANT, (first,))
        sources.append(Source(part, gaps, start, allowance, priority, together, pieces, name=name))
    return tuple(sources), tuple(orders)


def in_process(folder: Folder, lots: Lots, routes: Routes) -> PlantState:
    """The lots in process at the start: each waits for its step CURSTEP, from its START on.

    The data do not say when they came into the plant. A lot of which order.txt has more (Init_Lot_3_17 is a Lot_3) is
    taken to have come as long before its due date as those have from release to due date.

    Raises:
        BadInput: A part or a step is unknown, or a cell is wrong.
    """
    allowances = {row.text("LOT"): _allowance(row) for row in lots.releases}
    parts, dropped = [], 0
    for row in lots.started:
        part, step = _part(row, routes), label(row.text("CURSTEP"))
        positions = routes.positions[part]
        if step not in positions:
            raise unknown(row, "CURSTEP", step, positions)
        if folder.like == "pyscfabsim" and positions[step] + 1 >= len(positions) - 1:
            dropped += 1
            continue
        name = row.text("LOT")
        kind = re.sub(r"^Init_(.+)_\d+$", r"\1", name)
        due = moment(row, "DUE")
        entered = _hours_between(lots.start, moment(row, "START"))
        hour = math.inf if due is None else _hours_between(lots.start, due)
        if math.isfinite(hour) and math.isfinite(allowances.get(kind, math.inf)):
            entered = min(entered, hour - allowances[kind])
        parts.append(
            PartState(
                part,
                positions[step],
                entered=entered,
                due=hour,
                priority=whole(row, "PRIOR", 0),
                pieces=whole(row, "PIECES", 1, minimum=1),
                name=kind if folder.like == "pyscfabsim" else name,
            )
        )
    if parts:
        folder.note("WIP.txt: a lot entered as long before its due date as the lots of its order have; it waits at 0 h")
    if folder.like == "pyscfabsim":
        parts.sort(key=lambda part: part.due)
    if dropped:
        folder.note(f"WIP.txt: {dropped} lots at their last two steps are left out, as PySCFabSim does")
    return PlantState(parts=tuple(parts))


def _part(row: Row, routes: Routes) -> str:
    part = row.text("PART")
    if part not in routes.products:
        raise unknown(row, "PART", part, routes.products)
    return part


def _allowance(row: Row) -> float:
    start, due = moment(row, "START"), moment(row, "DUE")
    if due is None or start is None:
        return math.inf
    hours = _hours_between(start, due)
    if hours <= 0:
        raise BadInput(row.where, f"DUE {cell(row, 'DUE')} is not after START", "Expected a later date", "Correct it")
    return hours


def _hours_between(start: datetime, end: datetime | None) -> float:
    return 0.0 if end is None else (end - start).total_seconds() / 3600
