"""Normal forms of what names a person, null where a value names nobody. Companies are in `companies`.

Values intake has normalised already pass through unchanged.
"""

import pandas as pd
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from routing_jobs.identity.companies import company_keys, plain_letters, registrable_domains
from routing_jobs.identity.shared_domains import FREE_MAIL_DOMAINS, HOST_DOMAINS

# What people and forms write where they have nothing to write. Compared after folding; punctuation is gone by then.
_PLACEHOLDERS_WORDS = """
    aaa abc anonymous asd asdf blank dummy example fake foo foobar na nan nil no nobody noemail nomail noname
    none noreply donotreply notapplicable notavailable notgiven notprovided null privat private qwerty sample
    self selfemployed tba tbc tbd test tester testing testtest unbekannt undefined unknown xx xxx xxxx xyz
"""
PLACEHOLDERS = frozenset(_PLACEHOLDERS_WORDS.split())

# Mailboxes of a desk rather than a person: they say who wrote only together with a name.
_ROLE_MAILBOXES_WORDS = """
    accounts accounting admin administrator administration billing bookkeeping buero careers contact contacto einkauf
    enquiries feedback finance general hello help helpdesk hostmaster hr info information inquiries invoice invoices
    it jobs kontakt mail mailbox marketing office orders postmaster press procurement purchasing reception sales
    secretary service support team vertrieb webmaster welcome zentrale
"""
ROLE_MAILBOXES = frozenset(_ROLE_MAILBOXES_WORDS.split())

# blanks as Python counts them; arrow's own \s knows only ASCII's
_BLANK = r"\s\v\x1c-\x1f\x{85}\pZ"
_ADDRESS = rf"^(?P<mailbox>[^@{_BLANK}]+)@(?P<host>[^@{_BLANK}]+\.[^@{_BLANK}.]+)$"
_E164 = r"\+[1-9]\d{6,14}"
_TEXT_COLUMNS = ("email", "phone", "first_name", "last_name", "company", "website", "country")


def normalised_records(records: pd.DataFrame) -> pd.DataFrame:
    """What matchers compare, by position: one row per record, columns of texts, null where nothing is named.

    Args:
        records: Any of email, phone, first_name, last_name, company, website, address, postal_code, country,
            source_system, source_record_id; as text, null or blank where unknown. An `account_id` column says which
            company a record belongs to, where the caller knows; else website, e-mail domain or company name tell.

    Returns:
        Frame with a fresh RangeIndex: email, business_email (null at a consumer provider), is_role_mailbox, phone,
        name, company, source_key.

    Raises:
        ValueError: `records` has none of the columns that name somebody.
    """
    known = {"account_id", "source_record_id", *_TEXT_COLUMNS} & set(records.columns)
    if not known:
        raise ValueError(f"records has columns {list(records.columns)}: expected any of {', '.join(_TEXT_COLUMNS)}")
    texts = {name: _texts(records, name) for name in _TEXT_COLUMNS}
    email = emails(texts["email"])
    mailbox, host = _mailbox_and_host(email)
    frame = {
        "email": email,
        "business_email": email.where(~host.isin(FREE_MAIL_DOMAINS)),
        "is_role_mailbox": mailbox.isin(ROLE_MAILBOXES),
        "phone": phones(texts["phone"], texts["country"]),
        "name": person_names(texts["first_name"], texts["last_name"]),
        "company": _texts(records, "account_id") if "account_id" in records else _companies(texts, host),
        "source_key": _source_keys(records),
    }
    return pd.DataFrame(frame)


def emails(values: pd.Series) -> pd.Series:
    """E-mail addresses in lower case without blanks; null where there is none or its mailbox is a placeholder."""
    address = values.str.strip().str.lower()
    mailbox, host = _mailbox_and_host(address)
    letters = mailbox.str.replace(r"[\W\d_]+", "", regex=True)
    return address.where(host.notna() & ~letters.isin(PLACEHOLDERS))


def _mailbox_and_host(addresses: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The two sides of an address, null where it is none. By arrow: pandas' extract goes row by row."""
    found = pc.extract_regex(pa.array(addresses.astype("str"), pa.large_string()), _ADDRESS)
    is_address = found.is_valid().to_numpy(zero_copy_only=False)
    sides = (pc.struct_field(found, [side]).to_numpy(zero_copy_only=False) for side in (0, 1))
    mailbox, host = (pd.Series(side, index=addresses.index, dtype="str").where(is_address) for side in sides)
    return mailbox, host


def phones(values: pd.Series, countries: pd.Series) -> pd.Series:
    """Phone numbers in E.164; null where a number is not valid, or is one digit over and over.

    A number without country prefix is read in the record's country (ISO 3166-1 alpha-2).
    """
    numbers = values.str.strip()
    is_e164 = numbers.str.fullmatch(_E164).fillna(False).astype(bool)
    if not is_e164.all():
        rest = numbers[~is_e164 & numbers.notna()]
        parsed = [_e164(number, country) for number, country in zip(rest, countries[rest.index], strict=True)]
        numbers = numbers.where(is_e164)
        numbers = numbers.fillna(pd.Series(parsed, index=rest.index, dtype="str"))
    # python's `re`: arrow's engine knows no back references
    repeated = pd.Series([number for number in numbers.dropna().unique() if len(set(number[3:])) == 1], dtype="str")
    return numbers.where(~numbers.isin(repeated))


def person_names(first_names: pd.Series, last_names: pd.Series) -> pd.Series:
    """One key per full name: folded, without punctuation, its words in alphabetical order.

    Null unless both are given, and where both are placeholders: `Null` and `Na` alone are surnames too.
    """
    first, last = folded(first_names), folded(last_names)
    is_blank = [part.str.replace(" ", "").isin(PLACEHOLDERS) for part in (first, last)]
    is_named = first.notna() & last.notna() & ~(is_blank[0] & is_blank[1])
    codes, distinct = pd.factorize((first + " " + last).where(is_named))
    keys = pd.Series([" ".join(sorted(name.split())) for name in distinct] + [""], dtype="str")
    result = pd.Series(keys.to_numpy()[codes], index=first.index, dtype="str")  # code -1, null, is the last
    return result.where(result != "")


def folded(values: pd.Series) -> pd.Series:
    """Text in lower case, without accents and punctuation, single blanks; null where nothing is left."""
    codes, distinct = pd.factorize(values)
    keys = pd.Series([_fold(text) for text in distinct] + [""], dtype="str")
    result = pd.Series(keys.to_numpy()[codes], index=values.index, dtype="str")  # code -1, null, is the last
    return result.where(result != "")


def _fold(text: str) -> str:
    kept = "".join(letter if letter.isalnum() else " " for letter in plain_letters(str(text)))
    return " ".join(kept.split())


def _e164(number: str, country: object) -> str | None:
    region = country.upper() if isinstance(country, str) and len(country) == 2 else None
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _texts(records: pd.DataFrame, name: str) -> pd.Series:
    if name not in records:
        return pd.Series(pd.NA, index=range(len(records)), dtype="str")
    values = records[name].reset_index(drop=True).astype("str")
    return values.where(values.str.strip() != "")


def _source_keys(records: pd.DataFrame) -> pd.Series:
    return _texts(records, "source_system") + "\x1f" + _texts(records, "source_record_id")


def _companies(texts: dict[str, pd.Series], mail_host: pd.Series) -> pd.Series:
    """The company as a website or business mail domain, else as name and country."""
    shared = FREE_MAIL_DOMAINS | HOST_DOMAINS
    site_host = texts["website"].str.strip().str.lower().str.extract(r"^(?:\w+://)?([^/:?#\s]+)")[0]
    site, mail = (registrable_domains(domains)["registrable_domain"] for domains in (site_host, mail_host))
    domain = site.where(~site.isin(shared)).fillna(mail.where(~mail.isin(shared)))
    name = company_keys(texts["company"]) + "\x1f" + texts["country"].fillna("").str.upper()
    return domain.fillna(name)
