"""`danao data`: the public data sets, where they are, how to get them."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from danao.app.cli.console import AsJson, out, print_json, status, styled
from danao.core.data import REGISTRY, fetch, find, roots

app = typer.Typer(help="Public data sets: list them, get them.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_sets(as_json: AsJson = False) -> None:
    """List the registered data sets and where they are on this machine."""
    rows = [
        {
            "name": entry.name,
            "title": entry.title,
            "files": len(entry.files),
            "licence": entry.licence,
            "origin": entry.origin,
            "citation": entry.citation,
            "note": entry.note,
            "folder": None if (folder := find(entry.name)) is None else str(folder),
        }
        for entry in REGISTRY.values()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        out.print(styled((str(row["name"]), "bold"), f"  {row['title']}"))
        out.print(f"    {row['files']} files, {row['licence']}; {row['citation']}")
        out.print(f"    from {row['origin']}")
        if row["note"]:
            out.print(f"    note: {row['note']}")
        out.print(f"    {row['folder'] or 'not on this machine'}")
    out.print("\nfolders that are searched, in this order:")
    for root in roots():
        out.print(f"    {root}{'' if root.is_dir() else ' (does not exist)'}")
    out.print(f"DANAO_DATA, searched first, is {os.environ.get('DANAO_DATA') or 'not set'}")


@app.command("get")
def get(
    name: Annotated[str, typer.Argument(help="Name of a data set (see `danao data list`).")], as_json: AsJson = False
) -> None:
    """Check every file of a data set on this machine; download it first where it is missing and has an address."""
    with status(f"checking {name}"):
        folder = fetch(name)
    if as_json:
        print_json({"name": name, "folder": str(folder), "files": dict(REGISTRY[name].files)})
    else:
        out.print(f"{name}: {len(REGISTRY[name].files)} files, all as pinned, in {folder}")
