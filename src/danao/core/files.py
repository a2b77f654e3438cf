"""Writing files so that nothing is ever half-written."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from danao.core.errors import StorageError


def write_atomically(path: Path, content: str | bytes) -> Path:
    """Write a file whole or not at all: to a neighbour first, then renamed over the target.

    Raises:
        StorageError: The disk is full or read-only, or the folder does not exist; the old file, if any, is untouched.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise storage_error(path, error) from error
    return path


def storage_error(path: Path | str, error: OSError) -> StorageError:
    """What an operating-system error means for somebody who wanted to write `path`."""
    if error.errno == errno.ENOSPC:
        return StorageError(
            str(path), "the disk is full", "Nothing was changed", "Free some space or choose another place"
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StorageError(
            str(path), "cannot be written (read-only)", "Nothing was changed", "Choose a place you may write to"
        )
    return StorageError(
        str(path), f"cannot be written ({error.strerror})", "Nothing was changed", "Choose another place"
    )


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
