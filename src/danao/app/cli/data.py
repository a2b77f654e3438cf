"""`danao data`: the public data sets, where they are, how to get them."""

from __future__ import annotations

from typing import Annotated

import typer

from danao.app.cli.console import AsJson, out, print_json, status
from danao.core.data import REGISTRY, fetch, find

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
            "folder": None if (folder := find(entry.name)) is None else str(folder),
        }
        for entry in REGISTRY.values()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        out.print(f"[bold]{row['name']}[/bold]  {row['title']}")
        out.print(f"    {row['files']} files, {row['licence']}; {row['citation']}", markup=False)
        out.print(f"    {row['folder'] or 'not on this machine'}", markup=False)


@app.command("get")
def get(
    name: Annotated[str, typer.Argument(help="Name of a data set (see `danao data list`).")], as_json: AsJson = False
) -> None:
    """Find a data set, or download it into the cache, and check every file."""
    with status(f"checking {name}"):
        folder = fetch(name)
    if as_json:
        print_json({"name": name, "folder": str(folder), "files": dict(REGISTRY[name].files)})
    else:
        out.print(f"{name}: {len(REGISTRY[name].files)} files, all as pinned, in {folder}", markup=False)
