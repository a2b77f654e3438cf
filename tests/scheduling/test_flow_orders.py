import numpy as np
import pytest

from danao.scheduling.local_search.flow_orders import Flow, best_place, build_up, new_desk, put_in, starts_of, take_out


def drawn(seed: int, *, tardy: bool, released: bool) -> Flow:
    random = np.random.default_rng(seed)
    jobs, machines = 9, 4
    return Flow(
        random.integers(0, 30, (machines, jobs)),
        random.integers(0, 60, jobs) if released else np.zeros(jobs, dtype=np.int64),
        random.integers(40, 200, jobs),
        random.integers(1, 5, jobs).astype(float),
        tardy,
    )


def cost(flow: Flow, order: list[int]) -> float:
    free, total = [0] * len(flow.durations), 0.0
    for job in order:
        clock = int(flow.release[job])
        for machine in range(len(free)):
            clock = free[machine] = max(clock, free[machine]) + int(flow.durations[machine, job])
        total += flow.weight[job] * max(0, clock - flow.due[job])
    return total if flow.tardy else float(clock)


@pytest.mark.parametrize("tardy", [False, True])
@pytest.mark.parametrize("released", [False, True])
def test_the_best_place_of_a_job_is_that_of_trying_every_place(tardy: bool, released: bool) -> None:
    for seed in range(5):
        flow = drawn(seed, tardy=tardy, released=released)
        random, words = np.random.default_rng(seed), np.array([7 + seed], dtype=np.uint64)
        desk = new_desk(flow)
        build_up(flow, desk, random.permutation(9), words)
        for _ in range(40):
            job = take_out(desk, 9, int(random.integers(9)))
            rest = desk.order[:8].tolist()
            tried = [cost(flow, [*rest[:at], job, *rest[at:]]) for at in range(9)]
            place, value = best_place(flow, desk, 8, job, words)
            assert value == min(tried) == tried[place]
            put_in(desk, 8, int(random.integers(9)), job)
            assert sorted(desk.order.tolist()) == list(range(9))


def test_starts_of_an_order_keep_routes_machines_and_releases() -> None:
    flow = drawn(1, tardy=False, released=True)
    order = np.random.default_rng(2).permutation(9)
    start = starts_of(flow, order)
    end = start + flow.durations
    assert (start[0] >= flow.release).all()
    assert (start[1:] >= end[:-1]).all()
    assert (start[:, order[1:]] >= end[:, order[:-1]]).all()
    assert end.max() == cost(flow, order.tolist())
