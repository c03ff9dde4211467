"""The marts as their contracts declare them, in an in-memory database: empty, with a few rows, or a whole program.

Tables are made from the names and types in dbt/models/marts, so that a query that reads a column the contracts do not
have fails here.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

FILLED = Path(__file__).with_name("filled_marts.sql")
MODELS = Path(__file__).resolve().parents[3] / "dbt" / "models" / "marts"
AS_OF = datetime.fromisoformat("2026-06-15 12:00")
STAGES = (
    "captured", "qualified", "routed", "released", "accepted", "worked", "partner_qualified", "registered",
    "opportunity", "won",
)  # fmt: skip
MATURES = {"accepted": 14, "worked": 21, "partner_qualified": 45, "opportunity": 90, "won": 180}
PROGRAM = {
    "program_name": "Test program", "currency": "EUR", "currency_exponent": 2, "timezone": "Europe/Berlin",
    "fiscal_year_starts": 2, "as_of": AS_OF,
}  # fmt: skip


class Marts:
    """Schema `marts` of one connection."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'America/New_York'")  # no query may depend on it
        self.connection.execute("create schema marts")
        for path in sorted(MODELS.rglob("*.yml")):
            for model in yaml.safe_load(path.read_text()).get("models", []):
                columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
                self.connection.execute(f"create table marts.{model['name']} ({columns})")

    def add(self, table: str, **values: Any) -> None:
        """One row; columns not named are null."""
        marks = ", ".join("?" for _ in values)
        self.connection.execute(
            f"insert into marts.{table} ({', '.join(values)}) values ({marks})", list(values.values())
        )

    def begin(self, **changes: Any) -> "Marts":
        """What is there from the first run on: who the program is, and its stages."""
        self.add("dim_program", **(PROGRAM | changes))
        for order, stage in enumerate(STAGES, 1):
            self.add("dim_stage", stage=stage, precedence=order, funnel_order=order, is_final=stage == "won",
                     matures_after_days=MATURES.get(stage))  # fmt: skip
        return self

    def fill(self, leads: int = 2000) -> "Marts":
        """A program of `leads` leads over the year before as_of, drawn by hash: the same every time."""
        self.begin()
        self.connection.execute(f"set variable leads = {leads}")
        self.connection.execute(FILLED.read_text())
        return self
