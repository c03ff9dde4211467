"""Releases of the marts: build, audit, switch, keep, roll back; and the private serving copy.

No number is computed here: what the marts hold is copied, sealed and made readable.
"""
