"""The report says what the proof says, loads nothing, runs nothing, and is the same every time."""

from __future__ import annotations

import math
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from danao.core import BadInput, Guardrail, Investment, Outcomes, Policy, Sampling
from danao.core.case import Exhibit
from danao.proof import Proof, prove
from danao.proof.report import render, write
from danao.proof.report.figures import MINUS, Triple, number
from danao.proof.report.invocation import command, commands, in_yaml
from danao.proof.report.words import duration, headline, typeset
from tests.toys import ToyCase, uniform

NBSP = "\u00a0"
BAR = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 100"><rect width="9" height="9"/></svg>'


def normal(seeds: np.ndarray, purpose: int) -> np.ndarray:
    return stats.norm.ppf(uniform(seeds, purpose))


def gain(policy: str, seeds: np.ndarray) -> np.ndarray:
    return 10 * normal(seeds, 1) + (policy == "candidate") * (4 + 2 * normal(seeds, 2)) + (policy == "rival")


class Page(HTMLParser):
    """Text, elements and machine-readable numbers of a page; fails on tags that do not match."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.values: list[tuple[float, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "data":
            self.values.append((float(dict(attrs)["value"] or ""), ""))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "data":
            self.values[-1] = (self.values[-1][0], self.values[-1][1] + data)
        if "style" not in self._open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split()).replace(NBSP, " ")

    def shows(self, value: float) -> bool:
        return any(shown == pytest.approx(value, rel=1e-12) for shown, _ in self.values)


@dataclass
class ShownCase(ToyCase):
    """A toy case with a story and exhibits."""

    paragraphs: tuple[str, ...] = ()
    shown: tuple[Exhibit, ...] = ()

    def story(self) -> Sequence[str]:
        return self.paragraphs

    def exhibits(self) -> Sequence[Exhibit]:
        return self.shown


class ItemsCase(ToyCase):
    """Twenty-five money items with long names."""

    def run(self, policy: Policy, seeds: Sequence[int]) -> Outcomes:
        rows = np.asarray(seeds, dtype=np.int64)
        changed = policy.name == "candidate"
        items = {f"{'Very' * 20} long item & <{at}>": normal(rows, at) + changed * at for at in range(25)}
        return Outcomes(seeds=rows, items=items)


def full(trials: int = 80) -> Proof:
    case = ToyCase(
        gain,
        rivals=("rival",),
        kpi=lambda name, rows: 5 + uniform(rows, 7) - (name == "candidate") * (0.5 + uniform(rows, 8)),
        guardrails=(Guardrail("level", "lower", 0.5), Guardrail("level", "higher", 2.0, "every trial")),
    )
    return prove(case, trials=trials)


def edge_cases() -> dict[str, Proof]:
    def failing(policy: str, rows: np.ndarray) -> np.ndarray:
        values = gain(policy, rows)
        return np.where((uniform(rows, 9) < 0.05) & (policy == "candidate"), np.nan, values)

    return {
        "full": full(),
        "one trial": prove(ToyCase(gain), trials=1),
        "three trials": prove(ToyCase(gain), trials=3),
        "null case": prove(ToyCase(lambda name, rows: uniform(rows, 1))),
        "all zero": prove(ToyCase(lambda name, rows: 0.0 * rows, investment=Investment())),
        "failed trials": prove(ToyCase(failing, failure_cost=50.0, kpi=lambda name, rows: uniform(rows, 3))),
        "no appraisal": prove(ToyCase(gain), trials=30, appraisal=False),
        "nothing invested": prove(ToyCase(gain, investment=Investment()), trials=30),
        "a millionth": prove(ToyCase(lambda name, rows: 1e-3 * gain(name, rows)), trials=30),
        "billions": prove(ToyCase(lambda name, rows: 1e9 * gain(name, rows)), trials=70),
        "sequential": prove(ToyCase(gain), precision=2.0),
        "replay": prove(ToyCase(gain, trials=200, sampling=Sampling("serial"))),
        "bounded": prove(ToyCase(gain, sampling=Sampling(bounds=(-100.0, 100.0))), trials=50),
        "many items": prove(ItemsCase(gain), trials=30),
        "given seeds": prove(ToyCase(gain), seeds=[5, 6, 7, 11, 40, 41]),
        "loss": prove(ToyCase(lambda name, rows: gain(name, rows) - 9 * (name == "candidate")), trials=100),
    }


@pytest.fixture(scope="module")
def pages() -> dict[str, tuple[Proof, str, Page]]:
    made = {}
    for name, proof in edge_cases().items():
        html = render(proof)
        made[name] = (proof, html, Page(html))
    return made


EDGES = (
    "full", "one trial", "three trials", "null case", "all zero", "failed trials", "no appraisal", "nothing invested",
    "a millionth", "billions", "sequential", "replay", "bounded", "many items", "given seeds", "loss",
)  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_no_reader_meets_a_programmers_word_for_nothing(pages, name):
    words = re.findall(r"[A-Za-z_]+", pages[name][2].text)
    assert not {"None", "nan", "NaN", "inf", "Infinity", "True", "False"} & set(words)


@pytest.mark.parametrize("name", EDGES)
def test_ids_are_unique_and_every_reference_has_its_target(pages, name):
    _, html, page = pages[name]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    references = set(re.findall(r"url\(#([^)]+)\)", html)) | {
        value for _, attrs in page.tags for key, value in attrs.items() if key == "aria-labelledby"
    }
    references |= {value[1:] for _, attrs in page.tags for key, value in attrs.items() if key in ("href", "xlink:href")}
    assert references <= set(ids)


@pytest.mark.parametrize("name", EDGES)
def test_nothing_is_loaded_and_nothing_runs(pages, name):
    _, html, page = pages[name]
    assert not {"script", "link", "iframe", "img", "object", "base"} & {tag for tag, _ in page.tags}
    for _, attrs in page.tags:
        for key, value in attrs.items():
            assert not key.startswith("on")
            assert key not in ("src", "srcset", "action")
            assert key not in ("href", "xlink:href") or value.startswith("#")
    assert "@import" not in html
    assert not re.search(r"url\(\s*['\"]?(?!#)", html)


@pytest.mark.parametrize("name", EDGES)
def test_every_picture_has_words_for_who_cannot_see_it(pages, name):
    for tag, attrs in pages[name][2].tags:
        if tag == "svg":
            assert attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and len(attrs["aria-label"]) > 20)


@pytest.mark.parametrize("name", EDGES)
def test_effect_items_and_trials_shown_are_those_of_the_proof(pages, name):
    proof, _, page = pages[name]
    assert page.shows(proof.effect.mean)
    assert page.shows(proof.effect.mean * 365.25)
    assert page.shows(proof.trials)
    for before, after in proof.items.values():
        assert page.shows(before)
        assert page.shows(after)


@pytest.mark.parametrize("name", EDGES)
def test_a_number_reads_as_the_value_behind_it(pages, name):
    scales = {"million": 1e6, "billion": 1e9, "trillion": 1e12, "%": 1e-2}
    for value, text in pages[name][2].values:
        match = re.fullmatch(r"([−+]?)([\d,]+(?:\.\d+)?)(?:\s(million|billion|trillion|%))?(?:\s[A-Z]{3})?", text)
        if match:
            read = float(match[2].replace(",", "")) * scales.get(match[3], 1.0) * (-1 if match[1] == MINUS else 1)
            assert read == pytest.approx(value, rel=0.3, abs=1e-9 * max(1.0, abs(value)))


def test_the_verdict_and_its_reason_stand_in_the_head(pages):
    badges = {
        "full": "Proven 95 % confidence",
        "loss": "Harmful do not go live",
        "null case": "Not proven keep today's rule",
    }
    for name, badge in badges.items():
        proof, _, page = pages[name]
        assert badge in page.text
        assert proof.reason[1:] in page.text


def test_too_few_trials_name_the_number_needed(pages):
    proof, _, page = pages["one trial"]
    assert proof.shortfall is not None
    assert f"Not enough trials {proof.shortfall.needed} needed, 1 run so far" in page.text
    assert "too few trials for an interval" in page.text
    assert "more than 99.9 %" not in page.text


def test_figures_of_the_appraisal_are_those_of_the_proof(pages):
    proof, _, page = pages["full"]
    worth = proof.appraisal
    assert worth is not None
    for figure in (worth.annual_effect, worth.npv, worth.irr, worth.mirr, worth.roi, worth.payback_years):
        assert figure.value is not None
        assert page.shows(figure.value)


def test_what_is_not_defined_is_told_in_words(pages):
    page = pages["nothing invested"][2]
    assert "Return on investment not defined Nothing is invested" in page.text
    assert "The flows never change sign" in page.text
    assert "never within the life" in pages["null case"][2].text
    assert "not valued as an investment" in pages["no appraisal"][2].text


def test_kpis_guardrails_and_rivals_are_shown(pages):
    proof, _, page = pages["full"]
    kpi, rival = proof.kpis["level"], proof.rivals[0]
    for value in (kpi.baseline, kpi.candidate, kpi.difference.mean, rival.effect.mean, rival.candidate_over_rival.mean):
        assert page.shows(value)
    assert "level not higher on average held" in page.text
    assert "level not lower in every single trial held" in page.text
    assert page.shows(proof.guardrails[0].bound)
    assert "No rival was tried" in pages["replay"][2].text


def test_a_broken_guardrail_outweighs_the_gain(pages):
    proof = prove(
        ToyCase(
            gain,
            kpi=lambda n, r: uniform(r, 3) + (n == "candidate") * (0.5 + uniform(r, 8)),
            guardrails=(Guardrail("level", "lower"),),
        )
    )
    page = Page(render(proof))
    assert proof.effect.lower > 0
    assert "Harmful do not go live" in page.text
    assert "level not higher on average broken" in page.text


def test_failed_trials_are_named_with_their_charge(pages):
    proof, _, page = pages["failed trials"]
    count = int(proof.candidate.failed.sum())
    assert count > 0
    assert f"Failed trials: {count} of candidate (of {proof.trials})" in page.text
    assert "each at 50 EUR" in page.text


def test_an_adjusted_effect_is_told_apart_from_the_sum_of_items():
    case = ToyCase(
        lambda name, rows: normal(rows, 1) + (name == "candidate") * (4 + 6 * normal(rows, 3)),
        covariate=lambda rows: normal(rows, 3),
    )
    page_of_adjusted = Page(render(prove(case)))
    assert "Effect, adjusted for weather" in page_of_adjusted.text
    assert "adjusted for" not in Page(render(prove(ToyCase(case.draw)))).text


def test_items_beyond_the_picture_stay_in_the_table(pages):
    page = pages["many items"][2]
    for at in range(25):
        assert f"long item & <{at}>" in page.text


def test_trials_carry_the_names_the_case_gives_them():
    class Named(ToyCase):
        def trial_label(self, seed: int) -> str:
            return f"week {seed + 1} of 2024"

    html = render(prove(Named(gain, trials=20, sampling=Sampling("serial"))))
    assert all(html.count(f">week {week} of 2024<") >= 2 for week in range(1, 21))


def test_hostile_text_stays_text():
    hostile = "</style></title><script>alert('x')</script><img src=x onerror=alert(1)> $\\frac{1}{0}$ {{ 7*7 }}"
    case = ShownCase(
        lambda name, rows: gain("candidate" if name == "candidate" else "baseline", rows),
        name=hostile,
        title=hostile,
        rivals=(hostile,),
        paragraphs=(hostile,),
        shown=(Exhibit(hostile, hostile, BAR, (hostile,), ((hostile,),)),),
    )
    html = render(prove(case, trials=30))
    page = Page(html)
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert page.text.count("{{ 7*7 }}") >= 5
    assert html.count("</style>") == 1


def test_the_page_of_an_exhibit_is_shut_in_a_frame_that_reaches_nothing():
    inside = "<!DOCTYPE html><title>\"'</title><script>document.title = 'run'</script></iframe><img src=x>"
    case = ShownCase(gain, shown=(Exhibit("Plan", "The plan", BAR, page=inside), Exhibit("Other", "No page", BAR)))
    page = Page(render(prove(case, trials=10)))
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    (frame,) = [attrs for tag, attrs in page.tags if tag == "iframe"]
    assert frame["sandbox"] == "allow-scripts"
    assert frame["title"] == "Plan"
    assert "src" not in frame
    policy, _, rest = frame["srcdoc"].partition(">")
    assert policy.startswith('<meta http-equiv="Content-Security-Policy" content="default-src \'none\';')
    assert rest == inside


@pytest.mark.parametrize(
    ("svg", "found"),
    [
        ("<div>no picture</div>", "found <div>"),
        ("a picture", "not well-formed"),
        ("<svg><rect></svg>", "not well-formed"),
        ("<svg><script>alert(1)</script></svg>", "<script>"),
        ('<svg onload="alert(1)"/>', "onload"),
        ('<svg><image href="https://example.org/a.png"/></svg>', "https://example.org"),
        ("<svg><style>rect{fill:url(https://example.org/a)}</style></svg>", "style sheet"),
        ('<svg><rect style="fill:url(//example.org/a)"/></svg>', "outside the picture"),
    ],
)
def test_an_exhibit_that_is_no_plain_svg_is_refused(svg, found):
    case = ShownCase(gain, shown=(Exhibit("Plan", "The plan", svg),))
    with pytest.raises(BadInput, match="exhibit 1") as caught:
        render(prove(case, trials=10))
    assert found in str(caught.value)


def test_a_table_row_of_the_wrong_length_is_refused():
    case = ShownCase(gain, shown=(Exhibit("Plan", "", "", ("a", "b"), (("1", "2"), ("3",))),))
    with pytest.raises(BadInput, match="row 2"):
        render(prove(case, trials=10))


def test_two_exhibits_with_the_same_ids_and_styles_do_not_meet():
    svg = (
        '<svg viewBox="0 0 10 10"><style>#a{fill:red} *{stroke:blue}</style><defs><path id="a" d="M0 0"/></defs>'
        '<use href="#a" fill="url(#a)"/></svg>'
    )
    html = render(prove(ShownCase(gain, shown=(Exhibit("A", "a", svg), Exhibit("B", "b", svg))), trials=10))
    targets = re.findall(r'<use href="#([^"]+)" fill="url\(#([^)]+)\)"', html)
    assert len({target for pair in targets for target in pair}) == 2
    assert all(html.count(f'id="{first}"') == 1 and first == second for first, second in targets)
    assert re.search(r"<style>#picture-\d+\{#picture-\d+-a\{fill:red\} \*\{stroke:blue\}\}</style>", html)


def test_the_same_proof_gives_the_same_bytes_whatever_the_callers_style():
    first = render(full())
    with matplotlib.rc_context({"font.size": 30, "svg.hashsalt": "other", "axes.grid": True}):
        before = dict(matplotlib.rcParams)
        assert render(full()) == first
        assert dict(matplotlib.rcParams) == before


def test_a_hundred_thousand_trials_make_a_file_that_can_be_mailed():
    proof = prove(ToyCase(gain), seeds=range(7, 200_007, 2))
    assert proof.trials == 100_000
    assert len(render(proof).encode()) < 1_500_000


def test_how_to_repeat_it_names_seed_trials_data_and_ledger():
    proof = full().recorded("entry-0042")
    proof = replace(proof, provenance=replace(proof.provenance, data={"orders.csv": "ab" * 32}))
    text = Page(render(proof)).text
    for part in (
        "danao prove toy --seed 1 --trials 80",
        "entry-0042",
        "orders.csv " + "ab" * 32,
        "Student's t interval",
    ):
        assert part in text


def test_given_seeds_are_listed_instead_of_a_root(pages):
    assert "seeds=[*range(5, 8), 11, *range(40, 42)]" in pages["given seeds"][2].text
    assert "--seed" not in pages["given seeds"][2].text


def test_write_puts_the_report_where_it_is_asked(tmp_path: Path):
    proof = full(10)
    path = write(proof, tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8") == render(proof)


def test_importing_the_proof_loads_neither_matplotlib_nor_jinja():
    code = (
        "import sys, danao.proof, danao.proof.report; print([m for m in ('matplotlib', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"), (1234567.0, "1,234,567"), (-12.345, "−12.3"), (0.00123456, "0.00123"), (-0.0, "0"),
        (1.5e-9, "1.50 × 10⁻⁹"), (math.inf, "–"), (-1e16, "−1.00 × 10¹⁶"), (999.6, "1,000"),
    ],
)  # fmt: skip
def test_numbers_are_written_for_people(value, shown):
    assert number(value).replace(NBSP, " ") == shown


def test_a_limit_that_differs_from_zero_is_never_shown_as_zero():
    told = Triple(100.0, 0.4, 199.6)
    assert float(told.told(told.lower)) > 0


def test_the_sentence_names_gain_loss_and_doubt():
    estimate = full().effect
    per = replace(estimate, mean=1500.0, lower=1000.0, upper=2000.0)
    sentence = headline(per, "USD", "a year").replace(NBSP, " ")
    assert sentence == "Between 1,000 and 2,000 USD a year, best estimate 1,500; 95 % confident."
    loss = headline(replace(per, mean=-1500.0, lower=-2000.0, upper=-1000.0), "USD", "a year").replace(NBSP, " ")
    assert loss.startswith("A loss of between 1,000 and 2,000 USD a year")
    open_ = headline(replace(per, lower=-500.0, upper=3500.0), "USD", "a year").replace(NBSP, " ")
    assert open_.startswith("Between a loss of 500 and a gain of 3,500 USD a year, best estimate a gain of 1,500")
    assert "rely" in headline(per, "USD", "a year", doubtful=True)


@pytest.mark.parametrize(
    ("period", "name"),
    [
        (timedelta(days=1), "day"),
        (timedelta(days=7), "week"),
        (timedelta(hours=8), "8 hours"),
        (timedelta(days=365), "year"),
    ],
)
def test_periods_have_the_names_people_use(period, name):
    assert duration(period) == name


@dataclass
class SetCase(ToyCase):
    """A toy case with parameters."""

    changed: Mapping[str, Any] = field(default_factory=dict)
    price_spread: Mapping[str, float] = field(default_factory=dict)

    def parameters(self) -> Mapping[str, Any]:
        return {**self.changed, "as it was": None}

    def settings_changed(self) -> Mapping[str, Any]:
        return self.changed


def read_back(line: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Parameters and options of a command line, read as the program reads it."""
    words = shlex.split(line)
    assert words[:2] == ["danao", "prove"]
    parameters: dict[str, Any] = {}
    options = {}
    for option, text in zip(words[3::2], words[4::2], strict=True):
        if option != "--set":
            options[option] = text
            continue
        key, _, value = text.partition("=")
        *parents, leaf = key.split(".")
        place = parameters
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = yaml.safe_load(value)
    return parameters, options


CHANGED = {
    "source": "it's an $example; 'quoted' \"twice\"",
    "word": "yes",
    "lines": "one\ntwo",
    "tiny": 1e-05,
    "investment": {"capex": 80000.0, "ramp": [0.5, 1.0], "currency": None, "more": {"deep": True}},
    "setup": {"B4.Q2": 3, "a=b": -1},
    "empty": {},
}


def test_the_printed_command_gives_the_parameters_back():
    parameters, options = read_back(command(prove(SetCase(gain, changed=CHANGED), trials=30)))
    assert parameters == CHANGED
    assert options == {"--seed": "1", "--trials": "30"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=8,
    )
)
@settings(max_examples=200, deadline=None)
def test_every_value_survives_the_command_line(value):
    text = in_yaml(value)
    assert "\n" not in text
    assert yaml.safe_load(shlex.split(shlex.quote(text))[0] if text else text) == value


def test_a_whole_replay_needs_no_number_of_trials_and_a_part_does():
    case = SetCase(gain, trials=60, sampling=Sampling("serial"), changed={"source": "example"})
    assert command(prove(case)) == "danao prove toy --set source=example"
    assert command(prove(case, trials=40)) == "danao prove toy --set source=example --trials 40"


def test_a_recorded_proof_names_its_replay():
    assert commands(full())[1:] == ()
    assert commands(full().recorded("entry-0042"))[1] == "danao ledger replay entry-0042"


def test_what_may_differ_with_the_machine_is_said_where_there_are_exhibits(pages):
    assert "within a time limit" not in pages["full"][2].text
    shown = Page(render(prove(ShownCase(gain, shown=(Exhibit("A", "a", BAR),)), trials=30)))
    assert "within a time limit" in shown.text
    assert "intervals and verdict to the last digit" in shown.text


def test_parameters_are_shown_one_by_one_and_nothing_as_not_set():
    text = Page(render(prove(SetCase(gain, changed=CHANGED), trials=30))).text
    assert "investment.capex (not the default) 80,000" in text
    assert "investment.ramp (not the default) 0.5, 1 " in text
    assert "as it was not set" in text
    assert "null" not in text.split("danao prove")[1].split("What Value")[1]


def test_an_odd_period_is_told_in_days_once_and_then_as_period():
    text = Page(render(prove(ToyCase(gain, period=timedelta(hours=139.23)), trials=80))).text
    assert text.count("Per period (5.8 days):") == 1
    assert "5.801" not in text
    assert text.count("5.8 days") == 2, "in the head and in the last line"
    assert "Effect per period" in text


def test_both_intervals_of_the_effect_a_year_say_which_prices_they_rest_on(pages):
    certain, uncertain = pages["full"][2].text, Page(render(prove(SetCase(gain, price_spread={"result": 0.2})))).text
    assert "EUR a year at today's prices" in uncertain
    assert "Effect per year, with uncertain prices" in uncertain
    assert "uncertain prices" not in certain
    assert "Effect per year, at today's prices" in certain


def test_the_investment_is_told_as_an_assumption():
    terms = Investment(capex=100.0, opex_per_year=20.0)
    text = Page(render(prove(ToyCase(gain, investment=terms), trials=80))).text
    assert "assumed investment: 100 EUR and 20 EUR a year" in text.split("What is decided")[0]
    assert "Assumed investment: 100 EUR at the start" in text
    assert "says above all that the assumed investment is small" in text


def test_what_the_proof_warns_of_stands_in_the_head():
    proof = replace(full(), notes=("3 of 40 pairs have no value for KPI x",))
    start = Page(render(proof)).text.split("What is decided")[0]
    assert "What to know 3 of 40 pairs have no value for KPI x." in start
    assert "What to know" not in Page(render(replace(proof, notes=()))).text


@pytest.mark.parametrize(
    ("given_text", "set_text"),
    [
        ("6.40% saved", "6.40 % saved"), ("-4.0", "−4.0"), ("-6.2 to -1.7", "−6.2 to −1.7"), ("95 %", "95 %"),
        ("example-01 on 2024-01-05", "example-01 on 2024-01-05"), ("+-3", "±3"), ("a%20b", "a%20b"),
        ("(-5 %)", "(−5 %)"), ("--set x=-5", "--set x=-5"),
    ],
)  # fmt: skip
def test_texts_of_others_are_set_in_one_style(given_text, set_text):
    assert typeset(given_text).replace(NBSP, " ") == set_text
