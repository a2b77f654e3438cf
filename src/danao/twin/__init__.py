"""How a plant behaves: a compiled discrete-event simulation."""

from danao.twin.replication import Deadlock
from danao.twin.runs import Runs
from danao.twin.trace import Trace
from danao.twin.twin import Twin

__all__ = ["Deadlock", "Runs", "Trace", "Twin"]
