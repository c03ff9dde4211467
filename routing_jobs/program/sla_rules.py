"""rulebook/sla.yaml: calendars, clocks and deal registration. How they act lives in `routing_jobs.sla`."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from routing_jobs.program.model import (
    ClockTime,
    Count,
    Day,
    Distinct,
    Model,
    Name,
    PositiveCount,
    PositiveNumber,
    Text,
    expected,
    one_of,
)
from routing_jobs.program.vocabulary import MATURING_STAGES


class Duration(Model):
    """A span: exactly one of business days (opening-to-closing spans), business hours, elapsed hours."""

    business_days: PositiveNumber | None = None
    business_hours: PositiveNumber | None = None
    hours: PositiveNumber | None = None

    @model_validator(mode="after")
    def _check_one(self) -> "Duration":
        if sum(value is not None for value in (self.business_days, self.business_hours, self.hours)) != 1:
            raise expected("exactly one of business_days, business_hours, hours")
        return self


class BusinessDays(Model):
    """A whole number of business days."""

    business_days: Count


def _word_or_days(value: object) -> object:
    if isinstance(value, str) and value not in ("country", "none"):
        raise expected("country, none, or a list of dates such as [2026-12-24]")
    return value


class CalendarRules(Model):
    """When a partner works; hours in the partner's own time zone."""

    weekdays: Distinct[Annotated[int, Field(ge=1, le=7)]] = Field(min_length=1)  # 1 = Monday
    open: ClockTime
    close: ClockTime
    holidays: Annotated[Literal["country", "none"] | Distinct[Day], BeforeValidator(_word_or_days)] = "none"

    @field_validator("close")
    @classmethod
    def _check_close(cls, close: str, info: ValidationInfo) -> str:
        if close <= info.data.get("open", ""):
            raise expected(f"a time after open ({info.data['open']})")
        return close


class Clocks(Model):
    """The four clocks of the program."""

    capture_to_release: Duration
    release_to_acceptance: Duration
    release_to_follow_up: Duration
    capture_to_follow_up: Duration


class ClockOverrides(Model):
    """Clocks that differ for one grade, tier or segment."""

    capture_to_release: Duration | None = None
    release_to_acceptance: Duration | None = None
    release_to_follow_up: Duration | None = None
    capture_to_follow_up: Duration | None = None


class RegistrationRules(Model):
    """Deal registration: how soon it is decided, how long it protects."""

    decision_hours: PositiveCount = 48
    protection_days: PositiveCount = 90


class SlaRules(Model):
    """rulebook/sla.yaml. Where several overrides fit, grade wins over tier, tier over segment."""

    version: Text
    calendars: dict[Name, CalendarRules]
    clocks: Clocks
    by_grade: dict[Text, ClockOverrides] = Field(default_factory=dict)
    by_tier: dict[Text, ClockOverrides] = Field(default_factory=dict)
    by_segment: dict[Text, ClockOverrides] = Field(default_factory=dict)
    report_grace: BusinessDays = BusinessDays(business_days=2)
    matures_after_days: dict[Annotated[str, one_of(MATURING_STAGES)], Count]
    deal_registration: RegistrationRules = RegistrationRules()

    @field_validator("calendars")
    @classmethod
    def _check_default(cls, calendars: dict[str, CalendarRules]) -> dict[str, CalendarRules]:
        if "default" not in calendars:
            raise expected("a calendar named default, for partners that name none")
        return calendars

    @field_validator("matures_after_days")
    @classmethod
    def _check_stages(cls, days: dict[str, int]) -> dict[str, int]:
        missing = [stage for stage in MATURING_STAGES if stage not in days]
        if missing:
            raise expected(f"days for every stage; {', '.join(missing)} missing")
        return days

    def clock(
        self, name: str, *, grade: str | None = None, tier: str | None = None, segment: str | None = None
    ) -> Duration:
        """The span of clock `name` for one offer; the most specific override wins."""
        for overrides, key in ((self.by_grade, grade), (self.by_tier, tier), (self.by_segment, segment)):
            if key is not None and key in overrides:
                found: Duration | None = getattr(overrides[key], name)
                if found is not None:
                    return found
        base: Duration = getattr(self.clocks, name)
        return base
