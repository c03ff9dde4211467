"""Gate."""
from expectations.declare import Gate
ROUTING_INPUT = Gate(name="routing_input", datasets=(), subject=())
