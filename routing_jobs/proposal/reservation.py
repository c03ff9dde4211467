"""How likely each stored candidate was, over the draw of units reserved for newcomers: worked out for one round.

Lives here: reading worth and chances of the round's units and partners. Not here: the estimate
(`routing_jobs.routing.propensity`).
"""

import duckdb
import numpy as np

from routing_jobs.proposal.arrays import fetch_arrays
from routing_jobs.routing.areas import Room
from routing_jobs.routing.instance import Ints
from routing_jobs.routing.pairs import Candidates, Flags
from routing_jobs.routing.propensity import Choose, propensities, scores

UNKNOWN = -1


def estimated_propensities(
    connection: duckdb.DuckDBPyConnection,
    candidates: Candidates,
    preference: Ints,
    chosen: Flags,
    share: float,
    seed: str,
    choose: Choose,
    room: Room,
) -> Ints:
    """int64[E], millionths; UNKNOWN for the units a large batch's sample leaves out. `preference` is in micros."""
    units = fetch_arrays(connection, "select worth_micros from route_unit order by unit_ix")
    partners = fetch_arrays(
        connection,
        """
        select p_won_micros, coalesce(newcomer_p_won_micros, p_won_micros) as newcomer_p_won_micros
        from route_partner order by partner_ix
        """,
    )
    usual, reserved = (partners[name].astype(np.int64) for name in ("p_won_micros", "newcomer_p_won_micros"))

    def scored(pairs: Flags) -> tuple[Ints, Ints]:
        worth = units["worth_micros"].astype(np.int64)[candidates.unit[pairs]]
        partner = candidates.partner[pairs]
        return scores(worth, reserved[partner], preference[pairs]), scores(worth, usual[partner], preference[pairs])

    draw = int(seed[:15], 16)
    drawn = share if np.any(reserved != usual) else 0.0
    known, found = propensities(candidates, scored, chosen, room, choose, drawn, draw)
    return np.where(known, found, UNKNOWN)
