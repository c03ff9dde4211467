"""The leadroute program: each room (sub-package) does one part of a channel lead program's work."""
