import pytest

from danao.core import BadInput
from danao.plant import example
from danao.plant.policies import AS_IS, plant_with, written
from danao.plant.rules import DISPATCHING_RULES

SHOP = example("machine-shop")


def rules(policy):
    return {station.name: station.rule for station in plant_with(SHOP, policy).stations}


@pytest.mark.parametrize("rule", DISPATCHING_RULES)
def test_every_rule_can_be_put_on_all_stations(rule):
    assert set(rules(rule).values()) == {rule}


def test_a_list_of_rules_reads_as_in_a_plant_file():
    assert set(rules(" priority,least setup ,  fifo").values()) == {"priority, least setup, fifo"}


def test_single_stations_get_their_rule_and_the_others_keep_theirs():
    assert rules("mill: spt; saw: edd") == {station.name: station.rule for station in SHOP.stations} | {
        "mill": "spt",
        "saw": "edd",
    }


def test_a_rule_for_one_station_outweighs_that_for_all_whatever_their_order():
    assert rules("lifo; mill: atc") == rules("mill: atc; lifo")
    assert rules("lifo; mill: atc")["mill"] == "atc"
    assert rules("lifo; mill: atc")["saw"] == "lifo"


def test_limits_are_put_on_the_plant_and_on_single_sources():
    plant = plant_with(SHOP, "limit 12; shaft: limit 4")
    assert plant.limit == 12
    assert {source.product: source.limit for source in plant.sources} == {"bracket": None, "housing": None, "shaft": 4}
    assert plant_with(plant, "limit none; shaft: limit none") == SHOP


@pytest.mark.parametrize("policy", ["", "  ", ";", AS_IS])
def test_nothing_said_changes_nothing(policy):
    assert plant_with(SHOP, policy) == SHOP
    assert written(policy) == AS_IS


def test_a_policy_is_written_the_same_however_its_blanks_are_set():
    assert written(" mill:spt ;saw :  priority ,fifo;") == "mill: spt; saw: priority, fifo"
    assert plant_with(SHOP, written("mill:spt ;limit  3")) == plant_with(SHOP, "mill:spt ;limit  3")


def test_capital_letters_make_no_other_policy_but_names_of_stations_are_as_in_the_plant():
    assert written("ATC;  mill: Least  Setup, FIFO; LIMIT 3") == "atc; mill: least setup, fifo; limit 3"
    assert plant_with(SHOP, "mill: SPT; Limit None") == plant_with(SHOP, "mill: spt; limit none")
    assert plant_with(SHOP, "AS IS") == SHOP
    with pytest.raises(BadInput, match="unknown station 'Mill'"):
        plant_with(SHOP, "Mill: spt")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("atx", r"policy 'atx': 'atx' is no rule. Expected one of: fifo, .*begun first; or limit.* Correct the name"),
        ("mill: atx", "'atx' is no rule"),
        ("priority, ", "a rule is missing"),
        ("mil: spt", "unknown station 'mil'. Expected one of: deburr, drill"),
        ("bolt: limit 3", "unknown source 'bolt'. Expected one of: bracket, housing, shaft"),
        ("limit 0", "limit 0. Expected a whole number above 0, or none"),
        ("limit many", "limit many. Expected a whole number above 0, or none"),
        ("limit 3; limit 4", "the limit of the plant is said twice"),
        ("fifo; spt", "the rule of all stations is said twice"),
        ("mill: fifo; mill: spt", "the rule of mill is said twice"),
        ("fifo, spt, edd, atc", "4 rules after each other. Expected 3 at most"),
        (f"{AS_IS}; limit 3", f"'{AS_IS}' is no rule"),
    ],
)
def test_a_mistake_in_a_policy_is_explained(policy, message):
    with pytest.raises(BadInput, match=message):
        plant_with(SHOP, policy)
