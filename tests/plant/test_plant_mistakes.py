"""What can be wrong with shifts, people, transports, material, money and orders, named by file and line or row."""

import re
from pathlib import Path

import pytest

from danao.plant import check_plant, read_plant

EVERYTHING = Path(__file__).with_name("everything.yaml").read_text()
ORDERS = Path(__file__).with_name("orders.csv").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plant.yaml").write_text(EVERYTHING)
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path


def said(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """What is said about the plant with everything after each `old` is replaced by its `new`."""
    text = (folder / "plant.yaml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / "plant.yaml").write_text(text)
    return [str(mistake).replace(f"{folder}/", "") for mistake in check_plant(folder / "plant.yaml")]


def line(text: str) -> int:
    """Line of the plant with everything in which a text stands."""
    return EVERYTHING[: EVERYTHING.index(text)].count("\n") + 1


OWNERS = {
    line(text) for text in ("stops: {", "      track:", "  windows:", "    batch: {maximum: 4", "      positions:")
}
"""Lines of keys that are named although one of the keys below, or of the numbers that they must fit, was changed."""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[Mon-Fri 06:00-22:00, Sat 08:00-12:00]", "[Mon-Fri 6-22]", "'Mon-Fri 6-22' names no hours of the week"),
        ("Sat 08:00-12:00", "Sat 08:00-24:30", "24:30 in 'Sat 08:00-24:30'. Expected a time from 00:00 to 24:00"),
        ("{shifts: [Mon-Fri 06:00-22:00, Sat 08:00-12:00]}", "[]", "no list of shifts"),
        ("{shifts: [Mon-Fri 06:00-22:00, Sat 08:00-12:00]}", "{cycle: 24 h}", "neither shifts nor open"),
        ("{open: [[6 h, 30 h]], cycle: 72 h}", "{open: []}", "it is never open. Expected at least one open span"),
        ("[[6 h, 30 h]], cycle: 72 h", "[[6 h, 30 h], [20 h, 40 h]]", "the span from 20 h to 40 h"),
        ("[[6 h, 30 h]], cycle: 72 h", "[[6 h, 30 h]], cycle: 24 h", "the span from 6 h to 30 h"),
        ("[[6 h, 30 h]], cycle: 72 h", "[[6 h, 30 h]], cycle: 0 h", "a cycle of 0 h. Expected a time above 0"),
        (
            "    calendar: two shifts\n",
            "    calendar: tow shifts\n",
            "unknown calendar 'tow shifts'. Expected one of: n",
        ),
        ("needs: [operator,", "needs: [welder,", "nobody has the skill 'welder': the station would wait for ever"),
        ("count: 2, during: setup", "count: 3, during: setup", "3 people with the skill 'setter'.*Expected 2 at most"),
        ("count: 2, during: setup", "count: 0, during: setup", "count: 0. Expected 1 or more"),
        ("crew: repair}\n      - {clock: cal", "crew: nobody}\n      - {clock: cal", "nobody has the skill 'nobody'"),
        ("{exponential: 8 h}, down", "{exponential: 0 h}, down", "a mean time between failures of 0"),
        ("every: 500 pieces", "every: 500 h", "clock: pieces, but `every` is a time. Expected a number of pieces"),
        ("every: 1 week", "every: 0 h", "maintenance without any time between"),
        ("every: 500 pieces", "every: -500 pieces", "-500 pieces. A number of pieces cannot be negative"),
        ("batch: {maximum: 4}", "batch: {maximum: 4, minimum: 5}", "a batch of 5 to 4. Expected 1 <= minimum"),
        ("batch: {maximum: 4}", "buffer: 2\n    batch: {maximum: 4, minimum: 4}", "can never gather in a buffer of 2"),
        ("batch: {maximum: 4}", "batch: {maximum: 99, minimum: 61}", "can never gather with 60 in the plant at most"),
        ("scrap: 0.01\n        rework: 0.02", "rework: 1", "every part is reworked for ever"),
        ("share: 0.9", "share: 1.9", "1.9. Expected 1 or less"),
        ("interval: 2 min", "interval: 0 min", "an interval of 0"),
        ("time: 20 min\n", "time: .nan min\n", ".nan min. Expected a finite number"),
        ("rate: 5 °C/min", "rate: 0 °C/min", "heating at 0 °C/h. Expected a rate above 0"),
        ("rate: 5 °C/min", "rate: 5 °C", "5 °C is a temperature. Expected a heating rate such as 300 °C/h"),
        ("needs: 900 °C", "needs: 900", "900 without a unit. Expected a temperature.*Write 900 °C"),
        ("time_constant: 6 h", "time_constant: 0 h", "a cooling time of 0 h"),
        ("within: 30 min, since: step 1", "within: 30 min, since: step 9", "step 9. Expected step 1 to step 4"),
        ("since: step 1, then: rework, rework_to: step 1", "then: rework", "then: rework without rework_to"),
        (
            "then: rework, rework_to: step 3",
            "then: rework, rework_to: step 4",
            "late parts go to step 4. Expected 1 to 3",
        ),
        (
            "same_machine_as: step 1",
            "same_machine_as: step 4",
            "the machine of step 4. Expected an earlier step, 1 to 2",
        ),
        ("needs: {wheel: 4}", "needs: {wheel: 0}", "0. Expected 1 or more"),
        ("needs: {wheel: 4}", "needs: {wheels: 4}", "unknown product 'wheels'"),
        ("needs: {wheel: 4}", "needs: {frame: 4}", "frame goes into itself"),
        ("needs: {wheel: 4}", "needs: {wheel: 41}", "41 of wheel, but its store has 40 places"),
        ("{station: oven, time: 1 h", "{needs: {old frame: 1, wheel: 1}, station: oven, time: 1 h", None),
        ("rule: [priority, edd]", "rule: [priority, edf]", "unknown dispatching rule 'edf'"),
        ('"*": {hot: 1 h}', '"*": {cold: 1 h}', "unknown setup class 'cold'. Expected one of: hot, warm"),
        ("setup_runs: {hot: 3}", "setup_runs: {cold: 3}", "unknown setup class 'cold'"),
        ("moves: [oven -> press]", "moves: [oven > press]", "oven > press. Expected a move such as saw -> mill"),
        ("moves: [oven -> press]", "moves: [ofen -> press]", "unknown station 'ofen'"),
        ("moves: [press -> oven]", "moves: [oven -> press]", "roller does the move oven → press already"),
        ("speed: 1.2 m/s", "speed: 0 m/s", "a speed of 0 m/h. Expected a speed above 0"),
        ("speed: 1.2 m/s", "speed: 1.2", "1.2 without a unit. Expected a speed"),
        ("end: A, length: 60 m", "end: A, length: 60 s", "60 s is a time. Expected a length such as 12 m"),
        ("        - {start: B, end: A, length: 60 m, vehicles: 1}\n", "", "no way from B to oven"),
        ("stops: {oven: A", "stops: {oven: Z", "station oven stands at node 'Z', which is not on the track"),
        ("home: B", "home: Z", "unknown node 'Z'. Expected one of: A, B"),
        (
            "start: [0 m, 30 m]",
            "start: [0 m, 3 m]",
            "cranes at 0 m and 3 m. Expected them ascending, 6 m or more apart",
        ),
        ("positions: {oven: 4 m, press: 26 m}", "positions: {oven: 4 m}", "no position for station press"),
        ("roller: {conveyor: {", "roller: {belt: {", "unknown key 'belt'. Expected one of: conveyor, fleet, cranes"),
        ("price: 0.14 CHF/kWh", "price: 0.14", "0.14 without a currency"),
        ("price: 0.14 CHF/kWh", "price: 0.14 CHF", "0.14 CHF. Expected money per kWh"),
        ("price: 0.14 CHF/kWh", "price: 0,14 CHF/kWh", "written with a comma.*0.14 CHF/kWh"),
        ("peak: 7.5 CHF/kW", "peak: 7.5 EUR/kW", "a price in EUR. Expected CHF, as in worth"),
        ("Sat-Sun 00:00-06:00", "Mon-Tue 06:00-09:00", "the window from 8 h to 20 h at 0.21"),
        ("margin: {frame: 40 CHF}", "margin: {fram: 40 CHF}", "unknown product 'fram'"),
        ("limit: 60", "limit: 0", "limit: 0. Expected 1 or more"),
        ("due_after: 2 d", "due_after: 0 h", "due 0 h after arrival. Expected a time above 0"),
        ("buffer: 12", "buffer: 0", None),
    ],
)
def test_a_mistake_is_named_by_its_line(folder, old, new, message):
    found = said(folder, (old, new))
    if message is None:
        assert found == []
        return
    matching = [one for one in found if re.search(message, one)]
    assert matching, found
    below = new.count("\n") + 1
    places = [int(one.split(":")[1]) for one in matching if one.startswith("plant.yaml:")]
    assert any(line(old) <= place <= line(old) + below or place in OWNERS for place in places), found


def test_a_component_that_nobody_makes_is_named_where_it_is_needed(folder):
    found = said(folder, (", yields: {wheel: 2}", ""))
    assert len(found) == 1
    assert found[0].startswith(
        f"plant.yaml:{line('needs: {wheel: 4}')}: products.frame.route[2].needs: nobody makes wheel"
    )


def test_products_that_go_into_each_other_can_never_be_made(folder):
    found = said(folder, ("{station: press, time: 30 s}", "{station: press, time: 30 s, needs: {frame: 1}}"))
    assert [one.split(": ", 2)[2].split(".")[0] for one in found] == [
        "it can never be made, because it goes into itself: frame → wheel → frame"
    ]


def test_prices_of_a_plant_without_worth_are_in_euro(folder):
    found = said(folder, (EVERYTHING[EVERYTHING.index("worth:") : EVERYTHING.index("limit: 60")], ""))
    assert len(found) == 3
    assert all("a price in CHF. Expected EUR" in one for one in found)


def test_mistakes_in_all_sections_are_found_at_once(folder):
    found = said(
        folder,
        ("within: 30 min", "within: 30"),
        ("machines: 2", "machines: 0"),
        ("Sat 08:00-12:00", "Sat 8-12"),
        ("speed: 1.2 m/s", "speed: fast"),
        ("peak: 7.5 CHF/kW", "peak: 7.5"),
        ("late: 2 CHF/h", "late: 2"),
        ("limit: 60", "limit: none"),
    )
    numbers = [int(one.split(":")[1]) for one in found]
    assert len(numbers) == 7
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("table", "messages"),
    [
        ("product,release\nframe,-1\n", ["orders.csv:2: release: -1 h. A time cannot be negative"]),
        ("product,release\nframe,nan\n", ["orders.csv:2: release: nan"]),
        ("product,release\nframe,\n", ["orders.csv:2: column release is empty"]),
        ("product,release\n,1\n", ["orders.csv:2: column product is empty"]),
        ('product,release\nframe,"1,5"\n', ["orders.csv:2: release: '1,5', written with a comma"]),
        ("product,release\nframe,1,5\n", ["orders.csv:2: 3 cells. Expected 2"]),
        ("product;release\nframe;1\n", ["orders: orders.csv:1: no column 'product'.*the separator seems to be ';'"]),
        ("product\trelease\nframe\t1\n", ["orders: orders.csv:1: no column 'product'.*instead of tabs"]),
        (
            "product,release\nframe,1899/12/31 01:49:00\n",
            ["orders.csv:2: release: .*a time of the year 1899.*the clock shows 1.8167 h"],
        ),
        ("product,release\nframe,01:30\n", ["orders.csv:2: release: '01:30' may be hours and minutes or minutes and"]),
        ("product,release,name\nframe,1,A\nframe,2,A\n", ["orders.csv:3: order A is in line 2 too"]),
        ("product,release\nframe,1\nframe,1\n", ["orders.csv:3: the same order without a name is in line 2 too"]),
        (
            "product,release\nfrome,1\nframe,2\nx,3\n",
            ["orders.csv:2: product: unknown product 'frome'", "orders.csv:4"],
        ),
        ("product,release,pieces\nframe,1,0\nframe,2,1.5\n", ["orders.csv:2: pieces: 0. Expected 1", "orders.csv:3"]),
        ("product,release,Release \nframe,1,2\n", ["orders: orders.csv:1: column 'release' is there twice"]),
        ("", ["orders: orders.csv: the file is empty"]),
        ("product,release\n", [r"orders: an empty list. Expected 1 or more"]),
        ("\ufeffProduct,\u00a0RELEASE \u00a0\nframe,1\n\n , \nframe,2\n", []),
    ],
)
def test_mistakes_in_a_table_of_orders_are_named_by_their_rows(folder, table, messages):
    (folder / "orders.csv").write_text(table)
    found = said(folder)
    assert len(found) == len(messages), found
    for one, message in zip(found, messages, strict=True):
        assert re.search(message, one), found


def test_a_header_with_odd_blanks_is_found(folder):
    (folder / "times.csv").write_text("Work Order\u00a0 Qty,minutes\n3,4\n3,4\n")
    change = ("time: 20 min\n", "time: {empirical: {file: times.csv, column: work order qty, unit: min}}\n")
    assert said(folder, change) == []
    assert read_plant(folder / "plant.yaml").product("frame").route[0].time.parameters == (0.05, 0.05)


def test_a_duration_of_1899_in_observed_times_is_named_by_its_row(folder):
    (folder / "times.csv").write_text("minutes\n4\n1899-12-30 00:04:00\n")
    change = ("time: 20 min\n", "time: {empirical: {file: times.csv, column: minutes, unit: min}}\n")
    found = said(folder, change)
    assert len(found) == 1
    assert re.match(r"times.csv:3: minutes: .*spreadsheet.*Format the column as a number", found[0])
