"""Cases: who decides what today, what we propose, where it is tried, what it is worth."""

from danao.cases.catalog import CaseType, ProofOptions, build, case_type, catalog, read_case_file
from danao.cases.parameters import CaseParameters, InvestmentParameters, Strict

__all__ = [
    "CaseParameters",
    "CaseType",
    "InvestmentParameters",
    "ProofOptions",
    "Strict",
    "build",
    "case_type",
    "catalog",
    "read_case_file",
]
