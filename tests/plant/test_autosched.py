import csv
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from danao.core.data import roots
from danao.core.errors import BadInput
from danao.plant.autosched import read_autosched
from danao.plant.autosched_routes import NO_SETUP
from danao.plant.distribution import Distribution, Family
from danao.plant.model import problems
from danao.plant.resources import Batch

SMALL = {
    "tool.txt.1l": """\
STNFAM|STN|FWLRANK|LTIME|LTUNITS|ULTIME|ULTUNITS|STNCAP|STNQTY|STNGRP|STNFAMLOC|RULE
Etch|Etch|rank_HP;rank_RSETUP;rank_FIFO|1|min|1|min|2.0|2.0|Wet|Fab
Oven|Oven|rank_FIFO|1|min|1|min||1|Hot|Fab
Litho|Litho|rank_HP;rank_FIFO|1|min|1|min||3|Photo|Fab
Rest|Rest||0|min|0|min||9|Rest|Away
""",
    "part.txt": "PART|ROUTEFILE|ROUTE\nwafer|route_1.txt|r_1\nchip|route_1.txt|r_2\n",
    "route_1.txt": """\
ROUTE|STEP|DESC|STNFAM|PDIST|PTIME|PTIME2|PTUNITS|PTPER|BATCHMN|BATCHMX|SETUP|STIME|STUNITS|SVESTN|FORSTEP|\
PartInterval|PartIntUnits|RWKSTEP|REWORK|StepPercent|STEP_CQT|CQT|CQTUNITS
r_1|1|clean|Etch|uniform|2|1|min|per_piece|.|.|.|.|.|.|.|1.5|min
r_1|2|bake|Oven|uniform|120|12|min|per_batch|50|120|.|.|.|.|.|.|.|.|.|.|4|2|hr
r_1|3|expose|Litho|constant|30|.|min|per_piece|.|.|red|6|min|yes|5
r_1|4|look|Rest|constant|1|.|hr|per_lot|.|.|.|.|.|.|.|.|.|3|25|40
r_1|5|expose again|Litho|constant|0.5|.|hr|per_lot|.|.|blue
r_2|1|bake|Oven|uniform|120|12|min|per_batch|50|120
r_2|2|test|Litho|constant|10|.|min|per_lot
""",
    "order.txt": """\
LOT|PART|PRIOR|PIECES|START|RDIST|REPEAT|RUNITS|RPT#|LOTSPERRPT|DUE
Lot_1|wafer|10|25|01/01/18 00:00:00|constant|60|min|100|1|01/03/18 12:00:00
Hot_1|wafer|20|25|01/01/18 06:00:00|exponential|1|day|100|2|01/02/18 06:00:00
Once|chip|10|25|01/01/18 01:00:00||||1|1|01/01/18 11:00:00
""",
    "WIP.txt": """\
LOT|PART|PRIOR|PIECES|START|CURSTEP|DUE
Init_Lot_1_7|wafer|10|25|01/01/18 00:00:00|3|01/02/18 00:00:00
Init_Hot_1_1|wafer|20|25|01/01/18 00:00:00|5|01/01/18 00:00:00
""",
    "attach.txt": """\
CALNAME|CALTYPE|RESTYPE|RESNAME|FOADIST|FOA|FOAUNITS
BREAK|down|stngrp|Wet|exponential|100|min
WEEK|pm|stnfam|Oven|constant|3|day
MANY|pm|stnfam|Litho|constant|500|
""",
    "downcal.txt": """\
DOWNCALNAME|DOWNCALTYPE|MTTFDIST|MTTF|MTTFUNITS|MTTRDIST|MTTR|MTTRUNITS
BREAK|mttf_by_cal|exponential|100|min|exponential|30|min
""",
    "pmcal.txt": """\
PMCALNAME|PMCALTYPE|MTBPM|MTBPMUNITS|MTTRDIST|MTTR|MTTR2|MTTRUNITS
WEEK|mtbpm_by_cal|7|day|uniform|10|2|hr
MANY|mtbpm_by_pieces|800|pieces|constant|1||hr
""",
    "fromto.txt": "FROMLOC|TOLOC|DDIST|DTIME|DTIME2|DUNITS\nFab|Fab|uniform|7.5|2.5|min\n",
    "setup.txt": "CURSETUP|NEWSETUP|STIME|STUNITS\n|blue|20|min\n",
    "setupgrp.txt": "SETUPGRP|SETUP|MINRUN\n|red|7\n",
}


def constant(value):
    return Distribution(Family.CONSTANT, (value,))


def uniform(low, high):
    return Distribution(Family.UNIFORM, (low, high))


def same(found, wanted):
    return found is not None and found.family == wanted.family and found.parameters == pytest.approx(wanted.parameters)


@pytest.fixture
def small(tmp_path):
    """A folder of the small tables (`.` is an empty cell) after each `old` in a file is replaced by its `new`."""

    def small(*changes):
        for name, text in SMALL.items():
            for file, old, new in changes:
                if file == name:
                    assert old in text
                    text = text.replace(old, new, 1)
            lines = [["" if one == "." else one for one in line.split("|")] for line in text.splitlines()]
            (tmp_path / name).write_text("\n".join("\t".join(cells) for cells in lines))
        return tmp_path

    return small


@pytest.fixture(scope="module")
def folder():
    found = next((root / "smt2020" / "HVLM" for root in roots() if (root / "smt2020" / "HVLM").is_dir()), None)
    if found is None:
        pytest.skip("data set smt2020 is not on this machine (DANAO_DATA or ../shared/data)")
    return found


@pytest.fixture(scope="module")
def fab(folder):
    return read_autosched(folder)


def table(folder, name):
    with (folder / name).open() as file:
        return list(csv.DictReader(file, delimiter="\t", restval=""))


# The published wafer fab


def test_the_published_fab_has_its_published_size(fab):
    assert len(fab.plant.stations) == 106
    assert sum(station.machines for station in fab.plant.stations) == 1443
    assert {product.name: len(product.route) for product in fab.plant.products} == {"part_3": 583, "part_4": 343}
    assert len(fab.state.parts) == 2255
    assert fab.start == datetime(2018, 1, 1)


def test_the_published_fab_is_a_sound_plant(fab):
    assert list(problems(fab.plant)) == []


def test_every_part_of_the_published_tables_reaches_the_plant(fab, folder):
    attached = table(folder, "attach.txt")
    groups = {row["STNFAM"]: row["STNGRP"] for row in table(folder, "tool.txt.1l")}
    breakdowns = sum(
        sum(group == row["RESNAME"] for group in groups.values()) for row in attached if row["CALTYPE"] == "down"
    )
    assert sum(len(station.failures) for station in fab.plant.stations) == breakdowns == 105
    assert sum(len(station.maintenance) for station in fab.plant.stations) == 292
    steps = [step for product in fab.plant.products for step in product.route]
    rows = table(folder, "route_3.txt") + table(folder, "route_4.txt")
    assert sum(step.limit is not None for step in steps) == sum(row["STEP_CQT"] != "" for row in rows)
    assert sum(step.rework > 0 for step in steps) == sum(row["REWORK"] != "" for row in rows)
    assert sum(step.same_machine_as is not None for step in steps) == sum(row["FORSTEP"] != "" for row in rows)
    assert sum(step.batch is not None for step in steps) == sum(row["BATCHMX"] != "" for row in rows)
    assert sum(step.setup_class != "" for step in steps) == sum(row["SETUP"] != "" for row in rows)
    assert sum(step.share for step in steps) == pytest.approx(
        sum(float(row["StepPercent"] or 100) for row in rows) / 100
    )


def test_no_tool_group_of_the_published_fab_is_overloaded(fab):
    """Offered load without setups: releases an hour times machine hours each, over what breakdowns leave."""
    rate = dict.fromkeys(("part_3", "part_4"), 0.0)
    for source in fab.plant.sources:
        rate[source.product] += source.size / source.gaps.mean
    load = defaultdict(float)
    for product in fab.plant.products:
        for step in product.route:
            machine = (step.interval or step.time).mean * (25 if step.per == "piece" else 1)
            lots = step.batch.maximum / 25 if step.batch else 1
            load[step.station] += rate[product.name] * step.share * machine / lots
    for station in fab.plant.stations:
        up = [failure.up.mean / (failure.up.mean + failure.down.mean) for failure in station.failures]
        available = station.machines * (up[0] if up else 1)
        assert 0 < load[station.name] / available < 1, station.name
    assert max(load[station.name] / station.machines for station in fab.plant.stations) > 0.8


def test_a_lot_of_the_published_fab_takes_its_raw_process_time(fab, folder):
    """Sum over the route by hand from the rows: 25 pieces, pieces follow one another at their interval."""
    minutes = 0.0
    handling = {row["STNFAM"]: float(row["LTIME"]) + float(row["ULTIME"]) for row in table(folder, "tool.txt.1l")}
    for row in table(folder, "route_3.txt"):
        time = float(row["PTIME"])
        if row["PartInterval"]:
            time += 24 * float(row["PartInterval"])
        elif row["PTPER"] == "per_piece":
            time *= 25
        minutes += time + handling[row["STNFAM"]]
    route = fab.plant.product("part_3").route
    assert sum(step.time.mean * (25 if step.per == "piece" else 1) for step in route) == pytest.approx(minutes / 60)


def test_hot_lots_are_sources_of_their_own(fab):
    found = {source.name: (source.product, source.priority, source.pieces) for source in fab.plant.sources}
    assert found == {
        "Lot_3": ("part_3", 10, 25),
        "Lot_4": ("part_4", 10, 25),
        "HotLot_3": ("part_3", 20, 25),
        "HotLot_4": ("part_4", 20, 25),
        "SuperHotLot_3": ("part_3", 30, 25),
    }
    lot = fab.plant.sources[0]
    assert same(lot.gaps, constant(51.69 / 60))
    assert lot.due_after == pytest.approx(53 * 24 + 20 + 7 / 60 + 47 / 3600)


def test_the_first_lot_in_process_waits_for_its_step(fab):
    lot = fab.state.parts[0]
    assert (lot.name, lot.product, lot.step, lot.machine) == ("Init_Lot_3_2", "part_3", 559, None)
    assert lot.due == pytest.approx(30 + 19 / 60 + 32 / 3600)
    assert lot.due - lot.entered == pytest.approx(fab.plant.sources[0].due_after)


def test_the_delay_is_reached_without_transport(fab):
    main, nothing = fab.plant.transport
    assert main.moves == (("*", "*"),)
    assert main.time.mean == pytest.approx(7.5 / 60)
    assert nothing.time.mean == 0
    assert all("Delay_32" in move for move in nothing.moves)
    assert len(nothing.moves) == 2 * 105 + 1


def test_lots_at_their_last_two_steps_are_left_out_like_the_peer(folder):
    lots = read_autosched(folder, like="pyscfabsim").state.parts
    assert len(lots) == 2255 - 11
    assert {lot.name for lot in lots} == {"Lot_3", "Lot_4", "HotLot_3", "HotLot_4", "SuperHotLot_3"}


# One small row of each kind


def test_pieces_follow_one_another_at_their_interval(small):
    step = read_autosched(small()).plant.product("wafer").route[0]
    assert step.per == "piece"
    assert same(step.time, uniform((1 + 24 * 1.5 + 2) / 25 / 60, (3 + 24 * 1.5 + 2) / 25 / 60))
    assert same(step.interval, constant(1.5 / 60))


def test_without_room_for_a_second_job_loading_keeps_the_machine(small):
    step = read_autosched(small(("tool.txt.1l", "2.0|2.0", "|2.0"))).plant.product("wafer").route[0]
    assert same(step.interval, constant((1.5 + 2 / 25) / 60))


def test_a_batch_is_counted_in_pieces(small):
    step = read_autosched(small()).plant.product("wafer").route[1]
    assert step.batch == Batch(120, 50, unit="pieces")
    assert same(step.time, uniform(110 / 60, 134 / 60))


def test_a_step_knows_its_rework_queue_time_and_machine(small):
    route = read_autosched(small()).plant.product("wafer").route
    assert (route[3].rework, route[3].rework_to, route[3].share) == (0.25, 2, 0.4)
    assert route[3].limit.hours == 2
    assert route[3].limit.since == 1
    assert route[3].limit.then == "count"
    assert route[4].same_machine_as == 2


def test_setups_go_to_the_tool_group_whose_steps_need_them(small):
    plant = read_autosched(small()).plant
    assert plant.station("Litho").setup == {("*", "red"): pytest.approx(0.1), ("*", "blue"): pytest.approx(1 / 3)}
    assert plant.station("Litho").setup_runs == {"red": 7}
    assert plant.station("Etch").setup == {}


def test_the_rule_is_the_files_with_the_callers_last_key(small):
    folder = small()
    rules = [station.rule for station in read_autosched(folder, rule="critical ratio").plant.stations]
    assert [station.rule for station in read_autosched(folder).plant.stations] == [
        "priority, least setup, fifo",
        "fifo",
        "priority, fifo",
        "fifo",
    ]
    assert rules == [
        "priority, least setup, critical ratio",
        "critical ratio",
        "priority, critical ratio",
        "critical ratio",
    ]


def test_breakdowns_and_maintenance_come_from_their_calendars(small):
    plant = read_autosched(small()).plant
    (failure,) = plant.station("Etch").failures
    assert (failure.clock, failure.up.family, failure.up.mean, failure.down.mean) == (
        "calendar",
        Family.EXPONENTIAL,
        pytest.approx(100 / 60),
        0.5,
    )
    (week,) = plant.station("Oven").maintenance
    assert (week.clock, week.every.mean, week.first.mean) == ("calendar", pytest.approx(168 - 10), 72)
    assert week.staggered
    assert not week.interrupts
    assert same(week.takes, uniform(8, 12))
    (many,) = plant.station("Litho").maintenance
    assert (many.clock, many.every.mean, many.first.mean, many.takes.mean) == ("pieces", 800, 500, 1)


def test_releases_start_at_their_own_time(small):
    fab = read_autosched(small())
    lot, hot = fab.plant.sources
    assert (lot.first.mean, lot.gaps.mean, lot.due_after) == (0, 1, 60)
    assert (hot.first.mean, hot.gaps.family, hot.gaps.mean, hot.size) == (6, Family.EXPONENTIAL, 24, 2)
    (once,) = fab.plant.orders
    assert (once.name, once.product, once.release, once.due, once.pieces) == ("Once", "chip", 1, 11, 25)


def test_a_late_lot_in_process_entered_its_allowance_before_its_due_date(small):
    first, second = read_autosched(small()).state.parts
    assert (first.step, first.due, first.entered) == (2, 24, 24 - 60)
    assert (second.step, second.due, second.entered, second.priority) == (4, 0, -24, 20)


def test_only_the_mean_of_a_uniform_time_is_the_same_like_the_peer(small):
    folder = small()
    ours, peers = read_autosched(folder).plant, read_autosched(folder, like="pyscfabsim").plant
    for one, other in zip(ours.products, peers.products, strict=True):
        for step, again in zip(one.route, other.route, strict=True):
            assert again.time.mean == pytest.approx(step.time.mean)
    assert same(peers.product("wafer").route[1].time, uniform(116 / 60, 128 / 60))


def test_like_the_peer_only_full_batches_start_and_products_share_them(small):
    plant = read_autosched(small(), like="pyscfabsim").plant
    wafer, chip = plant.product("wafer").route[1], plant.product("chip").route[0]
    assert wafer.batch == Batch(100, 100, unit="pieces")
    assert wafer.batch_class == chip.batch_class == "bake"


def test_like_the_peer_a_step_without_setup_makes_the_machine_forget(small):
    plant = read_autosched(small(), like="pyscfabsim").plant
    assert [step.setup_class for step in plant.product("wafer").route] == ["", "", "red", "", "blue"]
    assert [step.setup_class for step in plant.product("chip").route] == ["", NO_SETUP]


def test_like_the_peer_lots_that_began_go_before_all_others_and_the_fullest_batch_before_setup(small):
    folder = small()
    stations = read_autosched(folder, like="pyscfabsim").plant.stations
    rules = {station.name: station.rule for station in stations}
    assert rules["Etch"] == "begun first, least setup, priority, fifo"
    assert rules["Oven"] == "begun first, fullest batch, priority, fifo"
    assert all(station.waits_for_first and station.setup_refusals == 5 for station in stations)
    by_ratio = read_autosched(folder, rule="critical ratio", like="pyscfabsim").plant.stations[0]
    assert by_ratio.rule == "begun first, least setup, priority, critical ratio"


def test_like_the_peer_stops_pass_idle_machines_and_maintenance_comes_to_all_at_once(small):
    plant = read_autosched(small(), like="pyscfabsim").plant
    (failure,), (week,), (many,) = (
        plant.station("Etch").failures,
        plant.station("Oven").maintenance,
        plant.station("Litho").maintenance,
    )
    assert (failure.clock, failure.spares_idle) == ("calendar", True)
    assert (week.every.mean, week.interrupts, week.spares_idle, week.staggered) == (168, True, True, False)
    assert (many.interrupts, many.spares_idle, many.staggered) == (False, False, False)


def test_like_the_peer_the_lots_in_process_stand_by_due_date(small):
    due = [lot.due for lot in read_autosched(small(), like="pyscfabsim").state.parts]
    assert due == sorted(due)


def test_the_rule_lssu_keeps_setup_runs_whatever_waits(small):
    folder = small(("tool.txt.1l", "3|Photo|Fab", "3|Photo|Fab|rule_LSSU"))
    refusals = {station.name: station.setup_refusals for station in read_autosched(folder).plant.stations}
    assert refusals == {"Etch": 0, "Oven": 0, "Litho": None, "Rest": 0}


@pytest.mark.parametrize(
    "name", ["WIP.txt", "attach.txt", "downcal.txt", "pmcal.txt", "fromto.txt", "setup.txt", "setupgrp.txt"]
)
def test_a_table_that_may_be_missing_takes_only_its_own_away(small, name):
    folder = small()
    whole = read_autosched(folder)
    (folder / name).unlink()
    if name in ("downcal.txt", "pmcal.txt"):
        (folder / "attach.txt").unlink()
    part = read_autosched(folder)
    assert [station.name for station in part.plant.stations] == [station.name for station in whole.plant.stations]
    assert part.plant.products == whole.plant.products
    assert (part.plant, part.state) != (whole.plant, whole.state)


def test_what_was_left_out_is_noted(small):
    folder = small(("tool.txt.1l", "rank_HP;rank_FIFO", "rank_MAGIC;rank_FIFO"))
    (folder / "oper.txt").write_text("OPER\n")
    notes = "\n".join(read_autosched(folder).notes)
    assert "rank_MAGIC" in notes
    assert "oper.txt is left out" in notes
    assert "Lot_1 repeats for ever, not 100 times" in notes


def test_a_folder_of_lots_of_several_sizes_is_read_for_the_largest(small):
    fab = read_autosched(small(("order.txt", "Hot_1|wafer|20|25", "Hot_1|wafer|20|5")))
    assert [source.pieces for source in fab.plant.sources] == [25, 5]
    assert any("5 to 25 pieces" in note for note in fab.notes)


def test_rows_of_one_tool_group_are_added_up(small):
    folder = small(("tool.txt.1l", "Rest|Rest||0|min|0|min||9|Rest|Away", "Etch|Etch2|rank_FIFO|.|.|.|.|.|4"))
    (folder / "route_1.txt").write_text((folder / "route_1.txt").read_text().replace("\tRest\t", "\tOven\t"))
    plant = read_autosched(folder).plant
    assert {station.name: station.machines for station in plant.stations} == {"Etch": 6, "Oven": 1, "Litho": 3}
    assert plant.station("Etch").rule == "priority, least setup, fifo"


def test_like_the_peer_a_setup_time_with_a_decimal_point_is_left_out(small):
    folder = small(("route_1.txt", "red|6|min", "red|6.5|min"))
    assert read_autosched(folder).plant.station("Litho").setup["*", "red"] == pytest.approx(6.5 / 60)
    assert ("*", "red") not in read_autosched(folder, like="pyscfabsim").plant.station("Litho").setup


def test_the_time_of_a_step_itself_comes_before_the_table_of_setups(small):
    folder = small(("setup.txt", "|blue|20|min", "blue|red|50|min"))
    assert read_autosched(folder).plant.station("Litho").setup == {("*", "red"): pytest.approx(0.1)}


# Mistakes

MISTAKES = [
    ("route_1.txt", "4|look|Rest", "4|look|Rset", "route_1.txt:5", "unknown 'Rset'", "Did you mean 'Rest'?"),
    ("route_1.txt", "r_1|4|look", "r_1|3|look", "route_1.txt:5", "step 3 is there already, in line 4", "Renumber"),
    ("route_1.txt", "120|12|min", "120|12|fortnight", "route_1.txt:3", "'fortnight', not a unit", "Correct the unit"),
    ("route_1.txt", "120|12|min", "120|12|.", "route_1.txt:3", "PTUNITS is empty", "Correct the unit"),
    ("route_1.txt", "uniform|2|1", "uniform|two|1", "route_1.txt:2", "PTIME is 'two', not a number", "Correct"),
    ("route_1.txt", "uniform|2|1", "uniform|2,5|1", "route_1.txt:2", "decimal comma", "decimal points"),
    ("route_1.txt", "uniform|2|1", "uniform|.|1", "route_1.txt:2", "PTIME is empty", "Fill the cell"),
    ("route_1.txt", "uniform|2|1", "uniform|-2|1", "route_1.txt:2", "PTIME is -2", "Correct the cell"),
    ("route_1.txt", "uniform|2|1", "uniform|2|3", "route_1.txt:2", "can be negative", "Correct the times"),
    ("route_1.txt", "uniform|2|1", "poisson|2|1", "route_1.txt:2", "'poisson'", "Correct the distribution"),
    ("route_1.txt", "per_batch|50|120", "per_batch|150|120", "route_1.txt:3", "a batch of 150 to 120", "Correct"),
    ("route_1.txt", "per_batch|50|120", "per_batch|5|20", "route_1.txt:3", "holds no lot of 25", "Correct the batch"),
    ("route_1.txt", "min|per_piece", "min|per_lot", "route_1.txt:2", "PartInterval", "Correct"),
    (
        "route_1.txt",
        "0.5|.|hr|per_lot",
        "0.5|.|hr|per_moon",
        "route_1.txt:6",
        "PTPER is 'per_moon'",
        "Correct the cell",
    ),
    ("route_1.txt", "yes|5", "yes|9", "route_1.txt:4", "FORSTEP: unknown '9'", "Correct"),
    ("route_1.txt", "yes|5", "yes|4", "route_1.txt:4", "step 4 is at Rest", "Correct FORSTEP"),
    ("route_1.txt", ".|4|2|hr", ".|1|2|hr", "route_1.txt:3", "STEP_CQT is 1", "Correct the cell"),
    ("route_1.txt", "3|25|40", "8|25|40", "route_1.txt:5", "RWKSTEP: unknown '8'", "Correct the name"),
    ("route_1.txt", "3|25|40", "3|25|140", "route_1.txt:5", "StepPercent is 140", "Correct the cell"),
    ("route_1.txt", "|STNFAM|", "|TOOL|", "route_1.txt:1", "no column 'STNFAM'", "Add the column"),
    ("part.txt", "route_1.txt|r_1", "route_9.txt|r_1", "part.txt:2", "route file route_9.txt is missing", "Add it"),
    ("part.txt", "route_1.txt|r_1", "route_1.txt|r_7", "part.txt:2", "ROUTE: unknown 'r_7'", "Did you mean"),
    ("part.txt", "chip", "wafer", "part.txt:3", "described twice", "Remove one"),
    ("tool.txt.1l", "|2.0|2.0|Wet", "|2.0|2.5|Wet", "tool.txt.1l:2", "STNQTY is 2.5", "Correct the cell"),
    ("tool.txt.1l", "|2.0|2.0|Wet", "|2.0|0|Wet", "tool.txt.1l:2", "STNQTY is 0", "Correct the cell"),
    ("attach.txt", "stngrp|Wet", "stngrp|Wett", "attach.txt:2", "RESNAME: unknown 'Wett'", "Did you mean 'Wet'?"),
    ("attach.txt", "WEEK|pm", "WEEKS|pm", "attach.txt:3", "CALNAME: unknown 'WEEKS'", "Did you mean 'WEEK'?"),
    ("attach.txt", "WEEK|pm", "WEEK|pn", "attach.txt:3", "CALTYPE is 'pn'", "Correct the cell"),
    ("downcal.txt", "mttf_by_cal", "mttf_by_moon", "downcal.txt:2", "'mttf_by_moon'", "Correct the cell"),
    ("pmcal.txt", "mtbpm_by_cal", "mtbpm_by_moon", "pmcal.txt:2", "'mtbpm_by_moon'", "Correct the cell"),
    ("order.txt", "Hot_1", "Lot_1", "order.txt:3", "lot Lot_1 is there already", "Rename it"),
    ("order.txt", "Lot_1|wafer", "Lot_1|water", "order.txt:2", "unknown 'water'", "Did you mean 'wafer'?"),
    ("order.txt", "constant|60", "constant|0", "order.txt:2", "REPEAT is 0", "Correct the cell"),
    ("order.txt", "01/03/18 12:00:00", "3 January", "order.txt:2", "'3 January', not a date", "Correct the cell"),
    ("order.txt", "01/03/18 12:00:00", "01/01/17 12:00:00", "order.txt:2", "is not after START", "Correct it"),
    ("WIP.txt", "|3|01/02/18", "|33|01/02/18", "WIP.txt:2", "CURSTEP: unknown '33'", "Did you mean"),
    ("WIP.txt", "01/02/18 00:00:00", "01/02/18 00:00:00|too|much", "WIP.txt:2", "9 cells", "Remove some"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "found", "remedy"), MISTAKES, ids=[str(m[3:5]) for m in MISTAKES]
)
def test_a_mistake_is_named_with_its_line_and_its_cure(small, file, old, new, where, found, remedy):
    with pytest.raises(BadInput) as caught:
        read_autosched(small((file, old, new)))
    mistake = caught.value
    assert mistake.where.endswith(where)
    assert found in mistake.found
    assert mistake.expected
    assert remedy in mistake.remedy


@pytest.mark.parametrize("name", ["tool.txt.1l", "part.txt", "order.txt"])
def test_a_table_that_must_be_there_is_asked_for(small, name):
    folder = small()
    (folder / name).unlink()
    with pytest.raises(BadInput, match=r"the file is missing\. Expected a table with .* Add it") as caught:
        read_autosched(folder)
    assert Path(caught.value.where).name == name


def test_an_unknown_rule_is_refused(small):
    with pytest.raises(BadInput, match="rule: 'coin'"):
        read_autosched(small(), rule="coin")


def test_reading_twice_gives_the_same_plant(small):
    folder = small()
    once, again = read_autosched(folder), read_autosched(folder)
    assert once == replace(again)
