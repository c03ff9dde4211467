"""What proves a batch: figures and prices of each of its modes, gathered over rounds and stored beside the candidates.

Lives here: adding rounds up, and the tables routing.partner_price, routing.area_price and
routing.certificate. Not here: what the figures
mean (`routing_jobs.routing.decision`), their independent check (`checker`).
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from routing_jobs.proposal.arrays import registered
from routing_jobs.routing.areas import Room
from routing_jobs.routing.decision import Decision, SlotWorth
from routing_jobs.routing.instance import Ints
from routing_jobs.routing.pairs import Flags

GOALS = ("claims", "leads", "value")


@dataclass
class Certificate:
    """The figures of one mode of a batch over all its rounds, in score units.

    Attributes:
        mode: The mode.
        room: Free slots before its first round.
        worth: What one more slot at each partner would have changed, goal by goal, in the first round that asked it.
        asked: bool[m], partners some round asked.
        assigned: int64[m], slots it took.
        area_worth: The same of limited territories, beyond their partners', in the first round.
        area_assigned: int64[k], slots it took there.
        divisor: What scores were divided by in the first round, in which nearly all is decided.
        certified: The bound by prices of that round, in divided scores.
        units: Units placed in that round.
        most_units: The greatest number that could have been placed in it; None in mode optimal.
    """

    mode: str
    room: Room
    worth: dict[str, Ints]
    asked: Flags
    assigned: Ints
    area_worth: SlotWorth
    area_assigned: Ints
    objective: int = 0
    upper_bound: int = 0
    band_cost: int = 0
    divisor: int = 1
    certified: int = 0
    units: int = 0
    most_units: int | None = None

    def add(self, decision: Decision, partners: np.ndarray, *, is_first: bool) -> None:
        """Take in one round that asked `partners`."""
        self.objective += decision.objective
        self.upper_bound += decision.upper_bound
        self.band_cost += decision.band_cost
        new = np.setdiff1d(partners, np.flatnonzero(self.asked))
        for name, values in self.worth.items():
            values[new] = getattr(decision.worth, name)[new]
        self.asked[new] = True
        if is_first:
            self.divisor, self.certified = decision.divisor, decision.certified
            self.area_worth = decision.area_worth
            self.units, self.most_units = int(decision.is_assigned.sum()), decision.most_units


def new_certificate(mode: str, room: Room) -> Certificate:
    """Nothing asked yet, with these slots free."""
    partners = len(room.partner)
    worth = {name: np.zeros(partners, dtype=np.int64) for name in GOALS}
    nobody, nowhere = np.zeros(partners, dtype=np.int64), np.zeros(len(room.area), dtype=np.int64)
    nothing = SlotWorth(nowhere, nowhere, nowhere)
    return Certificate(mode, room, worth, np.zeros(partners, dtype=bool), nobody, nothing, nowhere)


def store_certificate(
    connection: duckdb.DuckDBPyConnection, certificates: list[Certificate], *, is_express: bool
) -> None:
    """Rows of routing.partner_price and routing.area_price (for every mode), and of routing.certificate."""
    for certificate in certificates:
        prices = pa.table({
            "partner_ix": pa.array(range(len(certificate.assigned)), pa.int32()),
            "capacity": certificate.room.partner, "assigned": certificate.assigned, **certificate.worth,
        })  # fmt: skip
        with registered(connection, "arriving_prices", prices):
            connection.execute(_PRICES, {"is_express": is_express, "mode": certificate.mode})
        areas = pa.table({
            "area_ix": pa.array(range(len(certificate.room.area)), pa.int32()), "capacity": certificate.room.area,
            "assigned": certificate.area_assigned, **vars(certificate.area_worth),
        })  # fmt: skip
        with registered(connection, "arriving_areas", areas):
            connection.execute(_AREAS, {"is_express": is_express, "mode": certificate.mode})
        connection.execute(_CERTIFICATE, {
            "is_express": is_express, "mode": certificate.mode, "units": certificate.units,
            "most_units": certificate.most_units, "objective": certificate.objective,
            "upper_bound": certificate.upper_bound, "band_cost": certificate.band_cost,
            "certified": certificate.certified, "score_divisor": certificate.divisor,
        })  # fmt: skip


_PRICES = """
insert into routing.partner_price by name
select
    partner.partner_id,
    arriving.capacity,
    arriving.assigned,
    arriving.value as price,
    $is_express as is_express,
    arriving.claims as extra_claims,
    arriving.leads as extra_leads,
    $mode as mode
from route_partner as partner
inner join arriving_prices as arriving on partner.partner_ix = arriving.partner_ix
"""
_AREAS = """
insert into routing.area_price by name
select
    partner.partner_id,
    area_room.area,
    arriving.capacity,
    arriving.assigned,
    arriving.value as price,
    arriving.claims as extra_claims,
    arriving.leads as extra_leads,
    $is_express as is_express,
    $mode as mode
from arriving_areas as arriving
inner join route_area_room as area_room on arriving.area_ix = area_room.area_ix
inner join route_partner as partner on area_room.partner_ix = partner.partner_ix
"""
_CERTIFICATE = """
insert into routing.certificate values (
    $is_express, $mode, $units, $most_units, $objective, $upper_bound, $band_cost, $certified, $score_divisor
)
"""
