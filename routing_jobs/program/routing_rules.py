"""rulebook/routing.yaml: how leads find their partner. How the rules act lives in `routing_jobs.routing`."""

from datetime import date
from math import ceil, prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from routing_jobs.program.model import (
    Count,
    Day,
    Distinct,
    Entries,
    Model,
    OpenShare,
    PositiveCount,
    PositiveNumber,
    Text,
    expected,
    one_of,
)
from routing_jobs.program.vocabulary import FALLBACKS, MODES, MODES_LATER, PERFORMANCE_OUTCOMES, PRECEDENCE

Rule = Literal["require", "prefer", "tiebreak"]
GREATEST_PREFERENCE = 10_000  # the factor on a score that all weights make together; integers hold what follows


class Criterion(Model):
    """A hard rule (`require`), a factor on the score (`prefer`) or an order among equals (`tiebreak`)."""

    RULES: ClassVar[tuple[str, ...]] = ("require", "prefer", "tiebreak")
    HAS_WEIGHT: ClassVar[bool] = True
    PARAMETER: ClassVar[str | None] = None  # needed to know who meets the criterion

    rule: Rule
    weight: PositiveNumber | None = None  # factor on the score of a partner that meets the criterion
    order: PositiveCount | None = None  # among tiebreaks, lowest first
    valid_from: Day | None = None
    valid_to: Day | None = None  # last day

    @model_validator(mode="after")
    def _check_rule(self) -> "Criterion":
        if self.rule not in self.RULES:
            raise expected(f"rule: {' or '.join(self.RULES)}")
        needs_weight = self.rule == "prefer" and self.HAS_WEIGHT
        if needs_weight != (self.weight is not None):
            raise expected("a weight above 0" if needs_weight else f"no weight with rule: {self.rule}")
        if (self.rule == "tiebreak") != (self.order is not None):
            raise expected(
                "an order (1 decides first)" if self.rule == "tiebreak" else "order only with rule: tiebreak"
            )
        if self.PARAMETER and self.rule != "tiebreak" and getattr(self, self.PARAMETER) is None:
            raise expected(f"{self.PARAMETER} with rule: {self.rule}")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise expected("valid_to on or after valid_from")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the criterion is in force on a program-local day."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


class HardCriterion(Criterion):
    """A criterion that defines or bounds what a candidate is, so it can only be required."""

    RULES = ("require",)


class PerformanceCriterion(Criterion):
    """Past follow-up as a factor: the weight is each partner's own, within `performance.floor` and `cap`."""

    RULES = ("prefer", "tiebreak")
    HAS_WEIGHT = False


class TierCriterion(Criterion):
    """Partners of tier `at_least` or better meet it; as a tiebreak the better tier goes first."""

    PARAMETER = "at_least"
    at_least: Text | None = None


class ResponseCriterion(Criterion):
    """Partners that commit to answer within `max_hours` meet it; as a tiebreak the shorter goes first."""

    PARAMETER = "max_hours"
    max_hours: PositiveNumber | None = None


class ProximityCriterion(Criterion):
    """Partners within `max_km` of the lead meet it; as a tiebreak the nearer goes first."""

    PARAMETER = "max_km"
    max_km: PositiveNumber | None = None


class Criteria(Model):
    """Which criteria have a say. An absent one has none; territory and capacity always hold."""

    territory: HardCriterion = HardCriterion(rule="require")
    product_certification: Criterion | None = None
    vertical: Criterion | None = None
    segment: Criterion | None = None
    language: Criterion | None = None
    tier: TierCriterion | None = None
    response_commitment: ResponseCriterion | None = None
    performance: PerformanceCriterion | None = None
    capacity: HardCriterion = HardCriterion(rule="require")
    proximity: ProximityCriterion | None = None

    @model_validator(mode="after")
    def _check_orders(self) -> "Criteria":
        orders = [criterion.order for criterion in self.present().values() if criterion.order is not None]
        if len(orders) != len(set(orders)):
            raise expected("a different order for each tiebreak")
        if self.greatest_preference() > GREATEST_PREFERENCE:
            raise expected(f"weights whose product is at most {GREATEST_PREFERENCE:,}")
        return self

    def greatest_preference(self) -> int:
        """No partner's preferences multiply a score by more than this."""
        weights = (criterion.weight or 1 for criterion in self.present().values())
        return ceil(prod(max(weight, 1) for weight in weights))

    def present(self) -> dict[str, Criterion]:
        """Name -> criterion, of those the rulebook gives."""
        return {name: getattr(self, name) for name in type(self).model_fields if getattr(self, name) is not None}


class RoutingLimits(Model):
    """What a partner takes where the roster is blank, and how often a lead is offered."""

    default_capacity: Count
    default_batch_limit: Count
    max_hops: PositiveCount = 3
    cool_down_days: Count = 30
    stalled_after_days: PositiveCount = 30
    capacity_counts: Literal["open", "pipeline"] = "open"


class PerformanceRules(Model):
    """How what partners did becomes a factor."""

    outcomes: dict[Annotated[str, one_of(PERFORMANCE_OUTCOMES)], PositiveNumber] = Field(
        default={"followed_up": 1.0}, min_length=1
    )
    half_life_days: PositiveNumber = 180
    prior_strength: PositiveNumber | None = None  # None: maximum likelihood from the program's own data
    floor: PositiveNumber = 0.5
    cap: PositiveNumber = 2.0
    newcomer_share: OpenShare = 0.1
    newcomer_offers: Count = 5

    @field_validator("cap")
    @classmethod
    def _check_cap(cls, cap: float, info: ValidationInfo) -> float:
        if cap < info.data.get("floor", cap):
            raise expected(f"at least the floor ({info.data['floor']:g})")
        return cap


class ExpressRules(Model):
    """Leads routed as they arrive: those of these grades that ask for one of these interests."""

    grades: Distinct[Text] = Field(min_length=1)
    interests: Distinct[Text] = Field(min_length=1)
    max_leads: PositiveCount


class ModeOverride(Model):
    """Another mode for some leads: those that have one of the values of every field given."""

    mode: Annotated[str, one_of(MODES, later=MODES_LATER)]
    segment: Distinct[Text] = ()
    country: Distinct[Text] = ()  # ISO 3166-1 alpha-2
    product: Distinct[Text] = ()  # product lines
    grade: Distinct[Text] = ()
    lead_channel: Distinct[Text] = ()

    @model_validator(mode="after")
    def _check_condition(self) -> "ModeOverride":
        if not self.conditions():
            raise expected("at least one of segment, country, product, grade, lead_channel")
        return self

    def conditions(self) -> dict[str, tuple[str, ...]]:
        """Field -> the values it may have, in lower case; of the fields given."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "mode"}
        return {name: tuple(value.strip().lower() for value in values) for name, values in given.items() if values}


class FairnessRules(Model):
    """In what proportion partners that are equal otherwise share what comes to their pool (country, product line)."""

    weight: Literal["equal", "capacity", "performance"] = "equal"


class ValueRules(Model):
    """What a lead is taken to be worth."""

    default_minor: PositiveCount  # minor units of the program's currency
    cap_percentile: Annotated[int, Field(ge=50, le=100)] = 95
    min_sample: PositiveCount = 20


class AgeDecay(Model):
    """A lead's worth halves every so many days after capture."""

    half_life_days: PositiveCount


class RoutingRules(Model):
    """rulebook/routing.yaml."""

    version: Text
    mode: Annotated[str, one_of(MODES, later=MODES_LATER)] = "optimal"
    overrides: Entries[ModeOverride] = ()  # the first that fits a lead counts
    objective: Literal["coverage_then_value", "value"] = "coverage_then_value"
    precedence: Distinct[Annotated[str, one_of(PRECEDENCE)]] = PRECEDENCE
    incumbent_months: Count = 12
    criteria: Criteria = Criteria()
    tiers: Distinct[Text] = Field(min_length=1)  # best first
    regulated_verticals: Distinct[Text] = ()
    product_lines: dict[Text, Entries[Text]] = Field(min_length=1)
    tie_band: OpenShare = 0.05
    limits: RoutingLimits
    performance: PerformanceRules = PerformanceRules()
    fairness: FairnessRules = FairnessRules()
    fallback: Distinct[Annotated[str, one_of(FALLBACKS)]] = ()
    default_partner: Text | None = None
    express: ExpressRules | None = None
    value: ValueRules
    age_decay: AgeDecay
    duplicate_window_days: Count = 90

    @field_validator("product_lines")
    @classmethod
    def _check_lines(cls, lines: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        owner: dict[str, str] = {}
        for line, products in lines.items():
            for product in {spelling.strip().lower() for spelling in (line, *products)}:
                if product in owner:
                    raise expected(f"each product in one line; {product} is in {owner[product]} and {line}")
                owner[product] = line
        return lines

    @field_validator("default_partner")
    @classmethod
    def _check_default_partner(cls, partner: str | None, info: ValidationInfo) -> str | None:
        if partner is None and "default_partner" in info.data.get("fallback", ()):
            raise expected("a partner_id, because fallback names default_partner")
        return partner

    def modes(self) -> tuple[str, ...]:
        """Every mode in use, in the order their leads are placed: as overrides name them, then the usual one."""
        return tuple(dict.fromkeys([*(override.mode for override in self.overrides), self.mode]))

    def criteria_on(self, day: date) -> dict[str, Criterion]:
        """Name -> criterion, of those in force on a program-local day; routing reads them through this."""
        return {name: criterion for name, criterion in self.criteria.present().items() if criterion.holds_on(day)}
