"""Every mistake that people make in plant files is named by file, line and cure; all of them in one go."""

import re

import pytest

from danao.core import BadInput
from danao.plant import Family, check_plant, examples, read_plant, write_plant
from danao.plant.example import example
from danao.plant.model import Distribution, EnergyStates, Failure, Plant, Product, Segment, Source, Station

MILL = "{station: mill, time: {triangular: [5 min, 7 min, 12 min]}, setup_class: steel, scrap: 0.01}"
WASH = "{station: wash, time: {lognormal: [3 min, 1 min]}, setup_class: alu, rework: 0.05, rework_to: mill}"
REPEAT = "rework: 0.05, rework_to: mill"


def test_the_sound_plant_is_what_was_written(sound):
    minute = 1 / 60
    mill = Station(
        "mill",
        buffer=5,
        failures=(
            Failure("operation", Distribution(Family.EXPONENTIAL, (8.0,)), Distribution(Family.EXPONENTIAL, (0.5,))),
        ),
        energy=EnergyStates(working=12.0, idle=3.0),
    )
    route = (
        Segment("saw", Distribution(Family.CONSTANT, (4 * minute,))),
        Segment("mill", Distribution(Family.TRIANGULAR, (5 / 60, 7 / 60, 0.2)), setup_class="steel", scrap=0.01),
        Segment("wash", Distribution(Family.LOGNORMAL, (0.05, minute)), setup_class="alu", rework=0.05, rework_to=1),
    )
    gaps = Distribution(Family.EXPONENTIAL, (5 / 60,))
    assert read_plant(sound) == Plant(
        "machine shop",
        (Station("saw", machines=2, buffer=10), mill, Station("wash")),
        (Product("bracket", route),),
        (Source("bracket", gaps, due_after=8.0), Source("bracket")),
    )
    assert check_plant(sound) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("scrap: 0.01", "scarp: 0.01", r"plant.yaml:6: .*unknown key 'scarp'.*one of: station.*Did you mean 'scrap'\?"),
        ("sources:", "colour: red\nsources:", r"plant.yaml:15: colour: unknown key 'colour'. Expected one of: plant"),
        ("{triangular: [5", "{triangel: [5", r"plant.yaml:6: .*unknown key 'triangel'.*exponential.*'triangular'\?"),
        ("{station: saw", "{station: sow", r"plant.yaml:5: .*unknown station 'sow'. Expected one of: mill, saw, wash"),
        ("product: bracket", "product: braket", r"plant.yaml:16: .*unknown product 'braket'. Expected one of: bracket"),
        ("rework_to: mill", "rework_to: mil", r"plant.yaml:7: .*'mil' is no station of this route.*Did you mean 'mill"),
        ("rework_to: mill", "rework_to: step 4", r"plant.yaml:7: .*step 4. Expected step 1 to step 3"),
        (", rework_to: mill", "", r"plant.yaml:7: .*rework without rework_to"),
        (
            "{station: saw",
            "{station: mill",
            r"plant.yaml:7: .*mill is visited more than once. Expected step 1 or step 2",
        ),
        (REPEAT, "rework: 1.0, rework_to: mill", r"plant.yaml:7: .*reworked for ever. Expected a rework below 1"),
        (REPEAT, "scrap: .6, rework: .6, rework_to: mill", r"plant.yaml:7: .*probabilities that sum to 1 at most"),
        ("scrap: 0.01", "scrap: 1.5", r"plant.yaml:6: .*scrap: 1.5. Expected 1 or less"),
        ("scrap: 0.01", "scrap: -0.1", r"plant.yaml:6: .*scrap: -0.1. Expected 0 or more"),
        ("scrap: 0.01", "scrap: .nan", r"plant.yaml:6: .*scrap: .nan. Expected a"),
        ("scrap: 0.01", "scrap: nan", r"plant.yaml:6: .*scrap: nan. Expected a"),
        ("scrap: 0.01", "scrap: 1 %", r"plant.yaml:6: .*scrap: 1 %. Expected a number with a decimal point"),
        ("time: 4 min", "time: 4", r"plant.yaml:5: .*route\[1\].time: 4 without a unit.*Write 4 h, 4 min or 4 s"),
        ("time: 4 min", "time: -4 min", r"plant.yaml:5: .*-4 min. A time cannot be negative"),
        ("time: 4 min", "time: 4 kW", r"plant.yaml:5: .*4 kW is a power. Expected a time"),
        ("time: 4 min", "time: .nan min", r"plant.yaml:5: .*Expected a finite number"),
        ("time: 4 min", "time: .nan", r"plant.yaml:5: .*Expected a time"),
        ("time: 4 min", "time: 0 min", None),
        ("time: 4 min", "time: ", r"plant.yaml:5: .*time: nothing. Expected a time"),
        (", time: 4 min", "", r"plant.yaml:5: .*route\[1\]: key 'time' is missing.*Add, for example, time: 4 min"),
        ("[5 min, 7 min, 12 min]", "[7 min, 5 min, 12 min]", r"plant.yaml:6: .*low <= high in \[low, mode, high\]"),
        ("[5 min, 7 min, 12 min]", "[5 min, 12 min]", r"plant.yaml:6: .*2 values. Expected 3 or more"),
        ("[5 min, 7 min, 12 min]", "[1 s, 2 s, 3 s, 4 s]", r"plant.yaml:6: .*4 values. Expected 3 or fewer"),
        ("[5 min, 7 min, 12 min]", "7 min", r"plant.yaml:6: .*triangular: 7 min. Expected a list"),
        ("{lognormal: [3 min, 1 min]}", "{weibull: [3 min, 1 min]}", r"plant.yaml:7: .*1 min. Expected a number"),
        ("{lognormal: [3 min, 1 min]}", "{weibull: [3 min]}", r"plant.yaml:7: .*1 value. Expected at least 2"),
        ("{lognormal: [3 min, 1 min]}", "{weibull: [3 min, 0.001]}", r"plant.yaml:7: .*weibull without a finite mean"),
        ("{lognormal: [3 min, 1 min]}", "{weibull: [3 min, 0]}", r"plant.yaml:7: .*0. Expected above 0"),
        ("{lognormal: [3 min, 1 min]}", "{lognormal: [0 min, 1 min]}", r"plant.yaml:7: .*Expected a time above 0"),
        ("{lognormal: [3 min, 1 min]}", "{empirical: []}", r"plant.yaml:7: .*no observed values"),
        ("{lognormal: [3 min, 1 min]}", "{}", r"plant.yaml:7: .*no distribution. Expected exactly one"),
        ("{exponential: 8 h}", "{exponential: 8 h, constant: 1 h}", r"plant.yaml:12: .*exponential and constant"),
        ("{exponential: 8 h}", "{exponential: 0 h}", r"plant.yaml:12: .*mean time between failures of 0"),
        ("clock: operation", "clock: wall", r"plant.yaml:12: .*wall. Expected 'calendar' or 'operation'"),
        ("clock: operation, ", "", r"plant.yaml:12: .*key 'clock' is missing"),
        ("working: 12 kW", "working: 12 min", r"plant.yaml:13: .*12 min is a time. Expected a power"),
        ("working: 12 kW", "working: -12 kW", r"plant.yaml:13: .*A power cannot be negative"),
        ("machines: 2", "machines: 0", r"plant.yaml:9: stations.saw.machines: 0. Expected 1 or more"),
        ("machines: 2", "machines: 2.5", r"plant.yaml:9: stations.saw.machines: 2.5. Expected a whole number"),
        ("machines: 2", "machines: two", r"plant.yaml:9: stations.saw.machines: two. Expected a whole number"),
        ("buffer: 10", "buffer: -1", r"plant.yaml:9: stations.saw.buffer: -1. Expected 0 or more"),
        ("due_after: 8 h", "due_after: 8", r"plant.yaml:16: sources\[1\].due_after: 8 without a unit"),
        ("saturated: true", "priority: 1", r"plant.yaml:17: sources\[2\]: neither gaps nor saturated"),
        ("saturated: true", "saturated: true, gaps: 1 h", r"plant.yaml:17: .*both gaps and saturated"),
        ("saturated: true", "saturated: perhaps", r"plant.yaml:17: .*perhaps. Expected true or false"),
        ("gaps: {exponential: 5 min}", "gaps: 0 min", r"plant.yaml:16: .*without any gap"),
        ("gaps: {exponential: 5 min}", "saturated: true", r"plant.yaml:17: .*already kept saturated with bracket"),
        ("  wash:\n", "  wash:\n  saw: {}\n", r"plant.yaml:15: 'saw' is written twice, first in line 9"),
        ("  wash:\n", "  ? [wash, hot]\n  : {}\n", r"plant.yaml:14: a key that is a list"),
        ("  wash:\n", "  wash: {}\n  '': {}\n", r"plant.yaml:15: stations.: nothing. Expected a name"),
        (
            "  saw: {mach",
            "\tsaw: {mach",
            r"plant.yaml:9: the line is indented with a tab. Expected blanks.*Replace tabs",
        ),
        ("{station: saw", "{station: saw}, {", r"plant.yaml:5: not YAML"),
        ("plant: machine shop\n", "", r"plant.yaml:1: key 'plant' is missing"),
        ("plant: machine shop", "plant:", r"plant.yaml:1: plant: nothing. Expected a name"),
        ("machine shop", "machine \0 shop", r"plant.yaml:1: character U\+0000. Expected text that can be printed"),
        ("machine shop", "[" * 2000, r"plant.yaml: nested too deeply"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_cure(mistakes, old, new, message):
    found = mistakes((old, new))
    if message is None:
        assert found == []
        return
    assert any(re.match(message, one) for one in found), found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "plant.yaml:1: the file is empty. Expected the keys plant, products, stations, sources"),
        ("# nothing yet\n", "plant.yaml:1: the file is empty"),
        ("- saw\n- mill\n", "plant.yaml:1: the document is a list"),
        ("saw", "plant.yaml:1: the document is saw"),
        ("a: &a [*a]", "plant.yaml: nested too deeply"),
        ("a: 1\n---\nb: 2\n", "plant.yaml:2: not YAML"),
    ],
)
def test_a_document_that_is_no_plant_at_all_says_so(sound, text, message):
    sound.write_text(text)
    with pytest.raises(BadInput, match=message):
        read_plant(sound)


def test_a_text_that_aliases_blow_up_is_refused(sound):
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 12)}]" for n in range(1, 9)]
    sound.write_text("\n".join(["a0: &a0 [x]", *rows]))
    with pytest.raises(BadInput, match="more than 1,000,000 values"):
        read_plant(sound)


def test_a_list_where_names_are_expected_says_so(mistakes):
    found = mistakes(("stations:\n  saw: {machines: 2, buffer: 10, rule: fifo}\n", "stations:\n  - saw\nrest:\n"))
    assert any(one.startswith("plant.yaml:8: stations: a list. Expected a mapping") for one in found)


@pytest.mark.parametrize("section", ["stations: {}", "products: {}", "sources: []", "stations:", "sources:"])
def test_an_empty_section_is_a_mistake(mistakes, section):
    name = section.split(":")[0]
    found = mistakes((f"{name}:\n", f"{section}\nold_{name}:\n"))
    assert any(f": {name}: " in one for one in found), found


def test_an_empty_route_is_a_mistake(mistakes):
    found = mistakes(
        ("sources:\n", "sources:\n  - {product: idle, saturated: true}\n"),
        ("  bracket:\n    route:\n", "  idle: {route: []}\n  bracket:\n    route:\n"),
    )
    assert found == ["plant.yaml:3: products.idle.route: an empty list. Expected 1 or more. Add or remove values."]


def test_a_route_that_takes_no_time_is_a_mistake(mistakes):
    found = mistakes((f"      - {MILL}\n      - {WASH}\n", ""), ("time: 4 min", "time: 0 s"))
    assert found == [
        "plant.yaml:3: products.bracket: a route that takes no time at all. Expected a time above 0. Correct the times."
    ]


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_lines(mistakes):
    found = mistakes(
        ("time: 4 min", "time: 4"),
        ("station: mill", "station: mil"),
        ("rework: 0.05", "rework: 1.05"),
        ("rework_to: mill", "rework_to: lathe"),
        ("machines: 2", "machines: 0"),
        ("exponential: 8 h", "exponential: 0 h"),
        ("12 kW", "12"),
        ("product: bracket, saturated", "product: brackets, saturated"),
    )
    assert [int(one.split(":")[1]) for one in found] == [5, 6, 7, 7, 9, 12, 13, 17]


def test_a_mistake_brings_no_further_complaints_with_it(mistakes):
    assert len(mistakes((MILL, "mill"))) == 1 + 1  # the step, and the rework that leads to it


def test_an_unusable_product_is_one_mistake(mistakes):
    assert mistakes(("  bracket:\n", "  bracket: nothing\n  other:\n")) == [
        "plant.yaml:3: products.bracket: nothing. Expected a mapping: lines of `key: value`, or {key: value}."
        " Correct the value."
    ]


def test_the_first_mistake_is_raised_and_has_four_parts(sound):
    sound.write_text(sound.read_text().replace("4 min", "4"))
    with pytest.raises(BadInput) as raised:
        read_plant(sound)
    assert str(raised.value) == str(check_plant(sound)[0])
    assert all((raised.value.where, raised.value.found, raised.value.expected, raised.value.remedy))


def test_a_missing_file_is_bad_input(tmp_path):
    assert "cannot be read" in str(check_plant(tmp_path / "none.yaml")[0])


def test_names_that_yaml_would_misread_stay_names(mistakes, sound):
    assert mistakes(("station: saw", "station: no"), ("  saw:", "  no:"), ("machine shop", "4:30")) == []
    plant = read_plant(sound)
    assert (plant.name, plant.stations[0].name) == ("4:30", "no")


SETUP = ("    buffer: 5\n", "    buffer: 5\n    setup: setups.csv\n")
BOTH = (
    ("setup_class: alu", "setup_class: steel"),
    ("time: 4 min}", "time: 4 min}\n      - {station: mill, time: 1 min, setup_class: alu}"),
)
STEPS = (*BOTH, ("rework_to: mill", "rework_to: step 3"))


def test_setup_times_come_from_a_table_or_from_the_file(mistakes, sound):
    table = "from,to,time,note\nsteel,alu,20 min,\nalu,steel,0.5 h,clean\n"
    assert mistakes(SETUP, *STEPS, setups=table) == []
    from_table = read_plant(sound)
    assert from_table.station("mill").setup == {("steel", "alu"): 20 / 60, ("alu", "steel"): 0.5}
    assert mistakes(("setup: setups.csv", "setup: {steel: {alu: 20 min}, alu: {steel: 30 min}}")) == []
    assert read_plant(sound) == from_table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('from,to,time\nsteel,alu,"2,5 min"\n', r"setups.csv:2: time: '2,5 min', written with a comma.*2.5 min"),
        ("from,to,time\nsteel,alu,2,5 min\n", r"setups.csv:2: 4 cells.*decimal comma"),
        ("from,to,time\nsteel,alu,20\n", r"setups.csv:2: time: 20 without a unit"),
        ("from,to,time\nsteel,alu,-20 min\n", r"setups.csv:2: time: -20 min. A time cannot be negative"),
        ("from,to,time\nsteel,alu,1 h\nsteel,alu,2 h\n", r"setups.csv:3.*steel to alu is written twice"),
        ("from,to,time\n,alu,1 h\n", r"setups.csv:2: column from is empty"),
        ("from;to;time\n", r"plant.yaml:13: stations.mill.setup: setups.csv:1: no column 'from'.*separator seems"),
        ("", r"plant.yaml:13: stations.mill.setup: setups.csv: the file is empty"),
        (
            "from,to,time\nsteel,brass,1 h\n",
            r"plant.yaml:13: .*unknown setup class 'brass'. Expected one of: alu, steel",
        ),
    ],
)
def test_a_mistake_in_a_table_is_named_by_its_own_line(mistakes, table, message):
    found = mistakes(SETUP, *STEPS, setups=table)
    assert len(found) == 1
    assert re.match(message, found[0]), found


def test_a_table_that_is_not_there_is_named_where_it_is_asked_for(mistakes):
    found = mistakes(SETUP, *STEPS)
    assert found[0].startswith("plant.yaml:13: stations.mill.setup: setups.csv: cannot be read")


def test_a_setup_to_an_unknown_class_is_named_by_its_line(mistakes):
    found = mistakes(("    buffer: 5\n", "    setup:\n      steel:\n        stele: 5 min\n"))
    assert found == [
        "plant.yaml:13: stations.mill.setup.steel.stele: unknown setup class 'stele'. Expected one of: steel."
        " Did you mean 'steel'?"
    ]


OBSERVED = ("{lognormal: [3 min, 1 min]}", "{empirical: {file: times.csv, column: minutes, unit: min}}")


def test_observed_times_come_from_a_column_or_from_a_list(mistakes, sound):
    assert mistakes(OBSERVED, times="part,minutes\na,3\nb,4.5\n") == []
    time = read_plant(sound).products[0].route[2].time
    assert (time.family, time.parameters) == (Family.EMPIRICAL, (0.05, 0.075))
    assert mistakes((OBSERVED[1], "{empirical: [3 min, 270 s]}")) == []
    assert read_plant(sound).products[0].route[2].time == time


@pytest.mark.parametrize(
    ("change", "table", "messages"),
    [
        (("", ""), "minutes\n3\n-1\nx\n", [r"times.csv:3: minutes is -1", r"times.csv:4: minutes is 'x'"]),
        (("", ""), 'minutes\n"3,5"\n', [r"times.csv:2: minutes is '3,5', written with a decimal comma"]),
        (("", ""), "minutes\nnan\n", [r"times.csv:2: minutes is nan. Expected a finite number"]),
        (("", ""), "minutes\n", [r"plant.yaml:7: .*no observed values"]),
        (("column: minutes", "column: hours"), "minutes\n3\n", [r"plant.yaml:7: .*times.csv:1: no column 'hours'"]),
        ((", unit: min", ""), "minutes\n3\n", [r"plant.yaml:7: .*without file, column or unit"]),
        (("unit: min", "unit: kW"), "minutes\n3\n", [r"plant.yaml:7: .*kW is a power"]),
    ],
)
def test_mistakes_in_observed_times_are_all_named(mistakes, change, table, messages):
    found = mistakes(OBSERVED, change, times=table)
    assert len(found) == len(messages)
    for one, message in zip(found, messages, strict=True):
        assert re.match(message, one), found


@pytest.mark.parametrize("name", examples())
def test_every_example_is_written_and_read_back_the_same(tmp_path, name):
    plant = example(name)
    assert read_plant(write_plant(plant, tmp_path / "plant.yaml")) == plant


HOUR = Distribution(Family.CONSTANT, (1.0,))


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (
            Plant(
                "p", (Station("a", setup={("b", "c"): 1.0}),), (Product("x", (Segment("a", HOUR),)),), (Source("x"),)
            ),
            "setup class",
        ),
        (Plant("", (Station("a"),), (Product("x", (Segment("a", HOUR),)),), (Source("x"),)), "Expected a name"),
    ],
)
def test_a_plant_that_no_file_can_hold_is_not_written(tmp_path, plant, message):
    with pytest.raises(BadInput, match=message):
        write_plant(plant, tmp_path / "plant.yaml")
    assert list(tmp_path.iterdir()) == []
