"""`danao plant run`: what a plant does under its own rules or another policy, by its twin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from danao.app.cli.console import AsJson, numbers_table, out, print_json, status, styled
from danao.core import BadInput, trial_seeds
from danao.core.files import write_atomically
from danao.plant import Plant, read_plant
from danao.plant.policies import AS_IS, plant_with, written
from danao.proof import Estimate
from danao.proof.estimate import finite
from danao.proof.intervals import NO_SPREAD, independent
from danao.twin import Twin
from danao.twin.event_csv import to_csv
from danao.twin.event_table import event_table
from danao.twin.kpis import UNITS, StationKpis, kpis, station_kpis
from danao.twin.ocel import to_ocel
from danao.twin.outcomes import outcomes
from danao.twin.pictures import gantt, power_over_time, state_bars, telling_end, wip_over_time
from danao.twin.runs import Floats, Runs
from danao.twin.trace import STATES, Trace

CONFIDENCE = 0.95
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
"""Time 0 of the twin, a Monday, in event logs."""
_SHORT = {"working": "work", "blocked": "block", "maintenance": "maint.", "heating": "heat"}
"""Names of states that would make the table wider than a terminal."""
_PERCENT = {name for name, unit in UNITS.items() if unit == "1"}


def run_plant(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A plant in YAML.")],
    hours: Annotated[float, typer.Option(help="Span that counts, hours.")] = 168.0,
    warm_up: Annotated[float, typer.Option("--warm-up", help="Hours before it that do not count.")] = 24.0,
    replications: Annotated[int, typer.Option(min=1, help="Runs with different random numbers.")] = 20,
    seed: Annotated[int, typer.Option(help="Root of their seeds.")] = 1,
    policy: Annotated[str, typer.Option(help='Rules and limits, e.g. atc, "mill: spt; saw: edd", "limit 12".')] = AS_IS,
    trace: Annotated[
        Path | None,
        typer.Option(help="Write the events of the first replication: .csv, or OCEL 2.0 as .sqlite or .json."),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(help="Write its work as a shop floor reports it, for danao learn and process mining: .csv."),
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Draw machines, parts and power over time into this folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the twin of a plant and print its KPIs (ISO 22400-2) with 95 % intervals over the replications."""
    _check(hours, warm_up, {"--trace": trace, "--log": log}, pictures)
    plant = plant_with(read_plant(file), policy)
    seeds = [int(one) for one in trial_seeds(seed, 0, replications)]
    with status(f"running {plant.name}"):
        twin = Twin(plant)
        runs = twin.run(seeds, hours, warm_up=warm_up)
        recorded = twin.trace(seeds[0], hours, warm_up=warm_up) if trace or log or pictures else None
        files = {} if recorded is None else _write(runs, recorded, trace, log, pictures)
    estimates = {name: _estimate(values) for name, values in kpis(runs, plant).items()}
    money = _money(runs, plant)
    if as_json:
        head = {"plant": plant.name, "file": str(file), "policy": written(policy), "hours": hours, "warm_up": warm_up}
        document = {**head, "replications": replications, "seed": seed, "kpis": _kpis_json(estimates)}
        print_json({**document, "money": _money_json(money, plant), "stations": _stations_json(runs), "files": files})
        return
    out.print(styled("\n", (plant.name, "bold"), f", policy {written(policy)}"))
    times = "replication" if replications == 1 else "replications"
    out.print(f"{replications} {times} of {hours:g} h after {warm_up:g} h of warm-up, seeds from root {seed}")
    _print_kpis(estimates)
    if money:
        _print_money(money, plant)
    _print_stations(station_kpis(runs))
    for place in files.values():
        out.print(f"written: {place}")


def _check(hours: float, warm_up: float, files: Mapping[str, Path | None], pictures: Path | None) -> None:
    if not 0 < hours < math.inf:
        raise BadInput("--hours", f"{hours:g} h", "Expected a time above 0", "For example --hours 168, a week")
    if not 0 <= warm_up < math.inf:
        raise BadInput("--warm-up", f"{warm_up:g} h", "Expected a time of 0 or more", "For example --warm-up 24")
    for option, file in files.items():
        if file is not None and file.is_dir():
            raise BadInput(
                f"{option} {file}", "is a folder", "Expected a file", f"Name a file, as {file / 'events.csv'}"
            )
    log = files["--log"]
    if log is not None and log.suffix != ".csv":
        raise BadInput(
            f"--log {log}", f"ends in {log.suffix or 'nothing'}", "Expected .csv", "For OCEL 2.0 use --trace"
        )
    if pictures is not None and pictures.exists() and not pictures.is_dir():
        raise BadInput(f"--pictures {pictures}", "is a file", "Expected a folder", "Choose another name")


def _write(runs: Runs, trace: Trace, events: Path | None, log: Path | None, folder: Path | None) -> dict[str, str]:
    """Write what was asked for about the first replication; the places by name."""
    places: dict[str, str] = {}
    if events is not None:
        if events.suffix in (".sqlite", ".json"):
            places["trace"] = str(to_ocel(trace, events, _MONDAY))
        else:
            places["trace"] = str(write_atomically(events, event_table(trace)))
    if log is not None:
        places["log"] = str(to_csv(trace, log, _MONDAY))
    if folder is not None:
        drawings = {
            "gantt": gantt(trace, end=telling_end(trace)),
            "states": state_bars(runs),
            "work-in-process": wip_over_time(trace),
            "power": power_over_time(trace),
        }
        for name, drawing in drawings.items():
            places[name] = str(write_atomically(folder / f"{name}.svg", drawing))
    return places


def _estimate(values: Floats) -> Estimate:
    """Mean and Student's t interval over the replications."""
    return independent(values, CONFIDENCE, resample=False)


def _money(runs: Runs, plant: Plant) -> dict[str, Estimate]:
    """Each money item and their sum; nothing where the plant has no `worth`."""
    if plant.worth is None:
        return {}
    found = outcomes(runs, plant)
    columns = {**found.items, "result": found.money}
    return {name: _estimate(np.asarray(values)) for name, values in columns.items()}


def _print_kpis(estimates: Mapping[str, Estimate]) -> None:
    table = numbers_table("KPI", "mean", f"{CONFIDENCE:.0%} interval", "unit")
    for name, one in estimates.items():
        percent = name in _PERCENT
        unit = "%" if percent else UNITS[name]
        table.add_row(name, _amount(one.mean, percent), _interval(one, percent), unit)
    out.print(table)


def _print_money(money: Mapping[str, Estimate], plant: Plant) -> None:
    currency = plant.worth.currency if plant.worth is not None else ""
    table = numbers_table("money per run", "mean", f"{CONFIDENCE:.0%} interval", "unit")
    for name, one in money.items():
        table.add_row(name, _amount(one.mean), _interval(one), currency)
    out.print(table)


def _print_stations(found: StationKpis) -> None:
    shares = found.state_shares.mean(axis=0)
    shown = [state for state in range(len(STATES)) if (shares[:, state] > 0).any()]
    table = numbers_table("station, %", "OEE", "avail.", "perf.", "quality", "queue h")
    shares_table = numbers_table("machine hours, %", *(_SHORT.get(STATES[state], STATES[state]) for state in shown))
    columns = (found.oee, found.availability, found.effectiveness, found.quality_ratio)
    bottleneck = found.bottleneck()
    for row, name in enumerate(found.stations):
        idle = not found.throughput_rate[:, row].any()
        rates = ["–" if idle else f"{100 * one[:, row].mean():.1f}" for one in columns]
        states = [f"{100 * shares[row, state]:.1f}" for state in shown]
        label = f"{name} *" if row == bottleneck else name
        table.add_row(label, *rates, "–" if idle else f"{found.queue_time[:, row].mean():.2f}")
        shares_table.add_row(name, *states)
    out.print(table)
    out.print("* bottleneck: active, that is neither starved nor blocked, for the largest share of its open hours")
    out.print(shares_table)
    if found.failures.any():
        out.print(_failures_table(found))


def _failures_table(found: StationKpis) -> Table:
    """Stations whose machines went down: how often in a run, how far apart in hours of work, for how long."""
    table = numbers_table("failures", "a run", "MTBF, h of work", "MTTR, h")
    for row, name in enumerate(found.stations):
        count = found.failures[:, row]
        if count.any():
            down = (found.time_to_repair[:, row] * count).sum() / count.sum()
            worked = (found.operating_time_between_failures[:, row] * np.maximum(count, 1.0)).sum() / count.sum()
            table.add_row(name, f"{count.mean():.4g}", f"{worked:.4g}", f"{down:.4g}")
    return table


def _kpis_json(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: {"unit": UNITS[name], **_limits(one)} for name, one in estimates.items()}


def _money_json(money: Mapping[str, Estimate], plant: Plant) -> dict[str, Any] | None:
    if plant.worth is None:
        return None
    return {"currency": plant.worth.currency, "items": {name: _limits(one) for name, one in money.items()}}


def _stations_json(runs: Runs) -> list[dict[str, Any]]:
    found = station_kpis(runs)
    names = [name for name in vars(found) if name not in ("stations", "state_shares")]
    bottleneck = found.bottleneck()
    return [
        {
            "station": station,
            "bottleneck": row == bottleneck,
            **{name: float(getattr(found, name)[:, row].mean()) for name in names},
            "states": {state: float(found.state_shares[:, row, at].mean()) for at, state in enumerate(STATES)},
        }
        for row, station in enumerate(found.stations)
    ]


def _limits(one: Estimate) -> dict[str, Any]:
    return {"mean": one.mean, "lower": finite(one.lower), "upper": finite(one.upper)}


def _interval(one: Estimate, percent: bool = False) -> str:
    if not math.isfinite(one.lower):
        return "the same in all" if one.method == NO_SPREAD else "one replication" if one.degrees < 1 else ""
    return f"{_amount(one.lower, percent)} to {_amount(one.upper, percent)}"


def _amount(value: float, percent: bool = False) -> str:
    if percent:
        return f"{round(100 * value, 2) + 0.0:.2f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"
