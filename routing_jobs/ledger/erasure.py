"""The ledger's share of forgetting a person: the texts people typed about them, and knowing them if they come back.

Events hold no personal text, so the chain stays whole. The files are another room's to rewrite.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from routing_jobs.ledger.ledger import PROGRAM_ACTOR, Ledger
from routing_jobs.ledger.private import email_digest
from routing_jobs.ledger.tables import SIDE_TEXT, SUPPRESSION


def suppress(ledger: Ledger, email: str, as_of: datetime, *, actor: str = PROGRAM_ACTOR) -> str:
    """Remember that this person was erased; the digest they are recognised by. A second call changes nothing."""
    digest = email_digest(ledger.salt, email)
    with ledger.writing(as_of, actor) as transaction:
        known = select(SUPPRESSION.c.digest).where(SUPPRESSION.c.digest == digest)
        if transaction.connection.execute(known).first() is None:
            transaction.append("privacy", digest, "person_suppressed", {})
    return digest


def erase_texts(ledger: Ledger, digests: Sequence[str], as_of: datetime, *, actor: str = PROGRAM_ACTOR) -> int:
    """Remove typed texts by digest; how many there were. That it happened is an event.

    SQLite overwrites the bytes in its file; in its write-ahead log they go with the next checkpoint, done here.
    """
    with ledger.writing(as_of, actor) as transaction:
        present = [
            digest
            for digest in sorted(set(digests))
            if transaction.connection.execute(select(SIDE_TEXT.c.digest).where(SIDE_TEXT.c.digest == digest)).first()
        ]
        for digest in present:
            transaction.connection.execute(delete(SIDE_TEXT).where(SIDE_TEXT.c.digest == digest))
        if present:
            transaction.append("privacy", "side_text", "side_text_erased", {"digests": present})
    ledger.checkpoint()
    return len(present)


def texts_containing(ledger: Ledger, words: Sequence[str]) -> list[str]:
    """Digests of typed texts in which any of these words stands, whatever its case."""
    wanted = [word.strip().lower() for word in words if word.strip()]
    with ledger.reading() as connection:
        rows = connection.execute(select(SIDE_TEXT.c.digest, SIDE_TEXT.c.body).order_by(SIDE_TEXT.c.digest))
        return [str(digest) for digest, body in rows if any(word in str(body).lower() for word in wanted)]
