"""Partners with the faults that planted exceptions need, each alone (or nearly) in a country of its own."""

from routing_jobs.generator.geography import COUNTRIES
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.roster import Partner, Roster, Territory, ordinary_partners, with_contacts
from routing_jobs.generator.vocabulary import LINES

PAUSED, DECLINER, NO_CONTACT, FULL, ZERO, NARROW, UNCERTIFIED, AWAY_EXCLUSIVE = (
    "P-PT01",
    "P-DK01",
    "P-FI01",
    "P-IE01",
    "P-IE02",
    "P-NO01",
    "P-PL01",
    "P-AT01",
)


ROOM_FOR_STAGED = 22  # partners of whom half may be staged


def has_staged(plan: Plan) -> bool:
    """Whether the program is large enough for staged partners and the cases planted with them."""
    return plan.partners >= ROOM_FOR_STAGED


def make_roster(plan: Plan) -> Roster:
    """Ordinary partners first, then the staged ones if they fit in."""
    staged = _staged(plan) if has_staged(plan) else []
    return Roster((*ordinary_partners(plan, plan.partners - len(staged)), *staged))


def _staged(plan: Plan) -> list[Partner]:
    back = plan.first_day + plan.days + 30
    return [
        _partner(plan, PAUSED, "Tejo Systems", status="paused", paused_until_day=back),
        _partner(plan, "P-PT02", "Douro Networks", status="paused", paused_until_day=back + 9),
        _partner(plan, DECLINER, "Kystlys IT"),
        _partner(plan, NO_CONTACT, "Saimaa Digital", fault="bounced"),
        _partner(plan, FULL, "Liffey Integration", capacity=1),
        _partner(plan, ZERO, "Corrib Cloud", capacity=0),
        _partner(plan, NARROW, "Glomma Technik", verticals=("logistics", "retail")),
        _partner(plan, UNCERTIFIED, "Wisla Networks", certified=LINES[:2], expired=LINES[2:]),
        _partner(plan, "P-PL02", "Odra Systems", certified=LINES[:2]),
        _partner(
            plan,
            AWAY_EXCLUSIVE,
            "Inntal Solutions",
            status="paused",
            paused_until_day=back,
            territories=(Territory("AT", is_exclusive=True),),
        ),
        _partner(plan, "P-AT02", "Mur Systems"),
    ]


def _partner(plan: Plan, partner_id: str, name: str, fault: str = "", **traits: object) -> Partner:
    code = partner_id[2:4]
    language = next(country.language for country in COUNTRIES if country.code == code)
    defaults: dict[str, object] = {
        "kind": "reseller",
        "quality": 55,
        "skill": 50,
        "tier": "silver",
        "territories": (Territory(code),),
        "certified": LINES,
        "languages": (language, "en"),
        "capacity": 6,
        "commitment_hours": 24,
        "joined_day": plan.first_day - 400,
        "has_history": False,
        "verticals": ("energy", "finance", "healthcare", "manufacturing"),
    }
    return with_contacts(Partner(partner_id=partner_id, name=name, country=code, **(defaults | traits)), fault)  # type: ignore[arg-type]
