"""From rows to an event log: what is wrong is mended where that is safe, left out where not, and always noted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from danao.core.errors import BadInput
from danao.learning.log import EventLog, Flags, Floats, Integers, monday_before
from danao.learning.mapping import ColumnMap
from danao.learning.rows import Notes, Rows, hours, moment_of
from danao.learning.zones import local_hours, plant_clock, zone_of

FEWEST_ORDERS = 5
_A_WORKING_DAY = 24.0
_NEARLY_ALL = 0.95


@dataclass
class _Draft:
    """Columns while they are mended."""

    codes: dict[str, Integers]
    numbers: dict[str, Floats]
    source: str

    def where(self, found: Flags) -> str:
        return f"{self.source}:{self.codes['line'][found][0]}" if found.any() else ""

    def keep(self, kept: Flags) -> None:
        self.codes = {name: column[kept] for name, column in self.codes.items()}
        self.numbers = {name: column[kept] for name, column in self.numbers.items()}


def cleaned(rows: Rows, columns: ColumnMap, notes: Notes, zone: str = "") -> EventLog:
    """The log that the rows describe.

    Args:
        rows: As they were read.
        columns: What was found in the table.
        notes: Everything that is mended is added.
        zone: Name of the zone of the plant; empty: found out, where the times carry a zone.

    Raises:
        BadInput: No usable rows, too few orders, or times with and without a zone.
    """
    draft = _Draft(
        {name: np.array(column, dtype=np.int64) for name, column in rows.codes.items()},
        {name: np.array(column, dtype=np.float64) for name, column in rows.numbers.items()},
        rows.source,
    )
    _need_names(draft, notes)
    _pair(draft, notes)
    zone = _set_clock(draft, rows, notes, zone)
    _mend_ends(draft, rows, notes)
    _mend_starts(draft, columns, notes)
    _swap(draft, notes)
    _drop_duplicates(draft, notes)
    arrived, left = _drop_marks(draft, rows, notes)
    _compare_spans(draft, notes)
    if not len(draft.codes["order"]):
        raise BadInput(rows.source, "no usable rows", "Expected rows with order, operation and times", "Check --map")
    log = _log(draft, rows, columns, zone, arrived, left)
    if len(log.orders) < FEWEST_ORDERS:
        count = len(log.orders)
        raise BadInput(
            rows.source,
            f"{count} {'order' if count == 1 else 'orders'}",
            f"Expected {FEWEST_ORDERS} or more: a plant cannot be learnt from less",
            "Export a longer span, or name the column of the orders with --map order=COLUMN",
        )
    if not (columns["resource"] or columns["worker"]):
        notes.add("no column for machines or people", "each operation is taken as a station of its own", rows.source)
    if not arrived:
        done = "they come with their first report; what they waited before it is not seen"
        notes.add("orders without a mark of when they came", done, "", len(log.orders))
    return log


def _need_names(draft: _Draft, notes: Notes) -> None:
    nameless = (draft.codes["order"] < 0) | (draft.codes["operation"] < 0)
    notes.add("rows without order or operation", "left out", draft.where(nameless), int(nameless.sum()))
    timeless = np.isnan(draft.numbers["start"]) & np.isnan(draft.numbers["end"]) & ~nameless
    notes.add("rows without any time", "left out", draft.where(timeless), int(timeless.sum()))
    draft.keep(~(nameless | timeless))


def _pair(draft: _Draft, notes: Notes) -> None:
    """Join starts with the next end of the same work."""
    half = draft.codes["half"]
    if not half.any():
        return
    start, end = draft.numbers["start"], draft.numbers["end"]
    waiting: dict[tuple[int, ...], list[int]] = {}
    kept = np.ones(len(half), dtype=bool)
    moment = np.where(half == 1, start, end)
    keys = [draft.codes[name].tolist() for name in ("order", "operation", "resource")]
    for row in np.lexsort((half, moment)).tolist():
        key = tuple(column[row] for column in keys)
        if half[row] == 1:
            waiting.setdefault(key, []).append(row)
        elif half[row] == 2 and np.isnan(start[row]) and waiting.get(key):
            first = waiting[key].pop(0)
            start[row] = start[first]
            kept[first] = False
    alone = kept & (half == 2) & np.isnan(start)
    if (half == 1).any():
        notes.add("ends without a start", "taken as work that took no time", draft.where(alone), int(alone.sum()))
        start[alone] = end[alone]
    draft.keep(kept)


def _set_clock(draft: _Draft, rows: Rows, notes: Notes, zone: str) -> str:
    if rows.zoned and rows.plain:
        raise BadInput(
            rows.source,
            f"{rows.zoned} times with a time zone and {rows.plain} without",
            "Expected all with, or all without",
            "Export the times in one way",
        )
    if zone:
        zone_of(zone)
        if not rows.zoned:
            return ""
    if not rows.zoned:
        return ""
    if len(rows.offsets) > 1:
        told = ", ".join(f"{offset:+g} h" for offset in sorted(rows.offsets))
        notes.add(f"times in {len(rows.offsets)} zones ({told} from UTC)", "all brought to UTC", rows.source)
    both = np.concatenate([draft.numbers["start"], draft.numbers["end"]])
    if not zone:
        clock = plant_clock(both) if np.isfinite(both).any() else None
        zone = clock.zone if clock else ""
        if clock and zone:
            notes.add(
                "the daily rhythm jumps when clocks change",
                f"taken as a clock such as {zone}: difference {clock.before:.2f} in UTC, {clock.after:.2f} there",
                rows.source,
            )
    if zone:
        for name in ("start", "end"):
            draft.numbers[name] = local_hours(draft.numbers[name], zone)
    elif len(rows.offsets) == 1:
        offset = next(iter(rows.offsets))
        for name in ("start", "end"):
            draft.numbers[name] = draft.numbers[name] + offset
    return zone


def _mend_ends(draft: _Draft, rows: Rows, notes: Notes) -> None:
    """Rows without an end: running at the cut where that can be, left out where not."""
    start, end = draft.numbers["start"], draft.numbers["end"]
    missing = np.isnan(end)
    if not missing.any():
        return
    last = float(np.nanmax(np.concatenate([start, end])))
    spans = (end - start)[~missing]
    longest = float(np.quantile(spans[spans >= 0], 0.999)) if (spans >= 0).any() else _A_WORKING_DAY
    running = missing & (start >= last - max(2 * longest, _A_WORKING_DAY))
    notes.add("work still running at the cut", "its time enters as censored", draft.where(running), int(running.sum()))
    lost = missing & ~running
    notes.add("events without an end, long before the cut", "left out", draft.where(lost), int(lost.sum()))
    draft.keep(~lost)


def _mend_starts(draft: _Draft, columns: ColumnMap, notes: Notes) -> None:
    start, end = draft.numbers["start"], draft.numbers["end"]
    missing = np.isnan(start)
    if not missing.any():
        return
    if not missing.all():
        notes.add("events without a start", "taken as work that took no time", draft.where(missing), int(missing.sum()))
        start[missing] = end[missing]
        return
    notes.add("no starts at all", "work begins when order and resource are both free", draft.where(missing))
    free: dict[tuple[str, int], float] = {}
    for row in np.lexsort((draft.codes["line"], end)).tolist():
        keys = [("order", int(draft.codes["order"][row])), ("resource", int(draft.codes["resource"][row]))]
        known = [free[key] for key in keys if key in free and key[1] >= 0]
        begun = keys[0] in free
        start[row] = min(max(known), end[row]) if known and begun else end[row]
        free.update(dict.fromkeys(keys, float(end[row])))


def _swap(draft: _Draft, notes: Notes) -> None:
    start, end = draft.numbers["start"], draft.numbers["end"]
    negative = end < start
    short = negative & (start - end <= _A_WORKING_DAY)
    notes.add("ends before their start", "start and end swapped", draft.where(short), int(short.sum()))
    start[short], end[short] = end[short].copy(), start[short].copy()
    far = negative & ~short
    notes.add("ends more than a day before their start", "left out", draft.where(far), int(far.sum()))
    draft.keep(~far)


def _drop_duplicates(draft: _Draft, notes: Notes) -> None:
    names = ("order", "operation", "resource", "worker", "kind")
    columns = [draft.codes[name] for name in names] + [
        np.nan_to_num(draft.numbers[name], nan=-1.0) for name in ("start", "end", "good", "rejected", "span")
    ]
    if not len(columns[0]):
        return
    table = np.stack([column.astype(np.float64) for column in columns], axis=1)
    _, first = np.unique(table, axis=0, return_index=True)
    kept = np.zeros(len(table), dtype=bool)
    kept[first] = True
    notes.add("rows that are there twice", "the second left out", draft.where(~kept), int((~kept).sum()))
    draft.keep(kept)


def _drop_marks(draft: _Draft, rows: Rows, notes: Notes) -> tuple[dict[int, float], dict[int, float]]:
    """Operations that never take time and never need anything are marks, as `order created`.

    Returns:
        When orders came, and when they left, where a mark begins or ends nearly all of them.
    """
    used = (draft.codes["resource"] >= 0) | (draft.codes["worker"] >= 0)
    works = used | (draft.numbers["end"] > draft.numbers["start"]) | np.isnan(draft.numbers["end"])
    count = len(rows.names["operation"].numbers)
    of = np.bincount(draft.codes["operation"], weights=works, minlength=count)
    mark = (of == 0)[draft.codes["operation"]]
    if not used.any() or mark.all() or not mark.any():
        return {}, {}
    arrived, left = _edges(draft, mark)
    done = "the first ones tell when orders came" if arrived else "left out"
    notes.add("marks that take no time and nobody", done, draft.where(mark), int(mark.sum()))
    draft.keep(~mark)
    return arrived, left


def _edges(draft: _Draft, mark: Flags) -> tuple[dict[int, float], dict[int, float]]:
    """Moments of the marks that begin orders, if nearly all orders begin with one, and of those that end them."""
    orders, operation, start = draft.codes["order"], draft.codes["operation"], draft.numbers["start"]
    ends = np.where(np.isnan(draft.numbers["end"]), np.inf, draft.numbers["end"])
    place = np.lexsort((~mark, start, orders))
    first = place[np.flatnonzero(np.diff(orders[place], prepend=-1))]
    place = np.lexsort((mark, ends, orders))
    last = place[np.flatnonzero(np.diff(orders[place], append=-1))]
    begins = first[mark[first]]
    arrived = (
        dict(zip(orders[begins].tolist(), start[begins].tolist(), strict=True))
        if len(begins) >= _NEARLY_ALL * len(first)
        else {}
    )
    closing = last[mark[last]]
    names = set(operation[closing].tolist()) - set(operation[begins].tolist())
    closing = closing[np.isin(operation[closing], list(names))]
    left = (
        dict(zip(orders[closing].tolist(), ends[closing].tolist(), strict=True))
        if len(closing) >= len(last) / 2
        else {}
    )
    return arrived, left


def _compare_spans(draft: _Draft, notes: Notes) -> None:
    """Reported durations are compared, and the times kept: which of the two is right cannot be known here."""
    minutes = 60 * (draft.numbers["end"] - draft.numbers["start"])
    span = draft.numbers["span"]
    known = np.isfinite(span) & np.isfinite(minutes)
    zero = known & (span == 0) & (minutes > 1)
    notes.add("zero-minute reports whose times lie apart", "the times are kept", draft.where(zero), int(zero.sum()))
    other = known & ~zero & (np.abs(span - minutes) > 1)
    notes.add("reported spans that differ from the times", "the times are kept", draft.where(other), int(other.sum()))
    none = (minutes == 0) & ~(known & (span > 0))
    notes.add("reports of no length", "kept", draft.where(none), int(none.sum()))


def _log(
    draft: _Draft, rows: Rows, columns: ColumnMap, zone: str, arrived: dict[int, float], left: dict[int, float]
) -> EventLog:
    start, end = draft.numbers["start"], draft.numbers["end"]
    monday = monday_before(moment_of(float(np.min(start))))
    zero = hours(monday)
    cut = max(float(np.max(start)), float(np.nanmax(end))) if np.isfinite(end).any() else float(np.max(start))
    names, codes = {}, {}
    seen_orders = np.unique(draft.codes["order"]).tolist()
    for role in ("order", "operation", "resource", "worker", "material"):
        listed = rows.names[role].listed()
        seen, place = np.unique(draft.codes[role], return_inverse=True)
        offset = int(seen[0] < 0) if len(seen) else 0
        names[role] = tuple(listed[number] for number in seen.tolist() if number >= 0)
        codes[role] = place.astype(np.int64) - offset
    log = EventLog(
        source=rows.source,
        monday=monday,
        zone=zone,
        cut=cut - zero,
        orders=names["order"],
        operations=names["operation"],
        resources=names["resource"],
        workers=names["worker"],
        materials=names["material"],
        **codes,
        start=start - zero,
        end=end - zero,
        kind=draft.codes["kind"],
        good=draft.numbers["good"],
        rejected=draft.numbers["rejected"],
        by_people=_people(columns),
        arrived=np.array([arrived.get(one, np.nan) for one in seen_orders]) - zero,
        left=np.array([left.get(one, np.nan) for one in seen_orders]) - zero,
    )
    return log.sorted()


def _people(columns: ColumnMap) -> bool:
    """Whether what is called a resource is a person, by the name of the column."""
    word = columns["resource"].lower()
    return any(part in word for part in ("worker", "resource", "user", "employee", "operator"))
