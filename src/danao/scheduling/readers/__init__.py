"""Standard formats of scheduling problems, each with errors that name file and line."""

from danao.scheduling.readers.formats import FORMATS, read_problem
from danao.scheduling.readers.shops import read_flexible_job_shop, read_flow_shop, read_job_shop, read_setup_job_shop

__all__ = [
    "FORMATS",
    "read_flexible_job_shop",
    "read_flow_shop",
    "read_job_shop",
    "read_problem",
    "read_setup_job_shop",
]
