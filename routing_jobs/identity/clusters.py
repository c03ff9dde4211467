"""Clusters of records that are one buyer: what the matched pairs add up to."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components as scipy_components

from routing_jobs.identity.match import MATCHERS, Matcher, Positions, matched_pairs
from routing_jobs.identity.normalise import normalised_records


def cluster(records: pd.DataFrame, matchers: Sequence[Matcher] = MATCHERS) -> pd.Series:
    """Which records are one buyer.

    Args:
        records: Any of email, phone, first_name, last_name, company, website, address, postal_code, country
            (see `normalised_records`), one row per record, in any order.
        matchers: Functions from normalised records to pairs of row positions.

    Returns:
        Cluster ids aligned with `records`: the lowest index label of the cluster's records (the position, where
        labels repeat). Which records share a cluster does not depend on their order.

    Raises:
        ValueError: `records` has none of the columns that name somebody.
    """
    labels = records.index if records.index.is_unique else pd.RangeIndex(len(records))
    order = labels.argsort()
    left, right = matched_pairs(normalised_records(records.iloc[order]), matchers)
    first = connected_components(len(records), left, right)
    ids = pd.Series(labels[order][first], name="cluster_id")
    return ids.iloc[np.argsort(order, kind="stable")].set_axis(records.index)


def connected_components(n: int, left: Positions, right: Positions) -> Positions:
    """For each of n nodes the lowest node it is connected with, itself if with none.

    Args:
        n: Number of nodes.
        left: Nodes at one end of each edge, int64[e].
        right: Nodes at the other end, int64[e].
    """
    edges = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(n, n))
    _, component = scipy_components(edges, directed=False)
    lowest: Positions = np.full(n, n, dtype=np.int64)
    np.minimum.at(lowest, component, np.arange(n))
    first: Positions = lowest[component]
    return first


def merge_unless_contested(
    n: int, left: Positions, right: Positions, holders: pd.Series
) -> tuple[Positions, npt.NDArray[np.bool_]]:
    """Connected components, except that a merge joining what different partners hold open waits.

    Pairs are merged in the order of their later record, so what was together before a record came stays together.

    Args:
        n: Number of records, in the order they were captured.
        left: Positions at one end of each matched pair, int64[e].
        right: Positions at the other end, int64[e].
        holders: Partner that holds an open offer, indexed by position; a position may stand more than once.

    Returns:
        For each record the lowest position of its identity, and whether a merge of its whole cluster waits.
    """
    whole = connected_components(n, left, right)
    held = pd.DataFrame({"component": whole[holders.index], "partner": holders.to_numpy()})
    partners = held.groupby("component")["partner"].nunique()
    is_contested = np.isin(whole, partners.index[partners > 1])
    if not is_contested.any():
        return whole, is_contested
    inside = is_contested[left]
    allowed = _allowed_merges(left[inside], right[inside], holders)
    kept_left, kept_right = np.r_[left[~inside], left[inside][allowed]], np.r_[right[~inside], right[inside][allowed]]
    identity = connected_components(n, kept_left, kept_right)
    waits = np.isin(whole, whole[left[inside][~allowed]])
    return identity, waits


def _allowed_merges(left: Positions, right: Positions, holders: pd.Series) -> npt.NDArray[np.bool_]:
    parent: dict[int, int] = {}
    partners: dict[int, set[object]] = {}
    for position, partner in zip(holders.index.tolist(), holders, strict=True):
        partners.setdefault(position, set()).add(partner)

    def root(node: int) -> int:
        while (up := parent.get(node, node)) != node:
            parent[node] = parent.get(up, up)
            node = up
        return node

    allowed = np.ones(len(left), dtype=np.bool_)
    for pair in np.lexsort((np.minimum(left, right), np.maximum(left, right))):
        one, other = sorted((root(int(left[pair])), root(int(right[pair]))))
        mine, theirs = partners.get(one, set()), partners.get(other, set())
        if mine and theirs and mine != theirs:
            allowed[pair] = False
        elif one != other:
            parent[other] = one
            partners[one] = mine | theirs
    return allowed
