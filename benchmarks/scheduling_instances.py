"""The families of public instances that `benchmarks.scheduling` runs, and the best values known for them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from danao.core.data import roots
from danao.core.errors import MissingData
from danao.scheduling.model import Problem, routed
from danao.scheduling.readers import read_problem
from danao.scheduling.schedule import MAKESPAN, TARDINESS

FLOW_SHOP = (
    *(1278, 1359, 1081, 1293, 1235, 1195, 1234, 1206, 1230, 1108),
    *(1582, 1659, 1496, 1377, 1419, 1397, 1484, 1538, 1593, 1591),
    *(2297, 2099, 2326, 2223, 2291, 2226, 2273, 2200, 2237, 2178),
    *(2724, 2834, 2621, 2751, 2863, 2829, 2725, 2683, 2552, 2782),
    *(2991, 2867, 2839, 3063, 2976, 3006, 3093, 3037, 2897, 3065),
    *(3850, 3704, 3640, 3723, 3611, 3679, 3704, 3691, 3743, 3756),
    *(5493, 5268, 5175, 5014, 5250, 5135, 5246, 5094, 5448, 5322),
    *(5770, 5349, 5676, 5781, 5467, 5303, 5595, 5617, 5871, 5845),
    *(6202, 6183, 6271, 6269, 6314, 6364, 6268, 6401, 6275, 6434),
    *(10862, 10480, 10922, 10889, 10524, 10329, 10854, 10730, 10438, 10675),
    *(11195, 11203, 11281, 11275, 11259, 11176, 11360, 11334, 11192, 11284),
    *(26040, 26520, 26371, 26456, 26334, 26477, 26389, 26560, 26005, 26457),
)
"""Best known makespans of Taillard's flow shops 1 to 120 (his summary, with later improvements up to 2020)."""


@dataclass(frozen=True)
class Family:
    """Instances of one format."""

    layout: str
    """Format name of `danao.scheduling.readers`; `drawn` for instances that are made here."""
    kind: str
    """Problem in the table of best known values, or empty."""
    files: tuple[str, ...]
    objective: str = MAKESPAN

    def read(self, folder: Path, file: str) -> Problem:
        """One of its instances."""
        return drawn(file) if self.layout == "drawn" else read_problem(folder / file, self.layout)


def _named(folder: str, pattern: str, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{folder}/{pattern.format(number)}" for number in numbers)


def _hurink(kind: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"fjsp/HurinkJurischThole1994_{kind}/{name}.txt" for name in names)


_LAWRENCE = [f"la{number:02}" for number in range(1, 41)]
_HURINK = [*_LAWRENCE, "abz5", "abz6", "abz7", "abz8", "abz9", "ft06", "ft10", "ft20"]
_TWO_THIRDS = [number for number in range(29) if number % 3 < 2]

FAMILIES: Mapping[str, Family] = {
    "anchors": Family(
        "jsplib", "jobshop", (*_named("jobshop/ta", "ta{:02}js.txt", [1, 21, 41]), "jobshop/dmu/dmu61.txt")
    ),
    "ta41-50": Family("jsplib", "jobshop", _named("jobshop/ta", "ta{:02}js.txt", range(41, 51))),
    "dmu41-79": Family("jsplib", "jobshop", _named("jobshop/dmu", "dmu{:02}.txt", range(41, 80, 2))),
    "dmu-sample": Family("jsplib", "jobshop", _named("jobshop/dmu", "dmu{:02}.txt", [41, 51, 61, 71])),
    "large": Family(
        "jsplib",
        "jobshop",
        (
            "jobshop/tai/tai_1000_10_1.txt",
            "jobshop/tai/tai_100_100_1.txt",
            *(f"jobshop/dct/dct-{kind}-10000-1.txt" for kind in ("long-100", "long-1000", "short-100", "short-1000")),
        ),
    ),
    "huge": Family("drawn", "", ("1000x100",)),
    "brandimarte": Family("fjsplib", "fjsp", _named("fjsp/Brandimarte1993", "mk{:02}.txt", range(1, 11))),
    "hurink": Family("fjsplib", "fjsp", (*_hurink("edata", _HURINK), *_hurink("rdata", _HURINK))),
    "hurink-sample": Family(
        "fjsplib",
        "fjsp",
        tuple(file for kind in ("edata", "rdata") for file in _hurink(kind, ("la21", "la31", "abz7"))),
    ),
    "setups": Family("fjsp-setups", "", _named("fjsp_sdst", "Fattahi_setup_{:02}.fjs", range(1, 21))),
    "projects": Family("psplib-rcp", "", _named("rcpsp/j120", "j120_{}_1.rcp", range(1, 61))),
    "projects-sample": Family("psplib-rcp", "", _named("rcpsp/j120", "j120_{}_1.rcp", (1, 6, 11, 31, 36, 51))),
    "steelmaking": Family("scc", "", _named("scc/practical_input_data", "pr{:02}_pt.csv", _TWO_THIRDS), TARDINESS),
    "steelmaking-medium": Family("scc", "", _named("scc/medium_input_data", "me{:02}_pt.csv", _TWO_THIRDS), TARDINESS),
    "flow": Family("taillard-flow-shop", "flow", _named("flowshop/taillard", "tfs{:03}.txt", range(1, 120, 2))),
    "flow-sample": Family(
        "taillard-flow-shop", "flow", _named("flowshop/taillard", "tfs{:03}.txt", [51, 81, 101, 111])
    ),
    "tardy": Family("jsplib", "", _named("jobshop/la", "la{}.txt", (21, 26, 31, 36)), TARDINESS),
}
"""Name: instances. `-sample` is a part of a family; `tardy` are job shops with due dates set by `dated`."""


def drawn(size: str) -> Problem:
    """A job shop in the manner of Taillard: routes are permutations, durations uniform from 1 to 99."""
    jobs, machines = (int(word) for word in size.split("x"))
    random = np.random.default_rng(1993)
    routes = [
        [[(int(machine), int(random.integers(1, 100)))] for machine in random.permutation(machines)]
        for _ in range(jobs)
    ]
    return routed(f"drawn {size}", routes, machines)


def data_folder() -> Path:
    """Where the public instances lie.

    Raises:
        MissingData: They are not there.
    """
    for root in roots():
        if (root / "scheduling" / "best_known.csv").exists():
            return root / "scheduling"
    raise MissingData("scheduling", "no public instances", "Expected scheduling/best_known.csv", "Set DANAO_DATA")


def best_known(folder: Path, kind: str) -> dict[str, tuple[float, float]]:
    """Lower and upper bound by instance; for flow shops the best known value as both."""
    if kind == "flow":
        return {f"tfs{number:03}": (float(value), float(value)) for number, value in enumerate(FLOW_SHOP, start=1)}
    with (folder / "best_known.csv").open(encoding="utf-8") as file:
        return {
            row["instance"]: (float(row["lower_bound"]), float(row["upper_bound"]))
            for row in csv.DictReader(file)
            if row["problem"] == kind
        }
