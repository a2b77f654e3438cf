"""`danao cases`, `danao prove`, `danao demo`, `danao report`: from a case to a proof that people can read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from danao.app.cli.console import AsJson, command, err, out, print_json, progress_bar, status, styled
from danao.app.cli.places import checked_ledger, checked_report, default_ledger, open_ledger
from danao.app.cli.record import record_proof, recorded_proof
from danao.app.cli.replay import differing_keys, differing_trials, moved_versions, repeat, told_differences
from danao.app.cli.summary import print_proof
from danao.cases import ProofOptions, build, catalog, read_case_file
from danao.core import BadInput, Case
from danao.core.errors import DanaoError
from danao.core.tables import explain, parse_yaml, read_text
from danao.plant.policies import rules_told
from danao.plant.tree import read_tree
from danao.proof import Executor, Proof, executor_named, prove
from danao.proof.report import write

ReportFile = Annotated[Path | None, typer.Option("--report", "-o", help="Write the report to this HTML file.")]
LedgerPlace = Annotated[
    str | None, typer.Option("--ledger", help="Ledger file or URL (default: $DANAO_LEDGER, else your data folder).")
]
NoLedger = Annotated[bool, typer.Option("--no-ledger", help="Do not record the proof.")]
ExecutorName = Annotated[str, typer.Option("--executor", help="Where trials run: local, processes or ray.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes (default: all cores).")]


def cases(as_json: AsJson = False) -> None:
    """List the cases that can be proven."""
    found = {name: kind.summary for name, kind in catalog().items()}
    if as_json:
        schemas = {name: kind.Parameters.model_json_schema() for name, kind in catalog().items()}
        print_json([{"name": name, "summary": text, "parameters": schemas[name]} for name, text in found.items()])
        return
    for name, text in found.items():
        out.print(styled((name, "bold"), f"  {text}"))
        for key, field in catalog()[name].Parameters.model_fields.items():
            if field.description:
                out.print(f"    {key} = {field.default!r}: {field.description}")


def prove_case(
    case: Annotated[str, typer.Argument(help="Name of a case (see `danao cases`), a YAML case file, or a plant file.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Parameter, e.g. investment.capex=80000.")
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option(help='Of a plant file: the policy to try, e.g. atc, "mill: spt; saw: edd", "limit 12".'),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="Of a plant file: today's policy (default: the rules in the file).")
    ] = None,
    hours: Annotated[float | None, typer.Option(help="Of a plant file: span of a trial (default: 168).")] = None,
    warm_up: Annotated[
        float | None, typer.Option("--warm-up", help="Of a plant file: hours before it (default: 24).")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Fixed number of paired trials.")] = None,
    precision: Annotated[
        float | None, typer.Option(help="Go on until the interval is this narrow (half-width).")
    ] = None,
    confidence: Annotated[float | None, typer.Option(help="Confidence of the intervals (default 0.95).")] = None,
    seed: Annotated[int | None, typer.Option(help="Root of the trial seeds (default 1).")] = None,
    max_trials: Annotated[int | None, typer.Option(min=1, help="Where --precision gives up.")] = None,
    executor: ExecutorName = "local",
    workers: Workers = None,
    report_file: ReportFile = None,
    ledger: LedgerPlace = None,
    no_ledger: NoLedger = False,
    as_json: AsJson = False,
) -> None:
    """Prove in money what the candidate of a case is worth against its baseline."""
    given = {
        "trials": trials,
        "precision": precision,
        "confidence": confidence,
        "seed": seed,
        "max_trials": max_trials,
    }
    wanted = {key: value for key, value in given.items() if value is not None}
    _options({}, wanted)
    place = None if no_ledger else checked_ledger(ledger or default_ledger())
    if report_file is not None:
        checked_report(report_file)
    told = {"candidate": candidate, "baseline": baseline, "hours": hours, "warm_up": warm_up}
    plant = {key: value for key, value in told.items() if value is not None}
    chosen, options = _find_case(case, _parse_settings(settings or []), plant)
    if trials is not None or precision is not None:
        options = {**options, "trials": None, "precision": None}
    _prove_and_tell(chosen, _options(options, wanted), executor_named(executor, workers), report_file, place, as_json)


def demo(
    report_file: Annotated[Path, typer.Option("--report", "-o", help="Where the report goes.")] = Path(
        "danao-demo.html"
    ),
    ledger: Annotated[str, typer.Option("--ledger", help="Where the proof is recorded.")] = "danao-demo.sqlite",
    as_json: AsJson = False,
) -> None:
    """The main job on an example line made for the project: prove a better sequence, write the report."""
    checked_report(report_file)
    checked_ledger(ledger)
    if not as_json:
        out.print(
            "A furnace line on which no piece may wait: the planner's order against an order found by search.\n"
            "Twelve made-up planning periods are replayed with both. This takes less than a minute."
        )
    _prove_and_tell(
        build("heat-treatment", {"source": "example", "bound_seconds": 2}), {}, None, report_file, ledger, as_json
    )


def report(
    proof_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a recorded proof (see `danao ledger list`).")],
    report_file: Annotated[Path, typer.Option("--output", "-o", help="The HTML file.")] = Path("danao-report.html"),
    ledger: LedgerPlace = None,
    executor: ExecutorName = "local",
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of a recorded proof, by running it again from its record."""
    checked_report(report_file)
    with open_ledger(ledger) as book:
        record, document, recorded = recorded_proof(book, proof_id)
    with status("running the recorded trials again"):
        proof = repeat(recorded, executor_named(executor, workers)).recorded(record.id)
    trials, keys = differing_trials(recorded, proof), differing_keys(document, proof)
    if trials or keys:
        moved = moved_versions(recorded, proof)
        err.print(
            f"danao: no report: what comes out now is not what was recorded as {record.id}: "
            f"{told_differences(keys, trials)}" + (f"; versions changed since: {moved}" if moved else ""),
            style="red",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    with status("drawing the report"):
        write(proof, report_file)
    if as_json:
        print_json({"report": str(report_file), "ledger_id": record.id, "verdict": proof.verdict})
    else:
        out.print(f"report written to {report_file}")


def _prove_and_tell(
    case: Case,
    options: dict[str, Any],
    executor: Executor | None,
    report_file: Path | None,
    ledger: str | None,
    as_json: bool,
) -> None:
    with progress_bar(f"trials of {case.name}") as progress:
        proof: Proof = prove(case, executor=executor, progress=progress, **options)
    if ledger is not None:
        proof = record_proof(ledger, proof)
    if as_json:
        print_json(proof.to_dict())
    else:
        print_proof(proof, ledger)
    if report_file is not None:
        _draw(proof, report_file, ledger)
        if not as_json:
            out.print(f"report: {report_file}")


def _draw(proof: Proof, report_file: Path, ledger: str | None) -> None:
    """Write the report; where that fails or is stopped, say that the proof itself is safe, and how to go on."""
    name = proof.provenance.ledger_id
    again = (
        "" if name is None or ledger is None else command("report", name, "--ledger", ledger, "-o", str(report_file))
    )
    try:
        with status("drawing the report"):
            write(proof, report_file)
    except DanaoError as error:
        if again:
            remedy = f"{error.remedy}. The proof is recorded as {name}; its report: {again}"
            raise type(error)(error.where, error.found, error.expected, remedy) from error
        raise
    except KeyboardInterrupt:
        if again:
            err.print(f"danao: the proof is recorded as {name}; its report: {again}", soft_wrap=True)
        raise


def _options(options: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `prove`, those of the command line over the others.

    Raises:
        BadInput: One of them is no usable number.
    """
    try:
        return ProofOptions.model_validate({**options, **given}).model_dump()
    except ValidationError as errors:
        raise explain(errors, ProofOptions, "options of prove") from None


def _find_case(name: str, settings: dict[str, Any], plant: dict[str, Any]) -> tuple[Case, dict[str, Any]]:
    """A case by name or file, and the options of its proof; `plant` holds what is only for a plant file."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and _describes_plant(path):
        return _plant_case(name, settings, plant), ProofOptions().model_dump()
    if plant:
        raise BadInput(
            f"--{next(iter(plant)).replace('_', '-')}",
            f"{name} is no plant file",
            "Expected it only with a plant file",
            "Give the parameters of a case with --set; see `danao cases`",
        )
    if path.suffix in (".yaml", ".yml"):
        if settings:
            raise BadInput("--set", "cannot be combined with a case file", "Expected one of the two", f"Edit {path}")
        case, options = read_case_file(path)
        return case, options.model_dump()
    return build(name, settings, "--set"), ProofOptions().model_dump()


def _describes_plant(path: Path) -> bool:
    """Whether a YAML file is a plant; one that is no sound YAML is none.

    Raises:
        BadInput: There is no such file.
    """
    text = read_text(path)
    try:
        document = read_tree(text, str(path)).value
    except BadInput:
        return False
    return isinstance(document, dict) and "plant" in document and "case" not in document


def _plant_case(name: str, settings: dict[str, Any], plant: dict[str, Any]) -> Case:
    for key in plant:
        if key in settings:
            raise _twice(key, key)
    if "candidate" not in plant and "candidate" not in settings:
        raise BadInput(
            name,
            "is a plant file, and nothing says what to try on it",
            f"Expected --candidate with a policy; {rules_told()}",
            'For example: --candidate atc, --candidate "mill: spt; saw: edd" or --candidate "limit 12"',
        )
    return build("plant-file", {**settings, **plant, "file": name}, f"parameters for {name}")


def _parse_settings(settings: list[str]) -> dict[str, Any]:
    """`a.b=1` to `{"a": {"b": 1}}`; values are read as YAML."""
    document: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not all(key.split(".")):
            raise BadInput("--set", f"{setting!r}", "Expected KEY=VALUE", "For example --set gas_price=0.4")
        *parents, leaf = key.split(".")
        place = document
        for parent in parents:
            inner = place.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise _twice(key, parent)
            place = inner
        if leaf in place:
            raise _twice(key, leaf)
        place[leaf] = parse_yaml(text, f"--set {key}")[0]
    return document


def _twice(key: str, part: str) -> BadInput:
    return BadInput(
        f"--set {key}", f"{part!r} is given twice", "Expected each key once, whole or in parts", "Leave one of them out"
    )
