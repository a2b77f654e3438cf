"""Example plants, written for the project: their numbers are realistic, no real plant stands behind them."""

from __future__ import annotations

from importlib.resources import as_file, files

from danao.core.errors import BadInput
from danao.plant.io import read_plant
from danao.plant.model import Plant
from danao.plant.render import rendered

_FOLDER = files("danao.plant") / "examples"


def examples() -> list[str]:
    """Names of the example plants."""
    return sorted(file.name.removesuffix(".yaml") for file in _FOLDER.iterdir() if file.name.endswith(".yaml"))


def example_text(name: str) -> str:
    """An example plant as it is written, in one file: tables that it reads stand in it.

    Raises:
        BadInput: No example of that name.
    """
    if name not in examples():
        raise BadInput(f"example {name!r}", "no such plant", f"Expected one of: {', '.join(examples())}", "Choose one")
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return text if ".csv" not in text else rendered(example(name))


def example(name: str) -> Plant:
    """An example plant.

    Args:
        name: One of `examples()`.

    Raises:
        BadInput: No example of that name.
    """
    if name not in examples():
        raise BadInput(f"example {name!r}", "no such plant", f"Expected one of: {', '.join(examples())}", "Choose one")
    with as_file(_FOLDER) as folder:
        return read_plant(folder / f"{name}.yaml")
