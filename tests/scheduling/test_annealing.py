from itertools import pairwise

import numpy as np
import pytest

from danao.scheduling.cp import solve_exactly
from danao.scheduling.local_search.annealing import AnnealingSearch
from danao.scheduling.local_search.network import network_obstacle, numbered_network
from danao.scheduling.local_search.network_moves import (
    new_order,
    put_after,
    put_before,
    put_between,
    renew,
    set_out,
    take_out,
    undo,
)
from danao.scheduling.model import Job, Link, Machine, Mode, Operation, Problem, Resource
from danao.scheduling.schedule import MAKESPAN, TARDINESS, parts_of
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate
from tests.scheduling.shops import random_shop


def annealed(problem: Problem, objective: str, steps: int = 40_000, seed: int = 0, threads: int = 1):
    return AnnealingSearch(problem, objective, seed, 0.0, float("inf"), steps, threads).run()


def steelworks(seed: int, casts: int = 3, charges: int = 3) -> Problem:
    """Charges through a furnace and a caster of two each; the charges of a cast run on one caster without a break."""
    random = np.random.default_rng(seed)
    jobs, operations, links = [], [], []
    for cast in range(casts):
        castings = []
        for charge in range(charges):
            jobs.append(Job(f"{cast}-{charge}", due=int(random.integers(30, 90)), weight=float(random.integers(1, 4))))
            melting = tuple(Mode(machine, int(random.integers(8, 15))) for machine in (0, 1))
            casting = tuple(Mode(machine, int(random.integers(5, 12))) for machine in (2, 3))
            links.append(Link(len(operations), len(operations) + 1, least=int(random.integers(3))))
            castings.append(len(operations) + 1)
            operations += [Operation(len(jobs) - 1, melting), Operation(len(jobs) - 1, casting)]
        links += [Link(a, b, most=0, moves=False, same_machine=True) for a, b in pairwise(castings)]
    machines = tuple(Machine(name) for name in ("furnace 1", "furnace 2", "caster 1", "caster 2"))
    return Problem(f"steelworks {seed}", tuple(jobs), tuple(operations), machines, tuple(links))


def dated_shop(seed: int) -> Problem:
    """A flexible shop with releases, due dates, setups, transport, assembly links and machines closed at times."""
    random = np.random.default_rng(seed)
    shop = random_shop(seed, jobs=4, machines=3, alternatives=2)
    operations = tuple(Operation(one.job, one.modes, setup_class=int(random.integers(2))) for one in shop.operations)
    jobs = tuple(
        Job(one.name, int(random.integers(10)), int(random.integers(20, 50)), float(random.integers(1, 4)))
        for one in shop.jobs
    )
    machines = tuple(
        Machine(one.name, ((15, 18), (40, 44)), random.integers(0, 5, (2, 2)), random.integers(0, 3, 2))
        for one in shop.machines
    )
    links = (*shop.links, Link(0, 5, least=1), Link(3, 8))
    return Problem(shop.name, jobs, operations, machines, links, transport=random.integers(0, 4, (3, 3)))


@pytest.mark.parametrize(
    ("make", "objective"), [(steelworks, TARDINESS), (dated_shop, TARDINESS), (dated_shop, MAKESPAN)]
)
@pytest.mark.parametrize("seed", range(3))
def test_annealing_meets_what_is_proven_best(seed: int, make, objective: str) -> None:
    problem = make(seed)
    assert network_obstacle(problem) is None
    schedule = annealed(problem, objective, 400_000)
    proof = solve_exactly(problem, objective, 120.0, threads=1)
    assert validate(problem, schedule) == []
    assert proof.bound == pytest.approx(parts_of(problem, proof.schedule)[objective])
    assert parts_of(problem, schedule)[objective] == pytest.approx(proof.bound)


@pytest.mark.parametrize("make", [steelworks, dated_shop])
def test_moves_keep_the_sequence_in_order_and_can_be_taken_back(make) -> None:
    network = numbered_network(make(5)).network
    sequence = np.array(numbered_network(make(5)).sequence)
    random = np.random.default_rng(0)
    order = new_order(network)
    order.mode[:] = network.mode_first[:-1]
    set_out(network, order, sequence, False)
    carried_out = 0
    for _ in range(300):
        kept = [own.copy() for own in (order.sequence, order.rank, order.before, order.after, order.mode, order.start)]
        x, y = (int(one) for one in random.choice(len(sequence), 2, replace=False))
        mode, b, a, rank = int(order.mode[x]), int(order.before[x]), int(order.after[x]), int(order.rank[x])
        if network.mode_machine[mode] != network.mode_machine[order.mode[y]]:
            continue
        forward = bool(order.rank[y] > rank)
        low = rank if forward else int(order.rank[y])
        take_out(order, x)
        count = (put_after if forward else put_before)(network, order, x, y)
        if not count:
            put_between(order, x, b, a)
        else:
            carried_out += 1
            renew(network, order, low)
            assert (order.before[x] if forward else order.after[x]) == y
            for later in range(len(sequence)):
                for link in range(network.into_first[later], network.into_first[later + 1]):
                    assert order.rank[network.into_block[link]] < order.rank[later]
                assert order.before[later] < 0 or order.rank[order.before[later]] < order.rank[later]
            undo(order, x, mode, b, a, low, count)
        now = (order.sequence, order.rank, order.before, order.after, order.mode, order.start)
        for own, was in zip(now, kept, strict=True):
            assert own.tolist() == was.tolist()
    assert carried_out > 20


def test_a_seed_gives_the_same_annealed_plan_for_any_number_of_threads() -> None:
    problem = dated_shop(2)
    plans = [solve(problem, TARDINESS, None, step_limit=3_000, seed=4, threads=threads) for threads in (1, 2)]
    assert "annealing" in plans[0].method
    assert plans[0].schedule.start.tolist() == plans[1].schedule.start.tolist()
    assert plans[0].steps == plans[1].steps


def test_what_annealing_does_not_know_is_left_to_the_list_search() -> None:
    shop = random_shop(1)
    fitters = Problem(shop.name, shop.jobs, shop.operations, shop.machines, shop.links, (Resource("fitters", 2),))
    limited = tuple(Link(link.before, link.after, most=9) for link in shop.links)
    waiting = Problem(shop.name, shop.jobs, shop.operations, shop.machines, limited)
    for problem in (fitters, waiting):
        assert network_obstacle(problem) is not None
        plan = solve(problem, TARDINESS, None, step_limit=50)
        assert validate(problem, plan.schedule) == []
        assert "list search" in plan.method
