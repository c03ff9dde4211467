"""The words a generated program is written with: names, companies, products, trades, reasons, remarks.

All of it invented or everyday; company domains end in .example. Codes into these tuples are what chunks hold.
"""


def _words(text: str) -> tuple[str, ...]:
    """The entries of a list written with commas."""
    return tuple(entry.strip() for entry in text.split(","))


FIRST_NAMES = _words("""
    Anna, Jürgen, Zoë, Marco, Léa, Thomas, Ingrid, Priya, Omar, Kate, Søren, Beatriz, Piotr, Elif, Lukas, Chloé, Mads,
    Aisha, David, Núria, Jan, Emily, Rahul, Greta, Paul, Sofia, Tim, Hannah, Nadia, Peter, Laura, Viktor, Fatima,
    George, Ida, Mateo, Yara, Oliver, Renée, Stefan, Grace, Hugo, Amélie, Daniel, Lotte, Karim, Julia, Erik
""")
LAST_NAMES = _words("""
    Müller, Smith, O'Brien, García, Rossi, van Dijk, Lindqvist, Null, Nowak, Dubois, Fischer, Patel, Naidoo, Haddad,
    Weiß, Johnson, Moreau, Bianchi, Hernández, De Vries, Andersson, Keller, Brown, Schäfer, Lefèvre, Romano, Jones,
    Singh, Berg, Costa, True, Taylor, Hoffmann, Martin, Serrano, Jansen, Nilsson, Zimmermann, Evans, Mokoena, Al-Farsi,
    Becker, Roux, Conti, Wilson, Iyer, Nakamura, Schulz, Girard, Marino, Clark, Bakker, Öberg, Frei, Walker, Shikongo,
    Wagner, Petit, Greco, Hall
""")
# No two chains of three are spelled the same: a company's number can be read back from its name.
SYLLABLES = _words("""
    al, be, cor, da, el, fa, gra, hel, in, jo, ka, lu, mo, na, or, pe, qua, ri, so, ta, ul, ve, wi, xa, yo, zen, bra,
    cli, dro, fen, gil, har, kor, lin, mar, nor, pol, ras, ser, tul
""")
TRADES = _words("""
    Precision, Logistics, Clinics, Capital, Foods, Textiles, Optics, Energy, Schools, Motors, Timber, Pharma, Rail,
    Media, Chemie, Bau, Packaging, Waterworks, Insurance, Retail, Robotics, Papers, Glass, Ceramics, Airports
""")
LEGAL_FORMS = {
    country: _words(forms)
    for country, forms in (
        line.split(": ")
        for line in """
DE: GmbH, AG, GmbH & Co. KG
FR: SARL, SA
GB: Ltd, PLC
US: Inc., LLC, Corp.
NL: B.V.
ES: S.L., S.A.
IT: S.p.A., S.r.l.
SE: AB
CH: AG, SA
ZA: (Pty) Ltd
NA: (Pty) Ltd
AE: LLC, FZE
IN: Pvt Ltd
AT: GmbH
PL: Sp. z o.o.
PT: Lda
DK: A/S
FI: Oy
IE: Ltd
NO: AS
BR: Ltda.
""".strip().splitlines()
    )
}
# Gmail allows no underscore before the @, so no such address can belong to anyone.
FREE_MAIL_DOMAIN = "gmail.com"
PLACEHOLDER_EMAILS = _words("test@test.com, n/a, none@none.com, noemail@example.com, -, asdf@asdf.com")
COMPETITOR_NAME, COMPETITOR_DOMAIN = "Rival Networks", "rival-networks.example"

PRODUCTS = _words("Edge Router, Core Router, Firewall, Endpoint Protection, Access Point, Mesh Kit")
PRODUCT_CODES = _words("RT-100, RT-900, FW-210, EP-050, AP-320, MK-007")
LINES = _words("routers, security, wireless")
PRODUCTS_PER_LINE = 2

INDUSTRIES = _words("manufacturing, healthcare, finance, retail, education, logistics, public_sector, energy")
INDUSTRY_WEIGHTS = (22, 14, 13, 16, 9, 11, 8, 7)
INDUSTRY_VALUE = (130, 160, 200, 80, 60, 90, 120, 180)  # of a deal, per cent of the program's median
SIZE_BOUNDS = (50, 250, 1000)  # employees: where mid_market, enterprise and large begin
SEGMENTS = _words("smb, mid_market, enterprise")

DECLINE_REASONS = _words("no_capacity, outside_territory, outside_expertise, commercial_conflict")
LEAD_FAULTS = _words("bad_data, not_a_buyer, duplicate, existing_customer")
LOST_REASONS = _words("price, no_decision, competitor, timing, missing_feature")
TOUCH_CHANNELS = _words("paid_search, email, webinar, organic, social, event, partner_site, display")

REMARKS = (
    *("", "", ""),
    "Please call in the morning.",
    "Replacing an old installation; budget approved.",
    "Met at the booth 🙂",
    "Wants prices for 20, 50 and 100 units.",
    'Said: "as soon as possible".',
    "Two sites.\nSecond site opens in spring.",
    '=HYPERLINK("http://link.example";"open")',
    "+1 follow-up promised",
    "-",
    "@reception knows more",
    "NA",
    "Renewal; current contract ends soon.",
    "Compares three vendors.",
    "Existing supplier unhappy — see e-mail.",
    "1E5 users?",
)
# The same as a Windows code page can hold them.
REMARKS_ANSI = tuple(remark.replace("🙂", ":-)") for remark in REMARKS)

PARTNER_WORDS = _words("""
    Alder, Beacon, Cobalt, Dune, Ember, Fjord, Granite, Harbor, Iris, Juniper, Kestrel, Lumen, Meridian, Nimbus,
    Orchard, Pylon, Quarry, Rook, Summit, Tundra, Umbra, Vertex, Willow, Zephyr
""")
PARTNER_TRADES = _words("Systems, Networks, IT, Integration, Solutions, Cloud, Digital, Technik")
PARTNER_TYPES = _words("reseller, integrator, msp")
TIERS = _words("platinum, gold, silver, registered")
