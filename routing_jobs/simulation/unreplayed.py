"""Which parts of a draft a replay cannot show, because prepare has acted on them before routing begins, or after it."""

from collections.abc import Sequence

from routing_jobs.program.rulebook_diff import Difference

_FILES = {
    "scoring": "decides which leads qualify and their grade before routing reads them",
    "sla": "sets deadlines after routing, and which past offers count as followed up before it",
    "attribution": "shares out credit; routing reads none of it",
}
_ROUTING = {
    "product_lines": "maps products to lines before routing reads them",
    "incumbent_months": "decides who is incumbent before routing reads it",
    "limits.max_hops": "decides which leads are offered again before routing reads them",
    "limits.stalled_after_days": "decides which slots are free before routing reads them",
    "limits.capacity_counts": "decides which slots are free before routing reads them",
    "duplicate_window_days": "decides which leads are duplicates before routing reads them",
    "express.grades": "decides which leads are express before routing reads them",
    "express.interests": "decides which leads are express before routing reads them",
    "value.cap_percentile": "caps leads' own values before routing reads them",
    "value.min_sample": "decides which medians of won amounts exist before routing reads them",
}


def unreplayed(differences: Sequence[Difference]) -> list[tuple[Difference, str]]:
    """The differences a replay does not show, each with why; a version's name is none."""
    found = []
    for difference in differences:
        if difference.path == "version":
            continue
        if difference.file != "routing":
            found.append((difference, _FILES[difference.file]))
            continue
        for path, why in _ROUTING.items():
            is_within = difference.path == path or difference.path.startswith(f"{path}.")
            is_around = path.startswith(f"{difference.path}.") and difference.before is None
            if is_within or is_around:
                found.append((difference, why))
                break
    return found
