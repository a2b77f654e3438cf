"""What the template lays out, as data: sections, pictures, tables and their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from danao.proof.report.figures import Shown

Text = str | Shown
Tone = Literal["", "good", "open", "bad"]


@dataclass(frozen=True)
class Cell:
    """What stands in one field of a table."""

    main: Text
    note: Text = ""
    """A second, quieter line."""
    tone: Tone = ""
    """A mark before the text; the text itself says the same."""


@dataclass(frozen=True)
class Table:
    """A table whose first column names the rows."""

    label: str
    """For screen readers."""
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    """Columns set flush right."""
    totals: int = 0
    """Rows at the end that are set off as sums."""


@dataclass(frozen=True)
class Picture:
    """A picture with its caption."""

    svg: Markup
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A numbered section of the report; parts that are empty are left out."""

    key: str
    title: str
    paragraphs: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    """Quieter lines after everything else."""
    folded: Table | None = None
    """A long table that opens on demand."""


def table(
    label: str, columns: str, rows: list[tuple[Text | Cell, ...]], numeric: str = "", *, totals: int = 0
) -> Table:
    """A table from plain texts and cells.

    Args:
        label: For screen readers.
        columns: Headings, separated by `|`.
        rows: As many fields each as there are headings.
        numeric: Places of the columns set flush right, for example `123`.
        totals: Rows at the end that are set off as sums.
    """
    cells = tuple(tuple(field if isinstance(field, Cell) else Cell(field) for field in row) for row in rows)
    return Table(label, tuple(columns.split("|")), cells, frozenset(int(at) for at in numeric), totals)
