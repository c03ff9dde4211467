"""Why a partner may not take a unit, and what it means for the unit when no partner may: two closed lists.

Lives here: exclusion codes in the order rules are looked at, the exception each leads to, and the sentences people
read. Not here: the rules themselves (`eligibility`, `candidates`).

The order goes from what takes longest to change (territory, certification) to what changes soonest (a free slot). A
partner's code is the first rule it fails; a unit's exception is the one of the candidate that came furthest. The last
three are no hard rules: a partner with one of them passed all the others, and a person may still choose it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exclusion:
    """One reason a partner that covers the unit's territory is no candidate.

    Attributes:
        code: Name in stored candidates.
        exception: Code of the unit when this was the last hurdle of every candidate.
        sentence: Completes "<partner> ...".
    """

    code: str
    exception: str
    sentence: str


EXCLUSIONS = (
    Exclusion("TERMINATED", "NO_TERRITORY_MATCH", "has left the program"),
    Exclusion("NOT_CERTIFIED", "NO_CERTIFIED_PARTNER", "is not certified for the product"),
    Exclusion("OTHER_VERTICAL", "NO_VERTICAL_MATCH", "does not serve the buyer's industry"),
    Exclusion("OTHER_SEGMENT", "NO_VERTICAL_MATCH", "does not serve the buyer's segment"),
    Exclusion("OTHER_LANGUAGE", "NO_VERTICAL_MATCH", "does not speak the buyer's language"),
    Exclusion("TIER_TOO_LOW", "NO_CERTIFIED_PARTNER", "is below the tier the rulebook requires"),
    Exclusion("SLOW_RESPONSE", "NO_CERTIFIED_PARTNER", "does not commit to answer as fast as the rulebook requires"),
    Exclusion("TOO_FAR", "NO_TERRITORY_MATCH", "is farther away than the rulebook allows"),
    Exclusion("OTHER_LEAD", "NO_TERRITORY_MATCH", "cannot take another lead of the same account and product line"),
    Exclusion("PAUSED", "ALL_PAUSED", "is paused"),
    Exclusion("NO_VALID_CONTACT", "NO_VALID_CONTACT", "has nobody who can receive the lead"),
    Exclusion("DECLINED", "ALL_DECLINED", "has declined the lead before"),
    Exclusion("COOL_DOWN", "ALL_DECLINED", "let the lead expire, and its cool-down is not over"),
    Exclusion("PRECEDENCE", "EXCLUSIVE_UNAVAILABLE", "comes after the partner that has a claim on the lead"),
    Exclusion("DISTRIBUTOR", "NO_TERRITORY_MATCH", "is a distributor, asked only when nobody else can take it"),
    Exclusion("AT_LIMIT", "ALL_AT_LIMIT", "has no free slot"),
)
ELIGIBLE = 0
# Stored as small integers while routing runs; 0 is no exclusion.
NUMBER = {exclusion.code: number for number, exclusion in enumerate(EXCLUSIONS, start=1)}
BY_A_PERSON = ("PRECEDENCE", "DISTRIBUTOR", "AT_LIMIT")  # what an override may set aside; slots are counted again
BY_CODE = {exclusion.code: exclusion for exclusion in EXCLUSIONS}

# Partners that did not pass territory are only counted.
OUTSIDE = {
    "OUTSIDE_COUNTRY": "without a territory in the lead's country",
    "OUTSIDE_AREA": "with territories in the country, but none for its region, postal code or product line",
}

REMEDIES = {
    "NO_COUNTRY": "Find out the buyer's country and enter it in the source system.",
    "NEEDS_REGION": "Find out the buyer's region or postal code: in this country partners cover regions only.",
    "NO_TERRITORY_MATCH": "Recruit a partner for this territory, extend a partner's territory, or add a fallback.",
    "NO_VERTICAL_MATCH": "Find a partner for this industry, segment or language, or enter the specialization it has.",
    "NO_CERTIFIED_PARTNER": "Certify a partner of this territory for the product, or enter the certification it has.",
    "ALL_AT_LIMIT": "Every partner that could take it is full: raise a limit, close stalled work, or wait for a slot.",
    "ALL_PAUSED": "Every partner that could take it is paused: ask when one resumes, or recruit another.",
    "ALL_DECLINED": "Every partner that could take it has turned it down: call the buyer, or find another partner.",
    "NO_VALID_CONTACT": "Enter a lead recipient with a working e-mail address for a partner that could take it.",
    "REGISTRATION_CONFLICT": "Several partners have a live registration for this account and product line: decide one.",
    "PRECEDENCE_CONFLICT": "Rules of precedence name different partners: decide, and override the line.",
    "EXCLUSIVE_UNAVAILABLE": "The partner with the claim cannot take it: lift what hinders it, or give the lead away.",
    "AMBIGUOUS_IDENTITY": "The buyer has another lead on its way: merge the two, or wait until the other is closed.",
    "STALLED_NO_UPDATE": "The partner has not reported for too long: ask it, then recall or confirm.",
    "CONTESTED_AFTER_RECALL": "The partner reported work after the recall: decide who keeps the lead.",
    "OVERRIDE_INVALID": "The partner chosen by hand breaks a hard rule: choose another one.",
}
