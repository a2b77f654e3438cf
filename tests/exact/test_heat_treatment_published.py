"""The published heat-treatment instances (Gomes, Ravetti & Carrano 2021): every figure that the authors print."""

import numpy as np
import pytest

from danao.core.data import locate
from danao.core.errors import MissingData
from danao.scheduling import NoWaitLine, PublishedPoint, bound, evaluate, read_instance, read_published_results, search
from danao.scheduling.no_wait import timing

pytestmark = pytest.mark.realdata

Published = tuple[dict[str, NoWaitLine], list[PublishedPoint]]


@pytest.fixture(scope="module")
def published() -> Published:
    try:
        folder = locate("heat-treatment")
    except MissingData as error:
        pytest.skip(str(error))
    points = read_published_results(folder / "published_results.csv")
    return {point.instance: read_instance(folder / f"{point.instance}.json") for point in points}, points


def test_every_published_sequence_reproduces_its_published_cost_and_tardiness(published: Published) -> None:
    lines, points = published
    assert len(points) == 127
    for point in points:
        outcome = evaluate(lines[point.instance], point.sequence)
        assert outcome.cost == pytest.approx(point.cost, abs=0.005 + 1e-6)
        assert outcome.total_tardiness == pytest.approx(point.tardiness, abs=0.01)


def test_the_order_of_each_file_is_the_sequence_executed_in_reality(published: Published) -> None:
    lines, points = published
    for point in points:
        line = lines[point.instance]
        outcome = evaluate(line, line.executed_sequence)
        assert outcome.cost == pytest.approx(point.executed_cost, abs=0.05 + 1e-6)
        assert outcome.total_tardiness == pytest.approx(point.executed_tardiness, abs=0.01)


def test_every_waiting_time_follows_from_the_machine_hours(published: Published) -> None:
    for line in published[0].values():
        assert line.machines is not None
        np.testing.assert_allclose(timing.waiting_hours(line.machines), line.waiting_hours, rtol=0, atol=1e-6)
        total = line.machines.feed_hours + line.machines.machine_hours.sum(axis=1)
        np.testing.assert_allclose(total, line.process_hours, rtol=0, atol=1e-6)


def test_gas_is_burnt_between_two_jobs_only_where_the_furnaces_stand_empty(published: Published) -> None:
    for line in published[0].values():
        assert line.machines is not None
        idle = timing.idle_hours(line.machines)[:, :, list(line.machines.furnaces)].sum(axis=2)
        off = ~np.eye(line.jobs, dtype=bool)
        assert (idle[(line.idle_gas > 0) & off] > 0).all()
        assert (line.idle_gas[(idle == 0) & off] == 0).all()


def test_jobs_of_equal_machine_hours_and_no_setup_burn_gas_at_one_rate(published: Published) -> None:
    for line in published[0].values():
        assert line.machines is not None
        hours = (line.machines.feed_hours[:, None] + line.machines.machine_hours[:, [2, 3]]).sum(axis=1)
        rate = line.job_gas / hours
        for job, follower in np.argwhere(timing.follows_on(line.machines)):
            assert rate[job] == pytest.approx(rate[follower], abs=1e-3)


def test_the_bound_is_below_every_published_sequence_within_the_limit(published: Published) -> None:
    lines, points = published
    for name, line in lines.items():
        limit = evaluate(line, line.executed_sequence).total_tardiness
        least = bound(line, time_limit=120.0).value
        unlimited = bound(line, np.inf).value
        assert unlimited <= least
        for point in points:
            if point.instance == name:
                assert unlimited <= point.cost + 0.005
                assert point.tardiness > limit + 0.005 or least <= point.cost + 0.005


def test_the_search_is_no_worse_than_the_best_published_sequence_at_no_more_tardiness(published: Published) -> None:
    lines, points = published
    for name, line in lines.items():
        limit = evaluate(line, line.executed_sequence).total_tardiness
        best = min(p.cost for p in points if p.instance == name and p.tardiness <= limit + 0.005)
        found = search(line, time_limit=None, steps=1_000_000, seed=1)
        assert found.tardiness <= limit + 1e-6
        assert found.cost <= best + 0.005 + 1e-6
