"""How the command line speaks: tables and progress for people, JSON for programs, four-part messages for mistakes."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

# No markup: brackets in names and paths are just brackets. What has a colour is built with `styled`.
out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)


def styled(*parts: str | Text | tuple[str, str]) -> Text:
    """A line of plain parts and (text, style) pairs."""
    return Text.assemble(*parts)


def print_json(document: Any) -> None:
    """A document on standard output, and nothing else."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def command(*words: str) -> str:
    """A command line of this program that can be pasted into the shell it was called from."""
    program = sys.argv[0] if Path(sys.argv[0]).name == "danao" and shutil.which("danao") is None else "danao"
    return shlex.join([program, *words])


def numbers_table(first: str, *others: str) -> Table:
    """A table with names in its first column and numbers in the others."""
    table = Table(box=None, pad_edge=False, header_style="dim", title_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A progress bar on a terminal; None, and silence, in a pipe."""
    if not err.is_terminal:
        yield None
        return
    text = TextColumn("{task.description}", markup=False)
    with Progress(
        SpinnerColumn(), text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err, transient=True
    ) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, planned: bar.update(task, completed=done, total=planned)


@contextmanager
def status(title: str) -> Iterator[None]:
    """A spinner on a terminal; silence in a pipe."""
    if not err.is_terminal:
        yield
        return
    with err.status(escape(title)):
        yield
