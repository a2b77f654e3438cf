"""Errors that a person can act on: where, what was found, what was expected, what to do."""


class DanaoError(Exception):
    """Root of every error that Danao raises on purpose.

    Args:
        where: File and line, table and row, parameter or object that holds the problem.
        found: What was found there.
        expected: What would have been right.
        remedy: What the reader can do about it.
    """

    def __init__(self, where: str, found: str, expected: str = "", remedy: str = "") -> None:
        super().__init__(where, found, expected, remedy)
        self.where = where
        self.found = found
        self.expected = expected
        self.remedy = remedy

    def __str__(self) -> str:
        parts = [_sentence(part) for part in (self.found, self.expected, self.remedy) if part]
        return f"{self.where}: {' '.join(parts)}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!", ":")) else text + "."


class BadInput(DanaoError):
    """Something a person wrote (a file, an option, an argument) cannot be used as it is."""


class MissingData(DanaoError):
    """A public data set is absent or damaged."""


class MissingExtra(DanaoError):
    """An optional dependency is not installed."""


class UnpricedItem(DanaoError):
    """A quantity was to be turned into money, but the cost book has no price for it."""


class CurrencyMismatch(DanaoError):
    """Money of two currencies met where one is required."""


class TrialFailed(DanaoError):
    """A trial raised or returned a value that is not finite, and the case declares no cost for that."""


class RepeatedSeeds(DanaoError):
    """A seed list names the same trial twice, which would count one observation as two."""


class LedgerError(DanaoError):
    """The ledger cannot be read, written or trusted."""


class StorageError(DanaoError):
    """A file cannot be written: read-only, full, or gone."""
