"""The whole document: sections in their order, laid out by the template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from danao.core.case import Exhibit
from danao.core.errors import BadInput
from danao.proof.proof import Proof
from danao.proof.report import investment, invocation, repeating, sections, words
from danao.proof.report.head import head
from danao.proof.report.layout import Cell, Table
from danao.proof.report.svg import Gallery, is_wide

_ALONE = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">"
)
"""Put before an exhibit's page: whatever it says, it loads nothing."""
_NUMBER = re.compile(r"\s*[-+−±]?\d[\d.,\s]*%?\s*")


@dataclass(frozen=True)
class ExhibitView:
    """An exhibit of the case, checked and ready for the page."""

    title: str
    caption: str
    svg: Markup | None
    wide: bool
    table: Table | None
    page: str
    """A document for a frame of its own, or empty."""


def compose(proof: Proof) -> str:
    """The HTML document of a proof."""
    gallery = Gallery()
    case, policies = proof.case, proof.case.policies()
    effect = [
        sections.effect(proof, gallery),
        sections.items(proof, gallery),
        sections.trials(proof, gallery),
        sections.kpis(proof),
        sections.guardrails(proof),
        sections.rivals(proof),
        investment.appraisal(proof, gallery),
    ]
    exhibits = [_view(case.name, at, exhibit, gallery) for at, exhibit in enumerate(case.exhibits(), start=1)]
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    template = environment.from_string(_asset("template.html.j2"))
    return template.render(
        style=Markup(_asset("style.css")),
        title=case.title,
        case=case.name,
        head=head(proof),
        story=tuple(words.typeset(text) for text in case.story()),
        baseline=policies.baseline,
        candidate=policies.candidate,
        period=words.one(words.duration(case.period)),
        sections=effect,
        exhibits=exhibits,
        repeating=repeating.repeating(proof, exhibits=bool(exhibits)),
        commands=invocation.commands(proof),
        glossary=repeating.glossary(proof),
        version=proof.provenance.versions.get("danao", ""),
    )


def _view(case: str, at: int, exhibit: Exhibit, gallery: Gallery) -> ExhibitView:
    where = f"case {case}, exhibit {at} ({exhibit.title})"
    svg = gallery.exhibit(exhibit.svg, exhibit.caption or exhibit.title, where) if exhibit.svg.strip() else None
    for number, row in enumerate(exhibit.rows, start=1):
        if len(row) != len(exhibit.columns):
            raise BadInput(
                f"{where}, row {number}",
                f"{len(row)} fields",
                f"Expected {len(exhibit.columns)}, one for each column",
                "Correct the exhibit's rows or columns",
            )
    shown = None
    if exhibit.columns:
        rows = tuple(tuple(Cell(words.typeset(field)) for field in row) for row in exhibit.rows)
        shown = Table(exhibit.title, exhibit.columns, rows, _numeric(exhibit))
    page = f"{_ALONE}{exhibit.page}" if exhibit.page.strip() else ""
    caption = words.typeset(exhibit.caption)
    return ExhibitView(exhibit.title, caption, svg, svg is not None and is_wide(svg), shown, page)


def _numeric(exhibit: Exhibit) -> frozenset[int]:
    """Columns that hold nothing but numbers."""
    columns = range(1, len(exhibit.columns))
    return frozenset(at for at in columns if exhibit.rows and all(_NUMBER.fullmatch(row[at]) for row in exhibit.rows))


def _asset(name: str) -> str:
    return resources.files("danao.proof.report").joinpath(name).read_text(encoding="utf-8")
