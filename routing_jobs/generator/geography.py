"""The countries of a generated program, read from countries.yaml, and the places (country and region) in them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Region = tuple[str, str, str]  # name, pattern of postal codes, city


@dataclass(frozen=True)
class Country:
    """One country; countries.yaml says what each field means."""

    code: str
    spellings: tuple[str, ...]
    zone: str
    currency: str
    language: str
    weight: float  # share of demand
    latitude: float
    longitude: float
    phone: tuple[str, str, str, int]
    regions: tuple[Region, ...]
    is_regional: bool = False
    is_staged: bool = False


def _read_countries() -> tuple[Country, ...]:
    text = (Path(__file__).parent / "countries.yaml").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return tuple(Country(code=code, **_fields(entry)) for code, entry in table.items())


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    """Lists as tuples, so that a country can be hashed."""
    regions = tuple(tuple(region) for region in entry["regions"])
    return entry | {"spellings": tuple(entry["spellings"]), "phone": tuple(entry["phone"]), "regions": regions}


COUNTRIES = _read_countries()
PLACES: tuple[tuple[int, Region], ...] = tuple(
    (position, region) for position, country in enumerate(COUNTRIES) for region in country.regions
)
# Units of one currency in euro, millionths: where the exchange rates start their walk.
EURO_MICROS = {
    "EUR": 1_000_000,
    "USD": 925_000,
    "GBP": 1_170_000,
    "CHF": 1_050_000,
    "SEK": 88_000,
    "NOK": 85_500,
    "DKK": 134_000,
    "PLN": 232_000,
    "ZAR": 49_500,
    "AED": 252_000,
    "INR": 11_050,
    "BRL": 160_000,
}


def places_of(code: str) -> tuple[int, ...]:
    """The places of one country."""
    return tuple(place for place, (position, _) in enumerate(PLACES) if COUNTRIES[position].code == code)
