"""The report of a proof: one HTML file that a plant manager and an engineer both like to read, and that prints."""

from __future__ import annotations

from pathlib import Path

from danao.core.files import write_atomically
from danao.proof.proof import Proof

__all__ = ["render", "write"]


def render(proof: Proof) -> str:
    """The proof as one self-contained HTML document.

    Nothing is loaded from elsewhere, no script is needed to read it, and the same proof gives the same bytes. Scripts
    run only in the pages that exhibits bring along, each in a sandboxed frame that the reader opens.
    A case may name its trials by an optional method `trial_label(seed) -> str`.

    Raises:
        BadInput: An exhibit of the case is not a well-formed `<svg>`, would load or run something, or has a table row
            of another length than its columns.
    """
    from danao.proof.report.document import compose

    return compose(proof)


def write(proof: Proof, path: Path | str) -> Path:
    """Write the report to a file, whole or not at all, and return its path.

    Raises:
        BadInput: As in `render`.
        StorageError: The file cannot be written.
    """
    return write_atomically(Path(path), render(proof))
