"""Whole numbers in files, line by line and cell by cell, with messages that name the line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from danao.core.errors import BadInput
from danao.core.tables import Row, read_text


@dataclass
class Line:
    """The numbers of one line, taken from the left."""

    where: str
    """File and line, for messages."""
    numbers: list[int]
    at: int = 0

    @property
    def left(self) -> int:
        """How many numbers were not taken yet."""
        return len(self.numbers) - self.at

    def take(self, what: str, *, minimum: int = 0, maximum: int | None = None) -> int:
        """The next number.

        Args:
            what: Its meaning, for messages.
            minimum: Least value allowed.
            maximum: Greatest value allowed; None: any.

        Raises:
            BadInput: The line ends here, or the number is outside its limits.
        """
        if self.at >= len(self.numbers):
            raise BadInput(self.where, f"the line ends before {what}", "Expected one more number", "Complete the line")
        value = self.numbers[self.at]
        self.at += 1
        if value < minimum or (maximum is not None and value > maximum):
            limits = f"{minimum} or more" if maximum is None else f"a number from {minimum} to {maximum}"
            raise BadInput(self.where, f"{what} is {value}", f"Expected {limits}", "Correct the number")
        return value

    def end(self, what: str) -> None:
        """Require that all numbers were taken; pairs of -1 at the end are allowed.

        Raises:
            BadInput: Numbers are left.
        """
        rest = self.numbers[self.at :]
        if any(number != -1 for number in rest):
            raise BadInput(
                self.where,
                f"{len(rest)} numbers are left after {what}",
                "Expected the line to end there",
                "Correct the count at the beginning of the line, or remove them",
            )


def number_lines(path: Path, *, decimals: bool = False) -> list[Line]:
    """The lines of a file that hold numbers; empty lines and lines that begin with # are skipped.

    Args:
        path: The file.
        decimals: Whether numbers such as 2.5 may stand in the file; they are rounded down. The header of some flexible
            job shops has one.

    Raises:
        BadInput: The file cannot be read, has no numbers, or holds something else.
    """
    lines = []
    for number, text in enumerate(read_text(path).splitlines(), start=1):
        words = text.split()
        if words and not words[0].startswith("#"):
            where = f"{path}:{number}"
            lines.append(Line(where, [_number(where, word, decimals) for word in words]))
    if not lines:
        raise BadInput(str(path), "no numbers", "Expected a table of whole numbers", "Check the path")
    return lines


def whole(row: Row, column: str) -> int:
    """A cell of a table as a whole number, 0 or more.

    Raises:
        BadInput: It is something else; the message names file and line.
    """
    value = row.number(column, minimum=0)
    if value != int(value):
        raise BadInput(row.cell(column), f"{column} is {value:g}", "Expected a whole number", "Use a finer time unit")
    return int(value)


def _number(where: str, word: str, decimals: bool) -> int:
    try:
        return int(word)
    except ValueError:
        pass
    try:
        value = float(word)
    except ValueError:
        raise BadInput(where, f"{word!r} is not a number", "Expected whole numbers", "Correct the word") from None
    if decimals and value == value and abs(value) < 2**31:
        return int(value)
    raise BadInput(where, f"{word} is not a whole number", "Expected whole numbers", "Use a finer time unit")
