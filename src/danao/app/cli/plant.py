"""`danao plant`: check a plant file, draw it, run its twin, print the schema for an editor."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from danao.app.cli.console import AsJson, err, out, print_json
from danao.app.cli.plant_run import run_plant
from danao.core.files import write_atomically
from danao.plant import Plant, check_plant, examples, plant_schema, read_plant
from danao.plant import show as drawing
from danao.plant.example import example_text
from danao.twin.ahead import compile_ahead

app = typer.Typer(help="Plant files: check them, draw them, run them.", no_args_is_help=True, rich_markup_mode=None)
app.command("run")(run_plant)

PlantFile = Annotated[Path, typer.Argument(metavar="FILE", help="A plant in YAML.")]


@app.command("check")
def check(file: PlantFile, as_json: AsJson = False) -> None:
    """Check a plant file and print every mistake with its line. Exit code 2 if there is any."""
    mistakes = check_plant(file)
    facts = None if mistakes else _facts(read_plant(file))
    if as_json:
        found = [
            {"where": one.where, "found": one.found, "expected": one.expected, "remedy": one.remedy} for one in mistakes
        ]
        print_json({"file": str(file), "mistakes": found, "facts": facts})
    for mistake in [] if as_json else mistakes:
        err.print(str(mistake), markup=False, soft_wrap=True)
    if mistakes:
        raise typer.Exit(2)
    if facts is not None and not as_json:
        parts = [
            _count(facts["stations"], "station"),
            _count(facts["machines"], "machine"),
            _count(facts["products"], "product"),
            _count(facts["steps"], "step"),
            _count(facts["sources"], "source"),
        ]
        unused = f"; on no route: {', '.join(facts['unused_stations'])}" if facts["unused_stations"] else ""
        out.print(f"{file}: {facts['plant']} is sound: {', '.join(parts)}{unused}", markup=False)


@app.command("compile")
def compile_now(as_json: AsJson = False) -> None:
    """Compile the twin now, once after an installation, so that no later run waits for it."""
    started = time.perf_counter()
    loops = compile_ahead()
    seconds = time.perf_counter() - started
    if as_json:
        print_json({"loops": loops, "seconds": round(seconds, 3)})
    else:
        out.print(f"The twin is compiled: {loops} loops in {seconds:.1f} s")


@app.command("show")
def show(
    file: PlantFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The SVG file.")] = Path("plant.svg"),
    as_json: AsJson = False,
) -> None:
    """Draw a plant: stations, machines, buffers, and the route of each product."""
    plant = read_plant(file)
    write_atomically(output, drawing(plant))
    if as_json:
        print_json({"file": str(file), "picture": str(output), "facts": _facts(plant)})
    else:
        out.print(f"{plant.name} drawn in {output}", markup=False)


@app.command("example")
def show_example(
    name: Annotated[str | None, typer.Argument(help="Which one; left out: list them.")] = None,
) -> None:
    """Print an example plant as YAML, to start from, or list the examples."""
    if name is None:
        for one in examples():
            out.print(one)
        return
    out.print(example_text(name), end="", markup=False, highlight=False, soft_wrap=True)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of plant files, for editors that complete and check while one types."""
    print_json(plant_schema())


def _facts(plant: Plant) -> dict[str, Any]:
    visited = {step.station for product in plant.products for step in product.route}
    return {
        "plant": plant.name,
        "stations": len(plant.stations),
        "machines": sum(station.machines for station in plant.stations),
        "products": len(plant.products),
        "steps": sum(len(product.route) for product in plant.products),
        "sources": len(plant.sources),
        "unused_stations": [station.name for station in plant.stations if station.name not in visited],
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
