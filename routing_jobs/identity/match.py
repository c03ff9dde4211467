"""Matchers: each says which records are the same person, as pairs of row positions. Precision comes first.

A matcher is a function from normalised records (see `normalise`) to pairs; `cluster` takes a list of them, so another
kind of evidence is one more function. A null never matches.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Positions = npt.NDArray[np.int64]
Pairs = tuple[Positions, Positions]
Matcher = Callable[[pd.DataFrame], Pairs]

# A phone that more people than this answer is a switchboard and tells nobody apart.
MOST_PEOPLE_ON_A_PHONE = 3


def same_source_record(records: pd.DataFrame) -> Pairs:
    """The same record of the same source system."""
    return pairs_of_groups(codes_of(records["source_key"]))


def same_email(records: pd.DataFrame) -> Pairs:
    """The same e-mail address; a desk's address (info@, sales@) only together with the same name."""
    address = records["email"]
    personal = address.where(~records["is_role_mailbox"])
    desk = address.where(records["is_role_mailbox"]) + "\x1f" + records["name"]
    return pairs_of_groups(codes_of(personal.fillna(desk)))


def same_phone(records: pd.DataFrame) -> Pairs:
    """The same phone number, where the names agree.

    A record without name joins the others only if they are one person and no e-mail address speaks against it.
    A number answered by more than MOST_PEOPLE_ON_A_PHONE names or addresses joins nobody.
    """
    with_phone = records.loc[records["phone"].notna(), ["phone", "name", "email"]]
    phone = with_phone.groupby("phone", sort=False)
    names, addresses = phone["name"].transform("nunique"), phone["email"].transform("nunique")
    is_private = (names <= MOST_PEOPLE_ON_A_PHONE) & (addresses <= MOST_PEOPLE_ON_A_PHONE)
    is_one_person = (names <= 1) & (with_phone["name"].notna() | with_phone["email"].isna() | (addresses <= 1))
    by_name = with_phone["phone"] + "\x1f" + with_phone["name"]
    key = with_phone["phone"].where(is_one_person).fillna(by_name).where(is_private)
    return pairs_of_groups(codes_of(key.reindex(records.index)))


def same_name_at_company(records: pd.DataFrame) -> Pairs:
    """The same full name at the same company, unless two business addresses there say they are namesakes."""
    key = records["name"] + "\x1f" + records["company"]
    addresses = records.groupby(key, sort=False)["business_email"].transform("nunique")
    return pairs_of_groups(codes_of(key.where(addresses <= 1)))


EXACT_MATCHERS: tuple[Matcher, ...] = (same_source_record, same_email, same_phone)
MATCHERS: tuple[Matcher, ...] = (*EXACT_MATCHERS, same_name_at_company)


def matched_pairs(records: pd.DataFrame, matchers: Sequence[Matcher]) -> Pairs:
    """All pairs the matchers give, end to end.

    Raises:
        ValueError: A matcher gives positions outside of the records.
    """
    found = [matcher(records) for matcher in matchers]
    left = np.concatenate([pairs[0] for pairs in found]) if found else np.empty(0, np.int64)
    right = np.concatenate([pairs[1] for pairs in found]) if found else np.empty(0, np.int64)
    both = np.concatenate([left, right])
    if len(both) and not (both.min() >= 0 and both.max() < len(records)):
        raise ValueError(f"matched position {both.max()}: expected 0 to {len(records) - 1}")
    return left, right


def codes_of(keys: pd.Series) -> Positions:
    """One integer per distinct key, -1 where it is null."""
    return pd.factorize(keys)[0].astype(np.int64)


def pairs_of_groups(codes: Positions) -> Pairs:
    """Each member of a group with the group's first; codes < 0 are in no group."""
    positions = np.flatnonzero(codes >= 0)
    order = positions[np.argsort(codes[positions], kind="stable")]
    if not len(order):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    is_first = np.r_[True, codes[order][1:] != codes[order][:-1]]
    first = order[np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))]
    return first[~is_first].astype(np.int64), order[~is_first].astype(np.int64)
