"""The command `danao`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from danao import __version__
from danao.app.cli import data, exchange, ledger, plant, policy
from danao.app.cli.console import err
from danao.app.cli.learn import learn
from danao.app.cli.plan import plan_file
from danao.app.cli.prove import cases, demo, prove_case, report
from danao.app.main import CLOSED_PIPE, STOPPED
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
app.command("plan")(plan_file)
app.command("learn")(learn)
app.add_typer(ledger.app, name="ledger")
app.add_typer(data.app, name="data")
plant.app.command("export")(exchange.export_plant)
plant.app.command("import")(exchange.import_plant)
app.add_typer(plant.app, name="plant")
app.add_typer(policy.app, name="policy")


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        typer.echo(f"danao {__version__}")
        raise typer.Exit


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code.

    Mistakes of the user end in a message and 2, a difference found in 1, Ctrl-C in 130, a closed pipe in 141; none of
    them in a traceback.
    """
    try:
        app(list(arguments), prog_name="danao")
    except DanaoError as error:
        err.print(f"danao: {error}", style="red", soft_wrap=True)
        return 2
    except SystemExit as leaving:
        # The libraries below turn both of these into exits of their own.
        if _came_from(leaving, KeyboardInterrupt):
            return STOPPED
        if _came_from(leaving, BrokenPipeError):
            return CLOSED_PIPE
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0


def _came_from(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether an exception was raised because of, or while handling, one of a kind."""
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
