"""The closed lists a configuration may name, and the parts of the contract this release does not have yet.

Values of data columns live in `entities`; here is what program.yaml, rulebook and feed contracts may say.
"""

ROLES = ("reviewer", "approver", "admin")

# In the contract's order (SPEC section 6). Each has one owner and a remedy.
EXCEPTION_CODES = (
    "NO_COUNTRY",
    "NEEDS_REGION",
    "NO_TERRITORY_MATCH",
    "NO_VERTICAL_MATCH",
    "NO_CERTIFIED_PARTNER",
    "ALL_AT_LIMIT",
    "ALL_PAUSED",
    "ALL_DECLINED",
    "NO_VALID_CONTACT",
    "REGISTRATION_CONFLICT",
    "PRECEDENCE_CONFLICT",
    "EXCLUSIVE_UNAVAILABLE",
    "AMBIGUOUS_IDENTITY",
    "STALLED_NO_UPDATE",
    "CONTESTED_AFTER_RECALL",
    "OVERRIDE_INVALID",
)

PRECEDENCE = ("live_registration", "named_account", "originating_partner", "incumbent", "exclusive_territory")
FALLBACKS = ("widen", "distributor", "default_partner", "direct", "nurture")
PERFORMANCE_OUTCOMES = ("followed_up", "opportunity", "won")
MATURING_STAGES = ("accepted", "worked", "partner_qualified", "opportunity", "won")

# What works today, and what the contract names beside it.
MODES = ("optimal", "waterfall", "round_robin")
MODES_LATER = ("pool",)
ATTRIBUTION_MODELS = (
    "first_touch",
    "last_touch",
    "linear",
    "u_shaped",
    "w_shaped",
    "full_path",
    "time_decay",
    "position_based",
    "markov",
    "shapley",
)
# The models a rulebook may weigh otherwise, and the places in a journey each of them weighs.
ATTRIBUTION_MILESTONES = {
    "u_shaped": ("first", "last", "rest"),
    "position_based": ("first", "last", "rest"),
    "w_shaped": ("first", "lead", "opportunity", "rest"),
    "full_path": ("first", "lead", "opportunity", "won", "rest"),
}

# Keys the contract announces for later: refused by name, because a rule that is read and ignored misleads.
KEYS_LATER = {
    "alerts": "alerts are not sent by this release",
    "retention": "nothing is deleted by age in this release",
    "remind_at": "reminders are not sent by this release",
    "recall_after": "leads are not recalled by themselves in this release",
}

# Columns a scoring rule may test: what a lead says, and what prepare derives from it.
SCORING_DERIVED = (
    "email_normalized",
    "email_domain",
    "phone_e164",
    "website_domain",
    "country_code",
    "currency_code",
    "is_free_mail",
    "product",
    "touch_count",
)
