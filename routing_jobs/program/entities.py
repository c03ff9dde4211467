"""The canonical entities of SPEC section 4: columns, types, keys and closed lists of values.

Every reader, model and generator takes names and types from here; nothing here reads or writes anything.
"""

from dataclasses import dataclass, field

TEXT = "text"
INSTANT = "instant"  # stored as TIMESTAMP, UTC
DATE = "date"
INTEGER = "integer"
DECIMAL = "decimal"
DOUBLE = "double"
BOOLEAN = "boolean"
LIST = "list"

SQL_TYPES = {
    TEXT: "varchar",
    INSTANT: "timestamp",
    DATE: "date",
    INTEGER: "bigint",
    DECIMAL: "decimal(20, 4)",
    DOUBLE: "double",
    BOOLEAN: "boolean",
    LIST: "varchar[]",
}

LEAD_CHANNELS = (
    "web_form",
    "event",
    "campaign",
    "crm_import",
    "co_marketing",
    "partner_referral",
    "deal_registration",
    "other",
)
PARTNER_STATUSES = ("active", "paused", "terminated")
CONTACT_ROLES = ("lead_recipient", "manager", "escalation")
SPECIALIZATION_KINDS = ("vertical", "segment", "product_certification", "language")
ACTIVITY_TYPES = (
    "accepted",
    "declined",
    "attempted",
    "contacted",
    "meeting",
    "qualified",
    "disqualified",
    "note",
)
REGISTRATION_STATUSES = ("submitted", "approved", "rejected", "expired", "won", "lost")
RESPONSES = ("accepted", "declined", "expired", "recalled")
OUTCOMES = ("won", "lost", "open", "disqualified", "duplicate", "recalled")

# A reference to a lead may be written in any of these ways; the first that is filled wins.
LEAD_REFERENCE = ("lead_ref", "assignment_id", "lead_source_system", "lead_source_record_id", "lead_email")


@dataclass(frozen=True)
class Column:
    """One canonical column: its kind, whether a record without it is refused, and the values it may take."""

    kind: str = TEXT
    required: bool = False
    allowed: tuple[str, ...] = ()
    role: str = ""  # "email", "phone", "country", "currency", "website": normalised at intake


@dataclass(frozen=True)
class Entity:
    """One entity: columns in contract order, and the columns whose values together name a record."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, Column] = field(default_factory=dict)
    event_columns: tuple[str, ...] = ()  # instants that have happened; `as_of: data` is the newest of them
    updated_by: str | None = None


def _text(*names: str) -> dict[str, Column]:
    return {name: Column() for name in names}


_REFERENCE = _text(*LEAD_REFERENCE)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        Entity(
            "leads",
            ("source_system", "source_record_id"),
            {
                "source_system": Column(required=True),
                "source_record_id": Column(required=True),
                "captured_at": Column(INSTANT, required=True),
                "email": Column(role="email"),
                **_text("first_name", "last_name", "company"),
                "website": Column(role="website"),
                "phone": Column(role="phone"),
                "country": Column(role="country"),
                **_text("region", "postal_code", "city"),
                "latitude": Column(DOUBLE),
                "longitude": Column(DOUBLE),
                **_text("industry", "segment"),
                "employee_count": Column(INTEGER),
                "product_interest": Column(LIST),
                "estimated_value": Column(DECIMAL),
                "currency": Column(role="currency"),
                "lead_channel": Column(allowed=LEAD_CHANNELS),
                "campaign_id": Column(),
                "consent_to_share": Column(BOOLEAN),
                "originating_partner_id": Column(),
                "notes": Column(),
                "updated_at": Column(INSTANT),
            },
            ("captured_at",),
            "updated_at",
        ),
        Entity(
            "partners",
            ("partner_id",),
            {
                "partner_id": Column(required=True),
                "partner_name": Column(required=True),
                **_text("partner_type", "parent_partner_id"),
                "status": Column(allowed=PARTNER_STATUSES),
                "tier": Column(),
                "country": Column(role="country"),
                "postal_code": Column(),
                "latitude": Column(DOUBLE),
                "longitude": Column(DOUBLE),
                "capacity": Column(INTEGER),
                "batch_limit": Column(INTEGER),
                "daily_limit": Column(INTEGER),
                "monthly_limit": Column(INTEGER),
                "timezone": Column(),
                "calendar": Column(),
                "response_commitment_hours": Column(INTEGER),
                "channel_manager": Column(),
                "joined_on": Column(DATE),
                "paused_until": Column(DATE),
            },
        ),
        Entity(
            "partner_contacts",
            ("partner_id", "contact_id"),
            {
                "partner_id": Column(required=True),
                "contact_id": Column(required=True),
                "email": Column(role="email"),
                "full_name": Column(),
                "role": Column(allowed=CONTACT_ROLES),
                "country": Column(role="country"),
                "product": Column(),
                "verified_at": Column(INSTANT),
                "bounced_at": Column(INSTANT),
                "is_active": Column(BOOLEAN),
            },
        ),
        Entity(
            "partner_territories",
            ("partner_id", "country", "region", "postal_prefix", "product", "is_exclusive", "capacity"),
            {
                "partner_id": Column(required=True),
                "country": Column(role="country"),
                **_text("region", "postal_prefix", "product"),
                "is_exclusive": Column(BOOLEAN),
                "capacity": Column(INTEGER),
                "valid_from": Column(DATE),
                "valid_to": Column(DATE),
            },
        ),
        Entity(
            "partner_specializations",
            ("partner_id", "kind", "code"),
            {
                "partner_id": Column(required=True),
                "kind": Column(required=True, allowed=SPECIALIZATION_KINDS),
                "code": Column(required=True),
                "valid_from": Column(DATE),
                "valid_to": Column(DATE),
            },
        ),
        Entity(
            "named_accounts",
            ("account", "website", "product"),
            {
                "account": Column(),
                "website": Column(role="website"),
                "partner_id": Column(required=True),
                "product": Column(),
                "valid_from": Column(DATE),
                "valid_to": Column(DATE),
            },
        ),
        Entity(
            "touches",
            ("touch_id",),
            {
                "touch_id": Column(required=True),
                "touched_at": Column(INSTANT, required=True),
                **_REFERENCE,
                **_text("channel", "campaign_id"),
            },
            ("touched_at",),
        ),
        Entity(
            "campaign_spend",
            ("campaign_id", "channel", "spend_date"),
            {
                "campaign_id": Column(required=True),
                "spend_date": Column(DATE, required=True),
                "amount": Column(DECIMAL, required=True),
                "currency": Column(role="currency"),
                "channel": Column(),
            },
        ),
        Entity(
            "assignment_history",
            (
                "lead_ref",
                "assignment_id",
                "lead_source_system",
                "lead_source_record_id",
                "lead_email",
                "partner_id",
                "assigned_at",
            ),
            {
                **_REFERENCE,
                "partner_id": Column(required=True),
                "assigned_at": Column(INSTANT, required=True),
                "responded_at": Column(INSTANT),
                "response": Column(allowed=RESPONSES),
                "decline_reason": Column(),
                "first_follow_up_at": Column(INSTANT),
                "outcome": Column(allowed=OUTCOMES),
            },
            ("assigned_at", "responded_at", "first_follow_up_at"),
        ),
        Entity(
            "partner_activity",
            ("source_system", "activity_id"),
            {
                "source_system": Column(required=True),
                "activity_id": Column(required=True),
                "partner_id": Column(required=True),
                **_REFERENCE,
                "activity_type": Column(required=True, allowed=ACTIVITY_TYPES),
                "occurred_at": Column(INSTANT, required=True),
                "reason": Column(),
                "reported_at": Column(INSTANT),
            },
            ("occurred_at", "reported_at"),
        ),
        Entity(
            "deal_registrations",
            ("registration_id",),
            {
                "registration_id": Column(required=True),
                "partner_id": Column(required=True),
                "submitted_at": Column(INSTANT, required=True),
                "company": Column(),
                "website": Column(role="website"),
                "email": Column(role="email"),
                "product": Column(),
                "amount": Column(DECIMAL),
                "currency": Column(role="currency"),
                "status": Column(allowed=REGISTRATION_STATUSES),
                "decided_at": Column(INSTANT),
                "expires_at": Column(INSTANT),
                **_REFERENCE,
            },
            ("submitted_at", "decided_at"),
        ),
        Entity(
            "opportunities",
            ("opportunity_id",),
            {
                "opportunity_id": Column(required=True),
                "created_at": Column(INSTANT, required=True),
                **_REFERENCE,
                **_text("registration_id", "account", "partner_id", "stage"),
                "amount": Column(DECIMAL),
                "currency": Column(role="currency"),
                "closed_at": Column(INSTANT),
                "is_won": Column(BOOLEAN),
                "lost_reason": Column(),
            },
            ("created_at", "closed_at"),
        ),
    )
}
