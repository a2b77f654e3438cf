"""The chart of a plan says what the plan says, in a picture and in numbers, and can be looked into."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations, pairwise

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.core.pictures import SERIES
from danao.scheduling.energy import Energy
from danao.scheduling.gantt import Bar, Chart, chart_of, gantt_page, plan_chart
from danao.scheduling.gantt.picture import contrast, label_ink, ticks
from danao.scheduling.model import NO_MACHINE, Batch, Job, Link, Machine, Mode, Operation, Problem, Resource
from danao.scheduling.schedule import TARDINESS, Schedule
from danao.scheduling.solve import solve
from tests.scheduling.browser import asked
from tests.scheduling.shops import random_shop

SETUP = np.array([[0, 2], [3, 0]])
SHOP = Problem(
    "shop",
    (Job("A", due=9), Job("B"), Job("C")),
    (
        Operation(0, (Mode(0, 4, power=10.0),)),
        Operation(0, (Mode(1, 3, power=5.0),)),
        Operation(1, (Mode(0, 5, power=20.0),), setup_class=1),
        Operation(2, (Mode(NO_MACHINE, 6),)),
        Operation(2, (Mode(NO_MACHINE, 2),)),
    ),
    (Machine("saw", closed=((4, 7),), setup=SETUP), Machine("mill")),
    (Link(0, 1),),
    unit="h",
)
PLANNED = Schedule.of(SHOP, np.zeros(5, np.int64), np.array([0, 7, 9, 0, 2]))
PRICES = ((0.0, 6.0, 0.1), (6.0, 14.0, 0.3))


class Page(HTMLParser):
    """Tags with their attributes, and the text of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


def data_of(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL).group(1))


def rectangles(page: str, group: str = "all") -> list[tuple[float, float]]:
    """(start, width) of the rectangles of each group of this class, one chart after the other."""
    inside = "".join(re.findall(rf'<g class="{group}">(.*?)</g>', page, re.DOTALL))
    return [(float(x), float(w)) for x, w in re.findall(r'x="([^"]+)" y="[^"]+" width="([^"]+)"', inside)]


def test_the_bars_and_the_numbers_of_a_page_are_those_of_the_plan():
    problem = random_shop(7, jobs=6, machines=4, alternatives=2)
    plan = solve(problem, time_limit=None, step_limit=200, threads=1)
    page = gantt_page("plan", [plan_chart(problem, plan)])
    bars = data_of(page)["charts"][0]["bars"]
    expected = sorted(
        (plan.schedule.machine_of(problem, i), int(plan.schedule.start[i]), int(plan.schedule.end[i]), problem.label(i))
        for i in range(len(problem.operations))
    )
    assert sorted((row, start, end, name) for row, start, end, name, *_ in bars) == expected
    assert rectangles(page) == [(bar[1], bar[2] - bar[1]) for bar in bars]
    assert max(bar[2] for bar in bars) == plan.value == data_of(page)["span"][1]


def test_a_setup_is_a_bar_of_its_own_right_before_what_it_is_for():
    chart = chart_of(SHOP, PLANNED, "plan")
    (setup,) = [bar for bar in chart.bars if bar.kind == "setup"]
    assert (setup.row, setup.start, setup.end, setup.name) == (0, 7, 9, "setup for B/1")
    assert 'class="s' in gantt_page("plan", [chart])


def test_what_needs_no_machine_has_rows_of_its_own_on_which_nothing_overlaps():
    chart = chart_of(SHOP, PLANNED, "plan")
    assert chart.rows == ("saw", "mill", "at once, 1", "at once, 2")
    rows = {bar.name: bar.row for bar in chart.bars}
    assert {rows["C/1"], rows["C/2"]} == {2, 3}


def test_the_power_of_the_band_is_that_of_what_runs_at_every_moment():
    band = chart_of(SHOP, PLANNED, "plan", prices=PRICES, price_unit="EUR/kWh").band
    assert (band.unit, band.prices, band.price_unit) == ("kW", PRICES, "EUR/kWh")
    for time in np.arange(0.5, 16):
        running = [
            operation.modes[0].power
            for operation, start, end in zip(SHOP.operations, PLANNED.start, PLANNED.end, strict=True)
            if start <= time < end
        ]
        assert [level for since, level in band.power if since <= time][-1] == sum(running)


FURNACE = Problem(
    "furnace",
    tuple(Job(name) for name in "ABCD"),
    tuple(Operation(job, (Mode(0, 4, power=50.0),), setup_class=job // 3, family=job // 3) for job in range(4)),
    (Machine("furnace", ((7, 9),), np.array([[1, 2], [3, 0]]), batch=Batch(3), idle_power=7.0, setup_power=20.0),),
    energy=Energy(0.5, (0, 5, 11), (0.1, -0.2, 0.4)),
)
HEATS = Schedule.of(FURNACE, np.zeros(4, np.int64), np.array([0, 0, 0, 12]))


def test_setups_and_waiting_machines_draw_their_power_in_the_band():
    band = chart_of(FURNACE, HEATS, "plan").band
    assert band is not None
    waiting, closed, setup = 7.0, 0.0, 20.0
    assert band.power == ((0, 150), (4, waiting), (7, closed), (9, waiting), (10, setup), (12, 50), (16, 0))


@pytest.mark.parametrize("seed", range(5))
def test_power_of_the_band_at_its_prices_is_the_energy_cost_of_the_plan(seed):
    shop = random_shop(seed, jobs=5, machines=3, alternatives=2)
    machines = tuple(
        replace(one, idle_power=3.0 + k, setup_power=11.0 * k, closed=((9, 14), (40, 47)), setup=SETUP)
        for k, one in enumerate(shop.machines)
    )
    operations = tuple(
        replace(one, modes=tuple(replace(mode, power=5.0 + i) for mode in one.modes), setup_class=i % 2)
        for i, one in enumerate(shop.operations)
    )
    energy = Energy(0.25, (0, 10, 20, 45), (0.2, -0.1, 0.5, 0.3))
    problem = replace(shop, machines=machines, operations=operations, energy=energy)
    plan = solve(problem, time_limit=None, step_limit=100, threads=1)
    band = chart_of(problem, plan.schedule, "plan").band
    assert band is not None
    cost = sum(level * energy.between(int(a), int(b)) for (a, level), (b, _) in pairwise(band.power))
    assert cost == pytest.approx(plan.parts["energy cost"])


def test_operations_of_one_batch_do_not_hide_each_other():
    chart = chart_of(FURNACE, HEATS, "plan")
    work = [bar for bar in chart.bars if bar.kind == "work"]
    assert chart.rows == ("furnace", "furnace, 2", "furnace, 3")
    assert sorted(bar.name for bar in work) == ["A/1", "B/1", "C/1", "D/1"]
    for one, other in combinations(work, 2):
        assert one.row != other.row or one.end <= other.start or other.end <= one.start
    assert {closed.row for closed in chart.closed} == {0, 1, 2}
    assert [(bar.start, bar.end) for bar in chart.bars if bar.kind == "setup"] == [(10, 12)]


def test_the_tariff_of_a_problem_is_drawn_until_the_plan_ends() -> None:
    end = int(PLANNED.end.max())
    energy = Energy(1.0, (0, 2, end + 5), (0.3, -0.1, 0.2), currency="EUR")
    band = chart_of(replace(SHOP, energy=energy), PLANNED, "plan").band
    assert band is not None
    assert band.prices == ((0.0, 2.0, 0.3), (2.0, float(end), -0.1))
    assert band.price_unit == "EUR per kWh"
    assert max(power for _, power in band.power) > 0


def test_a_late_order_and_its_due_date_are_told():
    chart = chart_of(SHOP, PLANNED, "plan", objective=TARDINESS)
    assert {bar.name for bar in chart.bars if bar.late} == {"A/1", "A/2"}
    assert ("late orders", "1") in chart.figures
    assert ("due", "9, 1 late") in next(bar for bar in chart.bars if bar.name == "A/2").facts
    assert {bar.name for bar in chart.bars if bar.critical and bar.kind == "work"} == {"A/2"}


def test_two_plans_share_one_axis():
    earlier = Schedule.of(SHOP, np.zeros(5, np.int64), np.array([0, 4, 9, 0, 0]))
    page = gantt_page("both", [chart_of(SHOP, PLANNED, "before"), chart_of(SHOP, earlier, "after")])
    boxes = [svg["viewbox"].split() for svg in Page(page).named("svg") if svg.get("class") == "bars"]
    assert len(boxes) == 2
    assert boxes[0][0] == boxes[1][0] == "0"
    assert boxes[0][2] == boxes[1][2] == "14"
    assert [chart["name"] for chart in data_of(page)["charts"]] == ["before", "after"]


def test_a_page_loads_nothing_and_is_the_same_bytes_every_time():
    page = gantt_page("plan", [chart_of(SHOP, PLANNED, "plan", prices=PRICES)])
    tags = Page(page)
    assert not {"link", "img", "iframe", "object", "base", "embed"} & {tag for tag, _ in tags.tags}
    assert not [one for _, one in tags.tags if {"src", "href"} & set(one)]
    assert not re.findall(r"https?://|url\(|@import", page)
    policy = next(one["content"] for one in tags.named("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert page == gantt_page("plan", [chart_of(SHOP, PLANNED, "plan", prices=PRICES)])


def test_a_chart_can_be_reached_and_named_by_keyboard_and_screen_reader():
    tags = Page(gantt_page("plan", [chart_of(SHOP, PLANNED, "my plan")]))
    (plot,) = [one for one in tags.named("div") if one.get("class") == "plot"]
    assert plot["tabindex"] == "0"
    assert "my plan: 5 operations on 4 rows" in plot["aria-label"]
    assert [one for one in tags.named("div") if one.get("aria-live") == "polite"]
    assert all(svg.get("aria-hidden") == "true" for svg in tags.named("svg"))


HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}<!--\u2028&amp;"


def hostile_page() -> str:
    problem = replace(
        SHOP,
        jobs=tuple(replace(job, name=f"{HOSTILE}{job.name}") for job in SHOP.jobs),
        machines=tuple(replace(machine, name=f"{HOSTILE}{machine.name}") for machine in SHOP.machines),
        unit=HOSTILE,
    )
    chart = chart_of(problem, PLANNED, HOSTILE, prices=PRICES, price_unit=HOSTILE, notes=[HOSTILE])
    return gantt_page(HOSTILE, [chart], unit=HOSTILE, colours=HOSTILE, note=HOSTILE)


def test_hostile_names_stay_text():
    page = hostile_page()
    tags = Page(page)
    assert len(tags.named("script")) == 2
    assert tags.named("img") == []
    bars = data_of(page)["charts"][0]["bars"]
    assert all(bar[3].startswith(HOSTILE) for bar in bars if bar[5] == "work")


def test_hostile_names_stay_text_in_a_browser(tmp_path):
    told = asked(
        hostile_page(),
        """const plot = document.querySelector(".plot");
        plot.focus();
        plot.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
        document.querySelector("details").open = true;
        await later();
        return [document.images.length, document.querySelector(".tip strong").textContent,
                document.querySelector("details table tbody th").textContent];""",
        tmp_path,
    )
    assert told == [0, f"{HOSTILE}A/1", f"{HOSTILE}A/1"]


@pytest.mark.parametrize(
    ("chart", "message"),
    [
        (lambda: Chart("one", ("saw",), (Bar(1, 0, 1, "A"),)), "row 1. Expected 0 to 0"),
        (lambda: Chart("one", ("saw",), (Bar(0, 2, 1, "A"),)), "from 2 to 1. Expected finite times"),
        (lambda: Chart("one", ("saw",), (Bar(0, 0, float("nan"), "A"),)), "Expected finite times"),
        (lambda: Chart("one", ("saw",), (Bar(0, 0, 1, "A"),), path=((0, 1),)), "bars 0 and 1. Expected bars 0 to 0"),
        (lambda: gantt_page("none", []), "no charts"),
    ],
)
def test_a_chart_that_cannot_be_is_refused(chart, message):
    with pytest.raises(BadInput, match=message):
        chart()


def test_an_empty_plan_is_drawn_too():
    nothing = Schedule.of(SHOP, np.full(5, -1), np.zeros(5, np.int64))
    page = gantt_page("none", [chart_of(SHOP, nothing, "plan")])
    assert rectangles(page) == []
    assert data_of(page)["span"] == [0, 1]


def test_every_label_can_be_read_on_its_colour():
    """4.3 to 1 for bold small marks; WCAG asks 4.5 of text and 3 of graphics."""
    assert min(contrast(label_ink(colour), colour) for colour in SERIES) > 4.2


@pytest.mark.parametrize("span", [(0.0, 1.0), (0.0, 14.0), (-3.0, 1e7), (0.1, 0.7), (5.0, 5000.0)])
def test_ticks_are_round_and_few(span):
    found = ticks(span)
    assert 4 <= len(found) <= 17
    assert all(span[0] <= time <= span[1] + 1e-6 for time in found)
    assert len({round(b - a, 9) for a, b in pairwise(found)}) == 1


LOOK = """
const plot = document.querySelector(".plot"), svg = plot.querySelector("svg");
const box = () => svg.getAttribute("viewBox").split(" ").map(Number);
const second = () => document.querySelectorAll("svg.bars")[1].getAttribute("viewBox");
const button = (name) => document.querySelector(`[data-do=${name}]`).click();
const key = (name, shiftKey = false) => plot.dispatchEvent(new KeyboardEvent("keydown", { key: name, shiftKey }));
const tip = document.querySelector(".tip");
const area = plot.getBoundingClientRect(), top = svg.getBoundingClientRect().top;
const pointer = (kind, x, y, more = {}) => plot.dispatchEvent(
  new PointerEvent(kind, { clientX: x, clientY: y, bubbles: true, pointerId: 1, button: 0, ...more }));
const at = (time, row) => [area.left + (time - box()[0]) / box()[2] * area.width, top + row * 24 + 12];
"""


def looked(script: str, folder, **more) -> object:
    later = Schedule.of(SHOP, np.zeros(5, np.int64), np.array([0, 4, 9, 0, 0]))
    charts = [chart_of(SHOP, one, name, prices=PRICES) for one, name in ((PLANNED, "before"), (later, "after"))]
    return asked(gantt_page("shop", charts, unit="h", **more), LOOK + script, folder)


def test_zoom_keeps_its_middle_in_both_charts_and_show_all_shows_all(tmp_path):
    told = looked(
        """const whole = box(); button("in"); await later(); const half = box(), other = second();
        button("fit"); await later(); return [whole, half, other, box()];""",
        tmp_path,
    )
    assert told == [[0, 0, 14, 96], [3.5, 0, 7, 96], "3.5 0 7 96", [0, 0, 14, 96]]


def test_wheel_with_control_zooms_around_the_pointer_and_without_it_leaves_the_page_alone(tmp_path):
    told = looked(
        """const [x, y] = at(4, 0);
        const wheel = (ctrlKey) => { const event = new WheelEvent("wheel",
          { deltaY: -100, clientX: x, clientY: y, ctrlKey, cancelable: true, bubbles: true });
          plot.dispatchEvent(event); return event.defaultPrevented; };
        const plain = wheel(false); await later(); const before = box(); const zoomed = wheel(true); await later();
        return [plain, before[2], zoomed, box()[2], box()[0] + box()[2] * 4 / 14];""",
        tmp_path,
    )
    assert told[:3] == [False, 14, True]
    assert told[3] < 14
    assert told[4] == pytest.approx(4, abs=0.02)


def test_a_bar_under_the_pointer_tells_its_times_and_what_holds_it(tmp_path):
    told = looked(
        """pointer("pointermove", ...at(8, 1)); const first = tip.innerText;
        pointer("pointermove", ...at(8, 0)); const setup = tip.innerText;
        const band = document.querySelector("svg.band").getBoundingClientRect();
        pointer("pointermove", at(9.5, 0)[0], band.top + 10);
        return [first, setup, tip.innerText, document.querySelectorAll(".all .on").length];""",
        tmp_path,
    )
    assert all(word in told[0] for word in ("A/2", "7 to 10 h", "9, 1 late", "nothing: it could start earlier"))
    assert "setup for B/1" in told[1]
    assert "25 kW" in told[2]
    assert "0.3" in told[2]
    assert told[3] == 0


def test_dragging_moves_the_view_and_a_click_follows_the_order_through_both_charts(tmp_path):
    told = looked(
        """button("in"); await later(); const [x, y] = at(5, 1);
        pointer("pointerdown", x, y, { buttons: 1 });
        try { pointer("pointermove", x - area.width / 7, y, { buttons: 1 }); } catch (error) { errors.push("drag"); }
        pointer("pointerup", x - area.width / 7, y); await later(); const dragged = box();
        button("fit"); await later();
        pointer("pointerdown", ...at(8, 1), { buttons: 1 }); pointer("pointerup", ...at(8, 1));
        return [dragged, document.querySelectorAll(".all .same").length,
                document.querySelector(".found").textContent];""",
        tmp_path,
    )
    assert told[0] == pytest.approx([4.5, 0, 7, 96])
    assert told[1:] == [4, "following A"]


def test_arrows_go_from_bar_to_bar_and_say_it(tmp_path):
    told = looked(
        """const said = document.querySelector(".said"), heard = [];
        for (const name of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "Home"]) {
          key(name); heard.push(said.textContent.split(",")[0]); }
        key("c"); heard.push(said.textContent.split(",")[0]);
        key("+"); await later(); const near = box()[2]; key("ArrowRight", true); await later(); const moved = box()[0];
        key("0"); await later(); return [heard, near, moved, box()[2], !tip.hidden];""",
        tmp_path,
    )
    assert told[0] == ["A/1", "setup for B/1", "B/1", "A/2", "setup for B/1", "A/1", "B/1"]
    assert told[1:] == [7, 5.25, 14, True]


def test_an_order_is_found_by_its_name_and_the_critical_path_shown_alone(tmp_path):
    told = looked(
        """const input = document.querySelector("input"); input.value = "b"; input.dispatchEvent(new Event("input"));
        const same = document.querySelectorAll(".all .same").length;
        const words = document.querySelector(".found").textContent;
        button("critical");
        return [same, words, document.querySelectorAll(".all.only").length,
                document.querySelector("[data-do=critical]").getAttribute("aria-pressed")];""",
        tmp_path,
    )
    assert told == [4, "1 order", 2, "true"]


def test_the_table_has_a_row_for_every_bar_once_it_is_opened(tmp_path):
    told = looked(
        """const table = document.querySelector("details"), before = table.querySelectorAll("tr").length;
        table.open = true; await later();
        const rows = [...table.querySelectorAll("tbody tr")];
        return [before, rows.map((row) => [...row.cells].map((cell) => cell.textContent))];""",
        tmp_path,
    )
    assert told[0] == 0
    assert len(told[1]) == 6
    assert ["B/1", "B", "saw", "9", "14", "work", "yes", "", "saw works on A/1 and is set up for 2"] not in told[1]
    assert ["A/1", "A", "saw", "0", "4", "work", "", "yes", "the plan starts here"] in told[1]


def test_a_plan_with_resources_tells_who_has_them():
    problem = Problem(
        "two",
        (Job("A"), Job("B")),
        (Operation(0, (Mode(0, 3, {0: 1}),)), Operation(1, (Mode(1, 2, {0: 1}),))),
        (Machine("saw"), Machine("mill")),
        resources=(Resource("crane", 1),),
    )
    chart = chart_of(problem, Schedule.of(problem, np.zeros(2, np.int64), np.array([0, 3])), "plan")
    assert [bar.why for bar in chart.bars] == ["the plan starts here", "A/1 has crane until then"]
    assert [bar.critical for bar in chart.bars] == [True, True]
