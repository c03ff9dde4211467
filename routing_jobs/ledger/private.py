"""What the ledger does with personal text: salted digests in the chain, the text itself where it can be erased.

The salt is a secret file beside the ledger. Whoever has only the events cannot try names or addresses against them.
"""

import hashlib
import os
import secrets
from pathlib import Path


def load_salt(path: Path) -> bytes:
    """The ledger's salt, made the first time (mode 0600, durable before it is used)."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, secrets.token_hex(32).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(fresh, path)  # fails where another process was first: then its salt counts
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return bytes.fromhex(path.read_text())


def text_digest(salt: bytes, body: str) -> str:
    """The digest an event holds in place of a text."""
    return hashlib.sha256(salt + b"text\0" + body.encode("utf-8", "surrogatepass")).hexdigest()


def email_digest(salt: bytes, email: str) -> str:
    """The digest by which an erased person is recognised: of the address, stripped and in lower case."""
    return hashlib.sha256(salt + b"email\0" + email.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()
