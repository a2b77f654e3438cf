"""Paired trials, the statistics of the proof, the appraisal as an investment, the report."""

from danao.proof.appraisal import Appraisal, internal_rate, net_present_value
from danao.proof.estimate import Estimate
from danao.proof.executors import Executor, InProcess, LocalProcesses, Ray, executor_named
from danao.proof.proof import Proof
from danao.proof.proving import prove

__all__ = [
    "Appraisal",
    "Estimate",
    "Executor",
    "InProcess",
    "LocalProcesses",
    "Proof",
    "Ray",
    "executor_named",
    "internal_rate",
    "net_present_value",
    "prove",
]
