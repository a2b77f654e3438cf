"""Learning a rule: repeatable, better than where it began, never trained on what it is judged by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from danao.core import BadInput
from danao.planning import (
    Arena,
    LearningOptions,
    LearntPolicy,
    Rival,
    Scene,
    SearchOptions,
    ShopKind,
    as_function,
    held_out_seeds,
    learn_policy,
    random_shop,
    ranking,
    read_policy,
    search,
    training_seeds,
    weighted_lateness,
    write_policy,
)
from danao.planning.rival_names import rival_named
from danao.twin.priority import PriorityFunction, Tuning

KIND = ShopKind(stations=5, products=8, shortest_route=3)
SCENES = [Scene(random_shop(seed, KIND), 100.0, 20.0, cost=weighted_lateness) for seed in range(3)]
QUICK = SearchOptions(generations=10, population=8, runs=6, held_out=12)


def test_the_reference_scores_nothing_and_a_worse_rule_more() -> None:
    arena = Arena(SCENES, Rival("atc"))
    seeds = training_seeds(arena, 9, 0)
    np.testing.assert_array_equal(arena.of_rival(Rival("atc"), seeds), 0.0)
    ranked = ranking(arena, [Rival("lpt"), Rival("atc"), Rival("spt")], seeds)
    assert [one.rival.name for one in ranked][-1] == "lpt"
    assert ranked[-1].score > 0.1


def test_a_search_is_better_than_its_start_on_runs_that_it_has_not_seen() -> None:
    pytest.importorskip("cma")
    start = as_function(Rival("fifo"))
    assert start is not None
    found = search(Arena(SCENES, Rival("fifo")), start, QUICK)
    assert found.held_out < found.start_held_out - 0.05
    again = search(Arena(SCENES, Rival("fifo")), start, QUICK)
    assert again.function == found.function


def test_training_and_held_out_runs_have_no_seed_in_common() -> None:
    arena = Arena(SCENES, Rival("atc"))
    training = {seed for own in training_seeds(arena, 5000, 3) for seed in own}
    held = {seed for own in held_out_seeds(arena, 5000, 3) for seed in own}
    assert len(training) == len(held) == 5000
    assert not training & held


def test_the_whole_way_yields_a_rule_no_worse_than_the_best_classical_one_where_it_was_judged() -> None:
    pytest.importorskip("cma")
    rivals = [Rival("atc"), Rival("spt"), Rival("atc", Tuning(look_ahead=3, allowance=1))]
    lesson = learn_policy(SCENES, LearningOptions(QUICK, ranked_on=9, depth=1), rivals=rivals)
    assert lesson.best_held_out == 0.0
    assert len(lesson.searches) == 2
    assert min(found.held_out for found in lesson.searches) <= 1e-12
    assert dict(lesson.policy.story)["best classical rule"] == lesson.best.name


def test_a_policy_survives_its_file(tmp_path: Path) -> None:
    function = PriorityFunction(
        ({"log work": 1.25, "slack": 0.5}, {"log weight": -1.0}), (("slack ratio", 0.1),), allowance=0.3
    )
    policy = LearntPolicy("mine", function, "last", (("runs", 12.0),))
    assert read_policy(write_policy(policy, tmp_path / "policy.json")) == policy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "JSON"),
        ("[]", "policy"),
        ('{"format": "other", "name": "x", "leaves": [{}]}', "format"),
        ('{"format": "danao priority function 1", "name": "x", "leaves": [{"speed": 1}]}', "unknown term 'speed'"),
        ('{"format": "danao priority function 1", "name": "x", "leaves": []}', "complete tree"),
        ('{"format": "danao priority function 1", "name": "x", "leaves": [{"slack": "much"}]}', "leaves.0.slack"),
        ('{"format": "danao priority function 1", "name": "x", "leaves": [{}], "place": "second"}', "place"),
    ],
)
def test_a_damaged_policy_file_is_explained(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        read_policy(file)


def test_rules_are_read_as_people_write_them() -> None:
    assert rival_named("atc k=3 b=0.5") == Rival("atc", Tuning(look_ahead=3, allowance=0.5))
    assert rival_named("atcs k1=1 k2=0.1") == Rival("atcs", Tuning(look_ahead=1, setup=0.1))
    assert rival_named("priority, spt") == Rival("priority, spt")
    assert rival_named("as is") == Rival("")
    for text, message in (("best", "no rule"), ("spt k=2", "k=2"), ("atc k=two", "number"), ("atc k=0", "above 0")):
        with pytest.raises(BadInput, match=message):
            rival_named(text)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(BadInput, match="population"):
        SearchOptions(population=2)
