"""Compile the twin before anybody waits for it."""

from __future__ import annotations

import itertools

from danao.plant.distribution import Distribution, Family
from danao.plant.model import Plant, Product, Segment, Source, Station
from danao.plant.state import PartState, PlantState
from danao.twin.layout import compile_plant
from danao.twin.loop import event_loop
from danao.twin.replication import Replication
from danao.twin.start import put_in_state
from danao.twin.twin import Twin


def compile_ahead() -> int:
    """Compile all versions of the event loop, and what starts, traces and reads it, into the cache on disk.

    The plant is data to the loop, so no plant of your own has to be compiled afterwards.

    Returns:
        Loops that there are, whether they had to be compiled or lay in the cache already.
    """
    plant = _smallest()
    layout = compile_plant(plant)
    lanes = [(many, failing, True) for many, failing in itertools.product((False, True), repeat=2)]
    versions = [(True, True, False), *lanes]
    for many, failing, express in versions:
        replication = Replication(layout, 8, general=not express)
        replication.reset(0)
        event_loop(many, failing, express)(replication.world, 0.0)
    Twin(plant).run([0], 1.0, warm_up=1.0)
    Twin(plant, general=True).trace(0, 1.0)
    replication = Replication(layout, 8, general=True)
    replication.reset(0)
    put_in_state(replication, PlantState(parts=(PartState("part"),)))
    return len(versions)


def _smallest() -> Plant:
    hour = Distribution(Family.CONSTANT, (1.0,))
    return Plant(
        name="smallest",
        stations=(Station("machine"),),
        products=(Product("part", (Segment("machine", hour),)),),
        sources=(Source("part"),),
    )
