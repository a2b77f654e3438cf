"""How a plant behaves: a compiled discrete-event simulation."""

from danao.twin.layout import RULE_NAMES
from danao.twin.twin import Deadlock, Runs, Twin

__all__ = ["RULE_NAMES", "Deadlock", "Runs", "Twin"]
