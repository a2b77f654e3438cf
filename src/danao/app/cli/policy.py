"""`danao policy learn`: a dispatching rule learnt in the twin of a plant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from danao.app.cli.console import AsJson, err, out, print_json, styled
from danao.core import BadInput
from danao.planning import (
    RIVALS,
    SETUP_RIVALS,
    LearningOptions,
    Lesson,
    Scene,
    SearchOptions,
    learn_policy,
    write_policy,
)
from danao.plant import Plant, read_plant

_SHOWN = 10

app = typer.Typer(help="Dispatching rules learnt in the twin.", no_args_is_help=True)


@app.command("learn")
def learn(
    file: Annotated[Path, typer.Argument(metavar="PLANT", help="A plant file with `worth`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The policy in JSON.")] = Path("policy.json"),
    hours: Annotated[float, typer.Option(min=0.1, help="Span of one run.")] = 168.0,
    warm_up: Annotated[float, typer.Option("--warm-up", min=0.0, help="Hours before it.")] = 24.0,
    generations: Annotated[int, typer.Option(min=1, help="Of the search.")] = 60,
    population: Annotated[int, typer.Option(min=4, help="Rules in a generation.")] = 16,
    runs: Annotated[int, typer.Option(min=1, help="Runs of the twin for each rule.")] = 12,
    depth: Annotated[int, typer.Option(min=0, max=3, help="Of the tree; 0: a linear rule.")] = 1,
    last: Annotated[bool, typer.Option("--last", help="Replace only the last of several rules of a station.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the search and its runs.")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, help="Processor cores; default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Learn which waiting part a machine takes, starting from the best classical rule; prove it before you use it."""
    if not output.name or output.is_dir():
        raise BadInput(f"--output {output}", "is a folder", "Expected a file", "Name a file, as policy.json")
    plant = read_plant(file)
    options = LearningOptions(
        SearchOptions(generations, population, runs, held_out=4 * runs, seed=seed), ranked_on=4 * runs, depth=depth
    )
    with err.status("ranking the classical rules") as line:
        lesson = learn_policy(
            [Scene(plant, hours, warm_up)],
            options,
            rivals=(*RIVALS, *(SETUP_RIVALS if _has_setups(plant) else ())),
            place="last" if last else "first",
            threads=threads or os.cpu_count() or 1,
            name=output.stem,
            told=line.update,
        )
    write_policy(lesson.policy, output)
    if as_json:
        print_json(_document(lesson, output))
        return
    _print(lesson, output, file)


def _has_setups(plant: Plant) -> bool:
    return any(station.setup for station in plant.stations)


def _print(lesson: Lesson, output: Path, file: Path) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("classical rule")
    table.add_column("score against atc, %", justify="right")
    for one in lesson.ranking[:_SHOWN]:
        table.add_row(one.rival.name, f"{100 * one.score:+.1f}")
    out.print(table)
    for found in lesson.searches:
        what = "linear rule" if not found.function.depth else f"tree of depth {found.function.depth}"
        out.print(f"{what}: {100 * found.held_out:+.1f} % against {lesson.best.name} on held-out runs (less is better)")
    out.print(styled(("written: ", ""), (str(output), "bold"), f"; {lesson.runs:,} runs of the twin"))
    out.print(f"prove it: danao prove {file} --candidate {output} --baseline {lesson.best.name!r}")


def _document(lesson: Lesson, output: Path) -> dict[str, Any]:
    return {
        "policy": str(output),
        "best_classical_rule": lesson.best.name,
        "ranking": [{"rule": one.rival.name, "score": one.score} for one in lesson.ranking],
        "searches": [
            {"depth": found.function.depth, "held_out": found.held_out, "start": found.start_held_out}
            for found in lesson.searches
        ],
        "runs": lesson.runs,
    }
