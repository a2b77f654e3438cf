"""How the command line speaks: tables and progress for people, JSON for programs, four-part messages for mistakes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """A document on standard output, and nothing else."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A progress bar on a terminal; None, and silence, in a pipe."""
    if not err.is_terminal:
        yield None
        return
    columns = (SpinnerColumn(), TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, planned: bar.update(task, completed=done, total=planned)


@contextmanager
def status(title: str) -> Iterator[None]:
    """A spinner on a terminal; silence in a pipe."""
    if not err.is_terminal:
        yield
        return
    with err.status(title):
        yield
