"""`danao ledger`: read, verify and sign the record; run a recorded proof again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from danao.app.cli.console import AsJson, err, out, print_json, status, styled
from danao.app.cli.places import open_ledger
from danao.app.cli.record import recorded_proof
from danao.app.cli.replay import (
    differing_keys,
    differing_trials,
    moved_versions,
    repeat,
    repeat_trial,
    told_differences,
)
from danao.core import BadInput
from danao.core.files import write_atomically
from danao.core.tables import read_text
from danao.ledger import SignedHead, create_key, load_key, load_public_key, save_public_key, verify
from danao.proof import executor_named

app = typer.Typer(help="The tamper-evident record.", no_args_is_help=True, rich_markup_mode=None)

Place = Annotated[
    str | None, typer.Option("--ledger", help="Ledger file or URL (default: $DANAO_LEDGER, else your data folder).")
]
RecordId = Annotated[str, typer.Argument(metavar="ID", help="Id of a record, or its first characters, or its number.")]


@app.command("list")
def list_records(
    place: Place = None,
    kind: Annotated[str | None, typer.Option(help="Only proof, approval, decision or outcome.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the records."""
    with open_ledger(place) as ledger:
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
def show(
    record_id: RecordId,
    place: Place = None,
    as_json: Annotated[bool, typer.Option("--json", help="As without it: a record is always printed as JSON.")] = True,
) -> None:
    """Print one record as JSON."""
    with open_ledger(place) as ledger:
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
    leaves: Annotated[
        Path | None,
        typer.Option("--leaves", help="Also write the hash of every record, 64 digits a line, to this file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sign what the whole ledger says now. Keep the file elsewhere: only it shows that a tail was cut off later.

    With the hashes of all records beside it, a later check names the very record that was rewritten.
    """
    with open_ledger(place) as ledger:
        signed = ledger.head(load_key(key_file))
        hashes = ledger.leaf_hashes(signed.head.size) if leaves is not None else []
    signed.save(output)
    if leaves is not None:
        write_atomically(leaves, "".join(f"{digest.hex()}\n" for digest in hashes))
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
    leaves: Annotated[Path | None, typer.Option("--leaves", help="Hashes of the records, kept with the head.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check every record, the chain, and the whole against signed heads. Exit code 1 if anything is wrong."""
    heads = [SignedHead.load(path) for path in head_files or []]
    hashes = None if leaves is None else _read_hashes(leaves)
    with open_ledger(place) as ledger, status("verifying"):
        found = verify(ledger, heads or None, load_public_key(public_key) if public_key else None, hashes)
    if as_json:
        print_json(found.to_dict())
    elif found.ok:
        covered = (
            f"a signed head vouches for {found.covered} of them"
            if heads
            else "no signed head was given, so a cut-off tail would not be seen"
        )
        out.print(styled(("intact", "green"), f": {found.records} records; {covered}"))
    else:
        where = "" if found.first_bad is None else f" at record {found.first_bad}"
        out.print(styled(("NOT INTACT", "red"), f"{where}: {found.reason}"))
    if not found.ok:
        raise typer.Exit(1)


@app.command("replay")
def replay(
    record_id: RecordId,
    place: Place = None,
    trial: Annotated[int | None, typer.Option(min=0, help="Only this trial, counted from 0.")] = None,
    executor: Annotated[str, typer.Option(help="Where trials run: local, processes or ray.")] = "local",
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes (default: all cores).")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a recorded proof (or one of its trials) again and compare every value to the last bit. Exit code 1 if not."""
    with open_ledger(place) as ledger:
        record, document, recorded = recorded_proof(ledger, record_id)
    if trial is not None:
        result = repeat_trial(recorded, trial)
        print_json(result)
        if not result["identical"]:
            raise typer.Exit(1)
        return
    with status("running the recorded trials again"):
        proof = repeat(recorded, executor_named(executor, workers))
    trials, keys = differing_trials(recorded, proof), differing_keys(document, proof)
    same = not trials and not keys
    if as_json:
        print_json(
            {
                "ledger_id": record.id,
                "identical": same,
                "trials": proof.trials,
                "differing": [{"policy": name, "seed": seed} for name, seed in trials],
                "differing_keys": keys,
            }
        )
    elif same:
        told = f": {proof.trials:,} trials of {len(proof.arms)} policies and all that follows, to the last bit"
        out.print(styled(("identical", "green"), told))
    else:
        out.print(styled(("NOT identical", "red"), f": {told_differences(keys, trials)}"))
        if moved := moved_versions(recorded, proof):
            out.print(f"versions changed since: {moved}")
    if not same:
        raise typer.Exit(1)


def _read_hashes(path: Path) -> list[bytes]:
    """Hashes of records as `danao ledger head --leaves` writes them."""
    hashes = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        try:
            digest = bytes.fromhex(line.strip())
        except ValueError:
            digest = b""
        if len(digest) != 32:
            raise BadInput(
                f"{path}:{number}",
                "not the hash of a record",
                "Expected 64 hexadecimal digits a line",
                "Give another file",
            )
        hashes.append(digest)
    return hashes
