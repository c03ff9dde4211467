"""`python -m routing_jobs.routing`: compiles the kernel, so that the first batch need not wait for it."""

import numpy as np

from routing_jobs.routing import solve


def main() -> None:
    """Solve instances large enough to need every compiled function; the code is kept beside the modules."""
    units, partners = 24_000, 40
    partner = (np.arange(units)[:, None] * 7 + np.arange(3)) % partners
    score = np.arange(partner.size) * 7_919
    start, slots = np.arange(units + 1) * 3, np.full(partners, units // partners - 5)
    for distinct in (1_000_003, 2):  # where few scores are distinct, prices are estimated another way
        for max_gap in (0.0, 1e-9):
            solve(start, partner.ravel(), score % distinct + 1, slots, max_gap=max_gap)


if __name__ == "__main__":
    main()
