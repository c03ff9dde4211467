"""What every configuration model shares: strictness, and the small field types that say what they expect.

Text is never guessed into another type: pydantic is strict here, but for lists that become tuples.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError


class Model(BaseModel):
    """A frozen part of the configuration; a key it does not know is an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        populate_by_name=True,
        serialize_by_alias=True,
    )


def expected(what: str) -> PydanticCustomError:
    """The error that a value is not `what`; the message a person reads begins with "expected"."""
    return PydanticCustomError("expected", "expected {what}", {"what": what})


def one_of(now: tuple[str, ...], later: tuple[str, ...] = ()) -> AfterValidator:
    """A text among `now`; one of `later` is refused as announced but not available."""

    def check(value: str) -> str:
        if value in later:
            raise expected(f"{alternatives(now)}: `{value}` is planned, this release does not have it")
        if value not in now:
            raise expected(alternatives(now))
        return value

    return AfterValidator(check)


def alternatives(values: tuple[str, ...]) -> str:
    """`a`, or `one of a, b, c`."""
    return values[0] if len(values) == 1 else "one of " + ", ".join(values)


def text_of(value: Any) -> Any:
    """YAML's true, false and whole numbers as the text they were; everything else as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise expected(f"each entry once; {', '.join(twice)} stands twice")
    return values


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise expected(what)
        return value

    return check


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise expected("a date such as 2026-01-31") from error


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise expected("an IANA time zone such as Europe/Berlin") from error
    return value


def _currency(value: str) -> str:
    from pycountry import currencies

    if len(value) != 3 or value != value.upper() or currencies.get(alpha_3=value) is None:
        raise expected("an ISO 4217 currency code such as EUR")
    return value


Entry = TypeVar("Entry")
Entries = Annotated[tuple[Entry, ...], Strict(False)]  # YAML's list
Distinct = Annotated[Entries[Entry], AfterValidator(_unique)]
Text = Annotated[str, AfterValidator(_matching(r"(?s).*\S.*", "text that is not blank"))]
Scalar = Annotated[str, BeforeValidator(text_of)]
Name = Annotated[str, AfterValidator(_matching(r"[A-Za-z][A-Za-z0-9_-]*", "a name of letters, digits, _ and -"))]
Day = Annotated[date, BeforeValidator(_day)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Currency = Annotated[str, AfterValidator(_currency)]
ClockTime = Annotated[
    str,
    AfterValidator(_matching(r"([01]\d|2[0-3]):[0-5]\d|24:00", 'a time between "00:00" and "24:00", in quotes')),
]
Count = Annotated[int, Field(ge=0, le=10**12)]
PositiveCount = Annotated[int, Field(ge=1, le=10**12)]
PositiveNumber = Annotated[float, Field(gt=0, le=10**6)]
Share = Annotated[float, Field(ge=0, le=1)]
OpenShare = Annotated[float, Field(ge=0, lt=1)]
Points = Annotated[int, Field(ge=-100, le=100)]
