"""Decisions above plans and twins: rules learnt in the twin, and plans that are carried out in it."""

from danao.planning.arena import RIVALS, SETUP_RIVALS, Arena, Rival, Scene, money_lost
from danao.planning.bridge import Bridge, bridge
from danao.planning.classics import Ranked, as_function, ranking
from danao.planning.execution import PlantPlan, Robustness, executed, plan_plant, robust_plans
from danao.planning.io import LearntPolicy, read_policy, write_policy
from danao.planning.job_shops import ShopKind, random_shop, weighted_lateness
from danao.planning.learning import LearningOptions, Lesson, learn_policy
from danao.planning.search import Found, SearchOptions, grown, held_out_seeds, search, training_seeds

__all__ = [
    "RIVALS",
    "SETUP_RIVALS",
    "Arena",
    "Bridge",
    "Found",
    "LearningOptions",
    "LearntPolicy",
    "Lesson",
    "PlantPlan",
    "Ranked",
    "Rival",
    "Robustness",
    "Scene",
    "SearchOptions",
    "ShopKind",
    "as_function",
    "bridge",
    "executed",
    "grown",
    "held_out_seeds",
    "learn_policy",
    "money_lost",
    "plan_plant",
    "random_shop",
    "ranking",
    "read_policy",
    "robust_plans",
    "search",
    "training_seeds",
    "weighted_lateness",
    "write_policy",
]
