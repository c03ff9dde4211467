"""Gate."""
from expectations.declare import Gate
MARTS = Gate(name="marts", datasets=(), subject=())
