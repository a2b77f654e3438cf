"""What the generators of plants share: features of a station, drawn from the times and the names that each one gives.

`tests.plant.any_plants` draws everything that a plant file can say, for laws about files; `tests.twin.small_plants`
draws plants that run a few hundred events in any mix of features, for laws about runs.
"""

from __future__ import annotations

from hypothesis import strategies as st

from danao.plant import model

Times = st.SearchStrategy[model.Distribution]
Names = st.SearchStrategy[str]

rules = st.lists(st.sampled_from(model.DISPATCHING_RULES), min_size=1, max_size=3).map(", ".join)


def failures(up: Times, down: Times, crew: Names) -> st.SearchStrategy[model.Failure]:
    return st.one_of(
        st.builds(model.Failure, clock=st.sampled_from(["calendar", "operation"]), up=up, down=down, crew=crew),
        st.builds(model.Failure, clock=st.just("calendar"), up=up, down=down, crew=crew, spares_idle=st.just(True)),
    )


def maintenances(
    every: Times, takes: Times, crew: Names, first: st.SearchStrategy[model.Distribution | None] = st.none()
) -> st.SearchStrategy[model.Maintenance]:
    clock = st.sampled_from(["calendar", "operation", "pieces"])
    by_calendar = {"interrupts": st.booleans(), "spares_idle": st.booleans()}
    return st.one_of(
        st.builds(model.Maintenance, clock=clock, every=every, takes=takes, first=first, crew=crew),
        st.builds(model.Maintenance, st.just("calendar"), every, takes, first, crew, st.just(False), **by_calendar),
    )


def batches(
    least: st.SearchStrategy[int], most: int, patience: st.SearchStrategy[float | None]
) -> st.SearchStrategy[model.Batch]:
    """Batches of at least `least` and at most `most` parts or pieces."""
    return least.flatmap(
        lambda minimum: st.builds(
            model.Batch,
            maximum=st.integers(minimum, most),
            minimum=st.just(minimum),
            patience=patience,
            unit=st.sampled_from(["parts", "pieces"]),
        )
    )
