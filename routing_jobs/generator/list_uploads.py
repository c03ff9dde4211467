"""A feed of hand-made lists, the kind colleagues upload: one good file, and one for each way such files go wrong."""

from routing_jobs.generator.landing import Landing
from routing_jobs.generator.mess import QUARANTINED, Fate
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.roster_files import day_text
from routing_jobs.generator.spreadsheet import workbook
from routing_jobs.generator.vocabulary import TRADES

FEED = "list_uploads"
HEADER = "Ref,Date,Name,Mail,Company,Country,Consent"


def write(plan: Plan, landing: Landing) -> None:
    """All lists; the truth says which records survive."""
    rows = [_row(plan, number) for number in range(24)]
    _good_list(landing, rows[:8])
    _refused_lists(landing, rows[8:20])
    _broken_records(landing, rows[20:])


def _row(plan: Plan, number: int) -> str:
    day = day_text(plan.first_day + plan.days - 30 + number)
    trade = TRADES[number]
    mail = f"office@{trade.lower()}-list{number}.example"
    return f"{number:05d},{day},Lee List{number},{mail},{trade} List {number} Ltd,GB,yes"


def _good_list(landing: Landing, rows: list[str]) -> None:
    """Odd but right: needless quotes, a line break in a value, ids with leading zeros, no last line end."""
    rows = [*rows]
    rows[1] = ",".join(f'"{value}"' for value in rows[1].split(","))
    rows[3] = rows[3].replace("Lee List3", '"List ""the"" Lee\nsecond line"')
    _put(landing, "good", "\n".join([HEADER, *rows]).encode())
    landing.truth.add(FEED, _path("good"), len(rows))


def _refused_lists(landing: Landing, rows: list[str]) -> None:
    """Files that are set aside as a whole."""
    _put(landing, "renamed_header", "\n".join([HEADER.replace("Mail", "Mailbox"), *rows[:3], ""]).encode())
    landing.truth.refuse(FEED, _path("renamed_header"), 3, "HEADER_MISMATCH")
    _put(landing, "spreadsheet", workbook("List", [HEADER.split(","), *(row.split(",") for row in rows[3:6])]))
    landing.truth.refuse(FEED, _path("spreadsheet"), 1, "WRONG_FILE_TYPE")
    _put(landing, "empty", b"")
    landing.truth.refuse(FEED, _path("empty"), 0, "EMPTY_FILE")
    _put(landing, "utf16", "\n".join([HEADER, *rows[6:8], ""]).encode("utf-16"))
    landing.truth.refuse(FEED, _path("utf16"), 1, "INVALID_ENCODING")


def _broken_records(landing: Landing, rows: list[str]) -> None:
    """One record in another encoding among good ones, and a quote that is never closed."""
    strange = rows[1].replace("Lee", "Zoë").encode("latin-1")
    _put(landing, "one_latin", b"\n".join([HEADER.encode(), rows[0].encode(), strange, rows[2].encode(), b""]))
    landing.truth.add(FEED, _path("one_latin"), 3, [Fate(1, QUARANTINED, "INVALID_ENCODING")])
    _put(landing, "unclosed", "\n".join([HEADER, rows[3], rows[3].replace("Lee", '"Lee'), ""]).encode())
    landing.truth.add(FEED, _path("unclosed"), 2, [Fate(1, QUARANTINED, "MALFORMED_QUOTING")])


def _path(name: str) -> str:
    return f"{FEED}/list_{name}.csv"


def _put(landing: Landing, name: str, body: bytes) -> None:
    landing.put(_path(name), body)
