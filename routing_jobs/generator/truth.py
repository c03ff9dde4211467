"""What each lead should become, as far as it is certain: its buyer, whether it qualifies, and planted expectations."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from routing_jobs.generator import buyers
from routing_jobs.generator.leads import BUSINESS, COMPETITOR, CRM, EVENT, NO, UNSAID, WEB, Leads
from routing_jobs.generator.text import Mask, chosen, csv_lines, instants, joined, number, taken
from routing_jobs.generator.wording import Wording

LEAD_COLUMNS = (
    "source_system",
    "source_record_id",
    "buyer",
    "company",
    "captured_at",
    "is_first_of_buyer",
    "expected_qualification",
    "expected_reason",
    "expected_exception",
    "expected_stage",
)


class LeadTruth:
    """truth/leads.csv: one row a lead. Blank expectations are uncertain ones."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "leads.csv"
        self.path.write_text(",".join(LEAD_COLUMNS) + "\n", encoding="utf-8")

    def add(self, words: Wording, exceptions: Sequence[str] = (), stages: Sequence[str] = ()) -> None:
        """The rows of one chunk; `exceptions` and `stages` only for planted leads."""
        leads = words.leads
        is_only = (leads.root == leads.index) & ~buyers.has_come_back(words.plan, leads.index)
        qualification, reason = expected_qualification(leads, is_only)
        nothing = [""] * len(leads)
        lines = csv_lines(
            [
                words.system,
                words.record_id,
                joined("b", number(leads.person)),
                chosen(words.is_competitor, "competitor", joined("c", number(leads.company))),
                instants(leads.captured),
                chosen(leads.root == leads.index, "yes", "no"),
                qualification,
                reason,
                pa.array(exceptions or nothing, pa.string()),
                pa.array(stages or nothing, pa.string()),
            ]
        )
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines.to_pylist()) + "\n")


def expected_qualification(leads: Leads, is_only: Mask) -> tuple[pa.Array, pa.Array]:
    """Qualification and reason of leads that are the only one of their buyer: no other's consent or age interferes.

    A web or event lead with company, business address, phone and product has 65 points of fit and engagement before
    any touch (rulebook/scoring.yaml asks for 60), whatever its size and industry.
    """
    refused: Mask = (leads.consent == NO) | ((leads.consent == UNSAID) & (leads.feed != CRM))
    is_competitor = leads.email == COMPETITOR
    complete = np.isin(leads.feed, (WEB, EVENT)) & (leads.email == BUSINESS) & leads.has_company & leads.has_phone
    complete &= leads.product >= 0
    bad = is_competitor | leads.is_student
    code = np.where(is_only & refused & ~bad, 0, np.where(is_only & bad & ~refused, 1, -1))
    code = np.where(is_only & complete & ~refused & ~bad, 2, code)
    reason = np.where(code == 1, np.where(is_competitor & leads.is_student, -1, np.where(is_competitor, 0, 1)), -1)
    return taken(("suppressed", "disqualified", "qualified"), code), taken(("competitor", "student"), reason)
