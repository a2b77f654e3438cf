"""The state of a running twin as arrays of records: what the compiled loop reads and writes.

Every table is a one-dimensional array of records, so that compiled code says `machine.status` as people do. Numbers
point from table to table; -1 points nowhere. Hours are float64, everything else int64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from danao.twin.trace import EVENT, STATES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Records = Any
"""An array of records (NDArray[np.void]); compiled code reads its fields as attributes."""

NEVER = np.inf

IDLE, WORKING, BLOCKED, DOWN, SETUP, MAINTENANCE, CLOSED, HEATING, OFF = range(len(STATES))
ENTER, QUEUE, START, END, LEAVE, SCRAP, REWORK, STATE, DEPART, ARRIVE, LATE_START = range(11)

CALENDAR, OPERATION, PIECES = 1, 2, 3
"""Clocks of failures and maintenance."""
COUNTING, DUE_STOP, WAITS_FOR_CREW, UNDER_REPAIR = range(4)
"""States of a stop: its clock runs; maintenance that waits for the end of a job; waits for people; lasts."""

BY_CONVEYOR, BY_FLEET, BY_CRANE = 1, 2, 3
NOWHERE, ON_MACHINE, ON_OUTPUT, ON_LINK, OUTSIDE = range(5)
"""What holds a part that is in no queue."""
AT_REST, TO_PART, WITH_PART = range(3)
"""States of a vehicle."""
GOES_ON, GOES_OUT, GOES_TO_SCRAP = range(3)
"""Where a part goes after a step."""
ON_BELT, IN_PIPELINE = range(2)
"""Why a part is in the heap of delays."""
COUNT_ONLY, SCRAP_LATE, REWORK_LATE = range(3)

MOST_NEEDS = 4
"""Kinds of people that one station can need at once."""


def _record(*groups: str | tuple[Any, ...], whole: type = np.int64) -> np.dtype[Any]:
    """A record of whole numbers; names with a dot at the end are hours or other floats; tuples are arrays.

    What the loop touches together stands together, the most frequent first, and in tables that are long it takes little
    room: a large plant is as fast as the cache that it fits in. Names with an exclamation mark are wide all the same.
    """
    fields: list[tuple[Any, ...]] = []
    for group in groups:
        if isinstance(group, tuple):
            fields.append(group)
        else:
            kinds = {".": np.float64, "!": np.int64}
            fields += [(name.rstrip(".!"), kinds.get(name[-1], whole)) for name in group.split()]
    return np.dtype(fields)


STATION = _record(
    "idle empty queued capacity head tail blocked_head blocked_tail saturated first reserved plain "
    "machines upstream_at upstream needs batches limited asks waits output output_used setup_at "
    "rule second third fourth dedicates planned before needs_at calendar pauses refusals waits_first news "
    "queue_hours. ideal. jobs! passed! "
    "off_after. rejected! setups! restarts! breakdowns! warm_up. work.",
    ("power", np.float64, (len(STATES),)),
    whole=np.int32,
)
"""capacity: places, -1 without limit; before: blocking before service; rule to fourth: dispatching rules, one
after the other; plain: the first part of the queue is always the next one; saturated: source that never lets it
starve; pauses: jobs pause when the calendar closes; limited: limits scrap parts or send them back; upstream: stations
that may not start before a place is free here; asks: who runs the twin decides; idle: machines ready for work; empty:
machines without a part, whatever their state; waits: for people; planned: machines take parts in the turn of a
plan; refusals: how often a machine in a setup run refuses other classes, -1 always; waits_first: a machine waits for
the batch of the first part; news: parts that came to the queue; breakdowns: times that a machine went down."""

MACHINE = _record(
    "status part station stops first_stop strikes since.",
    ("hours", np.float64, (len(STATES),)),
    "left. after. load holds pipelined job. heat_hours. setup_hours. setup_class run_left ideal. pieces "
    "down maintained closed closing due resumes turn refused seen through.",
    ("pools", np.int64, (MOST_NEEDS,)),
    whole=np.int32,
)
"""part: first part aboard; load: parts aboard; holds: reasons why it cannot work now (down, maintained, closed); due:
maintenance that waits for the end of the job; strikes: stop that interrupts the work when the clock goes off, after:
hours of work left then; left: hours left of the state `resumes`, -1 nothing, -2 a finished part is kept; heat_hours,
setup_hours, job: phases of the job that are still to come; pipelined: parts leave the machine when the work begins and
are through after `through` hours; pieces: of the job; turn: row of `turns` that it waits for; refused: refusals
in a row; seen: news of the station at the last one."""

STEP = _record(
    "station time last setup_class batch_class batch_min batch_max batch_pieces per_piece interval rework_to "
    "needs_at needs yields_at yields limit_mark limit_then limit_to mark dedicate dedicated heated position "
    "product share. scrap. rework. defect. detect. false_alarm. repairable. limit. heat_needs. heat_leaves. "
    "heat_rate. mean. remaining. remaining_pieces. patience.",
    whole=np.int32,
)
"""needs, yields: rows of the bill of material; mark: slot where the end of the step is noted, dedicate: where its
machine is; mean, remaining: hours of work here, and from here to the end of the route; remaining_pieces:
more of it for each piece of the part."""

PRODUCT = _record(
    "first_step is_component store stored store_head store_tail store_blocked_head store_blocked_tail users_at "
    "users cools flow entered finished scrapped late reworked escaped broken cooling. ambient. start_temperature. "
    "lead. tardiness. open_late.",
)

SOURCE = _record(
    "product gaps first_gap first_open priority size pieces limit number inside flow calendar mix_at mixed due_after.",
)
"""calendar: -1 for always; first_open: whether the first gap counts its hours too; mixed: rows of its mix, 0 for one
product; flow: -1 for the product's own."""

MIX = _record(
    "product upto.",
)
"""Products of a source, and the sum of their shares up to each."""

ORDER = _record(
    "product priority pieces flow release. due.",
)

FLOW = _record(
    "finished late lead.",
)
"""Parts by where they come from: a source, or all orders of a product."""

PART = _record(
    "step place draws next",
    ("key", np.uint64),
    "queued_at. prev at product holder entered. due. source flow priority pieces goes beside reserved ended_at. "
    "machine defective delayed order serial! temperature. cooled_at.",
    whole=np.int32,
)
"""next, prev: in a queue or list; beside: the next one aboard the same machine; at: station where it is, -1 outside;
holder: what holds it (machine, output, link …), place: which one; goes: where to, after its step; reserved: station
that keeps a place for it; delayed: why it is in the heap; ended_at: end of its last step; order: its number among those
of its source, from 0."""

TURN = _record(
    "machine next done start.",
)
"""One step of an order in a plan. next: row of the machine's next turn, -1: none; done: it began, or never will."""

STOP = _record(
    "machine maintains clock up down first skill pool count state next spares interrupts left.",
)
"""spares: it passes where it finds no job; interrupts: maintenance that does not wait for the end of the job."""

POOL = _record(
    "count calendar on_shift working busy. shift. since.",
)
"""on_shift: people there; working: of them, or still there to finish a job."""

PLACE = _record("product count")
"""A row of a bill of material."""

NEED = _record("skill count setup_only")

LINK = _record(
    "kind transport time places on blocked_head blocked_tail start. end.",
)
"""How parts move from one station to another."""

TRANSPORT = _record(
    "kind first_vehicle vehicles load unload first_node nodes ways limited head tail carried speed. gap. loaded. "
    "empty.",
)

VEHICLE = _record(
    "transport state node goal edge next part stage x. low. high. since. ready.",
)
"""x: place of a crane; low, high: what its job sweeps; ready: when an idle crane that makes way has done so."""

EDGE = _record(
    "vehicles on head tail length.",
)

DAYS = _record(
    "at spans is_open next cycle. start.",
)
"""A calendar: its spans lie in `spans` from `at` on; next: span that opens or closes next."""

RUN = _record(
    ("key", np.uint64),
    "head tail agenda_size free in_plant wip_since. wip_hours. serial margin machine_count source_base "
    "clock_count leaves decision moves_head moves_tail same moves_size link_item tracing powered now. "
    "station_count product_count flow_count source_count order_count stop_count pool_count day_count link_count "
    "transport_count window_count trace_size mark_slots dedication_slots class_count calendar_base patience_base "
    "vehicle_base order_clock heap_clock meter_clock store_item transport_item outside_item staff_item events "
    "next_order heap_size heap_number traced limit outside_head outside_tail trace_margin crew_head crew_tail "
    "waiting answer started user_rule planned early patience. kw. kwh. meter_at. metered_at. interval_kwh. "
    "interval_end. interval. price. cost. peak. next_edge. next_day",
)
"""Numbers of the whole run; `..._base`: first clock of each kind, `..._item`: first number on the agenda. Clocks of the
machines come first, then those of the stops. planned: a plan is followed; early: turns may start before their planned
start; patience: h late after which the plan is out of touch."""

DISTRIBUTION = _record(
    "kind a. b. c.",
)

_WHOLE = np.dtype(np.int64)
_HOURS = np.dtype(np.float64)


FIELDS: dict[str, np.dtype[Any]] = {
    "run": RUN,
    "stations": STATION,
    "machines": MACHINE,
    "steps": STEP,
    "products": PRODUCT,
    "sources": SOURCE,
    "mixes": MIX,
    "orders": ORDER,
    "flows": FLOW,
    "parts": PART,
    "free": _WHOLE,
    "marks": _HOURS,
    "dedicated": _WHOLE,
    "moves": _WHOLE,
    "agenda": _WHOLE,
    "listed": _WHOLE,
    "waiting": _WHOLE,
    "clocks": _HOURS,
    "tree": _HOURS,
    "distributions": DISTRIBUTION,
    "values": _HOURS,
    "setups": _HOURS,
    "setup_runs": _WHOLE,
    "class_waiting": _WHOLE,
    "materials": PLACE,
    "users": _WHOLE,
    "needs": NEED,
    "skills": _WHOLE,
    "skill_pools": _WHOLE,
    "pools": POOL,
    "stops": STOP,
    "days": DAYS,
    "spans": _HOURS,
    "links": LINK,
    "link_of": _WHOLE,
    "transports": TRANSPORT,
    "vehicles": VEHICLE,
    "edges": EDGE,
    "next_node": _WHOLE,
    "next_edge": _WHOLE,
    "distance": _HOURS,
    "heap_time": _HOURS,
    "heap_number": _WHOLE,
    "heap_part": _WHOLE,
    "trace": EVENT,
    "tariff": _HOURS,
    "rule_numbers": _HOURS,
    "turns": TURN,
    "turn_at": _WHOLE,
}
"""The tables of a world and what a row of each is."""


class World:
    """All tables of one replication, and the list of their addresses for compiled code.

    Raises:
        TypeError: A table is missing, or is not what `FIELDS` says.
    """

    run: Records
    stations: Records
    machines: Records
    steps: Records
    products: Records
    sources: Records
    mixes: Records
    orders: Records
    flows: Records
    parts: Records
    free: Integers
    """Numbers of the unused parts."""
    marks: Floats
    """Times that limits look back to: slot by slot for each part."""
    dedicated: Integers
    """Machines that parts must come back to: slot by slot for each part."""
    moves: Integers
    """Ring of parts that want to move on."""
    agenda: Integers
    """Ring of stations, links, stores and so on to be looked at, by their number on the agenda."""
    listed: Integers
    """Whether they are on the agenda."""
    waiting: Integers
    """Stations that wait for people, in the order of waiting."""
    clocks: Floats
    tree: Floats
    """The tree of the event calendar; `clocks` is its end, seen by the number of the clock."""
    distributions: Records
    values: Floats
    """Observed values of empirical distributions."""
    setups: Floats
    """Setup matrices, row after row."""
    setup_runs: Integers
    """Least jobs after a change: stations times classes."""
    class_waiting: Integers
    """Parts or pieces of each batch class that wait."""
    materials: Records
    users: Integers
    """Stations that use a component, and those that wait for a place at a station before they start."""
    needs: Records
    skills: Integers
    """Where the pools of each skill begin in `skill_pools`; one more than there are skills."""
    skill_pools: Integers
    pools: Records
    stops: Records
    days: Records
    spans: Floats
    links: Records
    link_of: Integers
    """Link from station to station: row times stations plus column; -1: parts move in no time."""
    transports: Records
    vehicles: Records
    edges: Records
    next_node: Integers
    """Next node on the way: row after row for each track."""
    next_edge: Integers
    distance: Floats
    """Metres between nodes on the shortest way."""
    heap_time: Floats
    heap_number: Integers
    heap_part: Integers
    trace: Records
    tariff: Floats
    """Windows of the tariff: start, end, price, one after the other."""
    rule_numbers: Floats
    """Numbers of dispatching rules; see `priority`."""
    turns: Records
    """The turns of a plan, order by order and step by step."""
    turn_at: Integers
    """First turn of each order, -1 without a plan; one more than there are orders."""

    def __init__(self, **tables: Records) -> None:
        if tables.keys() != FIELDS.keys():
            raise TypeError(f"tables {sorted(tables.keys() ^ FIELDS.keys())}")
        for name, dtype in FIELDS.items():
            table = tables[name]
            if table.dtype != dtype or table.ndim != 1 or not table.flags.c_contiguous:
                raise TypeError(f"table {name} is {table.dtype}, {table.ndim}-dimensional")
            setattr(self, name, table)
        self._addresses = np.array([tables[name].ctypes.data for name in FIELDS], dtype=np.int64)
        self.address = int(self._addresses.ctypes.data)

    def replaced(self, **tables: Records) -> World:
        """The same world with some tables exchanged."""
        return World(**{**{name: getattr(self, name) for name in FIELDS}, **tables})


def empty_trace(size: int) -> Records:
    """Room for the events of a trace."""
    return np.zeros(size, EVENT)
