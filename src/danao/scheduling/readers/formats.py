"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from danao.core.errors import BadInput
from danao.scheduling.model import Problem
from danao.scheduling.readers.projects import read_project
from danao.scheduling.readers.shops import (
    read_flexible_job_shop,
    read_flow_shop,
    read_job_shop,
    read_setup_job_shop,
)
from danao.scheduling.readers.steel import read_steelmaking
from danao.scheduling.readers.tables import read_tables

FORMATS: Mapping[str, Callable[[Path], Problem]] = {
    "jsplib": read_job_shop,
    "fjsplib": read_flexible_job_shop,
    "fjsp-setups": read_setup_job_shop,
    "taillard-flow-shop": read_flow_shop,
    "psplib-rcp": read_project,
    "scc": read_steelmaking,
    "csv": read_tables,
    "excel": read_tables,
}


def read_problem(path: Path | str, layout: str) -> Problem:
    """A problem from a file in one of the `FORMATS`.

    Raises:
        BadInput: The format is unknown or the file does not follow it.
    """
    if layout not in FORMATS:
        raise BadInput(
            f"format {layout!r}", "is unknown", f"Expected one of: {', '.join(FORMATS)}", "Choose the file's format"
        )
    return FORMATS[layout](Path(path))
