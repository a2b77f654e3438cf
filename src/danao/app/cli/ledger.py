"""`danao ledger`: read, verify and sign the record; run a recorded proof again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from danao.app.cli.console import AsJson, err, out, print_json, status
from danao.app.cli.record import default_ledger, differing_trials, recorded_proof, repeat, repeat_trial
from danao.ledger import Ledger, SignedHead, create_key, load_key, load_public_key, save_public_key, verify
from danao.proof import executor_named

app = typer.Typer(help="The tamper-evident record.", no_args_is_help=True, rich_markup_mode=None)

Place = Annotated[
    str | None, typer.Option("--ledger", help="Ledger file or URL (default: $DANAO_LEDGER, else your data folder).")
]
RecordId = Annotated[str, typer.Argument(metavar="ID", help="Id of a record, or its first characters, or its number.")]


def _open(place: str | None) -> Ledger:
    return Ledger.open(place or default_ledger(), create=False)


@app.command("list")
def list_records(
    place: Place = None,
    kind: Annotated[str | None, typer.Option(help="Only proof, approval, decision or outcome.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the records."""
    with _open(place) as ledger:
        rows = [
            {
                "seq": record.seq,
                "id": record.id,
                "time": record.time,
                "kind": record.kind,
                "subject": next(iter(record.subject), ""),
                "verdict": record.predicate.get("verdict"),
            }
            for record in ledger.records(kind)
        ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        out.print(
            f"{row['seq']:>6}  {row['id']}  {row['time']}  {row['kind']:<9} {row['subject']}  {row['verdict'] or ''}",
            markup=False,
        )
    if not rows:
        err.print("the ledger holds no such records")


@app.command("show")
def show(record_id: RecordId, place: Place = None) -> None:
    """Print one record as JSON."""
    with _open(place) as ledger:
        print_json(ledger.record(record_id).to_dict())


@app.command("key")
def key(
    path: Annotated[Path, typer.Argument(help="New file for the secret key; the public key goes to PATH.pub.")],
    as_json: AsJson = False,
) -> None:
    """Make a key pair that signs the heads of ledgers. Keep the secret key away from the ledger."""
    public = save_public_key(create_key(path), path.with_name(path.name + ".pub"))
    if as_json:
        print_json({"secret_key": str(path), "public_key": str(public)})
    else:
        out.print(f"secret key in {path} (keep it to yourself), public key in {public}", markup=False)


@app.command("head")
def head(
    key_file: Annotated[Path, typer.Option("--key", help="Secret key (see `danao ledger key`).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the signed head goes.")],
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Sign what the whole ledger says now. Keep the file elsewhere: only it shows that a tail was cut off later."""
    with _open(place) as ledger:
        signed = ledger.head(load_key(key_file))
    signed.save(output)
    if as_json:
        print_json(signed.to_dict())
    else:
        out.print(f"head of {signed.head.size} records written to {output}; keep it away from the ledger", markup=False)


@app.command("verify")
def verify_ledger(
    place: Place = None,
    head_files: Annotated[
        list[Path] | None, typer.Option("--head", help="A signed head kept elsewhere; may be given several times.")
    ] = None,
    public_key: Annotated[Path | None, typer.Option("--key", help="Public key of the heads.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check every record, the chain, and the whole against signed heads. Exit code 1 if anything is wrong."""
    heads = [SignedHead.load(path) for path in head_files or []]
    with _open(place) as ledger, status("verifying"):
        found = verify(ledger, heads or None, load_public_key(public_key) if public_key else None)
    if as_json:
        print_json(found.to_dict())
    elif found.ok:
        covered = (
            f"a signed head vouches for {found.covered} of them"
            if heads
            else "no signed head was given, so a cut-off tail would not be seen"
        )
        out.print(f"[green]intact[/green]: {found.records} records; {covered}")
    else:
        where = "" if found.first_bad is None else f" at record {found.first_bad}"
        out.print(f"[red]NOT INTACT[/red]{where}: {found.reason}")
    if not found.ok:
        raise typer.Exit(1)


@app.command("replay")
def replay(
    record_id: RecordId,
    place: Place = None,
    trial: Annotated[int | None, typer.Option(min=0, help="Only this trial, counted from 0.")] = None,
    executor: Annotated[str, typer.Option(help="Where trials run: local, processes or ray.")] = "local",
    as_json: AsJson = False,
) -> None:
    """Run a recorded proof (or one of its trials) again and compare every value to the last bit. Exit code 1 if not."""
    with _open(place) as ledger:
        record, document = recorded_proof(ledger, record_id)
    if trial is not None:
        result = repeat_trial(document, trial)
        print_json(result)
        if not result["identical"]:
            raise typer.Exit(1)
        return
    with status("running the recorded trials again"):
        proof = repeat(document, executor_named(executor))
    differing = differing_trials(document, proof)
    same = not differing and proof.effect.to_dict() == document["effect"] and proof.verdict == document["verdict"]
    if as_json:
        print_json(
            {
                "ledger_id": record.id,
                "identical": same,
                "trials": proof.trials,
                "differing": [{"policy": name, "seed": seed} for name, seed in differing],
            }
        )
    elif same:
        policies = len(document["provenance"]["fingerprints"])
        out.print(
            f"[green]identical[/green]: {proof.trials:,} trials of {policies} policies, every value to the last bit"
        )
    else:
        shown = ", ".join(f"{name} seed {seed}" for name, seed in differing[:5]) or "the statistics alone"
        out.print(f"[red]NOT identical[/red]: {shown}")
        recorded, now = document["provenance"]["versions"], proof.provenance.versions
        moved = {name: f"{old} -> {now.get(name)}" for name, old in recorded.items() if now.get(name) != old}
        if moved:
            out.print(f"versions changed since: {moved}", markup=False)
    if not same:
        raise typer.Exit(1)
