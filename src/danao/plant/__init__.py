"""What a plant is: stations, products with routes, sources; read from YAML, checked line by line, drawn."""

from danao.plant.document import plant_schema
from danao.plant.example import example, examples
from danao.plant.io import check_plant, read_plant, write_plant
from danao.plant.model import (
    Distribution,
    EnergyStates,
    Failure,
    Family,
    Plant,
    Product,
    Segment,
    Source,
    Station,
    problems,
)
from danao.plant.pictures import show

__all__ = [
    "Distribution",
    "EnergyStates",
    "Failure",
    "Family",
    "Plant",
    "Product",
    "Segment",
    "Source",
    "Station",
    "check_plant",
    "example",
    "examples",
    "plant_schema",
    "problems",
    "read_plant",
    "show",
    "write_plant",
]
