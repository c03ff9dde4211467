"""Numbers as a reader meets them: counts, shares, money, durations, dates, names of codes. English, no locale."""

from datetime import date

SYMBOLS = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NONE = "–"
MINUS = "−"
NAMES = {
    "vendor_sourced": "Vendor-sourced",
    "partner_influenced": "Partner-influenced",
    "partner_sourced": "Partner-sourced",
    "co_marketing": "Co-marketing",
    "crm_import": "CRM import",
    "partner_qualified": "Qualified by partner",
    "first_touch": "First touch",
    "last_touch": "Last touch",
    "u_shaped": "U-shaped",
    "w_shaped": "W-shaped",
    "none": "No tier",
    "": "Not known",
}


def count(number: int | float) -> str:
    """12,345."""
    return _signed(f"{abs(round(number)):,}", number)


def share(rate: float | None) -> str:
    """47.3%; a dash where there is nothing to take a share of."""
    return NONE if rate is None else f"{rate * 100:.1f}%"


def span(lower: float | None, upper: float | None) -> str:
    """45.1–49.5%: the ends of an interval of a share."""
    return NONE if lower is None or upper is None else f"{lower * 100:.1f}–{upper * 100:.1f}%"


def name(code: str | None) -> str:
    """A code of the marts in words: `web_form` is Web form."""
    if code in NAMES:
        return NAMES[code]
    if code is None:
        return NAMES[""]
    return code if code.isupper() and "_" not in code else code.replace("_", " ").lower().capitalize()


def plural(number: int, one: str, many: str | None = None) -> str:
    """1 lead, 2,300 leads."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def day(moment: date) -> str:
    """15 Jun 2026."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def month(moment: date) -> str:
    """Jun 2026."""
    return f"{MONTHS[moment.month - 1]} {moment.year}"


def days_between(first: date, last: date) -> str:
    """18 Mar – 15 Jun 2026, naming a year once where one does."""
    start = f"{first.day} {MONTHS[first.month - 1]}"
    return f"{start} – {day(last)}" if first.year == last.year else f"{day(first)} – {day(last)}"


def months_between(first: date, last: date) -> str:
    """Mar – May 2026."""
    start = MONTHS[first.month - 1]
    return f"{start} – {month(last)}" if first.year == last.year else f"{month(first)} – {month(last)}"


def duration(minutes: float | None) -> str:
    """45 min, 6.5 h, 3.2 days."""
    if minutes is None:
        return "not reached"
    if minutes < 59.5:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 2880 else f"{minutes / 1440:.1f} days"


def business_hours(minutes: float | None) -> str:
    """6.5 h: never days, which calendars count differently."""
    return "not reached" if minutes is None else f"{minutes / 60:.1f} h"


class Money:
    """Amounts in minor units of one currency, in words; rounded half away from zero to what is shown."""

    def __init__(self, currency: str, exponent: int) -> None:
        """`currency` as ISO 4217, `exponent` the digits of its minor unit."""
        self.currency = currency
        self._unit = 10**exponent
        self._sign = SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}")

    def whole(self, minor: int | None) -> str:
        """€1,234,568."""
        if minor is None:
            return NONE
        return _signed(f"{self._sign}{self._rounded(minor, 1):,}", minor)

    def short(self, minor: int | None) -> str:
        """€1.23m: three digits that matter, four below ten thousand."""
        return NONE if minor is None else _signed(f"{self._sign}{self.bare(abs(minor))}", minor)

    def bare(self, minor: int | float) -> str:
        """1.23m, for labels in charts that name the currency once."""
        major = abs(minor) / self._unit
        for size, suffix in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
            if major >= max(0.9995 * size, 9999.5):
                return _three_digits(major / size) + suffix
        return f"{major:,.0f}"

    def thousands(self, minor: int) -> str:
        """1,235: whole thousands, for wide tables that say so."""
        return _signed(f"{self._rounded(minor, 1000):,}", minor)

    def _rounded(self, minor: int, size: int) -> int:
        unit = self._unit * size
        return (abs(int(minor)) * 2 + unit) // (2 * unit)


def _three_digits(number: float) -> str:
    if number >= 99.95:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:.2f}"


def _signed(text: str, number: float) -> str:
    return f"{MINUS}{text}" if number < 0 else text
