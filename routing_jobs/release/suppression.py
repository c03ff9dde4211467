"""Recognises people who were erased, by digest: they are never written to again."""

from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import Connection, select

from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.private import email_digest
from routing_jobs.ledger.tables import SUPPRESSION


@dataclass(frozen=True)
class SuppressedAddresses:
    """The digests of erased addresses."""

    digests: frozenset[str]
    salt: bytes = field(repr=False)

    @classmethod
    def read(cls, ledger: Ledger, connection: Connection) -> Self:
        """All of them."""
        return cls(frozenset(connection.execute(select(SUPPRESSION.c.digest)).scalars()), ledger.salt)

    def contains(self, email: str | None) -> bool:
        """Whether this address belongs to an erased person."""
        return bool(self.digests) and email is not None and email_digest(self.salt, email) in self.digests
