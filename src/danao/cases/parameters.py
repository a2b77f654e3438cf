"""What people may set in a case: the common part, and how it becomes an `Investment`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from danao.core import Investment


class Strict(BaseModel):
    """A model that refuses keys it does not know and numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class InvestmentParameters(Strict):
    """What it costs to put the candidate to work."""

    capex: float = Field(0.0, ge=0, description="paid once, before the first year")
    opex_per_year: float = Field(0.0, ge=0, description="paid every year")
    life_years: int = Field(5, ge=1, le=100, description="whole years that the candidate works")
    discount_rate: float = Field(0.08, gt=-1, lt=1, description="real cost of capital per year: 0.09 is 9 %")
    ramp: tuple[float, ...] = Field((1.0,), min_length=1, description="share of the effect in year 1, 2, ...")
    currency: str | None = Field(None, pattern="^[A-Z]{3}$", description="ISO 4217; must be that of the case")

    def investment(self) -> Investment:
        """The same as the core's type.

        Raises:
            BadInput: A share of the ramp outside 0 .. 1.
        """
        return Investment(**self.model_dump())


class CaseParameters(Strict):
    """What every case lets people set."""

    investment: InvestmentParameters = InvestmentParameters()

    @field_validator("investment", mode="before")
    @classmethod
    def _keep_the_rest(cls, given: Any) -> Any:
        """Somebody who sets one field of the investment means the case's own values for the others."""
        own = cls.model_fields["investment"].default
        return {**own.model_dump(), **given} if isinstance(given, dict) else given
