"""`danao learn`: a plant file from the records of a plant, and what is to be thought of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from danao.app.cli.console import AsJson, command, out, print_json, status, styled
from danao.core import BadInput
from danao.core.errors import MissingExtra
from danao.core.files import write_atomically
from danao.learning import (
    Completion,
    Fidelity,
    Learnt,
    Options,
    Reading,
    adjusted_levels,
    chosen,
    fidelity,
    forecast,
    read_log,
)
from danao.learning import learn as learnt_from
from danao.learning.distances import MEASURES, UNITS
from danao.learning.fidelity import simulations, split
from danao.learning.forecast import Levels
from danao.learning.now import state_at_cut
from danao.learning.pictures import beside, completions_chart, why_waiting
from danao.learning.simulate import simulated
from danao.learning.uncertainty import bootstrap
from danao.learning.write import refuse_to_lose, write_learnt, write_log


def learn(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="Records: CSV, XES, or OCEL 2.0 (JSON, SQLite).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The plant in YAML.")] = Path("plant.yaml"),
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="What a column means, e.g. order=Auftrag. Repeat as needed.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of the plant, e.g. Europe/Berlin, if the log is in UTC.")] = "",
    name: Annotated[str, typer.Option(help="Name of the plant; default: that of the file.")] = "",
    check: Annotated[bool, typer.Option(help="Hold the way of learning against the last orders of the log.")] = True,
    expect: Annotated[bool, typer.Option("--forecast", help="Foretell when the open orders will be finished.")] = False,
    plants: Annotated[int, typer.Option(min=0, help="Write so many further plants from resampled orders.")] = 0,
    simulate: Annotated[
        Path | None, typer.Option(help="Write what the twin does after the end of the log to this CSV file.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="End of that, in plant time; default: as long as the log.")
    ] = None,
    orders: Annotated[int | None, typer.Option(min=1, help="New orders in it at most.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="Draw the twin beside the records into this folder.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite plant files that somebody has changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Learn a plant from its own records: stations, shifts, routes, times, waits, arrivals, each with its evidence."""
    if not output.name or output.is_dir():
        raise BadInput(f"--output {output}", "is a folder", "Expected a file", "Name a file, as plant.yaml")
    if pictures is not None and pictures.exists() and not pictures.is_dir():
        raise BadInput(f"--pictures {pictures}", "is a file", "Expected a folder", "Choose another name")
    if not force:
        refuse_to_lose(output, plants)
    with status(f"reading {log.name}"):
        reading = read_log(log, _mapping(mapping or ()), zone)
    options, judged, why = Options(), None, "not asked for"
    if check:
        with status("learning from the first part, comparing with the rest"):
            try:
                options = chosen(reading.log)
                judged = fidelity(reading.log, options)
            except (BadInput, MissingExtra) as problem:
                why = str(problem)
    with status("learning from all of it"):
        found = learnt_from(reading.log, name or log.stem, options)
        places = write_learnt(found, reading, output, judged, bootstrap(found, plants))
    further: list[Path] = []
    completions: Sequence[Completion] = ()
    levels = None
    if expect:
        with status("foretelling the open orders"):
            levels = adjusted_levels(reading.log, options)
            completions = forecast(found, levels=levels)
    further += [_future(found, simulate, until, orders)] if simulate is not None else []
    further += _drawings(pictures, found, completions, judged is not None) if pictures is not None else []
    if as_json:
        print_json(_document(reading, found, judged, why, [*places, *further], completions, levels))
        return
    _print(reading, found, judged, why)
    if expect:
        _print_forecast(completions, levels)
    for place in (*places, *further):
        out.print(f"written: {place}")
    out.print(f"next: {command('plant', 'run', str(output))}")


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        role, sign, column = pair.partition("=")
        if not sign:
            raise BadInput(f"--map {pair}", "no = in it", "Expected ROLE=COLUMN", "For example --map order=Auftrag")
        found[role.strip()] = column.strip()
    return found


def _future(learnt: Learnt, path: Path, until: datetime | None, count: int | None) -> Path:
    """Reports after the end of the log, on orders that were open (`open 1`) and on new ones (`new 60`)."""
    log = learnt.log
    span = log.cut - float(log.start.min())
    hours = span if until is None else (until - log.when(log.cut)).total_seconds() / 3600
    if not hours > 0:
        expected = f"Expected a moment after {log.when(log.cut):%Y-%m-%d %H:%M}, the end of the log"
        raise BadInput(f"--until {until:%Y-%m-%d %H:%M}", "before the end of the log", expected, "Correct it")
    state = state_at_cut(learnt, 1).state
    return write_log(simulated(learnt, 1, log.cut, hours, count=count, state=state), path)


def _drawings(folder: Path, learnt: Learnt, completions: Sequence[Completion], judged: bool) -> list[Path]:
    waits = learnt.waits
    found = {"waits": why_waiting(*(float(part.sum()) for part in (waits.queueing, waits.closed, waits.other)))}
    if judged:
        past, later, cut = split(learnt.log)
        count = len(set(later.order.tolist()))
        runs = simulations(learnt_from(past, options=learnt.options), cut, learnt.log.cut, count, 5, 1)
        found["beside"] = beside(later, runs)
    if completions:
        found["forecast"] = completions_chart(completions, learnt.log)
    return [write_atomically(folder / f"{name}.svg", drawing) for name, drawing in found.items()]


def _print(reading: Reading, learnt: Learnt, judged: Fidelity | None, why: str) -> None:
    log = reading.log
    out.print(styled("\n", (learnt.plant.name, "bold")))
    out.print(f"{len(log)} reports on {len(learnt.routes.orders)} orders, until {log.when(log.cut):%Y-%m-%d %H:%M}")
    out.print("columns: " + ", ".join(reading.columns.told()))
    for note in reading.notes:
        out.print(f"noted: {note}")
    stations = len(learnt.plant.stations)
    out.print(
        f"learnt: {stations} stations, {len(learnt.plant.products)} routes, {len(learnt.facts)} facts with evidence"
    )
    for fact in learnt.facts[:6]:
        out.print(f"  {fact.line()}")
    if judged is None:
        out.print(f"fidelity: not judged ({why})")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("distance from held-out orders", "twin", "past orders again", "unit"):
        table.add_column(column, justify="left" if column.startswith("distance") else "right")
    for measure, one, other in zip(MEASURES, judged.twin.values(), judged.naive.values(), strict=True):
        table.add_row(measure, f"{one:.3g}", f"{other:.3g}", UNITS[measure])
    out.print(table)
    verdict = "passed" if judged.passed else "NOT passed: " + "; ".join(judged.reasons)
    out.print(f"fidelity on {judged.orders} orders since {judged.cut:%Y-%m-%d %H:%M}: {verdict}")
    for place in judged.unexplained:
        out.print(f"where the twin differs most: {place}")


def _print_forecast(completions: Sequence[Completion], levels: Levels | None) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("order", "open, %", "80 % from", "expected", "80 % to"):
        table.add_column(column)
    for one in completions:
        moments = (f"{moment:%Y-%m-%d %H:%M}" for moment in (one.lower, one.median, one.upper))
        table.add_row(one.order, f"{100 * one.open:.0f}", *moments)
    out.print(table)
    if levels is not None and levels.judged:
        out.print(
            f"intervals adjusted on {levels.judged} forecasts of the past; without that, "
            f"{100 * levels.covered:.0f} % of them would have held"
        )


def _document(
    reading: Reading,
    learnt: Learnt,
    judged: Fidelity | None,
    why: str,
    places: Sequence[Path],
    completions: Sequence[Completion],
    levels: Levels | None,
) -> dict[str, Any]:
    return {
        "log": reading.log.source,
        "columns": dict(reading.columns.columns),
        "guessed": list(reading.columns.guessed),
        "notes": [vars(note) for note in reading.notes],
        "plant": learnt.plant.name,
        "files": [str(place) for place in places],
        "fidelity": {"not judged": why} if judged is None else judged.document(),
        "forecast": [
            {
                "order": one.order,
                "open": one.open,
                "lower": one.lower.isoformat(),
                "median": one.median.isoformat(),
                "upper": one.upper.isoformat(),
            }
            for one in completions
        ],
        "adjusted on": levels.judged if levels else 0,
    }
