"""The plant file as pydantic models: which keys there are, what they may hold, and the JSON Schema that follows."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from danao.plant.document_orders import Orders, SourceDocument
from danao.plant.document_products import ProductDocument
from danao.plant.document_resources import CalendarDocument, PoolDocument, TariffDocument, WorthDocument
from danao.plant.document_stations import StationDocument
from danao.plant.document_transport import TransportDocument
from danao.plant.times import Count, Name, Written


class PlantDocument(Written):
    """A plant for Danao: products with their routes, stations, sources, and what they share."""

    plant: Name = Field(description="Name of the plant.", examples=["machine shop"])
    products: dict[Name, ProductDocument] = Field(
        description="Products by name.", examples=["{bracket: {route: [...]}}"], min_length=1
    )
    stations: dict[Name, StationDocument] = Field(
        description="Stations by name.", examples=["{mill: {machines: 2}}"], min_length=1
    )
    sources: list[SourceDocument] = Field(
        default_factory=list, description="Where parts come from; sources, orders, or both.", min_length=1
    )
    orders: Orders = Field(
        default_factory=list,
        description="Parts to be released at known times, or recorded arrivals; a list or the name of a CSV table.",
    )
    calendars: dict[Name, CalendarDocument] = Field(
        default_factory=dict, description="Shifts by name; hours count from Monday 00:00."
    )
    pools: dict[Name, PoolDocument] = Field(default_factory=dict, description="People with the same skills, by name.")
    transport: dict[Name, TransportDocument] = Field(
        default_factory=dict, description="What carries parts between stations, by name; other moves take no time."
    )
    tariff: TariffDocument | None = Field(None, description="What electricity costs.")
    worth: WorthDocument | None = Field(None, description="What the results of the plant are worth.")
    limit: Count | None = Field(None, description="CONWIP: parts in the plant at most; the others wait outside.")


def plant_schema() -> dict[str, Any]:
    """JSON Schema of the plant file, for editors that complete and check while one types."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://danao.dev/schema/plant-1.0.json",
        **PlantDocument.model_json_schema(),
    }
