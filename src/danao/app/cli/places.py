"""Where results go: the ledger and the report file, checked before the work begins."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from danao.app.cli.console import command
from danao.core import BadInput
from danao.core.files import storage_error
from danao.ledger import Ledger


def default_ledger() -> str:
    """`DANAO_LEDGER`, else a file in the user's data folder."""
    import platformdirs

    return os.environ.get("DANAO_LEDGER") or str(Path(platformdirs.user_data_dir("danao")) / "ledger.sqlite")


def open_ledger(place: str | None) -> Ledger:
    """An existing ledger to read from.

    Raises:
        BadInput: There is none; where nothing was ever recorded, the message says how to begin.
    """
    chosen = checked_ledger(place or default_ledger())
    if place is None and "://" not in chosen and not Path(chosen).exists():
        raise BadInput(
            f"ledger {chosen}",
            "nothing is recorded yet",
            "Expected a ledger",
            f"`{command('prove', 'CASE')}` makes it; another ledger is named with --ledger",
        )
    return Ledger.open(chosen, create=False)


def checked_ledger(place: str) -> str:
    """A place that may be a ledger.

    Raises:
        BadInput: It is a folder.
    """
    if "://" not in place and Path(place).is_dir():
        raise BadInput(
            f"--ledger {place}",
            "is a folder",
            "Expected a file or a URL",
            f"Name a file, as {Path(place) / 'my.sqlite'}",
        )
    return place


def checked_report(path: Path) -> Path:
    """A path that a report can be written to, as far as one can tell before writing.

    Raises:
        BadInput: It is a folder, or lies below something that is none.
        StorageError: Its folder cannot be written to.
    """
    if path.is_dir():
        raise BadInput(
            f"report {path}", "is a folder", "Expected a file", f"Name a file in it, as {path / 'report.html'}"
        )
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise BadInput(f"report {path}", f"{folder} is not a folder", "Expected a folder", "Choose another place")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise storage_error(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    return path
