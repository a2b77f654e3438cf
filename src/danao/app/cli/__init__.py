"""The command `danao`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from danao import __version__
from danao.app.cli import data, ledger
from danao.app.cli.console import err
from danao.app.cli.prove import cases, demo, prove_case, report
from danao.core.errors import DanaoError

app = typer.Typer(
    help="Danao finds better decisions for a plant and proves their value in money.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("cases")(cases)
app.command("prove")(prove_case)
app.command("demo")(demo)
app.command("report")(report)
app.add_typer(ledger.app, name="ledger")
app.add_typer(data.app, name="data")


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        typer.echo(f"danao {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command; mistakes of the user end in a message and exit code 2, never in a traceback."""
    try:
        app()
    except DanaoError as error:
        err.print(f"danao: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(2)
