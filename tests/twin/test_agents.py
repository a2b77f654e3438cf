"""Policies in the loop: a rule of the user, decisions from outside, learning environments."""

import dataclasses

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.plant import Plant, Product, Segment, Source, Station
from danao.twin import Twin
from danao.twin.env import Batch, Reward, TwinEnv, TwinVectorEnv
from tests.twin.plants import exponential


def shop(rule: str = "fifo") -> Plant:
    stations = tuple(Station(name, rule=rule) for name in "abcd")
    products = tuple(
        Product(f"p{i}", tuple(Segment("abcd"[(i + j) % 4], exponential(0.4 + 0.3 * ((i * j) % 3))) for j in range(3)))
        for i in range(5)
    )
    sources = tuple(Source(product.name, exponential(6.0), due_after=8.0) for product in products)
    return Plant("shop", stations, products, sources)


def shortest(work, remaining, slack, priority, setup, waited, in_plant, ahead, queue, mean_work):
    return work


def longest_wait(work, remaining, slack, priority, setup, waited, in_plant, ahead, queue, mean_work):
    return -waited


@pytest.mark.parametrize(("own", "named"), [(shortest, "spt"), (longest_wait, "fifo")])
def test_a_rule_of_the_user_does_what_the_named_rule_does(own, named):
    mine = Twin(shop(), rule=own).run([1, 2], 500.0)
    theirs = Twin(shop(named)).run([1, 2], 500.0)
    assert np.array_equal(mine.lead_hours, theirs.lead_hours)
    assert np.array_equal(mine.state_hours, theirs.state_hours)


def test_a_rule_of_the_user_can_hold_for_some_stations():
    plant = shop()
    some = dataclasses.replace(
        plant, stations=(dataclasses.replace(plant.stations[0], rule="spt"), *plant.stations[1:])
    )
    assert np.array_equal(
        Twin(plant, rule=shortest, stations=["a"]).run([1], 500.0).lead_hours, Twin(some).run([1], 500.0).lead_hours
    )


def test_a_rule_that_cannot_be_compiled_is_explained():
    with pytest.raises(BadInput, match="cannot be compiled"):
        Twin(shop(), rule=lambda work: work)
    with pytest.raises(BadInput, match="unknown station 'x'"):
        Twin(shop(), rule=shortest, stations=["x"])


def test_decisions_that_follow_a_rule_give_what_the_rule_gives():
    batch = Batch(shop(), 3, 300.0, candidates=64, reward=Reward(finished=1.0, in_process=0.0))
    batch.restart([1, 2, 3])
    total = batch._reached.copy()  # what was reached before the first decision
    while not batch.over.all():
        total += batch.step(np.where(batch.mask == 1, batch.seen[:, :, 0], np.inf).argmin(axis=1))
    runs = Twin(shop("spt")).run([1, 2, 3], 300.0)
    assert batch.mask.sum(axis=1).max() < 64
    assert np.array_equal(total, runs.finished.sum(axis=1))
    ended = [int(twin.world.products["finished"].sum()) for twin in batch._twins]
    assert ended == runs.finished.sum(axis=1).tolist()
    leads = [twin.world.products["lead"] for twin in batch._twins]
    assert np.array_equal(np.array(leads), runs.lead_hours)


def test_a_compiled_policy_rolls_out_to_the_same_end():
    batch = Batch(shop(), 2, 300.0, candidates=64)
    batch.restart([1, 2])
    assert batch.roll_out(shortest) > 50
    runs = Twin(shop("spt")).run([1, 2], 300.0)
    assert [int(twin.world.products["finished"].sum()) for twin in batch._twins] == runs.finished.sum(axis=1).tolist()


def test_the_environment_keeps_to_gymnasiums_interface():
    from gymnasium.utils.env_checker import check_env

    environment = TwinEnv(shop(), 60.0)
    check_env(environment, skip_render_check=True)
    first, _ = environment.reset(seed=5)
    again, _ = environment.reset(seed=5)
    assert np.array_equal(first["candidates"], again["candidates"])
    assert first["mask"].sum() >= 2


def test_the_reward_is_the_work_in_process_of_the_time_that_passed():
    environment = TwinEnv(shop(), 100.0)
    environment.reset(seed=3)
    total, over = environment.batch._reached[0], False
    while not over:
        _, reward, _, over, _ = environment.step(0)
        total += reward
    run = environment.batch._twins[0].run
    assert total == pytest.approx(-float(run["wip_hours"] + run["in_plant"] * (run["now"] - run["wip_since"])))


def test_many_environments_step_as_each_would_alone():
    many = TwinVectorEnv(shop(), 4, 50.0, candidates=4)
    seen, _ = many.reset(seed=9)
    assert seen["candidates"].shape == (4, 4, 10)
    alone = Batch(shop(), 1, 50.0, candidates=4)
    episodes = 0
    for _ in range(300):
        _, reward, terminated, truncated, _ = many.step(many.batch.mask.sum(axis=1) - 1)
        assert np.isfinite(reward).all()
        assert not terminated.any()
        episodes += int(truncated.sum())
    assert episodes >= 4
    # The batch of one and a twin of the batch of four do the same with the same seed and the same decisions.
    alone.restart([77])
    many.batch.restart([77], np.array([2]))
    for _ in range(20):
        if alone.over[0]:
            break
        assert np.array_equal(alone.seen[0], many.batch.seen[2])
        last = many.batch.mask.sum(axis=1) - 1
        assert alone.step(last[2:3]) == pytest.approx(many.batch.step(np.maximum(last, 0))[2])


def test_plants_that_fill_up_grow_in_an_environment():
    plant = Plant(
        "full", (Station("a"),), (Product("p", (Segment("a", exponential(1.0)),)),), (Source("p", exponential(0.01)),)
    )
    batch = Batch(plant, 2, 50.0)
    batch.restart([1, 2])
    batch.roll_out(shortest)
    assert all(len(twin.world.parts) > 256 for twin in batch._twins)
    assert batch.over.all()


def test_wrong_numbers_are_refused():
    with pytest.raises(BadInput, match="0 twins"):
        Batch(shop(), 0, 10.0)
    with pytest.raises(BadInput, match="unknown station"):
        TwinEnv(shop(), 10.0, stations=["nowhere"])
