"""One optimal assignment by OR-tools' min-cost flow (cost-scaling push-relabel, Goldberg 1997).

Lives here: the translation of an instance into a flow network. Not here: prices, proof and ties (`prices`,
`assignment`), so that another solver can take this one's place behind the same function.
"""

import numpy as np

from routing_jobs.routing.instance import Indices, Instance

# The library multiplies costs by its number of nodes; beyond this product it refuses them.
_COST_LIMIT = 2**60


def find_assignment(instance: Instance) -> Indices:
    """The partner of each unit, int32[n], -1 = none: an assignment of (nearly) greatest total score.

    Exact where scores times nodes stay below 2**60. Beyond, low bits of the scores are dropped first and the total may
    fall short by what they could add; `prices.improve` makes up for it.
    """
    assigned = np.full(instance.units, -1, dtype=np.int32)
    useful = np.flatnonzero(instance.capacity[instance.partner] > 0)
    if useful.size == 0:
        return assigned
    scores = instance.score[useful]
    nodes = instance.units + instance.partners + 2
    while int(scores.max()) * nodes >= _COST_LIMIT:
        scores = scores >> 1
    chosen = useful[_flow(instance, useful, scores)]
    assigned[instance.unit[chosen]] = instance.partner[chosen]
    return assigned


def _flow(instance: Instance, useful: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Positions in `useful` of the candidates that carry flow; nodes are units, then partners, then a sink."""
    from ortools.graph.python import min_cost_flow

    units, partners = instance.units, instance.partners
    sink = units + partners
    graph = min_cost_flow.SimpleMinCostFlow()
    arcs = graph.add_arcs_with_capacity_and_unit_cost(
        instance.unit[useful], units + instance.partner[useful], np.ones(len(useful), dtype=np.int64), -scores
    )
    every_unit, every_partner = np.arange(units), units + np.arange(partners)
    graph.add_arcs_with_capacity_and_unit_cost(  # a unit may stay without partner
        every_unit, np.full(units, sink), np.ones(units, dtype=np.int64), np.zeros(units, dtype=np.int64)
    )
    graph.add_arcs_with_capacity_and_unit_cost(
        every_partner, np.full(partners, sink), np.minimum(instance.capacity, units), np.zeros(partners, dtype=np.int64)
    )
    graph.set_nodes_supplies(every_unit, np.ones(units, dtype=np.int64))
    graph.set_node_supply(sink, -units)
    status = graph.solve()
    if status != graph.OPTIMAL:
        raise AssertionError(f"min-cost flow ended with {status}: an instance always has a solution")
    return np.flatnonzero(graph.flows(arcs))
