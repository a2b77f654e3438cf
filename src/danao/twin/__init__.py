"""How a plant behaves: a compiled discrete-event simulation."""

from danao.twin.twin import Deadlock, Runs, Twin

__all__ = ["Deadlock", "Runs", "Twin"]
