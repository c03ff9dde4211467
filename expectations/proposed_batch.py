"""Gate."""
from expectations.declare import Gate
PROPOSED_BATCH = Gate(name="proposed_batch", datasets=(), subject=())
