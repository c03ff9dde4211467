"""program.yaml: who runs the program, in which zone and currency it thinks, and the bounds it sets itself."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from routing_jobs.program.model import (
    Currency,
    Distinct,
    Entries,
    Model,
    Name,
    PositiveCount,
    Share,
    Text,
    TimeZone,
    expected,
    one_of,
)
from routing_jobs.program.vocabulary import EXCEPTION_CODES, ROLES


class Person(Model):
    """Someone who may review; `id` is what --actor gives."""

    id: Name
    name: Text
    roles: Distinct[Annotated[str, one_of(ROLES)]] = Field(min_length=1)


class Publishing(Model):
    """How many releases stay on disk, the current one included."""

    keep_releases: PositiveCount = 5


class IntakeLimits(Model):
    """What a landed file may at most be; a file beyond them is quarantined whole."""

    max_file_mb: PositiveCount = 4096
    max_record_kb: PositiveCount = 1024
    max_columns: PositiveCount = 500
    max_rows: PositiveCount = 20_000_000


class GateLimits(Model):
    """Where a gate draws the line for feeds that do not draw their own."""

    max_quarantined_share: Share = 0.2


class ProgramConfig(Model):
    """program.yaml."""

    name: Text
    timezone: TimeZone
    currency: Currency
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    as_of: Literal["data", "clock"] = "clock"
    people: Entries[Person] = ()
    owners: dict[Annotated[str, one_of(("default", *EXCEPTION_CODES))], Text] = Field(
        default_factory=lambda: {"default": "channel-operations"}
    )
    publishing: Publishing = Publishing()
    limits: IntakeLimits = IntakeLimits()
    gates: GateLimits = GateLimits()

    @field_validator("people")
    @classmethod
    def _check_people(cls, people: tuple[Person, ...]) -> tuple[Person, ...]:
        ids = [person.id for person in people]
        if len(ids) != len(set(ids)):
            raise expected("each person's id once")
        return people

    @field_validator("owners")
    @classmethod
    def _check_owners(cls, owners: dict[str, str]) -> dict[str, str]:
        if "default" not in owners:
            raise expected("an owner under default, for the codes not named")
        return owners

    def owner_of(self, exception_code: str) -> str:
        """Who works an exception."""
        return self.owners.get(exception_code, self.owners["default"])

    def roles_of(self, actor: str) -> tuple[str, ...]:
        """The roles of a person; () for anyone program.yaml does not name."""
        return next((person.roles for person in self.people if person.id == actor), ())
