"""A no-wait flow shop line with sequence-dependent waiting, setups and gas: sequences, fronts and proven bounds."""

from danao.scheduling.no_wait.bound import Bound, bound
from danao.scheduling.no_wait.example import example_lines
from danao.scheduling.no_wait.front import Front, front, hypervolume
from danao.scheduling.no_wait.io import PublishedPoint, read_instance, read_published_results
from danao.scheduling.no_wait.model import MachineTimes, NoWaitLine, ScheduleResult, check, evaluate
from danao.scheduling.no_wait.rules import (
    RULES,
    due_date_batches,
    earliest_due_date,
    nearest_neighbour,
    recipe_campaigns,
)
from danao.scheduling.no_wait.search import SearchResult, search
from danao.scheduling.no_wait.variation import VariationResult, draw_factors, simulate

__all__ = [
    "RULES",
    "Bound",
    "Front",
    "MachineTimes",
    "NoWaitLine",
    "PublishedPoint",
    "ScheduleResult",
    "SearchResult",
    "VariationResult",
    "bound",
    "check",
    "draw_factors",
    "due_date_batches",
    "earliest_due_date",
    "evaluate",
    "example_lines",
    "front",
    "hypervolume",
    "nearest_neighbour",
    "read_instance",
    "read_published_results",
    "recipe_campaigns",
    "search",
    "simulate",
]
