"""E-mail addresses in one spelling, or null where the text is no address or a placeholder.

Lower case, domain in ASCII. Plain addresses are recognised by one pattern; the rest goes to email-validator. A
property test holds the two equal.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_PLAIN = rf"^{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[a-z][a-z]+$"

_LONGEST_PLAIN = 64  # so that neither the name nor a label can be too long

# Typed to get past a form, or shared by everybody: never a person's address.
PLACEHOLDER_NAMES = (
    "test", "tester", "testing", "none", "null", "nil", "na", "n/a", "unknown", "anonymous", "example", "dummy", "fake",
    "placeholder", "invalid", "noemail", "no-email", "no_email", "no.email", "nomail", "noreply", "no-reply",
    "no_reply", "donotreply", "do-not-reply", "asdf", "qwerty", "xxx", "abc123",
)  # fmt: skip
PLACEHOLDER_DOMAINS = (
    "none.com", "noemail.com", "no-email.com", "nomail.com", "noreply.com", "test.com", "test.test", "na.com",
    "domain.com", "yourdomain.com", "company.com",
)  # fmt: skip

# Looked at one by one: possible placeholders, reserved domains, labels that are not what they seem.
_SPECIAL = (
    f"^({'|'.join(map(re.escape, PLACEHOLDER_NAMES))})@|@({'|'.join(map(re.escape, PLACEHOLDER_DOMAINS))})$"
    r"|--|\.(arpa|invalid|local|localhost|onion|test)$"
)


def normalized_emails(emails: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """(addresses, their domains), aligned with `emails`."""
    lowered = pc.ascii_lower(pc.utf8_trim_whitespace(emails))
    is_plain = pc.and_(
        pc.and_(pc.match_substring_regex(lowered, _PLAIN), pc.less_equal(pc.binary_length(lowered), _LONGEST_PLAIN)),
        pc.invert(pc.match_substring_regex(lowered, _SPECIAL)),
    )
    addresses = lowered if pc.all(is_plain).as_py() else pc.if_else(is_plain, lowered, _one_by_one(emails, is_plain))
    return addresses, pc.replace_substring_regex(addresses, r"^.*@", "")


def _one_by_one(emails: pa.ChunkedArray, is_plain: pa.ChunkedArray) -> pa.Array:
    """The addresses of the texts that are not plain, null elsewhere."""
    others = pc.if_else(is_plain, None, emails)
    distinct = pc.unique(others)
    known = pa.array([_validated(text) for text in distinct.to_pylist()], pa.string())
    return known.take(pc.index_in(others, distinct))


def _validated(text: str | None) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    if text is None or "@" not in text:
        return None
    try:
        address = validate_email(
            text.strip(), check_deliverability=False, globally_deliverable=False, allow_quoted_local=True,
            test_environment=True,
        )  # fmt: skip
    except EmailNotValidError:
        return None
    name, domain = address.local_part.lower(), address.ascii_domain.lower()
    if "." not in domain or name in PLACEHOLDER_NAMES or domain in PLACEHOLDER_DOMAINS:
        return None
    return f"{name}@{domain}"
