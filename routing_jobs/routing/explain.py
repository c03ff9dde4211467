"""Why a lead went where it went, in sentences a person in operations can check, from what was stored with the batch.

Pure: takes the stored line, candidates and prices, gives sentences and a table. Lives here: the reading of scores and
prices (`shortfall`: what would have had to be different), and the words. Not here: where the rows come from
(`cli.explain`), what the numbers mean to a score (`candidates`, `performance.weights`).

Scores and prices are millionths of the program's currency. A price is what one more slot at a partner would have added
to the batch; a lead goes to the partner with the greatest score less price.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from routing_jobs.routing.exclusions import BY_CODE, OUTSIDE

Row = Mapping[str, Any]
Prices = Mapping[str | tuple[str, str], Row]
MICROS = 1_000_000
RIVALS_TOLD = 4
_FULL_BY_THEN = "it was full when the lead's turn came"

_CLAIMS = {
    "live_registration": "has a live deal registration for this account and product line",
    "named_account": "has this account as a named account",
    "originating_partner": "brought the lead, so it is asked first",
    "incumbent": "is the account's incumbent for this product line",
    "exclusive_territory": "has this territory to itself",
}
_FALLBACKS = {
    "distributor": "No other partner could take it, so a distributor was asked.",
    "widen": "No partner covers its place, so partners anywhere in the country were asked.",
    "default_partner": "Nobody else could take it, so it goes to the default partner.",
}


@dataclass(frozen=True)
class Explanation:
    """`sentences` in reading order; `table` has one row a candidate, the unit's own order first."""

    sentences: tuple[str, ...]
    table: tuple[dict[str, Any], ...]


def explain(
    line: Row,
    candidates: Sequence[Row],
    prices: Prices,
    outside: Mapping[str, int],
    names: Mapping[str, str],
    currency: str,
    minor_digits: int = 2,
) -> Explanation:
    """Explain one line of a batch.

    Args:
        line: The line: lead_id, partner_id, source, rule, exception_code, remedy, owner.
        candidates: The unit's stored candidates, in any order.
        prices: partner_id -> capacity, assigned, price; (partner_id, area) -> the same of a limited territory.
        outside: Code -> number of partners that did not pass territory.
        names: partner_id -> name to show; a partner without one is shown by its id.
        currency: ISO code, for amounts.
        minor_digits: Digits of its minor unit.
    """
    # a unit that takes no slot competes with nobody: what slots are worth has no say
    asked = {} if line.get("holds_slot") is False else prices
    teller = _Teller(line, sorted(candidates, key=_own_order), asked, names, currency, minor_digits)
    if line["source"] == "override":
        sentences = [f"{teller.name(line['partner_id'])} was chosen by hand, against the proposal.", *teller.others()]
    elif line["partner_id"] is not None:
        sentences = [*teller.choice(), *teller.others(), *teller.change()]
    elif line["exception_code"] is None:
        sentences = ["The lead stays with the vendor's own team."]
    else:
        sentences = [*teller.exception(), *teller.others(), *teller.nearest()]
    table = tuple(teller.row(candidate) for candidate in teller.candidates)
    return Explanation((*sentences, *_outside(outside)), table)


def shortfall(chosen: Row, rival: Row, prices: Prices) -> int:
    """By how much `rival` would have had to score higher for the lead to prefer it at the batch's prices; at least 1.

    A lead prefers the partner with the greatest banded score less price. With less than this the lead stays where it
    is; with more, prices may move too, so this is the least it takes.
    """
    here = chosen["banded_score"] - _price(prices, chosen)
    there = rival["banded_score"] - _price(prices, rival)
    return max(int(here - there) + 1, 1)


def _slots(prices: Prices, candidate: Row) -> list[Row]:
    """What a candidate needs a slot of: the partner, and its limited territory if it has one here."""
    keys = (candidate["partner_id"], (candidate["partner_id"], candidate.get("area")))
    return [prices[key] for key in keys if key in prices]


def _price(prices: Prices, candidate: Row) -> int:
    return sum(int(row["price"]) for row in _slots(prices, candidate))


def _own_order(candidate: Row) -> tuple[bool, int, str]:
    return candidate["rank"] is None, candidate["rank"] or 0, candidate["partner_id"]


def _outside(outside: Mapping[str, int]) -> list[str]:
    counted = [(code, count) for code, count in sorted(outside.items()) if count]
    return [f"Left out: {count} partner{'' if count == 1 else 's'} {OUTSIDE[code]}." for code, count in counted]


@dataclass(frozen=True)
class _Teller:
    """The facts of one line, and the sentences about them."""

    line: Row
    candidates: list[Row]
    prices: Prices
    names: Mapping[str, str]
    currency: str
    minor_digits: int

    def name(self, partner_id: str) -> str:
        """A partner as a person knows it."""
        name = self.names.get(partner_id)
        return f"{name} ({partner_id})" if name and name != partner_id else partner_id

    def money(self, micros: int) -> str:
        """Score units as an amount; tiny amounts are not rounded to nothing."""
        amount = micros / MICROS
        digits = 2 if abs(amount) >= 0.01 or not amount else 6
        return f"{amount:,.{digits}f} {self.currency}"

    @property
    def chosen(self) -> Row | None:
        """The candidate the lead went to, if it was one."""
        return next((c for c in self.candidates if c["partner_id"] == self.line["partner_id"]), None)

    def choice(self) -> list[str]:
        """Who got it, by which rule, with what score."""
        partner, rule, chosen = self.name(self.line["partner_id"]), self.line["rule"], self.chosen
        eligible = sum(bool(c["is_eligible"]) for c in self.candidates)
        if rule in _CLAIMS:
            first = f"It goes to {partner}, which {_CLAIMS[rule]}; claims go before scores."
        elif rule in _FALLBACKS:
            first = f"{_FALLBACKS[rule]} {partner} takes it."
        elif rule == "round_robin":
            pool = self.line.get("pool")
            first = f"It was the turn of {partner} among {eligible} that could take it{f' in {pool}' if pool else ''}."
        elif chosen is not None and chosen["rank"] == 1:
            first = f"It goes to {partner}, its first choice among {eligible} that could take it."
        else:
            rank = chosen["rank"] if chosen is not None else None
            first = f"It goes to {partner}, its choice number {rank} of {eligible}; see below for those before."
        if self.line.get("holds_slot") is False:
            first += " It is partner-sourced and takes no slot."
        if rule == "waterfall":
            first += " Leads were served one after the other."
        return [first, *([self.parts(chosen)] if chosen is not None else [])]

    def parts(self, candidate: Row) -> str:
        """The score as the product it is."""
        value = self.money(candidate["score"])
        source = {"own": "stated by the lead", "own_capped": "stated by the lead, capped", "reference": "as won before"}
        said = source.get(candidate.get("value_source") or "", "the program's default")
        sentence = (
            f"Score {value}: chance to win {candidate['p_won_micros'] / 10_000:.2f} % x value "
            f"{self.money(candidate['value_minor'] * 10 ** (6 - self.minor_digits))} ({said}) x age "
            f"{candidate['age_decay_micros'] / MICROS:.3f} x preferences {candidate['preference_micros'] / MICROS:.3f}."
        )
        if candidate["banded_score"] is not None and candidate["banded_score"] != candidate["score"]:
            sentence += f" Within the tie band it counts as {self.money(candidate['banded_score'])}."
        return sentence

    def others(self) -> list[str]:
        """Why not the others: the first few, and how many more."""
        rest = [c for c in self.candidates if c["partner_id"] != self.line["partner_id"]]
        told = [f"Not {self.name(c['partner_id'])}: {self.verdict(c)}." for c in rest[:RIVALS_TOLD]]
        if len(rest) > RIVALS_TOLD:
            told.append(f"{len(rest) - RIVALS_TOLD} more candidates are in the table.")
        return told

    def verdict(self, rival: Row) -> str:
        """Why this candidate did not get it."""
        reason, chosen, rule = rival["exclusion_reason"], self.chosen, self.line["rule"]
        if reason is not None and reason in BY_CODE:
            where = f" in {rival['area']}" if reason == "AT_LIMIT" and rival.get("area") else ""
            return f"it {BY_CODE[reason].sentence}{where}"
        if rule in _FALLBACKS and rival.get("stage") == "primary":
            return "every slot it had went to other leads"
        if chosen is None or not self._is_weighed(chosen) or not self._is_weighed(rival):
            if self.mode == "round_robin":
                return self._out_of_turn(rival)
            return "every slot it had went to other leads" if self._is_full(rival) else "it was not compared by score"
        return self._outdone(rival, chosen)

    def _outdone(self, rival: Row, chosen: Row) -> str:
        """Why a candidate that was weighed did not get the lead that `chosen` has."""
        ahead = rival["banded_score"] - chosen["banded_score"]
        compared = (
            f"it scores {self.money(abs(ahead))} {'more' if ahead > 0 else 'less'}" if ahead else "it scores the same"
        )
        if self.line["source"] == "override":
            return f"{compared}; a person decided"
        if self.line["rule"] in _CLAIMS:
            return f"{compared}; the claim decided"
        if rival.get("is_claim"):
            return f"it has a claim, but {self.scarcity(rival) if self.mode == 'optimal' else _FULL_BY_THEN}"
        if self.mode == "round_robin":
            return self._out_of_turn(rival)
        if ahead < 0:
            return compared
        if self.mode == "waterfall" and rival["rank"] < chosen["rank"]:
            return f"{compared}, but {_FULL_BY_THEN}"
        if self.mode == "optimal" and self._is_full(rival):
            return f"{compared}, but {self.scarcity(rival)}"
        return f"{compared}: the tiebreaks decided, the last of them whose turn it was"

    def _out_of_turn(self, rival: Row) -> str:
        return "it was not its turn, or it was full by then" if self._is_full(rival) else "it was not its turn"

    @property
    def mode(self) -> str:
        """How the lead was placed; a batch from before modes were noted is optimal."""
        rule = self.line["rule"]
        return self.line.get("mode") or (rule if rule in ("waterfall", "round_robin") else "optimal")

    def scarcity(self, rival: Row) -> str:
        """What the slots of a full partner are needed for."""
        own, there = self._used_up(rival)
        slots = _slots(self.prices, rival)
        where = f" in {rival['area']}{' and in all' if own else ''}" if there else ""
        if any(row.get("extra_claims") for row in slots):
            return f"its slots{where} go to leads it has a claim on"
        if any(row.get("extra_leads") for row in slots):
            return f"its slots{where} go to leads that would find no partner otherwise"
        worth = self.money(_price(self.prices, rival))
        return f"other leads gain more from its slots{where} (one more{' of both' if own and there else ''} would add {worth})"

    def missing(self, rival: Row) -> str:
        """Which slots a full partner would need: its own, those of its limited territory here, or both."""
        own, there = self._used_up(rival)
        if not there:
            return "one more slot"
        return f"one more slot in {rival['area']}{' and one more in all' if own else ''}"

    def change(self) -> list[str]:
        """The smallest change that would have sent the lead elsewhere."""
        chosen = self.chosen
        if self.line["rule"] != "best_score":
            return []
        rivals = [c for c in self.candidates if c is not chosen and self._is_weighed(c)]
        if not self._is_weighed(chosen) or not rivals:
            return ["No other partner could have taken it."]
        assert chosen is not None
        nearest = min(rivals, key=lambda rival: (shortfall(chosen, rival, self.prices), rival["partner_id"]))
        gap = shortfall(chosen, nearest, self.prices)
        who = self.name(nearest["partner_id"])
        if gap > 1 and self._is_full(nearest) and self._is_reserved(nearest):
            return [f"{who} came closest: {self.scarcity(nearest)}, so more slots there are what could change it."]
        if gap == 1 and self._is_full(nearest):
            return [f"{who} came closest: with {self.missing(nearest)} it could have got the lead."]
        if gap == 1:
            return [f"{who} came closest: any higher score would have done."]
        return [f"{who} came closest: at the batch's prices it was {self.money(gap)} short."]

    def exception(self) -> list[str]:
        """What keeps the lead, and who is to do what."""
        code, remedy, owner = (self.line[name] for name in ("exception_code", "remedy", "owner"))
        return [f"No partner: {code}. {remedy} Owner: {owner}."]

    def nearest(self) -> list[str]:
        """For an exception: the candidate that came furthest."""
        if self.line["exception_code"] in ("EXCLUSIVE_UNAVAILABLE", "PRECEDENCE_CONFLICT", "REGISTRATION_CONFLICT"):
            return []
        full = [c for c in self.candidates if self._is_weighed(c)]
        if full:
            first = min(full, key=_own_order)
            missing = self.missing(first)
            return [f"With {missing}, {self.name(first['partner_id'])} would be its first choice."]
        excluded = [c for c in self.candidates if c["exclusion_reason"] in BY_CODE]
        if not excluded:
            return []
        order = list(BY_CODE)
        best = max(excluded, key=lambda c: (order.index(c["exclusion_reason"]), c["score"], c["partner_id"]))
        return [f"{self.name(best['partner_id'])} came closest: it {BY_CODE[best['exclusion_reason']].sentence}."]

    def row(self, candidate: Row) -> dict[str, Any]:
        """One candidate for the table."""
        partner_id = candidate["partner_id"]
        is_chosen = partner_id == self.line["partner_id"]
        return {
            "rank": candidate["rank"],
            "partner_id": partner_id,
            "partner_name": self.names.get(partner_id),
            "p_won_micros": candidate["p_won_micros"],
            "value_minor": candidate["value_minor"],
            "age_decay_micros": candidate["age_decay_micros"],
            "preference_micros": candidate["preference_micros"],
            "score": candidate["score"],
            "banded_score": candidate["banded_score"],
            "price": _price(self.prices, candidate),
            "extra_leads": self.prices.get(partner_id, {}).get("extra_leads"),
            "is_assigned": is_chosen,
            "propensity_micros": candidate.get("propensity_micros"),
            "exclusion_reason": candidate["exclusion_reason"],
            "verdict": "gets it" if is_chosen else self.verdict(candidate),
        }

    def _is_weighed(self, candidate: Row | None) -> bool:
        return candidate is not None and candidate["banded_score"] is not None

    def _is_reserved(self, candidate: Row) -> bool:
        return any(row.get("extra_claims") or row.get("extra_leads") for row in _slots(self.prices, candidate))

    def _used_up(self, candidate: Row) -> tuple[bool, bool]:
        """Whether the partner's own slots are all taken, and those of its limited territory here."""
        keys = (candidate["partner_id"], (candidate["partner_id"], candidate.get("area")))
        own, there = (
            key in self.prices and self.prices[key]["assigned"] >= self.prices[key]["capacity"] for key in keys
        )
        return own, there

    def _is_full(self, candidate: Row) -> bool:
        return any(self._used_up(candidate))
