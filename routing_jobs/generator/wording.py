"""How buyers are written down: names, addresses, numbers and companies as text, in the variety people type them.

Feeds pick from these columns; which columns a feed has and in what dialect is `lead_feeds`' business.
"""

import unicodedata
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from routing_jobs.generator import buyers
from routing_jobs.generator.draws import Draws, Integers, spread
from routing_jobs.generator.geography import COUNTRIES, PLACES
from routing_jobs.generator.leads import BUSINESS, COMPETITOR, FREE_MAIL, PLACEHOLDER, SYSTEMS, Leads
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.text import Mask, chosen, constant, joined, number, shown, taken
from routing_jobs.generator.vocabulary import (
    COMPETITOR_DOMAIN,
    COMPETITOR_NAME,
    FIRST_NAMES,
    FREE_MAIL_DOMAIN,
    LAST_NAMES,
    PLACEHOLDER_EMAILS,
    SYLLABLES,
    TRADES,
)

POSTAL_POOL = 64  # different postal codes a place


def plain(name: str) -> str:
    """A name as it stands in an e-mail address."""
    name = name.replace("ß", "ss").replace("ø", "o").replace("Ø", "O")
    decomposed = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in decomposed.lower() if letter.isalnum())


FIRST_PLAIN = tuple(plain(name) for name in FIRST_NAMES)
LAST_PLAIN = tuple(plain(name) for name in LAST_NAMES)
# What is dialled before a number abroad; Brazil's depends on the carrier, so people write the plus.
ABROAD_PREFIXES = tuple({"US": "011", "BR": "+"}.get(country.code, "00") for country in COUNTRIES)
LAST_CAPITALS = tuple(name.upper() for name in LAST_NAMES)  # ß becomes SS, as on a form
_SPELLING_START = np.cumsum([0, *(len(country.spellings) for country in COUNTRIES)])
_SPELLINGS = tuple(spelling for country in COUNTRIES for spelling in country.spellings)


class Wording:
    """The text of one chunk of leads; every column has one entry a lead, blank where the lead leaves it out."""

    def __init__(self, plan: Plan, leads: Leads):
        self.plan, self.leads, self.draws = plan, leads, plan.draws

    @cached_property
    def system(self) -> pa.Array:
        """The source system, half of the lead's key."""
        return taken(SYSTEMS, self.leads.feed)

    @cached_property
    def record_id(self) -> pa.Array:
        """The id each feed gives: with letters, leading zeros, or looking like a number in scientific notation."""
        index = self.leads.index
        of_feed = (
            joined("W-", number(index, 7)),
            number(index, 10),
            joined("prt_", number(spread(index, 2**31 - 1), 10)),
            joined("00Q5e", number(index, 9)),
            joined(number(index), "E", number(index % 7 + 1)),
        )
        result = of_feed[0]
        for feed, column in enumerate(of_feed):
            result = chosen(self.leads.feed == feed, column, result)
        return result

    @cached_property
    def first_name(self) -> pa.Array:
        """First name."""
        return taken(FIRST_NAMES, self.leads.first)

    @cached_property
    def last_name(self) -> pa.Array:
        """Last name, now and then in capitals."""
        name = taken(LAST_NAMES, self.leads.last)
        return chosen(
            self.draws.chance("capitals", self.leads.index, 0.06), taken(LAST_CAPITALS, self.leads.last), name
        )

    @cached_property
    def is_competitor(self) -> Mask:
        """Whether the buyer works for a competitor."""
        return buyers.is_competitor(self.plan, self.leads.root)

    @cached_property
    def stem(self) -> pa.Array:
        """What makes the company's name its own: velantor."""
        first, second, third, _ = buyers.stem_of(self.leads.company)
        return joined(taken(SYLLABLES, first), taken(SYLLABLES, second), taken(SYLLABLES, third))

    @cached_property
    def trade(self) -> pa.Array:
        """The second word of the company's name: Optics."""
        return taken(TRADES, buyers.stem_of(self.leads.company)[3])

    @cached_property
    def domain(self) -> pa.Array:
        """The company's domain."""
        own = joined(self.stem, "-", pc.utf8_lower(self.trade), ".example")
        return chosen(self.is_competitor, COMPETITOR_DOMAIN, own)

    @cached_property
    def company_name(self) -> pa.Array:
        """The company as its register has it."""
        form = buyers.legal_form_of(self.plan, self.leads.company, self.leads.place)
        return joined(self.short_name, " ", taken(buyers.LEGAL_FORM_POOL, form))

    @cached_property
    def short_name(self) -> pa.Array:
        """The company without its legal form."""
        return chosen(self.is_competitor, COMPETITOR_NAME, joined(pc.utf8_capitalize(self.stem), " ", self.trade))

    @cached_property
    def company(self) -> pa.Array:
        """The company as the buyer wrote it."""
        style = self.draws.below("company style", self.leads.index, 20)
        short = self.short_name
        written = chosen(style < 4, short, self.company_name)
        written = chosen(style == 4, pc.utf8_upper(self.company_name), written)
        written = chosen(style == 5, joined(short, "  "), written)
        written = chosen(
            style == 6, joined(short, ", ", taken(("Sales", "IT dept.", '"HQ"'), self.leads.index % 3)), written
        )
        return shown(self.leads.has_company, written)

    @cached_property
    def website(self) -> pa.Array:
        """The company's site, in the ways people give it."""
        style = self.draws.below("website style", self.leads.index, 10)
        bare = chosen(style < 3, joined("www.", self.domain), joined("https://", self.domain, "/"))
        return shown((style < 6) & self.leads.has_company, bare)

    @cached_property
    def email_key(self) -> pa.Array:
        """The address behind all its spellings; blank for placeholders and none."""
        leads = self.leads
        first, last = taken(FIRST_PLAIN, leads.first), taken(LAST_PLAIN, leads.last)
        company = number(leads.company)
        free = joined(first, "_", last, "_", company, "@", FREE_MAIL_DOMAIN)
        rival = joined(first, ".", last, company, "@", COMPETITOR_DOMAIN)
        address = chosen(leads.email == FREE_MAIL, free, joined(first, ".", last, "@", self.domain))
        address = chosen(leads.email == COMPETITOR, rival, address)
        return shown(np.isin(leads.email, (BUSINESS, FREE_MAIL, COMPETITOR)), address)

    @cached_property
    def email(self) -> pa.Array:
        """The address as typed: capitals, blanks around it, placeholders."""
        style = self.draws.below("email style", self.leads.index, 25)
        typed = chosen(style == 0, pc.utf8_upper(self.email_key), self.email_key)
        typed = chosen((style == 1) & (self.leads.email < PLACEHOLDER), joined(" ", typed, " "), typed)
        typed = chosen(style == 2, pc.utf8_capitalize(typed), typed)
        filler = taken(
            PLACEHOLDER_EMAILS, self.draws.below("placeholder kind", self.leads.index, len(PLACEHOLDER_EMAILS))
        )
        return chosen(self.leads.email == PLACEHOLDER, filler, typed)

    @cached_property
    def phone(self) -> pa.Array:
        """The buyer's number in one of five notations."""
        leads = self.leads
        style = self.draws.below("phone style", leads.index, 10)
        calling, trunk, digits = phone_parts(leads.root, leads.country)
        written = joined("+", calling, digits)
        dialled = joined(taken(ABROAD_PREFIXES, leads.country), calling, digits)
        written = chosen((style == 1) & leads.has_country, dialled, written)
        written = chosen(
            style == 2,
            joined("+", calling, " ", pc.utf8_slice_codeunits(digits, 0, 3), " ", pc.utf8_slice_codeunits(digits, 3)),
            written,
        )
        national = joined(trunk, pc.utf8_slice_codeunits(digits, 0, 3), "-", pc.utf8_slice_codeunits(digits, 3))
        written = chosen((style == 3) & leads.has_country, national, written)
        written = chosen(style == 4, joined("+", calling, "-", digits, " ext. 12"), written)
        return shown(leads.has_phone, written)

    @cached_property
    def country(self) -> pa.Array:
        """The country in one of its spellings; most people take the first."""
        country = self.leads.country
        count = _SPELLING_START[country + 1] - _SPELLING_START[country]
        offset = self.draws.below("country spelling", self.leads.index, count)
        offset = np.where(self.draws.chance("usual spelling", self.leads.index, 0.6), 0, offset)
        return shown(self.leads.has_country, taken(_SPELLINGS, _SPELLING_START[country] + offset))

    @cached_property
    def region(self) -> pa.Array:
        """State or region."""
        return shown(self.leads.has_region, taken([region[0] for _, region in PLACES], self.leads.place))

    @cached_property
    def city(self) -> pa.Array:
        """City."""
        return taken([region[2] for _, region in PLACES], self.leads.place)

    @cached_property
    def postal_code(self) -> pa.Array:
        """Postal code, leading zeros and all."""
        return shown(self.leads.has_region, self.postal_code_of(self.leads.place, self.leads.company))

    def postal_code_of(self, place: Integers, of: Integers) -> pa.Array:
        """A postal code of each place, always the same one for the same number."""
        return taken(
            _postal_codes(self.plan.seed), place * POSTAL_POOL + self.draws.below("postal code", of, POSTAL_POOL)
        )

    def choice(self, name: str, pool: tuple[str, ...]) -> pa.Array:
        """An entry of a pool for each lead."""
        return taken(pool, self.draws.below(name, self.leads.index, len(pool)))


def phone_parts(root: Integers, country: Integers) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Calling code, trunk prefix and subscriber digits; no two buyers of a million share them."""
    calling, trunk, lead, free = zip(*(entry.phone for entry in COUNTRIES), strict=True)
    digits = constant("", len(root))
    for width in sorted(set(free)):
        tail = number(spread(root, 10**width), width)
        digits = chosen(np.array(free)[country] == width, tail, digits)
    return taken(calling, country), taken(trunk, country), joined(taken(lead, country), digits)


@lru_cache(maxsize=4)
def _postal_codes(seed: int) -> tuple[str, ...]:
    draws = Draws(seed)
    codes = []
    for place, (_, region) in enumerate(PLACES):
        for entry in range(POSTAL_POOL):
            at = (place * POSTAL_POOL + entry) * 16
            codes.append("".join(_filled(draws, letter, at + position) for position, letter in enumerate(region[1])))
    return tuple(codes)


def _filled(draws: Draws, letter: str, at: int) -> str:
    if letter == "#":
        return str(int(draws.below("postal digit", at, 10)))
    return "ABDEHLNPRT"[int(draws.below("postal letter", at, 10))] if letter == "@" else letter
