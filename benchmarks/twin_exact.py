"""The twin against every line whose throughput is known exactly: how far off is it, at one part in a thousand?

    python -m benchmarks.twin_exact [--rows 1-10,40] [--half-width 0.1] [--threads 2] [--seed 0] [--json FILE]

The table of exact throughputs (stationary Markov chains, 81 lines) is looked for in DANAO_DATA or ../shared/data. A
pilot of each line tells how long its runs must be; the runs that count have seeds of their own and are repeated, with
further seeds, until the 95 % interval (Student, over independent replications) is as narrow as asked.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from danao.twin import Twin
from tests.twin.plants import exact_lines, line_of

PILOT, PILOT_HOURS = 16, 10_000.0
REPLICATIONS = 64
MARGIN = 1.15
"""Longer than the pilot asks for: its variance is itself an estimate."""


@dataclass(frozen=True)
class Row:
    """One line of the table, exact and estimated."""

    number: int
    line: str
    exact: float
    """Parts an hour."""
    estimate: float
    half_width: float
    """Of the 95 % interval, percent of the exact throughput."""
    z: float
    """(estimate - exact) / standard error."""
    p: float
    """Two-sided, Student with replications - 1 degrees of freedom."""
    replications: int
    million_events: float
    wall_s: float
    cpu_s: float


def label(row: Mapping[str, str]) -> str:
    """Rates, buffers and failures of a line in a few words."""
    rates = row["mu"].replace(".0", "")
    parts = [f"K{row['K']} b {row['buffers']}", f"mu {rates}" if set(rates.split()) != {"1"} else ""]
    if row["fail_rate"]:
        parts.append(f"{row['failure_clock']} {row['fail_rate'].split()[0]}/{row['repair_rate'].split()[0]}")
    return " ".join(part for part in parts if part)


def half_width(values: np.ndarray) -> float:
    """Half of the 95 % interval of a mean of independent values."""
    count = len(values)
    return float(stats.t.ppf(0.975, count - 1) * values.std(ddof=1) / math.sqrt(count))


def settle_after(row: Mapping[str, str]) -> float:
    """Warm-up in hours: far beyond the time in which a full buffer, or a full cycle of failures, is forgotten."""
    slowest = min(float(rate) for rate in (row["mu"] + " " + row["repair_rate"] + " " + row["fail_rate"]).split())
    places = sum(int(places) + 1 for places in row["buffers"].split())
    return 20.0 / slowest + 10.0 * places**2


def estimated(number: int, row: Mapping[str, str], wanted: float, threads: int, seed: int) -> Row:
    """Run one line until the half-width is at most `wanted` percent of its throughput."""
    twin, exact, warm_up = Twin(line_of(row)), float(row["throughput"]), settle_after(row)
    wall, cpu = time.perf_counter(), time.process_time()
    seed = 1_000_000 * (1_000 * seed + number)
    pilot = twin.run(range(seed, seed + PILOT), PILOT_HOURS, warm_up=warm_up, threads=threads)
    reach = 1.96 * math.sqrt(pilot.throughput.var(ddof=1) * PILOT_HOURS)
    hours = max(PILOT_HOURS, (MARGIN * reach / (wanted / 100 * exact)) ** 2 / REPLICATIONS)
    throughputs, events, seed = np.zeros(0), int(pilot.events.sum()), seed + PILOT
    while len(throughputs) == 0 or half_width(throughputs) > wanted / 100 * exact:
        more = REPLICATIONS if len(throughputs) == 0 else REPLICATIONS // 4
        runs = twin.run(range(seed, seed + more), hours, warm_up=warm_up, threads=threads)
        throughputs, events, seed = (
            np.append(throughputs, runs.throughput),
            events + int(runs.events.sum()),
            seed + more,
        )
    width = half_width(throughputs)
    z = (throughputs.mean() - exact) / (throughputs.std(ddof=1) / math.sqrt(len(throughputs)))
    return Row(
        number,
        label(row),
        exact,
        float(throughputs.mean()),
        100 * width / exact,
        float(z),
        float(2 * stats.t.sf(abs(z), len(throughputs) - 1)),
        len(throughputs),
        events / 1e6,
        time.perf_counter() - wall,
        time.process_time() - cpu,
    )


def chosen(text: str, count: int) -> list[int]:
    """Row numbers, from 1, of a list such as `1-10,40`; all for an empty text."""
    if not text:
        return list(range(1, count + 1))
    spans = [part.split("-") for part in text.split(",")]
    return [number for span in spans for number in range(int(span[0]), int(span[-1]) + 1) if 1 <= number <= count]


def summary(rows: list[Row]) -> dict[str, float]:
    """How the scores of all rows together compare with those of an exact simulator."""
    scores = np.abs([row.z for row in rows])
    return {
        "rows": len(rows),
        "largest half-width %": max(row.half_width for row in rows),
        "largest |z|": float(scores.max()),
        "share |z| < 1.96": float((scores < 1.96).mean()),
        "mean square of z": float((scores**2).mean()),
        "chance of so large a |z| among so many rows": 1 - (1 - min(row.p for row in rows)) ** len(rows),
        "largest deviation %": max(100 * abs(row.estimate / row.exact - 1) for row in rows),
        "million events": sum(row.million_events for row in rows),
        "wall s": sum(row.wall_s for row in rows),
        "processor s": sum(row.cpu_s for row in rows),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="", help="numbers from 1, such as 1-10,40; default: all")
    parser.add_argument(
        "--half-width", type=float, default=0.1, help="of the 95 %% interval, percent of the throughput"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="another number, other random numbers")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    table = exact_lines()
    if not table:
        parser.exit(2, "exact_lines: not on this machine. Set DANAO_DATA to the folder that holds exact_lines.\n")
    if not (numbers := chosen(options.rows, len(table))) or options.half_width <= 0:
        parser.error(f"expected rows between 1 and {len(table)} and a half-width above 0")
    print(f"{'row':>3}  {'line':<34} {'exact':>10} {'estimate':>10} {'± %':>6} {'z':>6} {'reps':>5} {'M events':>9}")
    rows = []
    for number in numbers:
        row = estimated(number, table[number - 1], options.half_width, options.threads, options.seed)
        mark = "  outside" if row.p < 0.05 else ""
        print(
            f"{number:>3}  {row.line:<34} {row.exact:>10.6f} {row.estimate:>10.6f} {row.half_width:>6.3f} "
            f"{row.z:>6.2f} {row.replications:>5} {row.million_events:>9.1f}{mark}",
            flush=True,
        )
        rows.append(row)
    totals = summary(rows)
    for name, value in totals.items():
        print(f"{name}: {value:.4g}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"rows": [asdict(row) for row in rows], "summary": totals}, file, indent=1)


if __name__ == "__main__":
    main()
