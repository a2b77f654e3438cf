import math

import pytest

from danao.core import BadInput
from danao.plant.model import Distribution, EnergyStates, Family, Plant, Product, Segment, Source, Station

HOUR = Distribution(Family.CONSTANT, (1.0,))
STATION = Station("a")
PRODUCT = Product("x", (Segment("a", HOUR),))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (((STATION,), (PRODUCT,), ()), "no sources"),
        (((), (PRODUCT,), (Source("x"),)), "no stations"),
        (((Station("a", rule="magic"),), (PRODUCT,), (Source("x"),)), "unknown dispatching rule 'magic'.*fifo"),
        (((Station("a", energy=EnergyStates(math.nan)),), (PRODUCT,), (Source("x"),)), r"energy.working: nan kW"),
        (((Station("a", machines=0),), (PRODUCT,), (Source("x"),)), "0 machines"),
        (((STATION,), (Product("x", ()),), (Source("x"),)), "an empty route"),
        (((STATION,), (Product("x", (Segment("a", HOUR, scrap=math.nan),)),), (Source("x"),)), "scrap nan"),
        (((STATION,), (PRODUCT,), (Source("x", due_after=-1.0),)), "due -1 h after arrival"),
        (((STATION,), (PRODUCT,), (Source("y"),)), "unknown product 'y'"),
        (((STATION,), (PRODUCT,), (Source("x"), Source("x"))), "already kept saturated"),
        (((STATION, STATION), (PRODUCT,), (Source("x"),)), "station a is described twice"),
    ],
)
def test_an_impossible_plant_is_explained(parts, message):
    with pytest.raises(BadInput, match=message):
        Plant("p", *parts)


@pytest.mark.parametrize(
    ("family", "parameters", "mean"),
    [
        (Family.UNIFORM, (1.0, 3.0), 2.0),
        (Family.TRIANGULAR, (1.0, 2.0, 6.0), 3.0),
        (Family.WEIBULL, (2.0, 1.0), 2.0),
        (Family.WEIBULL, (2.0, 2.0), math.sqrt(math.pi)),
        (Family.EMPIRICAL, (1.0, 2.0, 6.0), 3.0),
        (Family.GAMMA, (4.0, 2.0), 4.0),
    ],
)
def test_the_mean_of_a_distribution_is_that_of_the_textbook(family, parameters, mean):
    assert Distribution(family, parameters).mean == pytest.approx(mean)
