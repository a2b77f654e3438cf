"""Outcomes: what came of a batch of trials, one row a trial, columns by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from danao.core.errors import BadInput

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Outcomes:
    """Results of n trials of one policy.

    Raises:
        BadInput: A column has another length than `seeds`, or a KPI has no unit.
    """

    seeds: NDArray[np.int64]
    """Shape (n,). The trial that each row belongs to."""
    items: Mapping[str, Column]
    """Money by item of the cost book, shape (n,) each; income positive, cost negative."""
    kpis: Mapping[str, Column] = field(default_factory=dict)
    """Key performance indicators, shape (n,) each."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Unit of each KPI."""
    covariates: Mapping[str, Column] = field(default_factory=dict)
    """Exogenous quantities minus their known mean (expectation 0), the same for every policy, shape (n,) each.
    They serve as control variates."""
    clusters: NDArray[np.int64] | None = None
    """Key of the unit of independence that each trial belongs to, shape (n,); None: each trial is its own."""

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "seeds", np.asarray(self.seeds, dtype=np.int64))
        for name in ("items", "kpis", "covariates"):
            set_(self, name, {key: _column(value) for key, value in getattr(self, name).items()})
        if self.clusters is not None:
            set_(self, "clusters", np.asarray(self.clusters, dtype=np.int64))
        for group in (self.items, self.kpis, self.covariates, {"clusters": self.clusters}):
            for key, column in group.items():
                if column is not None and column.shape != self.seeds.shape:
                    raise BadInput(
                        f"outcomes.{key}",
                        f"shape {column.shape}",
                        f"Expected one value a trial, shape {self.seeds.shape}",
                        "Return one row for every seed asked for",
                    )
        missing = sorted(set(self.kpis) - set(self.units))
        if missing:
            raise BadInput(
                f"outcomes.kpis.{missing[0]}", "has no unit", "Expected an entry in `units`", 'Name it, or "1"'
            )

    def __len__(self) -> int:
        return len(self.seeds)

    @property
    def money(self) -> Column:
        """Sum of all money items, shape (n,)."""
        return (
            np.sum(np.stack([self.items[name] for name in sorted(self.items)]), axis=0)
            if self.items
            else np.zeros(len(self))
        )

    def broken(self) -> NDArray[np.bool_]:
        """Rows that hold a value that is not finite, shape (n,)."""
        columns = [*self.items.values(), *self.kpis.values(), *self.covariates.values()]
        if not columns:
            return np.zeros(len(self), dtype=bool)
        return np.logical_not(np.isfinite(np.stack(columns)).all(axis=0), dtype=np.bool_)

    def rows(self, order: NDArray[np.int64]) -> Outcomes:
        """The same trials in another order, or some of them."""
        return Outcomes(
            seeds=self.seeds[order],
            items={name: column[order] for name, column in self.items.items()},
            kpis={name: column[order] for name, column in self.kpis.items()},
            units=self.units,
            covariates={name: column[order] for name, column in self.covariates.items()},
            clusters=None if self.clusters is None else self.clusters[order],
        )

    @staticmethod
    def concatenate(parts: Sequence[Outcomes]) -> Outcomes:
        """Join batches of the same policy in the order given.

        Raises:
            BadInput: The batches name different columns.
        """
        first = parts[0]
        if len(parts) == 1:
            return first
        for part in parts[1:]:
            for group in ("items", "kpis", "covariates"):
                if set(getattr(part, group)) != set(getattr(first, group)):
                    raise BadInput(
                        f"outcomes.{group}",
                        f"columns differ between batches: {sorted(getattr(first, group))} and "
                        f"{sorted(getattr(part, group))}",
                        "Expected the same columns in every batch",
                        "Return 0 for an item that did not occur",
                    )
        clusters = [part.clusters for part in parts if part.clusters is not None]
        return Outcomes(
            seeds=np.concatenate([part.seeds for part in parts]),
            items=_join([part.items for part in parts]),
            kpis=_join([part.kpis for part in parts]),
            units=first.units,
            covariates=_join([part.covariates for part in parts]),
            clusters=np.concatenate(clusters) if clusters else None,
        )


def _column(values: ArrayLike) -> Column:
    return np.asarray(values, dtype=np.float64)


def _join(groups: Sequence[Mapping[str, Column]]) -> dict[str, Column]:
    return {key: np.concatenate([group[key] for group in groups]) for key in groups[0]}
