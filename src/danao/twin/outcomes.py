"""What a twin's runs are worth: money items by the prices of the plant, and its KPIs, one row a replication."""

from __future__ import annotations

import numpy as np

from danao.core import BadInput, CostBook, Outcomes, Price
from danao.plant.model import Plant, Worth
from danao.twin.kpis import UNITS, kpis
from danao.twin.runs import Floats, Integers, Runs

MARGIN, SCRAP, LATENESS, IN_PROCESS = "contribution margin", "scrap", "lateness", "work in process"
LABOUR, RESTARTS, ELECTRICITY, PEAK = "labour", "restarts", "electricity", "peak demand"


def cost_book(plant: Plant) -> CostBook:
    """The prices of a plant, from its `worth` and the peak price of its tariff; electricity is priced hour by hour.

    Raises:
        BadInput: Nothing says what the results of the plant are worth.
    """
    worth = _worth(plant)
    where = f"worth of {plant.name}"
    prices = [
        *(
            Price(f"{MARGIN} of {name}", amount, "piece", worth.currency, "income", source=where)
            for name, amount in worth.margin
        ),
        *(Price(f"{SCRAP} of {name}", amount, "piece", worth.currency, source=where) for name, amount in worth.scrap),
        Price(LATENESS, worth.late, "piece*h", worth.currency, source=where),
        Price(IN_PROCESS, worth.work_in_process, "piece*h", worth.currency, source=where),
        Price(LABOUR, worth.labour, "h", worth.currency, source=where),
        Price(RESTARTS, worth.restart, "count", worth.currency, source=where),
    ]
    if plant.tariff is not None:
        prices.append(Price(PEAK, plant.tariff.peak, "kW", worth.currency, source=f"tariff of {plant.name}"))
    return CostBook.of(worth.currency, *prices)


def outcomes(runs: Runs, plant: Plant) -> Outcomes:
    """Money and KPIs of each replication.

    Only what has a price becomes an item. Lateness is paid by the hour, for parts that are still in the plant, too: no
    policy saves money by keeping a hopeless part for ever.
    Labour is the hours on shift, busy or not.

    Args:
        runs: n replications of the plant, under any policy.
        plant: With `worth`, and a tariff if electricity is to count.

    Raises:
        BadInput: Nothing says what the results of the plant are worth.
    """
    book = cost_book(plant)
    columns = {name: number for number, name in enumerate(runs.products)}
    quantities: dict[str, list[tuple[str, Floats | Integers, str]]] = {
        MARGIN: [(f"{MARGIN} of {name}", runs.finished[:, columns[name]], "piece") for name, _ in _worth(plant).margin],
        SCRAP: [(f"{SCRAP} of {name}", runs.scrapped[:, columns[name]], "piece") for name, _ in _worth(plant).scrap],
        LATENESS: [(LATENESS, runs.lateness_hours.sum(axis=1), "piece*h")],
        IN_PROCESS: [(IN_PROCESS, runs.wip_hours, "piece*h")],
        LABOUR: [(LABOUR, runs.shift_hours.sum(axis=1), "h")] if runs.pools else [],
        RESTARTS: [(RESTARTS, runs.restarts.sum(axis=1), "count")],
        PEAK: [(PEAK, runs.peak_kw, "kW")] if PEAK in book.prices else [],
    }
    items = {
        item: np.sum([book.money(name, amount, unit) for name, amount, unit in parts], axis=0)
        for item, parts in quantities.items()
        if any(book.prices[name].amount for name, _, _ in parts)
    }
    if plant.tariff is not None:
        items[ELECTRICITY] = -runs.energy_cost
    found = kpis(runs, plant)
    return Outcomes(runs.seeds, items, found, {name: UNITS[name] for name in found})


def _worth(plant: Plant) -> Worth:
    worth = plant.worth
    if worth is None:
        raise BadInput(
            f"plant {plant.name}",
            "nothing says what its results are worth",
            "Expected `worth`: the margin of each product, and what scrap, lateness, work in process, labour and "
            "restarts cost",
            f"Add to the plant, for example, worth: {{margin: {{{plant.products[0].name}: 12 EUR}}, late: 5 EUR/h}}",
        )
    prices = [amount for _, amount in (*worth.margin, *worth.scrap)]
    prices += [worth.late, worth.work_in_process, worth.labour, worth.restart]
    if not any(prices) and plant.tariff is None:
        raise BadInput(
            f"plant {plant.name}: worth",
            "every price is 0",
            "Expected at least one price, or a tariff for electricity",
            "Add, for example, the margin of each product",
        )
    return worth
