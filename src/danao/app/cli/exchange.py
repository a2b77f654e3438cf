"""`danao plant export`, `danao plant import`: plants for other programs, and from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from danao.app.cli.console import AsJson, out, print_json
from danao.plant import read_plant, write_plant
from danao.plant.aas import from_aas, to_aas


def export_plant(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A plant in YAML.")],
    aas: Annotated[Path, typer.Option("--aas", help="The Asset Administration Shell: .aasx or .json.")],
    as_json: AsJson = False,
) -> None:
    """Write a plant as an Asset Administration Shell."""
    plant = read_plant(file)
    to_aas(plant, aas)
    _told(plant.name, file, aas, as_json)


def import_plant(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An Asset Administration Shell: .aasx or .json.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The plant in YAML.")] = Path("plant.yaml"),
    as_json: AsJson = False,
) -> None:
    """Write the plant in an Asset Administration Shell as a plant file."""
    plant = from_aas(file)
    write_plant(plant, output)
    _told(plant.name, file, output, as_json)


def _told(plant: str, file: Path, output: Path, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(file), "plant": plant, "output": str(output)})
    else:
        out.print(f"{plant} written to {output}", markup=False)
